/**
 * Where the nodes of a graph stand. Pure, and the same for the same graph.
 *
 * Each level is laid out alone, the innermost first, and its size is its node's: no edge of LangGraph crosses a border,
 * and dagre's own nesting fails on edges that lead to a box.
 */
import dagre from "@dagrejs/dagre";
import type { GraphNode, Level } from "../types";

export interface Point {
  x: number;
  y: number;
}

export interface Box {
  path: string;
  node: GraphNode;
  /** The path of the subgraph that it is in; "" on the outermost level. */
  within: string;
  open: boolean;
  /** Relative to what it is in. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Line {
  id: string;
  level: string;
  source: string;
  target: string;
  label: string | null;
  conditional: boolean;
  join: boolean;
  observed: boolean;
  /** Absolute, the ends included. */
  points: Point[];
  labelAt: Point | null;
}

export interface Layout {
  boxes: Box[];
  lines: Line[];
  width: number;
  height: number;
}

/** An edge that no code declares, and that a run took. */
export interface Observed {
  level: string;
  source: string;
  target: string;
}

const HEAD = 44; // of an open subgraph
const PAD = 20;
const ROW = 44;

/** Pixels that a name takes in the nodes' font, near enough: a worker has no page to measure in. */
const widthOf = (text: string): number => text.length * 7.6;

const CHIPS = 6;

/** The tools of a node that are shown, and how many more there are. */
export function chipsOf(node: GraphNode): { shown: string[]; more: number } {
  const most = node.tools.length > CHIPS ? CHIPS - 1 : CHIPS;
  return { shown: node.tools.slice(0, most), more: Math.max(0, node.tools.length - most) };
}

export function sizeOf(node: GraphNode): { width: number; height: number } {
  if (node.kind === "start" || node.kind === "end") return { width: 64, height: 30 };
  if (node.kind === "anywhere") return { width: 104, height: 30 };
  const { shown, more } = chipsOf(node);
  const chips = [...shown, ...(more ? [`+${more}`] : [])].map((tool) => tool.length * 6.4 + 17);
  const named = widthOf(node.id) + 124; // the dot, the count and the time of its calls, the button
  const width = Math.min(340, Math.max(150, named, Math.min(300, Math.max(0, ...chips) + 24)));
  let rows = chips.length ? 1 : 0;
  let used = 0;
  for (const chip of chips) {
    if (used && used + chip > width - 20) [rows, used] = [rows + 1, 0];
    used += chip;
  }
  return { width, height: ROW + rows * 22 + (rows ? 7 : 0) };
}

type Direction = "TB" | "LR";

const WAYS: [Direction, Direction][] = [
  ["TB", "TB"],
  ["LR", "TB"],
  ["TB", "LR"],
  ["LR", "LR"],
];

/** Down or to the right, whichever can be shown larger; `wide`: the pane's width by its height. */
export function layout(root: Level, open: ReadonlySet<string>, observed: readonly Observed[], wide: number): Layout {
  const fit = (made: Layout): number => Math.min(wide / Math.max(made.width, 1), 1 / Math.max(made.height, 1));
  const ways = open.size ? WAYS : WAYS.slice(0, 2);
  const small = count(root) <= 60; // what is large is laid out once
  let best: Layout | null = null;
  for (const way of small ? ways : ways.slice(0, 1)) {
    const made = level(root, open, observed, way);
    if (best === null || fit(made) > fit(best) * 1.1) best = made;
  }
  return best!;
}

function level(
  graph: Level,
  open: ReadonlySet<string>,
  observed: readonly Observed[],
  [direction, next]: [Direction, Direction],
): Layout {
  const made = new dagre.graphlib.Graph({ multigraph: true });
  made.setGraph({ rankdir: direction, nodesep: 36, ranksep: 52, edgesep: 18, marginx: PAD, marginy: PAD });
  made.setDefaultEdgeLabel(() => ({}));
  const inner = new Map<string, Layout>();
  for (const node of graph.nodes) {
    let size = sizeOf(node);
    if (node.graph && open.has(node.path)) {
      const within = level(node.graph, open, observed, [next, direction]);
      inner.set(node.path, within);
      size = { width: Math.max(size.width, within.width), height: within.height + HEAD };
    }
    made.setNode(node.id, { ...size });
  }
  const names = new Set(graph.nodes.map((node) => node.id));
  const edges = [
    ...graph.edges.map((edge) => ({ ...edge, observed: false })),
    ...observed
      .filter((edge) => edge.level === graph.path && names.has(edge.source) && names.has(edge.target))
      .map((edge) => ({ ...edge, conditional: false, label: null, join: false, observed: true })),
  ];
  edges.forEach((edge, number) => {
    if (edge.source === edge.target) return; // dagre's own loops leave their node
    const label = edge.label ? { width: widthOf(edge.label) + 12, height: 18, labelpos: "c" } : {};
    made.setEdge(edge.source, edge.target, { minlen: 1, ...label }, String(number));
  });
  dagre.layout(made);
  const boxes: Box[] = [];
  const lines: Line[] = [];
  for (const node of graph.nodes) {
    const at = made.node(node.id)!;
    const box: Box = {
      path: node.path,
      node,
      within: graph.path,
      open: inner.has(node.path),
      x: at.x - at.width / 2,
      y: at.y - at.height / 2,
      width: at.width,
      height: at.height,
    };
    boxes.push(box);
    const within = inner.get(node.path);
    if (!within) continue;
    const left = (at.width - within.width) / 2;
    for (const child of within.boxes)
      boxes.push(child.within === node.path ? { ...child, x: child.x + left, y: child.y + HEAD } : child);
    for (const line of within.lines) lines.push(moved(line, box.x + left, box.y + HEAD));
  }
  edges.forEach((edge, number) => {
    const found = edge.source === edge.target ? loop(made.node(edge.source)!) : made.edge(edge.source, edge.target, String(number));
    lines.push({
      id: `${graph.path}|${edge.source}>${edge.target}`,
      level: graph.path,
      source: edge.source,
      target: edge.target,
      label: edge.label,
      conditional: edge.conditional,
      join: edge.join,
      observed: edge.observed,
      points: found.points.map(({ x, y }: Point) => ({ x, y })),
      labelAt: found.x === undefined ? null : { x: found.x, y: found.y },
    });
  });
  const { width = 0, height = 0 } = made.graph() as { width?: number; height?: number };
  return { boxes, lines, width: Number.isFinite(width) ? width : 0, height: Number.isFinite(height) ? height : 0 };
}

/** The points of an edge from a node to itself, at its right side. */
function loop({ x, y, width }: Point & { width: number }): { points: Point[]; x: number; y: number } {
  const right = x + width / 2;
  const points = [
    { x: right, y: y + 9 },
    { x: right + 20, y: y + 9 },
    { x: right + 20, y: y - 9 },
    { x: right, y: y - 9 },
  ];
  return { points, x: right + 26, y };
}

const moved = (line: Line, x: number, y: number): Line => ({
  ...line,
  points: line.points.map((point) => ({ x: point.x + x, y: point.y + y })),
  labelAt: line.labelAt && { x: line.labelAt.x + x, y: line.labelAt.y + y },
});

/** An SVG path through these points, its corners round. */
export function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first.x},${first.y}`;
  for (let index = 0; index < rest.length; index += 1) {
    const point = rest[index]!;
    const next = rest[index + 1];
    if (!next) path += ` L${point.x},${point.y}`;
    else path += ` Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`;
  }
  return path;
}

/** Every subgraph's path, the outermost first. */
export function subgraphs(graph: Level): string[] {
  return graph.nodes.flatMap((node) => (node.graph ? [node.path, ...subgraphs(node.graph)] : []));
}

export const count = (graph: Level): number =>
  graph.nodes.reduce((sum, node) => sum + 1 + (node.graph ? count(node.graph) : 0), 0);
