/** What comes by itself: the rows of runs, and the wire of the one that is looked at. */
import { frames, get, Refused } from "./api";
import { begin, feed, type Fold } from "./fold/run";
import { loadGraph, note, refresh, useStudio } from "./store";
import type { RunRow, WireRow } from "./types";

const PAUSE = 1500; // ms until a connection that was lost is made again
const MOST = 500; // runs in the list
const SLICE = 12; // ms that rows are folded for before the page has its turn

const rest = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

/** `principal=*` for everybody's; of a run that is somebody else's, whose. */
function whose(agent = "", run = ""): string {
  const { everybody, runs } = useStudio.getState();
  if (!everybody) return "";
  const row = runs.find((one) => one.id === run && one.agent === agent);
  return `&principal=${encodeURIComponent(run ? (row?.principal ?? "") : "*")}`;
}

/** Keep the list of runs as it is on the server, until aborted. */
export async function followRuns(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const told = frames(`runs/announcements?${whose().slice(1)}`, signal);
      const first = told.next(); // listen before the list is asked for: nothing is between them
      const list = `runs?limit=100${whose()}`;
      merge((await get<{ runs: RunRow[] }>(list, signal)).runs);
      if (useStudio.getState().lost) {
        useStudio.setState({ lost: false });
        await loadGraph(useStudio.getState().agent); // its file may have been saved meanwhile
      }
      for (let next = await first; !next.done; next = await told.next())
        for (const frame of next.value) {
          if (frame.event === "run") merge([JSON.parse(frame.data) as RunRow]);
          else if (frame.event === "missed") merge((await get<{ runs: RunRow[] }>(list, signal)).runs);
        }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && error.status < 500) {
        note(error);
        useStudio.setState({ everybody: false });
        return;
      }
    }
    if (signal.aborted) return;
    useStudio.setState({ lost: true });
    await rest(PAUSE, signal);
  }
}

function merge(rows: RunRow[]): void {
  const known = new Map(useStudio.getState().runs.map((row) => [`${row.agent}/${row.id}`, row]));
  for (const row of rows) known.set(`${row.agent}/${row.id}`, row);
  const runs = [...known.values()].sort((one, other) => (one.startedAt < other.startedAt ? 1 : -1));
  useStudio.setState({ runs: runs.slice(0, MOST) });
}

/** Watch a run from its beginning; ends with the run. */
export async function watch(agent: string, run: string, signal: AbortSignal): Promise<void> {
  let fold: Fold = begin(useStudio.getState().graph);
  let planned = false;
  const show = (): void => {
    if (planned) return;
    planned = true;
    requestAnimationFrame(() => {
      planned = false;
      if (!signal.aborted && useStudio.getState().view === fold.view) refresh();
    });
  };
  const start = (): void => {
    fold = begin(useStudio.getState().graph);
    useStudio.setState({ view: fold.view, missing: false });
    refresh();
  };
  start();
  while (!signal.aborted) {
    try {
      const opened = Date.now();
      for await (const batch of frames(`runs/${encodeURIComponent(run)}/wire?agent=${encodeURIComponent(agent)}${whose(agent, run)}`, signal)) {
        // what was there before we looked has no time but its own
        const live = Date.now() - opened > 400 || isLive(agent, run);
        let turn = performance.now();
        for (const frame of batch) {
          if (frame.event === "error") {
            useStudio.setState({ missing: true }); // the first of its events are forgotten: they were too many
            return;
          }
          feed(fold, JSON.parse(frame.data) as WireRow, live ? Date.now() : null);
          if (performance.now() - turn > SLICE) {
            show();
            await new Promise((resolve) => setTimeout(resolve));
            turn = performance.now();
          }
        }
        show();
      }
      if (fold.view.over || signal.aborted) return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && error.status === 404) {
        useStudio.setState({ missing: true });
        return;
      }
      if (error instanceof Refused) {
        note(error);
        return;
      }
    }
    await rest(PAUSE, signal);
    start(); // from its first event: the bridge has them all
  }
}

/** Whether the run began so lately that all its events came while we looked. */
function isLive(agent: string, run: string): boolean {
  const row = useStudio.getState().runs.find((one) => one.id === run && one.agent === agent);
  return row === undefined || (row.state === "running" && Date.now() - Date.parse(row.startedAt) < 1500);
}
