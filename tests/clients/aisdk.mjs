// A conversation held by the AI SDK. `mode`: "compatible" (@ai-sdk/openai-compatible), "openai" (@ai-sdk/openai's
// chat) or "responses" (its default, the Responses API). See conversation.mjs for what goes in and out.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { jsonSchema, stepCountIs, streamText, tool } from "ai";
import { report, ROUNDS } from "./conversation.mjs";

// Its notices would stand among our lines; what is wrong is reported as an error.
globalThis.AI_SDK_LOG_WARNINGS = false;

async function converse({ messages, tools, onText, onRound, ...request }) {
  const stream = streamText({
    model: providers[request.mode ?? "compatible"](request),
    messages,
    tools: Object.fromEntries(tools.map((declared) => [declared.name, adopt(declared)])),
    stopWhen: stepCountIs(ROUNDS),
    maxRetries: 0,
    onError: () => {}, // it comes through the stream as well
  });
  let round = begin();
  for await (const part of stream.fullStream) {
    if (part.type === "error") throw part.error;
    if (part.type === "tool-error") throw part.error;
    if (part.type === "tool-call" && part.invalid) throw part.error;
    if (part.type === "text-delta") {
      round.text += part.text;
      onText(part.text);
    }
    if (part.type === "reasoning-delta") round.reasoning += part.text;
    if (part.type === "tool-call")
      round.toolCalls.push({ id: part.toolCallId, name: part.toolName, arguments: JSON.stringify(part.input) });
    if (part.type === "finish-step") {
      onRound({ ...round, finishReason: part.rawFinishReason ?? part.finishReason, usage: translate(part.usage) });
      round = begin();
    }
  }
  return [...messages, ...(await stream.response).messages];
}

const begin = () => ({ text: "", reasoning: "", toolCalls: [] });

const providers = {
  compatible: ({ baseURL, apiKey, headers, model, usage }) =>
    createOpenAICompatible({ name: "bridge", baseURL, apiKey, headers, includeUsage: usage })(model),
  openai: ({ baseURL, apiKey, headers, model }) => createOpenAI({ baseURL, apiKey, headers }).chat(model),
  responses: ({ baseURL, apiKey, headers, model }) => createOpenAI({ baseURL, apiKey, headers })(model),
};

function adopt({ description, parameters, result }) {
  return tool({ description, inputSchema: jsonSchema(parameters), execute: async () => result });
}

// Back into OpenAI's words, so that all clients report alike.
function translate(usage) {
  if (usage?.totalTokens === undefined && usage?.inputTokens === undefined) return null;
  return {
    prompt_tokens: usage.inputTokens ?? null,
    completion_tokens: usage.outputTokens ?? null,
    total_tokens: usage.totalTokens ?? null,
  };
}

await report(converse);
