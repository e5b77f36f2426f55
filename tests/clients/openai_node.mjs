// A conversation held by openai-node. `mode`: "raw" iterates the stream, "helper" uses `.stream()`, which insists on
// a finish_reason, and "whole" does not stream. See conversation.mjs for what goes in and out.
import OpenAI from "openai";
import { report, ROUNDS } from "./conversation.mjs";

async function converse({ baseURL, apiKey, headers, messages, tools, onRound, ...request }) {
  const client = new OpenAI({ baseURL, apiKey, defaultHeaders: headers, maxRetries: 0 });
  const history = [...messages];
  for (let round = 0; round < ROUNDS; round++) {
    const body = compose(request, history, tools);
    const answer = await ask[request.mode ?? "raw"](client, body, request);
    const { message, finishReason, usage } = answer;
    const calls = message.tool_calls ?? [];
    onRound({
      text: message.content ?? "",
      reasoning: message.reasoning_content ?? "",
      toolCalls: calls.map((call) => ({ id: call.id, name: call.function.name, arguments: call.function.arguments })),
      finishReason: finishReason ?? null,
      usage: usage ?? null,
    });
    const { reasoning_content: _, ...said } = message;
    history.push(said);
    if (calls.length === 0) return history;
    history.push(...calls.map((call) => answerCall(call, tools)));
  }
  throw new Error(`still calling tools after ${ROUNDS} rounds`);
}

const ask = {
  async raw(client, body, { usage, onText }) {
    const stream = await client.chat.completions.create({ ...body, ...streaming(usage) });
    const answer = { message: { role: "assistant", content: null }, finishReason: null, usage: null };
    for await (const chunk of stream) {
      if (chunk.usage) answer.usage = chunk.usage;
      const choice = chunk.choices[0];
      if (choice === undefined) continue;
      if (choice.finish_reason) answer.finishReason = choice.finish_reason;
      collect(answer.message, choice.delta);
      onText(choice.delta.content);
    }
    return answer;
  },

  async helper(client, body, { usage, onText }) {
    const stream = client.chat.completions.stream({ ...body, ...streaming(usage) });
    stream.on("content", onText);
    const completion = await stream.finalChatCompletion();
    const [choice] = completion.choices;
    // Of fields it does not know the helper keeps the last piece only: no reasoning to report here.
    const { reasoning_content: _, ...message } = keep(choice.message);
    return { message, finishReason: choice.finish_reason, usage: completion.usage };
  },

  async whole(client, body, { onText }) {
    const completion = await client.chat.completions.create(body);
    const [choice] = completion.choices;
    onText(choice.message.content);
    return { message: keep(choice.message), finishReason: choice.finish_reason, usage: completion.usage };
  },
};

function compose({ model, body }, messages, tools) {
  const declared = tools.map(({ name, description, parameters }) => ({
    type: "function",
    function: { name, description, parameters },
  }));
  return { model, messages, ...(declared.length > 0 && { tools: declared }), ...body };
}

function streaming(usage) {
  return { stream: true, ...(usage && { stream_options: { include_usage: true } }) };
}

function collect(message, delta) {
  if (delta.content) message.content = (message.content ?? "") + delta.content;
  if (delta.reasoning_content) message.reasoning_content = (message.reasoning_content ?? "") + delta.reasoning_content;
  for (const part of delta.tool_calls ?? []) {
    message.tool_calls ??= [];
    // The first delta of a call has its id and name, the later ones only the index and a piece of the arguments.
    const call = (message.tool_calls[part.index] ??= {
      id: part.id,
      type: "function",
      function: { name: part.function.name, arguments: "" },
    });
    call.function.arguments += part.function?.arguments ?? "";
  }
}

// The helper decorates messages with parsed forms, which a server need not accept back.
function keep({ role, content, tool_calls: calls, reasoning_content: reasoning }) {
  return {
    role,
    content,
    ...(reasoning && { reasoning_content: reasoning }),
    ...(calls?.length > 0 && {
      tool_calls: calls.map(({ id, function: { name, arguments: text } }) => ({
        id,
        type: "function",
        function: { name, arguments: text },
      })),
    }),
  };
}

function answerCall(call, tools) {
  const tool = tools.find(({ name }) => name === call.function.name);
  if (tool === undefined) throw new Error(`the server called ${call.function.name}, which was not declared`);
  JSON.parse(call.function.arguments);
  return { role: "tool", tool_call_id: call.id, content: JSON.stringify(tool.result) };
}

await report(converse);
