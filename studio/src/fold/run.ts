/**
 * A run's events, folded into what the panes show. Pure: the same rows give the same view.
 *
 * `feed` changes the view in place, because a run may have ten thousand events; who shows it reads `version`.
 */
import { applyPatch, type Operation } from "fast-json-patch";
import type { Event, Graph, Interrupt, Level, Usage, WireRow } from "../types";

export type TaskState = "running" | "done" | "failed" | "waits" | "cancelled";

/** One task: a node that ran once. Times are milliseconds since the epoch, or null where nobody noted them. */
export interface Task {
  id: string;
  path: string;
  name: string;
  parent: string | null;
  call: number;
  begun: number | null;
  ended: number | null;
  seq: number;
  lastSeq: number;
  state: TaskState;
}

export interface PathView {
  calls: number;
  running: number;
  ms: number;
  state: TaskState;
}

export interface EdgeView {
  count: number;
  last: number;
  observed: boolean;
}

export interface Call {
  id: string;
  name: string;
  args: string;
  result: string | null;
}

export interface Shown {
  id: string;
  role: "user" | "assistant" | "reasoning";
  text: string;
  calls: Call[];
  seq: number;
  /** The path of the node that was running when it began. */
  path: string;
}

export interface Change {
  seq: number;
  whole: boolean;
  operations: Operation[];
}

export interface RunView {
  version: number;
  rows: WireRow[];
  times: (number | null)[];
  tasks: Map<string, Task>;
  paths: Map<string, PathView>;
  edges: Map<string, EdgeView>;
  shown: Shown[];
  state: unknown;
  changes: Change[];
  interrupts: Interrupt[];
  usage: Usage[];
  tokens: number;
  firstWord: number | null;
  outcome: string | null;
  error: string | null;
  over: boolean;
}

interface Front {
  path: string;
  from: string[];
  ended: string[];
}

/** What a fold keeps beside the view. */
interface Behind {
  declared: Set<string>;
  levels: Set<string>;
  fronts: Map<string, Front>;
  byName: Map<string, string[]>;
  byId: Map<string, Shown>;
  calls: Map<string, Call>;
  tail: Task[];
  /** The edges to an end that were lit since something other than an end was seen. */
  left: string[];
}

/** What may stand between the last steps and the end of a run. */
const ENDING = /^(STEP_FINISHED|RUN_FINISHED|RUN_ERROR|STATE_|MESSAGES_SNAPSHOT|TEXT_MESSAGE_END|TOOL_CALL_END|REASONING_(MESSAGE_)?END)/;

export const edgeKey = (level: string, source: string, target: string): string => `${level}|${source}>${target}`;

export interface Fold {
  view: RunView;
  behind: Behind;
}

export function begin(graph: Graph | null): Fold {
  const declared = new Set<string>();
  const levels = new Set<string>();
  const walk = (level: Level): void => {
    levels.add(level.path);
    for (const edge of level.edges) declared.add(edgeKey(level.path, edge.source, edge.target));
    for (const node of level.nodes) if (node.graph) walk(node.graph);
  };
  if (graph) walk(graph.root);
  return {
    view: {
      version: 0,
      rows: [],
      times: [],
      tasks: new Map(),
      paths: new Map(),
      edges: new Map(),
      shown: [],
      state: null,
      changes: [],
      interrupts: [],
      usage: [],
      tokens: 0,
      firstWord: null,
      outcome: null,
      error: null,
      over: false,
    },
    behind: {
      declared,
      levels,
      fronts: new Map(),
      byName: new Map(),
      byId: new Map(),
      calls: new Map(),
      tail: [],
      left: [],
    },
  };
}

/** One more row. `at`: when it came, where somebody was watching. */
export function feed(fold: Fold, row: WireRow, at: number | null): void {
  const { view, behind } = fold;
  const { event } = row;
  const time = typeof event.timestamp === "number" ? event.timestamp : at;
  view.version += 1;
  view.rows.push(row);
  view.times.push(time);
  const type = event.type;
  if (!ENDING.test(type)) [behind.tail, behind.left] = [[], []];
  switch (type) {
    case "STEP_STARTED":
      started(fold, row, time);
      break;
    case "STEP_FINISHED":
      finished(fold, row, time);
      break;
    case "TEXT_MESSAGE_START":
      message(fold, event, row.seq, event.role === "user" ? "user" : "assistant");
      noteWord(view, time);
      break;
    case "TEXT_MESSAGE_CONTENT":
    case "TEXT_MESSAGE_CHUNK": {
      const shown = behind.byId.get(String(event.messageId)) ?? message(fold, event, row.seq, "assistant");
      shown.text += String(event.delta ?? "");
      view.tokens += 1;
      break;
    }
    case "REASONING_MESSAGE_START":
      message(fold, event, row.seq, "reasoning");
      noteWord(view, time);
      break;
    case "REASONING_MESSAGE_CONTENT": {
      const shown = behind.byId.get(String(event.messageId)) ?? message(fold, event, row.seq, "reasoning");
      shown.text += String(event.delta ?? "");
      break;
    }
    case "TOOL_CALL_START": {
      noteWord(view, time);
      const parent = String(event.parentMessageId ?? event.toolCallId);
      const shown = behind.byId.get(parent) ?? message(fold, { ...event, messageId: parent }, row.seq, "assistant");
      const call = { id: String(event.toolCallId), name: String(event.toolCallName), args: "", result: null };
      shown.calls.push(call);
      behind.calls.set(call.id, call);
      break;
    }
    case "TOOL_CALL_ARGS": {
      const call = behind.calls.get(String(event.toolCallId));
      if (call) call.args += String(event.delta ?? "");
      break;
    }
    case "TOOL_CALL_RESULT": {
      const call = behind.calls.get(String(event.toolCallId));
      if (call) call.result = textOf(event.content);
      break;
    }
    case "STATE_SNAPSHOT":
      view.state = event.snapshot;
      view.changes.push({ seq: row.seq, whole: true, operations: [] });
      break;
    case "STATE_DELTA": {
      const operations = event.delta as Operation[];
      try {
        view.state = applyPatch(view.state ?? {}, operations, false, false).newDocument;
      } catch {
        // a state that the patch is not for: the next snapshot has it
      }
      view.changes.push({ seq: row.seq, whole: false, operations });
      break;
    }
    case "RUN_FINISHED":
      ended(fold, row);
      break;
    case "RUN_ERROR":
      view.outcome = String(event.code ?? "error");
      view.error = String(event.message ?? "");
      view.usage = (event.usage as Usage[] | undefined) ?? [];
      view.over = true;
      stays(view, behind);
      for (const task of leaves(behind.tail)) set(view, task, "failed");
      break;
  }
}

function ended({ view, behind }: Fold, row: WireRow): void {
  const outcome = row.event.outcome as { type?: string; interrupts?: Interrupt[] } | undefined;
  view.outcome = outcome?.type ?? "success";
  view.interrupts = outcome?.interrupts ?? [];
  view.usage = (row.event.usage as Usage[] | undefined) ?? [];
  view.over = true;
  if (view.outcome !== "success") stays(view, behind);
  if (view.outcome === "interrupt") for (const task of leaves(behind.tail)) set(view, task, "waits");
  else if (view.outcome === "cancelled") for (const task of behind.tail) set(view, task, "cancelled");
  else {
    const front = behind.fronts.get("");
    if (front) leave(view, behind, front, row.seq);
  }
}

/** The tasks of these that no other of them runs in. */
const leaves = (tasks: Task[]): Task[] => tasks.filter((task) => !tasks.some((other) => other.parent === task.id));

function set(view: RunView, task: Task, state: TaskState): void {
  task.state = state;
  const path = view.paths.get(task.path);
  if (path) path.state = state;
}

/** What came to a stop has not left its graph, although its steps are over. */
function stays(view: RunView, behind: Behind): void {
  for (const key of behind.left) {
    const edge = view.edges.get(key)!;
    if (edge.count > 1) view.edges.set(key, { ...edge, count: edge.count - 1 });
    else view.edges.delete(key);
  }
}

function noteWord(view: RunView, time: number | null): void {
  view.firstWord ??= time;
}

interface Place {
  task: string;
  parent: string | null;
  path: string;
  call: number;
}

function started(fold: Fold, row: WireRow, time: number | null): void {
  const { view, behind } = fold;
  const name = String(row.event.stepName);
  const place = (row.event.metadata as Place | undefined) ?? {
    task: `${name}@${row.seq}`, // of a client before AG-UI 1.0
    parent: null,
    path: pathOf(name),
    call: 1,
  };
  const own = place.path.slice(place.path.lastIndexOf("/") + 1);
  const before = view.tasks.get(place.task);
  const task: Task = {
    id: place.task,
    path: place.path,
    name: own,
    parent: place.parent,
    call: place.call,
    begun: before?.begun ?? time,
    ended: null,
    seq: row.seq,
    lastSeq: row.seq,
    state: "running",
  };
  view.tasks.set(task.id, task);
  const open = behind.byName.get(name) ?? [];
  open.push(task.id);
  behind.byName.set(name, open);
  const path = view.paths.get(task.path) ?? { calls: 0, running: 0, ms: 0, state: "running" as const };
  if (!before) path.calls += 1;
  path.running += 1;
  path.state = "running";
  view.paths.set(task.path, path);
  const front = frontOf(behind, task);
  if (front.ended.length) [front.from, front.ended] = [front.ended, []];
  take(view, behind, front, own, row.seq);
}

const pathOf = (step: string): string => step.replace(/ #\d+$/, "");

function frontOf(behind: Behind, task: Task): Front {
  const key = task.parent ? `${task.parent}#${task.call}` : "";
  let front = behind.fronts.get(key);
  if (!front) {
    const cut = task.path.lastIndexOf("/");
    front = { path: cut < 0 ? "" : task.path.slice(0, cut), from: ["__start__"], ended: [] };
    behind.fronts.set(key, front);
  }
  return front;
}

/** Light the edges that lead to this node from what has just ended; where none is declared, one that was observed. */
function take(view: RunView, behind: Behind, front: Front, target: string, seq: number): void {
  const declared = front.from.filter((source) => behind.declared.has(edgeKey(front.path, source, target)));
  const known = behind.levels.has(front.path);
  const sources = declared.length ? declared : known && front.from.length === 1 ? front.from : [];
  for (const source of sources) {
    const key = edgeKey(front.path, source, target);
    const edge = view.edges.get(key) ?? { count: 0, last: 0, observed: !declared.length };
    view.edges.set(key, { ...edge, count: edge.count + 1, last: seq });
  }
}

function leave(view: RunView, behind: Behind, front: Front, seq: number): void {
  const from = front.ended.length ? front.ended : front.from;
  for (const source of from) {
    const key = edgeKey(front.path, source, "__end__");
    if (!behind.declared.has(key)) continue;
    const edge = view.edges.get(key) ?? { count: 0, last: 0, observed: false };
    view.edges.set(key, { ...edge, count: edge.count + 1, last: seq });
    behind.left.push(key);
  }
}

function finished(fold: Fold, row: WireRow, time: number | null): void {
  const { view, behind } = fold;
  const name = String(row.event.stepName);
  const place = row.event.metadata as Place | undefined;
  const open = behind.byName.get(name) ?? [];
  const id = place?.task ?? open.at(-1);
  behind.byName.set(
    name,
    open.filter((one) => one !== id),
  );
  const task = id === undefined ? undefined : view.tasks.get(id);
  if (!task) return;
  task.ended = time;
  task.lastSeq = row.seq;
  task.state = "done";
  const path = view.paths.get(task.path);
  if (path) {
    path.running = Math.max(0, path.running - 1);
    if (task.begun !== null && time !== null) path.ms += time - task.begun;
    path.state = path.running ? "running" : "done";
  }
  frontOf(behind, task).ended.push(task.name);
  for (const [key, front] of behind.fronts)
    if (key.startsWith(`${task.id}#`)) {
      leave(view, behind, front, row.seq);
      behind.fronts.delete(key);
    }
  behind.tail.push(task);
}

function message(fold: Fold, event: Event, seq: number, role: Shown["role"]): Shown {
  const running = [...fold.view.tasks.values()].filter((task) => task.state === "running").at(-1);
  const shown: Shown = {
    id: String(event.messageId),
    role,
    text: "",
    calls: [],
    seq,
    path: running?.path ?? "",
  };
  fold.view.shown.push(shown);
  fold.behind.byId.set(shown.id, shown);
  return shown;
}

export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (Array.isArray(content))
    return content.map((part: { text?: string; type?: string }) => part.text ?? `[${part.type ?? "?"}]`).join("");
  return content === undefined || content === null ? "" : JSON.stringify(content);
}

/** The view as it stood after this event. */
export function upTo(graph: Graph | null, view: RunView, seq: number): RunView {
  const fold = begin(graph);
  for (let index = 0; index < view.rows.length; index += 1) {
    const row = view.rows[index]!;
    if (row.seq > seq) break;
    feed(fold, row, view.times[index] ?? null);
  }
  return fold.view;
}
