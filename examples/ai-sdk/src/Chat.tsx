import { useChat } from "@ai-sdk/react";
import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  type UIMessage,
} from "ai";
import { useMemo, useState } from "react";
import { Part } from "./Part";

export type Message = UIMessage<unknown, Record<string, unknown>>;

/** The page's tools. The agent may call them, and the page answers. */
const tools = [
  {
    name: "set_background_color",
    description: "Set the background color of the page. Изменить цвет фона страницы.",
    parameters: {
      type: "object",
      properties: { color: { type: "string", description: "A CSS color" } },
      required: ["color"],
    },
  },
];

// The AI SDK's major version, for the parts that only newer ones know.
export const sdk = 7;

export function Chat({ api, id, messages: initial }: { api: string; id: string; messages: Message[] }) {
  const [input, setInput] = useState("");
  const transport = useMemo(
    () =>
      new DefaultChatTransport<Message>({
        api,
        // `continue`: a reload loses nothing.
        body: { sdk, tools, ag_ui: { disconnect: "continue" } },
      }),
    [api],
  );
  const { messages, sendMessage, regenerate, addToolOutput, addToolApprovalResponse, status, error } = useChat<Message>({
    id,
    messages: initial,
    transport,
    resume: true,
    sendAutomaticallyWhen: (chat) =>
      lastAssistantMessageIsCompleteWithToolCalls(chat) || lastAssistantMessageIsCompleteWithApprovalResponses(chat),
    onToolCall: ({ toolCall }) => {
      if (toolCall.toolName !== "set_background_color") return;
      const { color } = toolCall.input as { color: string };
      document.body.style.backgroundColor = color;
      void addToolOutput({ tool: "set_background_color", toolCallId: toolCall.toolCallId, output: `It is ${color} now.` });
    },
  });
  const busy = status === "submitted" || status === "streaming";

  // With `continue` a page that leaves does not stop the answer: this does.
  const stop = () => fetch(`${api}/${encodeURIComponent(id)}/stream`, { method: "DELETE" });

  return (
    <main aria-busy={busy}>
      <ol aria-label="Messages">
        {messages.map((message) => (
          <li key={message.id} className={message.role}>
            {message.parts.map((part, index) => (
              <Part
                key={index}
                part={part}
                onAnswer={(approval, approved) => void addToolApprovalResponse({ id: approval, approved })}
              />
            ))}
          </li>
        ))}
      </ol>
      {error && (
        <p role="alert">
          {error.message} <button onClick={() => void regenerate()}>Try again</button>
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!input.trim() || busy) return;
          void sendMessage({ text: input });
          setInput("");
        }}
      >
        <textarea
          aria-label="Message"
          rows={2}
          value={input}
          onChange={(event) => setInput(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey) {
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }
          }}
        />
        {busy ? (
          <button type="button" onClick={() => void stop()}>
            Stop
          </button>
        ) : (
          <button type="submit">Send</button>
        )}
      </form>
    </main>
  );
}
