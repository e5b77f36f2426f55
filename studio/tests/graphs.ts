import type { Event, Graph, GraphNode, Level, WireRow } from "../src/types";

export const node = (id: string, more: Partial<GraphNode> = {}, within = ""): GraphNode => ({
  id,
  path: within ? `${within}/${id}` : id,
  kind: id === "__start__" ? "start" : id === "__end__" ? "end" : "node",
  tools: [],
  waits: null,
  defer: false,
  graph: null,
  ...more,
});

export function level(path: string, names: (string | GraphNode)[], edges: [string, string][]): Level {
  const nodes = names.map((one) => (typeof one === "string" ? node(one, {}, path) : one));
  const made = edges.map(([source, target]) => ({ source, target, conditional: false, label: null, join: false }));
  return { path, nodes, edges: made };
}

const inner = level("sales", ["__start__", "model", "tools", "__end__"], [
  ["__start__", "model"],
  ["model", "tools"],
  ["tools", "model"],
  ["model", "__end__"],
]);

export const graph: Graph = {
  agent: "a",
  kind: "langgraph",
  unknown: [],
  root: level("", ["__start__", "supervisor", node("sales", { kind: "subgraph", graph: inner }), "other", "__end__"], [
    ["__start__", "supervisor"],
    ["supervisor", "sales"],
    ["sales", "__end__"],
  ]),
};

let seq = 0;

export function row(type: string, more: Partial<Event> = {}): WireRow {
  seq += 1;
  return { seq, event: { type, ...more }, chunk: { choices: [{ delta: {}, finish_reason: null }] }, responses: [] };
}

export const step = (kind: "STARTED" | "FINISHED", path: string, task: string, parent: string | null = null, at = 0): WireRow =>
  row(`STEP_${kind}`, { stepName: path, timestamp: at, metadata: { task, parent, path, call: 1 } });

/** A run of the graph: supervisor, then sales with a model, its tools, and the model again. */
export const rows = (): WireRow[] => [
  row("RUN_STARTED"),
  step("STARTED", "supervisor", "1", null, 100),
  step("FINISHED", "supervisor", "1", null, 110),
  step("STARTED", "sales", "2", null, 110),
  step("STARTED", "sales/model", "3", "2", 120),
  row("TOOL_CALL_START", { toolCallId: "c", toolCallName: "look", parentMessageId: "m" }),
  row("TOOL_CALL_ARGS", { toolCallId: "c", delta: "{}" }),
  row("TOOL_CALL_END", { toolCallId: "c" }),
  step("FINISHED", "sales/model", "3", "2", 220),
  step("STARTED", "sales/tools", "4", "2", 220),
  row("TOOL_CALL_RESULT", { messageId: "r", toolCallId: "c", content: "seen" }),
  step("FINISHED", "sales/tools", "4", "2", 230),
  step("STARTED", "sales/model", "5", "2", 230),
  row("TEXT_MESSAGE_START", { messageId: "n", role: "assistant" }),
  row("TEXT_MESSAGE_CONTENT", { messageId: "n", delta: "Hel" }),
  row("TEXT_MESSAGE_CONTENT", { messageId: "n", delta: "lo" }),
  row("TEXT_MESSAGE_END", { messageId: "n" }),
  row("STATE_SNAPSHOT", { snapshot: { basket: ["a"] } }),
  row("STATE_DELTA", { delta: [{ op: "add", path: "/basket/-", value: "b" }] }),
  step("FINISHED", "sales/model", "5", "2", 330),
  step("FINISHED", "sales", "2", null, 330),
];
