// The official AG-UI client, in the generation asked for, with its silence broken.
//
// The client can lose what it was sent without a word: a schema error may end the stream, an unknown event is
// dropped with a console warning, an exception in a subscriber surfaces as an uncaught one. So this module counts
// what goes in and what comes out, and listens to the console. See `read`.
import { tap } from "rxjs";

const PACKAGES = { "1.0.0": "@ag-ui/client", "0.0.59": "@ag-ui/client-0.0.59" };

/** How long one stream may keep the client busy, in milliseconds, before it counts as hung. */
const PATIENCE = 30_000;

// Events whose number may differ on the two sides, because the client unfolds *_CHUNK into START, CONTENT and END.
const UNFOLDED = /^(TEXT_MESSAGE|TOOL_CALL|REASONING_MESSAGE)_(START|CONTENT|ARGS|END|CHUNK)$/;

/** The client of that version, as an agent class that also counts what its transport hands on. */
export async function loadAgent(version) {
  const name = PACKAGES[version];
  if (!name) throw new Error(`client ${version} is not installed here; there is: ${Object.keys(PACKAGES).join(", ")}`);
  const { HttpAgent } = await import(name);
  return class CountingAgent extends HttpAgent {
    received = new Map();

    run(input) {
      return super.run(input).pipe(tap((event) => count(this.received, event.type)));
    }

    // CopilotKit opens a stored thread this way: the same request, and an empty answer is legal.
    connect(input) {
      return this.run(input);
    }
  };
}

/**
 * Let `agent` read one answer to `input` and say what became of it.
 *
 * `onEvent` hears each event as an application would. `frames` counts the SSE frames with data, once the body has been
 * read, and belongs to whoever supplied the body. The verdict's `error` is null only if the client neither failed nor
 * lost anything.
 */
export async function read(agent, { input = {}, connect = false, frames, onEvent = () => {} }) {
  const { messages, state, threadId, protocolVersion, ...parameters } = input;
  if (threadId !== undefined) agent.threadId = threadId;
  if (messages !== undefined) agent.messages = structuredClone(messages);
  if (state !== undefined) agent.state = structuredClone(state);

  const delivered = new Map();
  const heard = listen();
  let last;
  let runError = null;
  let outcome = null;
  const subscriber = {
    onEvent: ({ event }) => {
      count(delivered, event.type);
      last = event.type;
      if (event.type === "RUN_ERROR") runError = { message: event.message, code: event.code ?? null };
      if (event.type === "RUN_FINISHED") outcome = event.outcome ?? null;
      onEvent(event);
    },
  };
  const errors = [];
  try {
    const run = connect ? agent.connectAgent(parameters, subscriber) : agent.runAgent(parameters, subscriber);
    await within(PATIENCE, run);
  } catch (error) {
    errors.push(describe(error));
  }
  await new Promise((resolve) => setTimeout(resolve, 0)); // rxjs reports what it cannot deliver one timer later
  heard.stop();
  // The run's own error again, on its way to the console.
  errors.push(...heard.errors.filter((error) => !error.startsWith("Agent execution failed:") || errors.length === 0));
  // What the client could not apply (a patch, a delta for a message it does not know) it only warns of, and drops.
  // Warnings marked [ag-ui] are about material it translated or set aside; those are for the caller to judge.
  errors.push(...heard.warnings.filter((warning) => !warning.startsWith("[ag-ui]")));
  if (errors.length === 0) errors.push(...lost(await frames?.(), agent.received, delivered));
  if (errors.length === 0 && last === undefined && !connect) errors.push("the answer to the run is empty");
  if (errors.length === 0 && last !== undefined && last !== "RUN_FINISHED" && last !== "RUN_ERROR")
    errors.push(`the stream stops after ${last}, with its run open`);
  return {
    ok: errors.length === 0,
    error: errors.length === 0 ? null : [...new Set(errors)].join("; "),
    events: total(agent.received),
    messages: agent.messages,
    state: agent.state ?? null,
    outcome,
    runError,
    warnings: heard.warnings,
  };
}

/** How many frames of an SSE text carry data, by the standard's rules and not by the client's. */
export function countFrames(text) {
  return text
    .replace(/\r\n?/g, "\n")
    .split("\n\n")
    .filter((frame) => /^data(:|$)/m.test(frame)).length;
}

function lost(frames, received, delivered) {
  const faults = [];
  if (frames !== undefined && frames !== total(received))
    faults.push(`${frames} frames were sent, ${total(received)} events were read`);
  const unfolds = [...received.keys()].some((type) => type.endsWith("_CHUNK"));
  for (const [type, sent] of received) {
    const seen = delivered.get(type) ?? 0;
    if (unfolds && UNFOLDED.test(type)) continue;
    if (seen !== sent) faults.push(`${sent} ${type} arrived, ${seen} reached the application`);
  }
  return faults;
}

/** Collect what is said on the console and thrown at nobody, until `stop`. */
function listen() {
  const warnings = [];
  const errors = [];
  const { warn, error } = console;
  console.warn = (...words) => warnings.push(words.map(describe).join(" "));
  console.error = (...words) => errors.push(words.map(describe).join(" "));
  const uncaught = (reason) => errors.push(`uncaught: ${describe(reason)}`);
  process.on("uncaughtException", uncaught);
  process.on("unhandledRejection", uncaught);
  const stop = () => {
    Object.assign(console, { warn, error });
    process.off("uncaughtException", uncaught);
    process.off("unhandledRejection", uncaught);
  };
  return { warnings, errors, stop };
}

function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the client still waits after ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function describe(thing) {
  if (typeof thing === "string") return thing;
  if (thing instanceof Error) return `${thing.name}: ${thing.message}`;
  return JSON.stringify(thing) ?? String(thing);
}

function count(counts, type) {
  counts.set(type, (counts.get(type) ?? 0) + 1);
}

function total(counts) {
  return [...counts.values()].reduce((sum, number) => sum + number, 0);
}
