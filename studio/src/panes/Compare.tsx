import { useEffect, useState } from "react";
import { frames } from "../api";
import { begin, feed, type RunView } from "../fold/run";
import { useStudio } from "../store";
import type { RunRow, WireRow } from "../types";
import { clock, number, seconds, words } from "../words";
import { clientOf } from "./Runs";

/** The figures of a run that are compared: name -> what is shown. */
export function figuresOf(view: RunView, row: RunRow | undefined): Record<string, string> {
  const sum = (name: "inputTokens" | "outputTokens"): number => view.usage.reduce((all, one) => all + (one[name] ?? 0), 0);
  const took = row?.endedAt ? Date.parse(row.endedAt) - Date.parse(row.startedAt) : null;
  const first = row?.firstWordAt ? Date.parse(row.firstWordAt) - Date.parse(row.startedAt) : null;
  return {
    [words.ended]: view.outcome ?? words.running,
    [words.waterfall]: took === null ? "" : seconds(took),
    [words.firstWord]: first === null ? "" : seconds(first),
    [`${words.tokens}, ${words.inTokens}`]: number(sum("inputTokens")),
    [`${words.tokens}, ${words.outTokens}`]: number(sum("outputTokens")),
  };
}

const answerOf = (view: RunView): string =>
  view.shown
    .filter((one) => one.role === "assistant")
    .map((one) => one.text)
    .filter(Boolean)
    .join("\n\n");

const callsOf = (view: RunView): string[] => view.shown.flatMap((one) => one.calls.map((call) => `${call.name} ${call.args}`));

/** Two runs side by side. */
export function Compare(): React.JSX.Element {
  const { runs, run, agent, view, graph } = useStudio();
  const [chosen, setChosen] = useState("");
  const [other, setOther] = useState<RunView | null>(null);
  const rows = runs.filter((row) => row.agent === agent && row.id !== run);

  useEffect(() => {
    setOther(null);
    if (!chosen) return;
    const aborted = new AbortController();
    const fold = begin(graph);
    const load = async (): Promise<void> => {
      for await (const batch of frames(`runs/${encodeURIComponent(chosen)}/wire?agent=${encodeURIComponent(agent)}`, aborted.signal))
        for (const frame of batch) feed(fold, JSON.parse(frame.data) as WireRow, null);
      if (!aborted.signal.aborted) setOther(fold.view);
    };
    load().catch(() => undefined); // a run that is no longer kept
    return () => aborted.abort();
  }, [chosen, agent, graph]);

  if (!view) return <p className="quiet pane">{words.nothing}</p>;
  const sides: [RunView, RunRow | undefined][] = [[view, runs.find((row) => row.id === run)]];
  if (other) sides.push([other, runs.find((row) => row.id === chosen)]);
  const figures = sides.map(([one, row]) => figuresOf(one, row));
  const paths = [...new Set(sides.flatMap(([one]) => [...one.paths.keys()]))];
  const longest = Math.max(1, ...sides.flatMap(([one]) => [...one.paths.values()].map((path) => path.ms)));
  return (
    <div className="compare pane">
      <label>
        {words.compare}{" "}
        <select value={chosen} onChange={(event) => setChosen(event.target.value)}>
          <option value="">{words.none}</option>
          {rows.map((row) => (
            <option key={row.id} value={row.id}>
              {clock(row.startedAt)} {clientOf(row.client)} {row.id.slice(0, 8)}
            </option>
          ))}
        </select>
      </label>
      <table>
        <tbody>
          {Object.keys(figures[0]!).map((name) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {figures.map((one, side) => (
                <td key={side}>{one[name]}</td>
              ))}
            </tr>
          ))}
          {paths.map((path) => (
            <tr key={path} data-compared={path}>
              <th scope="row">{path.replaceAll("/", " › ")}</th>
              {sides.map(([one], side) => {
                const seen = one.paths.get(path);
                return (
                  <td key={side}>
                    {seen ? (
                      <>
                        <span className={`half side-${side}`} style={{ width: `${Math.max(2, (seen.ms / longest) * 60)}px` }} />
                        ×{seen.calls} {seconds(seen.ms)}
                      </>
                    ) : (
                      "—"
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <div className="answers" style={{ gridTemplateColumns: `repeat(${sides.length}, 1fr)` }}>
        {sides.map(([one], side) => (
          <div key={side}>
            {callsOf(one).map((call, index) => (
              <code key={index}>{call}</code>
            ))}
            <pre>{answerOf(one)}</pre>
            <details>
              <summary>{words.state}</summary>
              <pre>{JSON.stringify(one.state, null, 2)}</pre>
            </details>
          </div>
        ))}
      </div>
    </div>
  );
}
