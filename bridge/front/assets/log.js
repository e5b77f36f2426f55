// What a conversation looks like: messages, and small lines for tools and thoughts. One element each, by id.

import { make, words } from "./elements.js";
import { markdown } from "./markdown.js";

/** A message's content as text: its text parts, and a word for each other part. */
function plain(content) {
  if (!Array.isArray(content)) return typeof content === "string" ? content : content ? JSON.stringify(content) : "";
  return content.map((part) => (part.type === "text" ? part.text : `[${words.part}: ${part.type}]`)).join("\n");
}

const readable = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

/** An answer that grows. It is drawn once a frame; blocks that stay the same stay in their place, with a selection. */
class Written {
  #place;
  #data = "";
  #frame = 0;

  constructor(place) {
    this.#place = place;
  }

  get data() {
    return this.#data;
  }

  set data(text) {
    this.#data = text;
    this.#frame ||= requestAnimationFrame(() => this.draw());
  }

  appendData(text) {
    this.data += text;
  }

  draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const blocks = markdown(this.#data);
    const shown = [...this.#place.children];
    const changed = blocks.findIndex((block, n) => !shown[n]?.isEqualNode(block));
    const kept = changed < 0 ? blocks.length : changed;
    for (const block of shown.slice(kept)) block.remove();
    this.#place.append(...blocks.slice(kept));
  }
}

export class Log {
  #place;
  #announced;
  #entries = new Map();
  #last = {};

  /** `place` has the messages; what is said at an end is put into `announced`, for screen readers. */
  constructor(place, announced) {
    this.#place = place;
    this.#announced = announced;
  }

  clear() {
    this.#entries.clear();
    this.#last = {};
    this.#place.replaceChildren();
    this.#announced.textContent = "";
  }

  /** A message that was just written here. */
  write(id, text) {
    this.#message(id, "user").text.data = text;
    this.#scroll(true);
  }

  remove(id) {
    this.#entries.get(id)?.element.remove();
    this.#entries.delete(id);
  }

  /** Show what an event says. */
  take(event) {
    const { type, delta = "" } = event;
    const id = type.startsWith("TOOL") ? (event.toolCallId ?? this.#last.call) : (event.messageId ?? this.#last.message);
    const below = this.#isBelow();
    if (/^TEXT_MESSAGE_(START|CONTENT|CHUNK)$/.test(type)) {
      this.#last.message = id;
      this.#message(id, event.role ?? "assistant").text.appendData(delta);
    } else if (/^REASONING_MESSAGE_(START|CONTENT|CHUNK)$/.test(type)) {
      this.#last.message = id;
      this.#thought(id).text.appendData(delta);
    } else if (/^TOOL_CALL_(START|ARGS|CHUNK)$/.test(type)) {
      this.#last.call = id;
      this.#call(id, event.toolCallName).text.appendData(delta);
    } else if (type === "TOOL_CALL_RESULT") {
      this.#result(id, event.content);
    } else if (type === "TEXT_MESSAGE_END") {
      const entry = this.#entries.get(id);
      entry?.text.draw?.();
      this.#announced.textContent = entry?.body.textContent ?? "";
    } else if (type === "MESSAGES_SNAPSHOT") {
      this.#replace(event.messages);
    } else {
      return;
    }
    this.#scroll(below);
  }

  /** A value that a run gave beside its messages. */
  result(id, value) {
    this.#message(`result ${id}`, "assistant").text.data = plain(value);
  }

  /** Nothing is going any more: what has no result gets none. */
  settle() {
    for (const { element, status, text } of this.#entries.values()) {
      text.draw?.();
      if (status && element.dataset.state === "running") status.textContent = element.dataset.state = "";
    }
  }

  /** Show these messages, in this order, and no others. */
  #replace(messages) {
    const kept = [];
    const set = (entry, text) => {
      if (entry.text.data !== text) entry.text.data = text;
      kept.push(entry);
    };
    for (const message of messages) {
      const text = plain(message.content);
      if (message.role === "reasoning") set(this.#thought(message.id), text);
      if (["user", "assistant"].includes(message.role) && text) set(this.#message(message.id, message.role), text);
      for (const { id, function: called } of message.toolCalls ?? []) {
        set(this.#call(id, called.name), called.arguments ?? "");
      }
      if (message.role === "tool") this.#result(message.toolCallId, message.content, message.error);
    }
    const elements = kept.map(({ element }) => element);
    if (elements.length === this.#place.children.length && elements.every((one, n) => one === this.#place.children[n])) {
      return;
    }
    for (const [id, entry] of this.#entries) if (!kept.includes(entry)) this.#entries.delete(id);
    this.#place.replaceChildren(...elements);
  }

  #entry(id, build) {
    if (!this.#entries.has(id)) {
      const entry = build();
      this.#entries.set(id, entry);
      this.#place.append(entry.element);
    }
    return this.#entries.get(id);
  }

  #message(id, role) {
    return this.#entry(id, () => {
      const who = make("span", { className: "unseen" }, `${role === "user" ? words.you : words.agent}: `);
      const text = role === "user" ? document.createTextNode("") : null; // what a person wrote is shown as it was typed
      const body = make("div", {}, ...(text ? [text] : []));
      const element = make("div", { className: "message", data: { role } }, who, body);
      return { element, body, text: text ?? new Written(body) };
    });
  }

  #thought(id) {
    return this.#entry(`thought ${id}`, () => {
      const text = document.createTextNode("");
      const summary = make("summary", {}, words.thinking);
      return { element: make("details", { className: "line thought" }, summary, make("pre", {}, text)), text };
    });
  }

  #call(id, name) {
    const entry = this.#entry(`call ${id}`, () => {
      const text = document.createTextNode("");
      const status = make("span", { className: "faint" }, words.running);
      const named = make("code");
      const result = make("pre", { className: "result", hidden: true });
      const summary = make("summary", {}, make("span", { className: "unseen" }, `${words.tool}: `), named, " ", status);
      const element = make("details", { className: "line", data: { state: "running" } }, summary, make("pre", {}, text), result);
      return { element, text, named, status, result };
    });
    if (name) entry.named.textContent = name;
    return entry;
  }

  #result(id, content, error) {
    const entry = this.#entries.get(`call ${id}`);
    if (!entry) return;
    entry.status.textContent = error ? words.failed : words.done;
    entry.element.dataset.state = error ? "failed" : "done";
    entry.result.textContent = readable(plain(content) || String(error ?? ""));
    entry.result.hidden = false;
  }

  #isBelow() {
    const { scrollHeight, scrollTop, clientHeight } = this.#place;
    return scrollHeight - scrollTop - clientHeight < 60;
  }

  /** To the end, once a frame, unless the reader has gone up. */
  #scroll(wanted) {
    if (!wanted || this.#last.frame) return;
    this.#last.frame = requestAnimationFrame(() => {
      this.#last.frame = 0;
      this.#place.scrollTop = this.#place.scrollHeight;
    });
  }
}
