// A chat of the AI SDK, as its front ends hold it: `AbstractChat`, which `useChat` is made of, of version 5, 6 or 7.
// In, one JSON document a line: `major`, `api`, `id`, `headers`, `body` (fields of every request), `messages` (to begin
// with), `automatic` (send on when the page's tools have answered) and `steps`:
//   {"do": "send", "text"} · {"do": "edit", "index", "text"} · {"do": "regenerate"} · {"do": "output", "tool", "output"}
//   {"do": "approve", "approved", "reason"} · {"do": "resume"} · {"do": "last", "text"} (sends the last message alone)
// Out, one line a step: `messages`, `status`, `error`, and `data`, what `onData` was given.
import { createInterface } from "node:readline";

const packages = { 5: "ai-5", 6: "ai", 7: "ai-7" };

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) await hold(JSON.parse(line));
}

async function hold({ major, api, id, headers, body, messages, automatic, steps }) {
  const ai = await import(packages[major]);
  const data = [];
  let alone = false;

  class State {
    status = "ready";
    error = undefined;
    messages = messages ?? [];
    pushMessage = (message) => (this.messages = [...this.messages, message]);
    popMessage = () => (this.messages = this.messages.slice(0, -1));
    replaceMessage = (index, message) =>
      (this.messages = this.messages.map((each, place) => (place === index ? structuredClone(message) : each)));
    snapshot = (value) => structuredClone(value);
  }

  class Chat extends ai.AbstractChat {
    constructor(state) {
      super({
        id,
        state,
        transport: new ai.DefaultChatTransport({
          api,
          headers,
          prepareSendMessagesRequest: ({ id, messages, trigger, messageId }) => ({
            body: alone
              ? { id, message: messages.at(-1), ...body }
              : { id, messages, trigger, messageId, ...body },
          }),
        }),
        onData: (part) => data.push(part),
        sendAutomaticallyWhen: automatic
          ? (options) =>
              ai.lastAssistantMessageIsCompleteWithToolCalls(options) ||
              (ai.lastAssistantMessageIsCompleteWithApprovalResponses?.(options) ?? false)
          : undefined,
      });
      this.kept = state;
    }
  }

  const chat = new Chat(new State());
  for (const step of steps) {
    alone = step.do === "last";
    await perform(chat, step);
    await settled(chat);
    const { status, error } = chat;
    console.log(JSON.stringify({ messages: chat.messages, status, error: error && String(error.message), data }));
  }
}

async function perform(chat, step) {
  const calls = chat.messages.at(-1)?.parts.filter((part) => part.toolCallId) ?? [];
  switch (step.do) {
    case "send":
    case "last":
      return chat.sendMessage({ text: step.text });
    case "edit":
      return chat.sendMessage({ text: step.text, messageId: chat.messages[step.index].id });
    case "regenerate":
      return chat.regenerate();
    case "output": {
      const call = calls.find((part) => part.state === "input-available" && !part.providerExecuted);
      const add = (chat.addToolOutput ?? chat.addToolResult).bind(chat);
      return add({ tool: step.tool, toolCallId: call.toolCallId, output: step.output });
    }
    case "approve": {
      const call = calls.find((part) => part.state === "approval-requested");
      return chat.addToolApprovalResponse({ id: call.approval.id, approved: step.approved, reason: step.reason });
    }
    case "resume":
      return chat.resumeStream();
    default:
      throw new Error(`no such step: ${step.do}`);
  }
}

// What is sent on by itself is not waited for: until the chat has been ready for a moment.
async function settled(chat) {
  for (let calm = 0; calm < 5; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    calm = chat.status === "ready" || chat.status === "error" ? calm + 1 : 0;
  }
}
