/** The bridge that serves this page: its addresses are relative to the page's own. */

const ROOT = new URL("..", document.baseURI);
const KEY = "bridge-studio-key";

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export const address = (path: string): string => new URL(path.replace(/^\//, ""), ROOT).href;

export const key = {
  get: (): string => sessionStorage.getItem(KEY) ?? "",
  set: (value: string): void => sessionStorage.setItem(KEY, value),
};

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (key.get()) headers.set("Authorization", `Bearer ${key.get()}`);
  if (init.body) headers.set("Content-Type", "application/json");
  const answer = await fetch(address(path), { ...init, headers });
  if (answer.ok) return answer;
  const text = await answer.text();
  let message = text.slice(0, 300);
  try {
    message = (JSON.parse(text) as { error: { message: string } }).error.message;
  } catch {
    // a proxy's page
  }
  throw new Refused(answer.status, message || `HTTP ${answer.status}`);
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await ask(path, { signal })).json() as Promise<T>;
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  return (await ask(path, { method: "POST", body: JSON.stringify(body) })).json() as Promise<T>;
}

/** Begin a run and let it go on by itself: it is watched by its wire, as everybody's. Resolves with the run's id. */
export async function begin(agent: string, input: Record<string, unknown>): Promise<string> {
  const answer = await ask(`agui/${encodeURIComponent(agent)}`, { method: "POST", body: JSON.stringify(input) });
  await answer.body?.cancel();
  return answer.headers.get("x-run-id") ?? String(input.runId);
}

export interface Frame {
  event: string;
  data: string;
}

/** The frames of a stream of server-sent events, as they come: all of one piece of the network at a time. */
export async function* frames(path: string, signal: AbortSignal): AsyncGenerator<Frame[]> {
  const answer = await ask(path, { signal, headers: { Accept: "text/event-stream" } });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop() ?? "";
    const found = parts.map(frame).filter((one) => one !== null);
    if (found.length) yield found;
  }
}

function frame(text: string): Frame | null {
  let event = "message";
  const data: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  return data.length ? { event, data: data.join("\n") } : null;
}
