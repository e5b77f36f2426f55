import { useEffect, useState } from "react";
import { begin, get, post } from "../api";
import { Tree } from "../parts/Tree";
import { note, useStudio } from "../store";
import type { Checkpoint } from "../types";
import { clock, words } from "../words";
import { parsed } from "./InterruptForm";

interface Snapshot {
  values: Record<string, unknown>;
  next: string[];
}

/** The lane of each checkpoint in a rail of branches, as git draws it: the newest line is the first. */
export function lanes(checkpoints: readonly Checkpoint[]): Map<string, number> {
  const found = new Map<string, number>();
  let used = 0;
  for (const checkpoint of checkpoints) {
    let lane = found.get(checkpoint.id);
    if (lane === undefined) {
      lane = used;
      used += 1;
      found.set(checkpoint.id, lane);
    }
    if (checkpoint.parent && !found.has(checkpoint.parent)) found.set(checkpoint.parent, lane);
  }
  return found;
}

/** Run what is left to run in a thread. */
const goOn = (agent: string, threadId: string): Promise<string> =>
  begin(agent, {
    threadId,
    runId: crypto.randomUUID(),
    messages: [],
    tools: [],
    context: [],
    forwardedProps: { continue: true, disconnect: "continue" },
    protocolVersion: "1.0",
  });

export function History(): React.JSX.Element {
  const { agent, thread, view, choose } = useStudio();
  const over = view?.over ?? true;
  const [checkpoints, setCheckpoints] = useState<Checkpoint[]>([]);
  const [open, setOpen] = useState("");
  const [snapshot, setSnapshot] = useState<Snapshot | null>(null);
  const [edited, setEdited] = useState<string | null>(null);
  const [fault, setFault] = useState("");
  const of = `?agent=${encodeURIComponent(agent)}`;
  const root = `threads/${encodeURIComponent(thread)}`;

  useEffect(() => {
    if (!thread) return setCheckpoints([]);
    const aborted = new AbortController();
    get<{ checkpoints: Checkpoint[] }>(`${root}/history${of}&limit=100`, aborted.signal)
      .then((page) => setCheckpoints(page.checkpoints))
      .catch(() => setCheckpoints([]));
    return () => aborted.abort();
  }, [root, of, thread, over]);

  async function look(id: string): Promise<void> {
    setOpen(id === open ? "" : id);
    setSnapshot(null);
    setEdited(null);
    if (id !== open) setSnapshot(await get<Snapshot>(`${root}/state${of}&checkpoint=${encodeURIComponent(id)}`));
  }

  async function fork(id: string): Promise<void> {
    const values = edited === null ? undefined : parsed(edited);
    if (edited !== null && (typeof values !== "object" || values === null)) return setFault(words.json);
    setFault("");
    const body = { checkpoint: id, ...(values ? { values } : {}) };
    const made = await post<{ threadId: string; state: Snapshot }>(`${root}/fork${of}`, body);
    const run = made.state.next.length ? await goOn(agent, made.threadId) : "";
    choose({ thread: made.threadId, run, at: null });
  }

  const lane = lanes(checkpoints);
  const wide = Math.max(1, ...[...lane.values()].map((one) => one + 1));
  if (!checkpoints.length) return <p className="quiet pane">{words.noHistory}</p>;
  return (
    <ol className="history pane" style={{ "--lanes": wide } as React.CSSProperties}>
      {checkpoints.map((one) => (
        <li key={one.id}>
          <span className="rail" style={{ "--lane": lane.get(one.id) } as React.CSSProperties} aria-hidden />
          <button className="checkpoint" aria-expanded={open === one.id} onClick={() => void look(one.id).catch(note)}>
            <b>{one.step}</b> <span className={`source ${one.source}`}>{one.source}</span>
            <span className="quiet">{one.at && clock(one.at)}</span>
            <span>{one.tasks.map((task) => task.name).join(", ")}</span>
          </button>
          {open === one.id && (
            <div className="snapshot">
              {one.next.length > 0 && (
                <p className="quiet">
                  {words.willRun}: <b>{one.next.join(", ")}</b>
                </p>
              )}
              {snapshot &&
                (edited === null ? (
                  <Tree value={snapshot.values} open={1} />
                ) : (
                  <textarea className="json" aria-label={words.editState} value={edited} onChange={(event) => setEdited(event.target.value)} />
                ))}
              {fault && <p className="fault">{fault}</p>}
              <div className="choices">
                <button className="primary" onClick={() => void fork(one.id).catch(note)}>
                  {words.fork}
                  {one.next.length > 0 && `: ${one.next.join(", ").replace("__start__", "start")}`}
                </button>
                {snapshot && edited === null && one.source !== "input" && (
                  <button onClick={() => setEdited(JSON.stringify(snapshot.values, null, 2))}>{words.editState}</button>
                )}
                {edited !== null && <button onClick={() => setEdited(null)}>{words.cancel}</button>}
              </div>
            </div>
          )}
        </li>
      ))}
    </ol>
  );
}
