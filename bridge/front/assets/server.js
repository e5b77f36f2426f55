// Requests to the server: the key, errors as sentences, events.

import { root, words } from "./elements.js";

const KEY = `bridge.key ${root.pathname}`;

export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

/** What the server refused, or could not do; `message` is its own sentence. */
export class Refusal extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** The answer to a request. Throws `Refusal`; its status is 0 where there was no answer at all. */
export async function ask(path, { body, signal } = {}) {
  const headers = {};
  // a header's letters are bytes: the key's are UTF-8, as the server reads them
  if (key.get()) headers.Authorization = `Bearer ${String.fromCharCode(...new TextEncoder().encode(key.get()))}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    const method = body === undefined ? "GET" : "POST";
    answer = await fetch(new URL(path, root), { method, headers, signal, body: body && JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(words.unreachable, 0);
  }
  if (answer.ok) return answer;
  throw new Refusal(await sentence(answer), answer.status);
}

/** An error's own words: those of its JSON, or its text. */
async function sentence(answer) {
  const text = await answer.text();
  try {
    return JSON.parse(text).error.message;
  } catch {
    const plain = answer.headers.get("content-type")?.startsWith("text/plain");
    return plain && text ? text : `${words.failed_with} ${answer.status}.`;
  }
}

/** The AG-UI events of an answer, one after the other. */
export async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop();
    for (const line of frames.join("\n").split("\n")) {
      if (line.startsWith("data: ")) yield JSON.parse(line.slice(6));
    }
  }
}
