import { useEffect, useState } from "react";
import { get } from "../api";
import { Tree } from "../parts/Tree";
import { useStudio } from "../store";
import { words } from "../words";

interface ModelCall {
  path: string;
  model: string;
  messages: { role: string; content: unknown; toolCalls?: unknown }[];
  tools: { name: string; description?: string }[];
  parameters: Record<string, unknown>;
}

/** What each model call of the run was given. */
export function ModelInput(): React.JSX.Element {
  const { agent, run, view, node } = useStudio();
  const [calls, setCalls] = useState<ModelCall[] | null>(null);
  const [refused, setRefused] = useState("");
  const steps = view?.tasks.size ?? 0;
  useEffect(() => {
    if (!run) return;
    const aborted = new AbortController();
    get<{ calls: ModelCall[] }>(`runs/${encodeURIComponent(run)}/model-calls?agent=${encodeURIComponent(agent)}`, aborted.signal)
      .then((found) => (setCalls(found.calls), setRefused("")))
      .catch((error: unknown) => error instanceof Error && error.name !== "AbortError" && setRefused(error.message));
    return () => aborted.abort();
  }, [agent, run, steps, view?.over]);
  const shown = calls?.filter((call) => !node || call.path === node || call.path.startsWith(`${node}/`)) ?? [];
  if (refused) return <p className="quiet pane">{refused}</p>;
  if (!shown.length) return <p className="quiet pane">{words.nothing}</p>;
  return (
    <div className="inputs pane">
      {shown.map((call, index) => (
        <details key={index} open={shown.length < 3}>
          <summary>
            <b>{call.path || call.model}</b> <code>{call.model}</code>
            <span className="quiet">
              {call.messages.length} {words.messages}, {call.tools.length} {words.tools}
            </span>
          </summary>
          {call.messages.map((message, place) => (
            <div key={place} className={`given ${message.role}`}>
              <span className="role">{message.role}</span>
              {typeof message.content === "string" ? <pre>{message.content}</pre> : <Tree value={message.content} />}
              {message.toolCalls !== undefined && <Tree value={message.toolCalls} name="toolCalls" />}
            </div>
          ))}
          {call.tools.length > 0 && <Tree value={call.tools} name={words.tools} open={0} />}
          <Tree value={call.parameters} name="…" open={0} />
        </details>
      ))}
    </div>
  );
}
