// A conversation with one agent: AG-UI events over fetch. The server keeps it; this page keeps the thread's name.

import { find, root, say, words } from "./elements.js";
import { Log } from "./log.js";
import { Questions } from "./questions.js";
import { ask, events, Refusal } from "./server.js";

const PATIENCE = [500, 1000, 2000, 4000, 8000, 8000]; // milliseconds before each attempt to connect again

/** An id; `crypto.randomUUID` is not there over plain HTTP from another machine. */
const fresh = () => [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

export class Chat {
  #agent = "";
  #version;
  #refused;
  #log = new Log(find("messages"), find("announced"));
  #questions = new Questions(find("questions"), (resume) => this.#answer(resume));
  #messages = []; // as the server has them; it takes what is not among them for edited away
  #stale = false; // whether they may be others by now
  #turn = null; // what is going: its AbortController
  #wantsStop = false;
  #asked = false; // whether the server is being asked to stop

  /** `refused`: called with each `Refusal`. */
  constructor(protocolVersion, refused) {
    this.#version = protocolVersion;
    this.#refused = refused;
    const field = find("say");
    find("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(field.value);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send(field.value);
    });
    find("stop").addEventListener("click", () => this.#stop());
    find("renew").addEventListener("click", () => this.#renew());
  }

  /** Show the conversation that this tab has with an agent. */
  async open(agent) {
    this.#turn?.abort();
    this.#turn = null;
    this.#agent = agent;
    this.#reset();
    if (this.#stored()) await this.#follow((signal) => this.#operate("connect", {}, signal));
  }

  #reset() {
    this.#messages = [];
    this.#stale = false;
    this.#wantsStop = false;
    this.#log.clear();
    this.#questions.clear();
    say(find("trouble"));
    this.#show();
  }

  #key() {
    return `bridge.thread ${root.pathname} ${this.#agent}`;
  }

  #stored() {
    return sessionStorage.getItem(this.#key());
  }

  #thread() {
    if (!this.#stored()) sessionStorage.setItem(this.#key(), fresh());
    return this.#stored();
  }

  #operate(operation, more, signal) {
    const input = { threadId: this.#thread(), runId: fresh(), protocolVersion: this.#version, messages: this.#messages };
    const rest = { state: {}, tools: [], context: [], forwardedProps: {} };
    // the runtime's address speaks AG-UI too; its runs go on while a page is reloaded, its errors are in the
    // visitor's language
    const path = `api/copilotkit/agent/${encodeURIComponent(this.#agent)}/${operation}`;
    return ask(path, { body: { ...input, ...rest, ...more }, signal });
  }

  async #send(text) {
    if (!text.trim() || this.#turn || this.#questions.waiting) return;
    const message = { id: fresh(), role: "user", content: text };
    find("say").value = "";
    this.#log.write(message.id, text);
    const begun = await this.#follow(async (signal) => {
      if (this.#stale) await this.#renewMessages(signal);
      return this.#operate("run", { messages: [...this.#messages, message] }, signal);
    });
    if (begun) return;
    this.#log.remove(message.id); // nothing was taken: nothing is lost
    find("say").value ||= text;
  }

  async #answer(resume) {
    if (this.#turn) return;
    this.#questions.enable(false);
    await this.#follow((signal) => this.#operate("run", { resume }, signal));
    this.#questions.enable(true);
  }

  /** After a run that did not say what the thread holds now, or failed: its messages, and the questions that wait. */
  async #renewMessages(signal) {
    let messages = [];
    for await (const event of events(await this.#operate("connect", {}, signal))) {
      if (event.type === "MESSAGES_SNAPSHOT") messages = event.messages;
      const { type, interrupts } = event.outcome ?? {};
      if (type === "interrupt" && !this.#questions.waiting) this.#questions.show(interrupts);
    }
    this.#messages = messages;
    this.#stale = false;
  }

  /** Ask, and show what is answered, to its end. Whether the server took the request. */
  async #follow(begin) {
    const turn = (this.#turn = new AbortController());
    let begun = false;
    say(find("trouble"));
    this.#show();
    try {
      let answer = await begin(turn.signal);
      begun = true;
      for (let cut = 0; !(await this.#read(answer, turn)); cut += 1) {
        if (cut === PATIENCE.length) throw new Refusal(words.unreachable, 0);
        answer = await this.#again(turn.signal);
      }
    } catch (error) {
      if (turn.signal.aborted) return true;
      if (!(error instanceof Refusal)) console.error(error);
      say(find("trouble"), error.message);
      this.#refused(error);
    }
    if (begun && this.#stale) await this.#renewMessages(turn.signal).catch(() => {}); // tried again before it is needed
    if (this.#turn === turn) {
      this.#turn = null;
      this.#wantsStop = false;
      this.#log.settle();
      this.#show();
    }
    return begun;
  }

  /** Whether these events came to their end; an empty answer is that of a thread that there is not yet. */
  async #read(answer, turn) {
    let last = null;
    let run = {};
    try {
      for await (const event of events(answer)) {
        if (turn.signal.aborted) return true;
        last = event.type;
        this.#log.take(event);
        if (last === "TEXT_MESSAGE_START") run.texts = true;
        if (last === "MESSAGES_SNAPSHOT") this.#messages = run.messages = event.messages;
        if (last === "RUN_STARTED") {
          run = {};
          this.#stale = true;
        } else if (last !== "RUN_ERROR") {
          this.#questions.clear(); // they were answered; an answer that does not fit is an error at once, and they wait
        }
        if (last === "RUN_FINISHED") this.#finish(event, run);
        if (last === "RUN_ERROR") say(find("trouble"), event.message);
        if (this.#wantsStop && last !== "RUN_STARTED") this.#stop();
      }
    } catch (error) {
      if (turn.signal.aborted) throw error;
      return false;
    }
    return last === null || last === "RUN_FINISHED" || last === "RUN_ERROR";
  }

  /** `run`: what it had, its `messages` and whether there were `texts`. */
  #finish({ outcome, result, runId }, run) {
    this.#stale = !run.messages || outcome?.type === "cancelled";
    if (outcome?.type === "cancelled") say(find("trouble"), words.stopped);
    if (outcome?.type === "interrupt") this.#questions.show(outcome.interrupts);
    else if (result !== undefined && result !== null && !run.texts) this.#log.result(runId, result);
  }

  /** The thread as it is now, when the server is there again. */
  async #again(signal) {
    for (const wait of PATIENCE) {
      find("state").textContent = words.reconnecting;
      await pause(wait);
      try {
        const answer = await this.#operate("connect", {}, signal);
        this.#show();
        return answer;
      } catch (error) {
        if (error.status !== 0) throw error;
      }
    }
    throw new Refusal(words.unreachable, 0);
  }

  /** Stop the thread's run; one that has not begun yet, when it begins. */
  async #stop() {
    const turn = this.#turn;
    if (!turn || this.#asked) return;
    this.#wantsStop = this.#asked = true;
    this.#show();
    try {
      const path = `api/copilotkit/agent/${encodeURIComponent(this.#agent)}/stop/${encodeURIComponent(this.#thread())}`;
      await ask(path, { body: {}, signal: turn.signal });
    } catch (error) {
      if (error instanceof Refusal) say(find("trouble"), error.message);
    } finally {
      this.#asked = false;
    }
  }

  async #renew() {
    const going = this.#turn;
    if (going) await this.#stop();
    going?.abort();
    this.#turn = null;
    sessionStorage.removeItem(this.#key());
    this.#reset();
    find("say").focus();
  }

  /** What can be pressed now, and what is going on. The focus stays on something. */
  #show() {
    const going = this.#turn !== null;
    const [send, stop, field] = [find("send"), find("stop"), find("say")];
    const held = [send, stop].includes(document.activeElement);
    send.hidden = going;
    stop.hidden = !going;
    stop.ariaDisabled = String(this.#wantsStop); // not `disabled`: it would lose the focus
    send.disabled = field.disabled = !going && this.#questions.waiting;
    field.placeholder = this.#questions.waiting ? words.answer_first : words.say_something;
    find("state").textContent = going ? (this.#wantsStop ? words.stopping : words.working) : "";
    if (held) (going ? stop : field).focus();
  }
}
