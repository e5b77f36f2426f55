import { useState } from "react";
import { Icon } from "../parts/Icon";
import { useStudio } from "../store";
import type { RunRow } from "../types";
import { clock, seconds, words } from "../words";

type Wish = "all" | "running" | "waits" | "failed" | "thread";

const lookOf = (row: RunRow): string =>
  row.state === "running"
    ? "running"
    : row.outcome === "success"
      ? "done"
      : row.outcome === "interrupt"
        ? "waits"
        : row.outcome === "cancelled"
          ? "cancelled"
          : "failed";

/** What a program calls itself, in one or two words. */
export function clientOf(agent: string): string {
  if (/Mozilla/.test(agent)) return /Firefox/.test(agent) ? "Firefox" : /Chrom/.test(agent) ? "Chrome" : "browser";
  const name = agent.split(/[ ;(]/)[0] ?? "";
  return name.replace(/\/[\d.]+.*$/, "").replace("/", " ") || "—";
}

/** The runs of every client, newest first. */
export function Runs(): React.JSX.Element {
  const { runs, agent, thread, run, everybody, choose } = useStudio();
  const [wish, setWish] = useState<Wish>("all");
  const shown = runs.filter(
    (row) =>
      row.agent === agent &&
      (wish === "all" || (wish === "thread" ? row.threadId === thread : lookOf(row) === wish)),
  );
  return (
    <nav className="runs" aria-label={words.runs}>
      <header>
        <h2>{words.runs}</h2>
        <select aria-label={words.filter} value={wish} onChange={(event) => setWish(event.target.value as Wish)}>
          <option value="all">{words.all}</option>
          <option value="running">{words.running}</option>
          <option value="waits">{words.waits}</option>
          <option value="failed">{words.failed}</option>
          <option value="thread">{words.thisThread}</option>
        </select>
      </header>
      <label className="check quiet">
        <input
          type="checkbox"
          checked={everybody}
          onChange={(event) => useStudio.setState({ everybody: event.target.checked, runs: [] })}
        />{" "}
        {words.everybody}
      </label>
      {shown.length === 0 && <p className="quiet">{words.noRuns}</p>}
      <ul>
        {shown.map((row) => (
          <li key={row.id}>
            <button
              className={`run ${lookOf(row)}`}
              aria-current={row.id === run}
              data-run={row.id}
              onClick={() => choose({ run: row.id, thread: row.threadId, at: null })}
            >
              <span className={`dot ${lookOf(row)}`}>
                <Icon name={lookOf(row)} />
              </span>
              <span className="run-name">{clientOf(row.client)}</span>
              <span className="run-time">{clock(row.startedAt)}</span>
              <span className="run-more">
                {row.threadId.slice(0, 8)}
                {everybody && ` · ${row.principal}`}
                {row.outcome && lookOf(row) === "failed" && ` · ${row.outcome}`}
              </span>
              <span className="run-took">
                {row.endedAt && seconds(Date.parse(row.endedAt) - Date.parse(row.startedAt))}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
