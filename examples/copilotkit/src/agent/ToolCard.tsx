/** A tool call of the agent, as a card in the chat: at work, failed, or its result. */
import { useBoard } from "../board/board-state";
import { useChat } from "../chat/chat-state";
import { useSettings } from "../settings";
import { CARDS, type Answer } from "./cards";
import { parseAnswer, TAB_OF } from "./tools";
import { useSalesAgent } from "./useSalesAgent";

export interface ToolCallProps {
  name: string;
  status: "inProgress" | "executing" | "complete";
  result: string | undefined;
  parameters: Record<string, unknown>;
}

export function ToolCard({ name, status, result, parameters }: ToolCallProps) {
  const { text } = useSettings();
  const { openTab, setView } = useBoard();
  // Suggestions are asked for with a tool call of CopilotKit's own, which is not for people to see.
  if (name.startsWith("copilotkit")) return null;
  const title = text.tools.names[name] ?? name;
  const tab = TAB_OF[name];

  const { isRunning } = useSalesAgent();
  const { waiting } = useChat();
  const done = status === "complete" && result !== undefined;
  const data = done ? parseAnswer(result) : null;
  const Card = CARDS[name];
  const failed = done && Card !== undefined && data === null;
  const body = data && Card ? <Card data={data} /> : null;
  const unfinished = isRunning ? "busy" : waiting ? "waiting" : "stopped";
  const state = failed ? "failed" : !done ? unfinished : isRefused(data) ? "refused" : "done";
  return (
    <section
      className="card"
      aria-label={title}
      data-tool={name}
      data-state={state}
    >
      <header>
        <span className="dot" aria-hidden="true" />
        <h3>{title}</h3>
        {state === "busy" && <span className="note">{text.tools.working}</span>}
        {state === "waiting" && <span className="note">{text.tools.waiting}</span>}
        {state === "stopped" && <span className="note">{text.tools.stopped}</span>}
        {failed && <span className="note">{text.tools.failed}</span>}
        {!Card && done && <span className="note">{Object.values(parameters).join(", ")}</span>}
        {body && tab && (
          <button
            type="button"
            className="link"
            onClick={() => {
              openTab(tab);
              setView("board");
            }}
          >
            {text.tools.openBoard}
          </button>
        )}
      </header>
      {failed ? <p className="note">{result}</p> : body}
    </section>
  );
}

/** A person said no: the call went well, its result is not a success. */
function isRefused(data: Answer | null): boolean {
  return data?.quote?.status === "rejected" || data?.campaign?.status === "rejected";
}
