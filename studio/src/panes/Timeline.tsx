import { useEffect, useMemo, useState } from "react";
import type { RunView, Task } from "../fold/run";
import { Icon } from "../parts/Icon";
import { useStudio } from "../store";
import { number, seconds, words } from "../words";

/** The events at which something a person can point to happens: steps, messages, calls, the end. */
export function stopsOf(view: RunView): number[] {
  return view.rows
    .filter(({ event }) => /^(STEP_|TEXT_MESSAGE_START|TEXT_MESSAGE_END|TOOL_CALL_(START|RESULT)|STATE_|RUN_)/.test(event.type))
    .map((row) => row.seq);
}

interface Span {
  begin: number;
  end: number;
}

/** Milliseconds from the run's beginning; without times, by the numbers of the events. */
export function spanOf(task: Task, view: RunView, begin: number, now: number): Span {
  if (task.begun === null) return { begin: task.seq, end: task.state === "running" ? view.rows.length : task.lastSeq };
  return { begin: task.begun - begin, end: (task.ended ?? now) - begin };
}

export function Timeline(): React.JSX.Element | null {
  const { view, shown, at, node, choose, runs, run } = useStudio();
  const [playing, setPlaying] = useState(false);
  const version = view?.version;
  const stops = useMemo(() => (view ? stopsOf(view) : []), [view, version]); // eslint-disable-line react-hooks/exhaustive-deps
  const last = view?.rows.at(-1)?.seq ?? 0;
  const place = at === null ? stops.length - 1 : stops.findLastIndex((stop) => stop <= at);

  const go = (to: number): void => {
    const seq = stops[Math.max(0, Math.min(to, stops.length - 1))];
    if (seq !== undefined) choose({ at: to >= stops.length - 1 ? null : seq });
  };

  useEffect(() => {
    if (!playing) return;
    if (at === null) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => go(place + 1), 350);
    return () => clearTimeout(timer);
  }, [playing, at]); // eslint-disable-line react-hooks/exhaustive-deps

  const play = (): void => {
    if (!playing && at === null) go(0);
    setPlaying(!playing);
  };

  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.target instanceof HTMLElement && event.target.closest("input, textarea, select, button")) return;
      if (event.key === "[") go(place - 1);
      else if (event.key === "]") go(place + 1);
      else if (event.key === " ") {
        event.preventDefault();
        play();
      }
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });

  if (!view || !shown) return null;
  const tasks = [...view.tasks.values()];
  const timed = tasks.some((task) => task.begun !== null);
  const row = runs.find((one) => one.id === run);
  const begin = Math.min(...tasks.map((task) => task.begun ?? Infinity), row ? Date.parse(row.startedAt) : Infinity);
  const end = view.over
    ? Math.max(...tasks.map((task) => task.ended ?? 0), row?.endedAt ? Date.parse(row.endedAt) : 0)
    : Date.now();
  const whole = timed ? Math.max(1, end - begin) : Math.max(1, last);
  const first = row?.firstWordAt ? Date.parse(row.firstWordAt) : view.firstWord;
  const shownTasks = folded(tasks);
  return (
    <section className="timeline" aria-label={words.waterfall}>
      <header>
        <div className="player">
          <button aria-label={words.back} title="[" onClick={() => go(place - 1)} disabled={place <= 0}>
            <Icon name="back" />
          </button>
          <button aria-label={playing ? words.pause : words.play} title="Space" onClick={play}>
            <Icon name={playing ? "pause" : "play"} />
          </button>
          <button aria-label={words.forward} title="]" onClick={() => go(place + 1)} disabled={at === null}>
            <Icon name="forward" />
          </button>
          <input
            type="range"
            min={0}
            max={Math.max(0, stops.length - 1)}
            value={Math.max(0, place)}
            aria-label={words.step}
            onChange={(event) => go(Number(event.target.value))}
          />
          <button className={at === null ? "live on" : "live"} onClick={() => choose({ at: null })}>
            ● {words.live}
          </button>
          <span className="quiet">
            {words.step} {Math.max(0, place) + 1} {words.of} {stops.length}
          </span>
        </div>
        <Figures view={view} total={timed ? end - begin : null} first={first === null ? null : first - begin} wordAt={first} end={end} />
      </header>
      <div className="bars">
        {shownTasks.map(({ task, depth, count }) => {
          const span = spanOf(task, view, begin, end);
          const moment = shown.tasks.get(task.id)?.state ?? "idle";
          return (
            <button
              key={task.id}
              className="bar-row"
              aria-pressed={node === task.path}
              onClick={() => choose({ node: node === task.path ? "" : task.path })}
              style={{ "--depth": depth } as React.CSSProperties}
            >
              <span className="bar-name">
                {task.name}
                {task.call > 1 && ` (${task.call})`}
                {count > 1 && <b> ×{count}</b>}
              </span>
              <span className="track">
                <span
                  className={`bar ${moment}`}
                  style={{
                    left: `${(span.begin / whole) * 100}%`,
                    width: `${Math.max(0.4, ((span.end - span.begin) / whole) * 100)}%`,
                  }}
                />
                {first !== null && timed && (
                  <span className="first-word" style={{ left: `${((first - begin) / whole) * 100}%` }} title={words.firstWord} />
                )}
              </span>
              <span className="bar-time">{timed && task.begun !== null ? seconds(span.end - span.begin) : ""}</span>
            </button>
          );
        })}
      </div>
    </section>
  );
}

const MOST = 5;

/** The tasks as a tree, each after its parent; of more than five of one name beside each other, one that counts them. */
export function folded(tasks: readonly Task[]): { task: Task; depth: number; count: number }[] {
  const lines: { task: Task; depth: number; count: number }[] = [];
  const ids = new Set(tasks.map((task) => task.id));
  const walk = (parent: string | null, depth: number): void => {
    const here = tasks.filter((task) => (task.parent !== null && ids.has(task.parent) ? task.parent : null) === parent);
    const counts = new Map<string, Task[]>();
    for (const task of here) counts.set(task.name, [...(counts.get(task.name) ?? []), task]);
    const done = new Set<string>();
    for (const task of here) {
      const same = counts.get(task.name)!;
      if (same.length <= MOST) {
        lines.push({ task, depth, count: 1 });
        walk(task.id, depth + 1);
      } else if (!done.has(task.name)) {
        done.add(task.name);
        const failed = same.find((one) => one.state === "failed") ?? task;
        const ended = same.reduce((most, one) => Math.max(most, one.ended ?? 0), 0);
        lines.push({ task: { ...failed, begun: same[0]!.begun, ended: ended || null }, depth, count: same.length });
      }
    }
  };
  walk(null, 0);
  return lines;
}

interface FigureProps {
  view: RunView;
  total: number | null;
  first: number | null;
  wordAt: number | null;
  end: number;
}

function Figures({ view, total, first, wordAt, end }: FigureProps): React.JSX.Element {
  const given = view.usage.reduce((sum, one) => sum + (one.inputTokens ?? 0), 0);
  const made = view.usage.reduce((sum, one) => sum + (one.outputTokens ?? 0), 0);
  const speed = wordAt !== null && end > wordAt && (made || view.tokens) ? ((made || view.tokens) / (end - wordAt)) * 1000 : null;
  return (
    <div className="figures">
      {total !== null && <span>{seconds(total)}</span>}
      {first !== null && first >= 0 && (
        <span>
          {words.firstWord} {seconds(first)}
        </span>
      )}
      {view.usage.length > 0 && (
        <span title={view.usage.map((one) => one.model).join(", ")}>
          {words.inTokens} {number(given)} · {words.outTokens} {number(made)}
        </span>
      )}
      {speed !== null && (
        <span>
          {number(Math.round(speed))} {words.perSecond}
        </span>
      )}
      <span>
        {number(view.rows.length)} {words.events}
      </span>
    </div>
  );
}
