/** What is chosen, and what is known: one selection for all panes, which stands in the URL. */
import { create } from "zustand";
import { get as fetchJson, Refused } from "./api";
import { upTo, type RunView } from "./fold/run";
import type { Graph, RunRow } from "./types";

export type Tab = "chat" | "wire" | "state" | "history" | "model" | "compare";
const TABS: readonly string[] = ["chat", "wire", "state", "history", "model", "compare"];

export interface Selection {
  agent: string;
  thread: string;
  run: string;
  tab: Tab;
  /** The path of the node that is looked at; "" for none. */
  node: string;
  /** The event after which the run is looked at; null: as it is now. */
  at: number | null;
}

interface Studio extends Selection {
  agents: string[];
  graph: Graph | null;
  runs: RunRow[];
  view: RunView | null;
  /** The view that the panes show: of now, or of the event that was chosen. */
  shown: RunView | null;
  missing: boolean;
  lost: boolean;
  /** Whether everybody's runs are listed; else one's own. */
  everybody: boolean;
  refused: string;
  needsKey: boolean;
  choose: (some: Partial<Selection>) => void;
}

const PAGE = new URL(".", document.baseURI).pathname;

export function read(url: URL): Selection {
  const parts = url.pathname.slice(PAGE.length).split("/").map(decodeURIComponent);
  const named = (word: string): string => (parts.includes(word) ? (parts[parts.indexOf(word) + 1] ?? "") : "");
  const tab = url.searchParams.get("tab") ?? "chat";
  const at = url.searchParams.get("at");
  return {
    agent: named("agents"),
    thread: named("threads"),
    run: named("runs"),
    tab: (TABS.includes(tab) ? tab : "chat") as Tab,
    node: url.searchParams.get("node") ?? "",
    at: at !== null && /^\d{1,9}$/.test(at) ? Number(at) : null,
  };
}

export function written({ agent, thread, run, tab, node, at }: Selection): string {
  let path = PAGE;
  if (agent) path += `agents/${encodeURIComponent(agent)}`;
  if (agent && thread) path += `/threads/${encodeURIComponent(thread)}`;
  if (agent && thread && run) path += `/runs/${encodeURIComponent(run)}`;
  const query = new URLSearchParams();
  if (tab !== "chat") query.set("tab", tab);
  if (node) query.set("node", node);
  if (at !== null) query.set("at", String(at));
  return query.size ? `${path}?${query}` : path;
}

export const useStudio = create<Studio>()((set, get) => ({
  ...read(new URL(location.href)),
  agents: [],
  graph: null,
  runs: [],
  view: null,
  shown: null,
  missing: false,
  lost: false,
  everybody: false,
  refused: "",
  needsKey: false,
  choose: (some) => {
    const before = get();
    const next: Selection = { ...before, ...some };
    if (some.run !== undefined && some.run !== before.run) next.at = some.at ?? null;
    const url = written(next);
    const here = location.pathname + location.search;
    const moved = next.agent !== before.agent || next.thread !== before.thread || next.run !== before.run;
    if (url !== here) history[moved ? "pushState" : "replaceState"](null, "", url);
    set({ ...some, at: next.at });
    if (next.at !== before.at) refresh();
  },
}));

addEventListener("popstate", () => {
  useStudio.setState(read(new URL(location.href)));
  refresh();
});

/** Show the view anew: something came, or another moment is looked at. */
export function refresh(): void {
  const { view, at, graph } = useStudio.getState();
  useStudio.setState({ shown: view && (at === null ? { ...view } : upTo(graph, view, at)) });
}

export function note(error: unknown): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  if (error instanceof Refused && error.status === 401) useStudio.setState({ needsKey: true });
  else useStudio.setState({ refused: error instanceof Error ? error.message : String(error) });
}

export async function loadAgents(): Promise<void> {
  const { agents } = await fetchJson<{ agents: { name: string }[] }>("agui");
  const names = agents.map((agent) => agent.name);
  useStudio.setState({ agents: names, needsKey: false });
  const { agent, choose } = useStudio.getState();
  if (!names.includes(agent) && names[0]) choose({ agent: names[0], thread: "", run: "" });
}

export async function loadGraph(agent: string): Promise<void> {
  const graph = await fetchJson<Graph>(`agents/${encodeURIComponent(agent)}/graph`);
  if (useStudio.getState().agent === agent) useStudio.setState({ graph });
}
