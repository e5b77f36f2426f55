/** What the bridge answers: see /openapi.json. */

export interface GraphNode {
  id: string;
  path: string;
  kind: "start" | "end" | "node" | "tools" | "subgraph" | "anywhere";
  tools: string[];
  waits: "before" | "after" | "both" | null;
  defer: boolean;
  graph: Level | null;
}

export interface GraphEdge {
  source: string;
  target: string;
  conditional: boolean;
  label: string | null;
  join: boolean;
}

export interface Level {
  path: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export interface Unknown {
  node: string;
  what: string;
  advice: string | null;
}

export interface Graph {
  agent: string;
  kind: string;
  root: Level;
  unknown: Unknown[];
}

export interface Usage {
  provider?: string;
  model?: string;
  inputTokens?: number;
  outputTokens?: number;
  totalTokens?: number;
}

export interface RunRow {
  id: string;
  agent: string;
  threadId: string;
  principal: string;
  client: string;
  state: "running" | "ended";
  outcome: string | null;
  startedAt: string;
  firstWordAt: string | null;
  endedAt: string | null;
  usage: Usage[];
}

/** One AG-UI event. */
export type Event = { type: string; timestamp?: number } & Record<string, unknown>;

export interface WireRow {
  seq: number;
  event: Event;
  chunk: Record<string, unknown>;
  responses: Record<string, unknown>[];
}

export interface Interrupt {
  id: string;
  reason?: string;
  message?: string;
  toolCallId?: string;
  responseSchema?: JsonSchema;
  metadata?: Record<string, unknown>;
}

export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

/** A message of AG-UI, as a thread stores it. */
export interface Message {
  id: string;
  role: string;
  content?: string | { type: string; text?: string }[];
  toolCalls?: { id: string; function: { name: string; arguments: string } }[];
  toolCallId?: string;
}

export interface Checkpoint {
  id: string;
  parent: string | null;
  at: string | null;
  step: number;
  source: string;
  next: string[];
  tasks: { id: string; name: string; error: string | null; interrupts: number }[];
}
