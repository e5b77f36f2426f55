// A conversation held by LangChain JS. `mode`: "stream" gathers the chunks of `.stream()`, "whole" calls `.invoke()`;
// "responses" streams over the Responses API. See conversation.mjs for what goes in and out.
import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { concat } from "@langchain/core/utils/stream";
import { ChatOpenAI } from "@langchain/openai";
import { report, ROUNDS } from "./conversation.mjs";

async function converse({ baseURL, apiKey, headers, model, messages, tools, mode, usage, onText, onRound }) {
  const chat = new ChatOpenAI({
    model,
    apiKey,
    configuration: { baseURL, defaultHeaders: headers },
    maxRetries: 0,
    streamUsage: usage,
    useResponsesApi: mode === "responses",
  });
  const bound = tools.length === 0 ? chat : chat.bindTools(tools.map(declare));
  const history = messages.map(adopt);
  for (let round = 0; round < ROUNDS; round++) {
    const answer = await ask[mode === "responses" ? "stream" : (mode ?? "stream")](bound, history, onText);
    const calls = answer.tool_calls ?? [];
    onRound({
      text: answer.text,
      reasoning: "",
      toolCalls: calls.map(({ id, name, args }) => ({ id, name, arguments: JSON.stringify(args) })),
      finishReason: answer.response_metadata?.finish_reason ?? null,
      usage: translate(answer.usage_metadata),
    });
    history.push(new AIMessage({ content: answer.content, tool_calls: calls }));
    if (calls.length === 0) return history;
    history.push(...calls.map((call) => answerCall(call, tools)));
  }
  throw new Error(`still calling tools after ${ROUNDS} rounds`);
}

const ask = {
  async stream(bound, history, onText) {
    let answer;
    for await (const chunk of await bound.stream(history)) {
      answer = answer === undefined ? chunk : concat(answer, chunk);
      onText(chunk.text);
    }
    return answer;
  },

  async whole(bound, history, onText) {
    const answer = await bound.invoke(history);
    onText(answer.text);
    return answer;
  },
};

function declare({ name, description, parameters }) {
  return { type: "function", function: { name, description, parameters } };
}

// The history of earlier turns is LangChain's own already.
function adopt(message) {
  return message.role === "user" ? new HumanMessage(message.content) : message;
}

function answerCall(call, tools) {
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) throw new Error(`the server called ${call.name}, which was not declared`);
  return new ToolMessage({ tool_call_id: call.id, content: JSON.stringify(tool.result) });
}

// Back into OpenAI's words, so that all clients report alike.
function translate(usage) {
  if (!usage) return null;
  return {
    prompt_tokens: usage.input_tokens,
    completion_tokens: usage.output_tokens,
    total_tokens: usage.total_tokens,
  };
}

await report(converse);
