// What the two OpenAI-speaking programs have in common: what they are asked, what they report.
//
// In, one JSON document on stdin:
//   baseURL, apiKey, model     where to, and as whom
//   turns                      what the user says, one string per turn; the history is carried along
//   messages?                  history before the first turn, in OpenAI's form (the AI SDK's own form for aisdk.mjs)
//   tools?                     [{name, description, parameters, result}]: client tools; a call is answered with `result`
//   usage?                     ask for stream_options.include_usage (default true)
//   headers?, body?            more headers, more top-level fields of the request (openai_node.mjs)
//   mode?                      which way of the client to take; see each program
//
// Out, one JSON line each:
//   {"at", "turn", "delta"}    text as it arrives; `at` in milliseconds since the turn's request was sent
//   {"result": {"rounds", "messages", "error"}}
// A round is one request and its answer: {"turn", "text", "reasoning", "toolCalls", "finishReason", "usage"}. An
// error ends the conversation: {"name", "message", "status", "code", "type", "param"}, absent facts as null.
import { text } from "node:stream/consumers";

/** Rounds a turn may take before the program believes that it goes in circles. */
export const ROUNDS = 6;

/** Read the request, hold the conversation, print what came of it. */
export async function report(converse) {
  const request = { usage: true, tools: [], messages: [], headers: {}, body: {}, ...JSON.parse(await text(process.stdin)) };
  const rounds = [];
  let messages = [...request.messages];
  let error = null;
  const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  try {
    for (const [turn, content] of request.turns.entries()) {
      messages.push({ role: "user", content });
      const start = performance.now();
      const onText = (delta) => delta && say({ at: performance.now() - start, turn, delta });
      const onRound = (round) => rounds.push({ turn, ...round });
      messages = await converse({ ...request, messages, onText, onRound });
    }
  } catch (thrown) {
    error = describe(thrown);
  }
  say({ result: { rounds, messages, error } });
}

function describe(error) {
  const said = error.error ?? error.data?.error ?? error;
  return {
    name: error.constructor?.name ?? error.name ?? "Error",
    message: error.message ?? said.message ?? String(error),
    status: error.status ?? error.statusCode ?? null,
    code: error.code ?? said.code ?? null,
    type: error.type ?? said.type ?? null,
    param: error.param ?? said.param ?? null,
  };
}
