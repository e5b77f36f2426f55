// A conversation held by openai-node over the Responses API. `mode`: "raw" iterates the events, "helper" uses
// `.stream()`, and "whole" does not stream. Each response goes on from the one before.
// See conversation.mjs for what goes in and out.
import OpenAI from "openai";
import { report, ROUNDS } from "./conversation.mjs";

let previous;

async function converse({ baseURL, apiKey, headers, model, messages, tools, mode, body, onText, onRound }) {
  const client = new OpenAI({ baseURL, apiKey, defaultHeaders: headers, maxRetries: 0 });
  let input = [messages.at(-1)];
  for (let round = 0; round < ROUNDS; round++) {
    const asked = { model, input, previous_response_id: previous, tools: tools.map(declare), ...body };
    const response = await ask[mode](client, asked, onText);
    previous = response.id;
    const calls = response.output.filter((item) => item.type === "function_call");
    onRound({
      text: response.output_text,
      reasoning: response.output.flatMap((item) => item.summary ?? []).map((part) => part.text).join(""),
      toolCalls: calls.map((call) => ({ id: call.call_id, name: call.name, arguments: call.arguments })),
      finishReason: response.status,
      usage: translate(response.usage),
    });
    if (calls.length === 0) return messages;
    input = calls.map((call) => answerCall(call, tools));
  }
  throw new Error(`still calling tools after ${ROUNDS} rounds`);
}

const ask = {
  async raw(client, asked, onText) {
    let response;
    for await (const event of await client.responses.create({ ...asked, stream: true })) {
      if (event.type === "response.output_text.delta") onText(event.delta);
      if (event.type === "error") throw new Error(event.message);
      if (event.response) response = event.response;
    }
    if (response.status === "failed") throw new Error(response.error.message);
    const text = response.output.filter((item) => item.type === "message").flatMap((item) => item.content);
    return { ...response, output_text: text.map((part) => part.text).join("") };
  },

  async helper(client, asked, onText) {
    const stream = client.responses.stream(asked);
    stream.on("response.output_text.delta", (event) => onText(event.delta));
    const response = await stream.finalResponse();
    if (response.status === "failed") throw new Error(response.error.message);
    return response;
  },

  async whole(client, asked, onText) {
    const response = await client.responses.create(asked);
    onText(response.output_text);
    return response;
  },
};

function declare({ name, description, parameters }) {
  return { type: "function", name, description, parameters, strict: false };
}

function answerCall(call, tools) {
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) throw new Error(`the server called ${call.name}, which was not declared`);
  return { type: "function_call_output", call_id: call.call_id, output: JSON.stringify(tool.result) };
}

// Back into the words of a chat, so that all clients report alike.
function translate(usage) {
  if (!usage) return null;
  return {
    prompt_tokens: usage.input_tokens,
    completion_tokens: usage.output_tokens,
    total_tokens: usage.total_tokens,
  };
}

await report(converse);
