/** A tool call of the agent, as a card in the chat: at work, failed, or its result. */
import { useBoard, type Tab } from "../board/board-state";
import { useSettings } from "../settings";
import { CARDS } from "./cards";

export interface ToolCallProps {
  name: string;
  status: "inProgress" | "executing" | "complete";
  result: string | undefined;
  parameters: Record<string, unknown>;
}

const TAB_OF: Record<string, Tab> = {
  find_leads: "lead",
  qualify_lead: "lead",
  move_deal: "pipeline",
  pipeline_report: "pipeline",
  make_quote: "quote",
  segment_customers: "campaign",
  draft_campaign: "campaign",
  schedule_campaign: "campaign",
  campaign_report: "campaign",
  evaluate_ab_test: "campaign",
};

export function ToolCard({ name, status, result, parameters }: ToolCallProps) {
  const { text } = useSettings();
  const { openTab, setView } = useBoard();
  // Suggestions are asked for with a tool call of CopilotKit's own, which is not for people to see.
  if (name.startsWith("copilotkit")) return null;
  const title = text.tools.names[name] ?? name;
  const tab = TAB_OF[name];

  const done = status === "complete" && result !== undefined;
  const data = done ? parse(result) : null;
  const Card = CARDS[name];
  const failed = done && Card !== undefined && data === null;
  const body = data && Card ? <Card data={data} /> : null;
  return (
    <section
      className="card"
      aria-label={title}
      data-tool={name}
      data-state={failed ? "failed" : done ? "done" : "busy"}
    >
      <header>
        <span className="dot" aria-hidden="true" />
        <h4>{title}</h4>
        {!done && <span className="note">{text.tools.working}</span>}
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

/** A tool's answer is JSON; what went wrong is a sentence, which is not. */
function parse(result: string): Record<string, unknown> | null {
  try {
    const data: unknown = JSON.parse(result);
    return typeof data === "object" && data !== null ? (data as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
