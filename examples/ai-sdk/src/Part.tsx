import type { Message } from "./Chat";

interface Tool {
  type: string;
  toolName?: string;
  state: string;
  output?: unknown;
  input?: unknown;
  approval?: { id: string };
}

/** One part of a message. What a page does not know, it does not show. */
export function Part({
  part,
  onAnswer,
}: {
  part: Message["parts"][number];
  onAnswer: (approval: string, approved: boolean) => void;
}) {
  if (part.type === "text") return <p className="text">{part.text}</p>;
  if (part.type === "reasoning") return <p className="thought">{part.text}</p>;
  if (!part.type.startsWith("tool-") && part.type !== "dynamic-tool") return null;
  const tool = part as unknown as Tool;
  const name = tool.toolName ?? tool.type.replace(/^tool-/, "");
  if (tool.state === "approval-requested" && tool.approval) {
    const { id } = tool.approval;
    return (
      <fieldset>
        <legend>The agent wants to call {name}</legend>
        <pre>{JSON.stringify(tool.input, null, 2)}</pre>
        <button onClick={() => onAnswer(id, true)}>Approve</button> <button onClick={() => onAnswer(id, false)}>Refuse</button>
      </fieldset>
    );
  }
  return (
    <details>
      <summary>
        {name} {tool.state === "output-available" ? "✓" : "…"}
      </summary>
      <pre>{JSON.stringify({ input: tool.input, output: tool.output }, null, 2)}</pre>
    </details>
  );
}
