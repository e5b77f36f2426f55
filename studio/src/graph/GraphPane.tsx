import {
  BaseEdge,
  Controls,
  EdgeLabelRenderer,
  Handle,
  MiniMap,
  NodeToolbar,
  Panel,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Edge,
  type EdgeProps,
  type Node,
  type NodeProps,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { edgeKey, type TaskState } from "../fold/run";
import { InterruptForm } from "../panes/InterruptForm";
import { Icon } from "../parts/Icon";
import { useStudio } from "../store";
import type { Graph, GraphNode } from "../types";
import { seconds, words } from "../words";
import { svgOf } from "./export";
import { chipsOf, count, curve, subgraphs, type Layout, type Line, type Observed } from "./layout";

type StepNode = Node<{ node: GraphNode; open: boolean; low: boolean; toggle: (path: string) => void }, "step">;
type StepEdge = Edge<{ line: Line; labels: boolean }, "line">;

/** One worker for all layouts; the newest wish counts. */
class Layouter {
  private worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
  private number = 0;
  constructor(done: (layout: Layout) => void) {
    this.worker.onmessage = ({ data }: MessageEvent<{ number: number; layout: Layout }>) => {
      if (data.number === this.number) done(data.layout);
    };
  }
  ask(graph: Graph, open: string[], observed: Observed[], wide: number): void {
    this.number += 1;
    this.worker.postMessage({ number: this.number, root: graph.root, open, observed, wide });
  }
  close(): void {
    this.worker.terminate();
  }
}

const StepView = memo(function StepView({ data, selected }: NodeProps<StepNode>) {
  const { node, open, low, toggle } = data;
  const seen = useStudio((studio) => {
    const path = studio.shown?.paths.get(node.path); // changed in place: its words are what is compared
    return path ? `${path.state} ${path.calls} ${path.ms}` : "idle 0 0";
  });
  const [state, calls, ms] = read(seen);
  const waits = useStudio((studio) => state === "waits" && studio.at === null && studio.shown !== null);
  if (node.kind === "start" || node.kind === "end" || node.kind === "anywhere")
    return (
      <div className={`terminal ${node.kind}`}>
        <Ports />
        {node.kind === "start" ? "start" : node.kind === "end" ? "end" : "anywhere"}
      </div>
    );
  const chips = chipsOf(node);
  const said = `${node.path.replaceAll("/", " ")}, ${stateWord(state)}${calls ? `, ${calls} ${words.calls}` : ""}`;
  return (
    <div
      className={`step ${state} ${open ? "open" : ""} ${selected ? "selected" : ""}`}
      data-path={node.path}
      data-state={state}
      data-calls={calls}
      aria-label={said}
    >
      <Ports />
      <div className="step-head">
        <span className={`dot ${state}`} aria-hidden>
          <Icon name={state} />
        </span>
        <span className="step-name">{node.id}</span>
        {calls > 0 && (
          <span className="step-count">
            {calls > 1 && <b>×{calls}</b>} {ms > 0 && seconds(ms)}
          </span>
        )}
        {node.graph && (
          <button
            className="fold nodrag"
            aria-expanded={open}
            aria-label={`${node.id}: ${open ? words.close : words.open}`}
            onClick={(event) => {
              event.stopPropagation();
              toggle(node.path);
            }}
          >
            {open ? "−" : "+"}
          </button>
        )}
      </div>
      {!open && node.tools.length > 0 && (
        <div className="tools">
          {chips.shown.map((tool) => (
            <span key={tool}>{tool}</span>
          ))}
          {chips.more > 0 && <span title={node.tools.join(", ")}>+{chips.more}</span>}
        </div>
      )}
      {state === "failed" && <Failed />}
      {node.waits && <span className="pauses" title="interrupt" />}
      {waits && !node.graph && (
        <NodeToolbar isVisible position={low ? Position.Top : Position.Bottom} className="nodrag nowheel">
          <InterruptForm compact />
        </NodeToolbar>
      )}
    </div>
  );
});

/** What went wrong, at the node where it did. */
function Failed(): React.JSX.Element | null {
  const error = useStudio((studio) => studio.shown?.error);
  return error ? (
    <div className="step-error" title={error}>
      {error}
    </div>
  ) : null;
}

function read(seen: string): [TaskState | "idle", number, number] {
  const [state, calls, ms] = seen.split(" ");
  return [state as TaskState | "idle", Number(calls), Number(ms)];
}

const Ports = (): React.JSX.Element => (
  <>
    <Handle type="target" position={Position.Top} isConnectable={false} />
    <Handle type="source" position={Position.Bottom} isConnectable={false} />
  </>
);

const stateWord = (state: TaskState | "idle"): string =>
  state === "idle" ? "" : state === "waits" ? words.waits : words[state];

const LineView = memo(function LineView({ id, data }: EdgeProps<StepEdge>) {
  const line = data!.line;
  const key = edgeKey(line.level, line.source, line.target);
  const taken = useStudio((studio) => studio.shown?.edges.get(key)?.count ?? 0);
  const hot = useStudio((studio) => {
    const edge = studio.shown?.edges.get(key);
    return edge !== undefined && !studio.shown!.over && newest(studio.shown!.edges, edge.last);
  });
  const path = curve(line.points);
  const look = `line ${line.conditional ? "conditional" : ""} ${line.observed ? "observed" : ""} ${taken ? "taken" : ""}`;
  return (
    <>
      <g data-edge={key} data-taken={taken}>
        <BaseEdge id={id} path={path} className={look} markerEnd={`url(#arrow${taken ? "-taken" : ""})`} />
        {hot && (
          <circle r="4.5" className="spark">
            <animateMotion dur="1.1s" repeatCount="indefinite" path={path} />
          </circle>
        )}
      </g>
      {line.label && line.labelAt && data!.labels && (
        <EdgeLabelRenderer>
          <span
            className="line-label"
            style={{ transform: `translate(-50%, -50%) translate(${line.labelAt.x}px, ${line.labelAt.y}px)` }}
          >
            {line.label}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

/** Whether this is among the three edges that were taken last. */
function newest(edges: ReadonlyMap<string, { last: number }>, last: number): boolean {
  let later = 0;
  for (const edge of edges.values()) if (edge.last > last) later += 1;
  return later < 2;
}

const NODE_TYPES = { step: StepView };
const EDGE_TYPES = { line: LineView };

export function GraphPane(): React.JSX.Element {
  return (
    <ReactFlowProvider>
      <Drawing />
    </ReactFlowProvider>
  );
}

function Drawing(): React.JSX.Element {
  const graph = useStudio((studio) => studio.graph);
  const chosen = useStudio((studio) => studio.node);
  const choose = useStudio((studio) => studio.choose);
  const seenEdges = useStudio((studio) =>
    [...(studio.view?.edges ?? [])]
      .filter(([, edge]) => edge.observed)
      .map(([key]) => key)
      .join("\n"),
  );
  const pane = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [layout, setLayout] = useState<Layout | null>(null);
  const [labels, setLabels] = useState(true);
  const [follow, setFollow] = useState(false);
  const layouter = useRef<Layouter | null>(null);
  const flow = useReactFlow();
  const all = useMemo(() => (graph ? subgraphs(graph.root) : []), [graph]);

  useEffect(() => {
    layouter.current = new Layouter(setLayout);
    return () => layouter.current?.close();
  }, []);

  const shape = graph && JSON.stringify(graph.root);
  useEffect(() => {
    // what opens by itself is small enough to be read at once
    if (graph) setOpen(new Set(count(graph.root) <= 40 ? all : []));
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [graph?.agent, shape]);

  useEffect(() => {
    if (!graph || !layouter.current) return;
    const observed = seenEdges
      .split("\n")
      .filter(Boolean)
      .map((key) => {
        const [level = "", ends = ""] = key.split("|");
        const [source = "", target = ""] = ends.split(">");
        return { level, source, target };
      });
    const { clientWidth = 1, clientHeight = 1 } = pane.current ?? {};
    layouter.current.ask(graph, [...open], observed, clientWidth / Math.max(clientHeight, 1));
  }, [graph, open, seenEdges]);

  const nodes = useMemo<StepNode[]>(() => {
    const toggle = (path: string): void =>
      setOpen((before) => {
        const after = new Set(before);
        if (!after.delete(path)) after.add(path);
        return after;
      });
    const tops = new Map<string, number>();
    for (const box of layout?.boxes ?? []) tops.set(box.path, box.y + (tops.get(box.within) ?? 0));
    const middle = (layout?.height ?? 0) / 2;
    return (layout?.boxes ?? []).map((box) => ({
      id: box.path,
      type: "step",
      position: { x: box.x, y: box.y },
      width: box.width,
      height: box.height,
      data: { node: box.node, open: box.open, low: tops.get(box.path)! + box.height / 2 > middle, toggle },
      ...(box.within ? { parentId: box.within } : {}),
      draggable: false,
      selected: box.path === chosen,
      zIndex: box.within ? 2 : 0,
      ariaLabel: box.path.replaceAll("/", " "),
    }));
  }, [layout, chosen]);

  const edges = useMemo<StepEdge[]>(
    () =>
      (layout?.lines ?? []).map((line) => ({
        id: line.id,
        type: "line",
        source: within(line.level, line.source),
        target: within(line.level, line.target),
        data: { line, labels },
        focusable: false,
        selectable: false,
        zIndex: line.level ? 3 : 1,
      })),
    [layout, labels],
  );

  const place = layout && `${graph?.agent} ${layout.boxes.map((box) => box.path).join()}`;
  useEffect(() => {
    if (place) requestAnimationFrame(() => void flow.fitView({ padding: 0.08, maxZoom: 1.15 }));
  }, [place, flow]);

  const running = useStudio((studio) => {
    let found = "";
    for (const task of studio.shown?.tasks.values() ?? []) if (task.state === "running") found = task.path;
    return found;
  });
  useEffect(() => {
    if (follow && running) void flow.fitView({ nodes: [{ id: running }], padding: 1.2, maxZoom: 1.2, duration: 250 });
  }, [follow, running, flow]);

  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
      if (event.key === "f") void flow.fitView({ padding: 0.08, maxZoom: 1.15 });
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [flow]);

  return (
    <div className="drawing" ref={pane} role="region" aria-label={words.graph}>
      <svg className="markers" aria-hidden>
        <defs>
          {["arrow", "arrow-taken"].map((name) => (
            <marker key={name} id={name} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
              <path d="M0,0.6 L7.4,4 L0,7.4 Z" className={name} />
            </marker>
          ))}
        </defs>
      </svg>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        minZoom={0.1}
        maxZoom={2}
        proOptions={{ hideAttribution: false }}
        onNodeClick={(_, node) => choose({ node: node.id === chosen ? "" : node.id })}
        onPaneClick={() => choose({ node: "" })}
        onNodeDoubleClick={(_, node) => (node as StepNode).data.node.graph && (node as StepNode).data.toggle(node.id)}
      >
        <Controls showInteractive={false} />
        {(layout?.boxes.length ?? 0) > 25 && <MiniMap pannable zoomable />}
        <Panel position="top-right" className="graph-tools">
          {all.length > 0 && (
            <button onClick={() => setOpen(new Set(open.size === all.length ? [] : all))}>
              {open.size === all.length ? words.close : words.open}
            </button>
          )}
          <button aria-pressed={labels} onClick={() => setLabels(!labels)}>
            {words.labels}
          </button>
          <button aria-pressed={follow} onClick={() => setFollow(!follow)}>
            {words.follow}
          </button>
          <button onClick={() => layout && graph && svgOf(graph.agent, layout)}>{words.export}</button>
        </Panel>
        <Panel position="bottom-right">
          <Unknowns graph={graph} observed={seenEdges} />
        </Panel>
      </ReactFlow>
    </div>
  );
}

const within = (level: string, name: string): string => (level ? `${level}/${name}` : name);

/** What cannot be drawn, with the code that would declare it. */
function Unknowns({ graph, observed }: { graph: Graph | null; observed: string }): React.JSX.Element | null {
  const lines = observed.split("\n").filter(Boolean);
  if (!graph?.unknown.length && !lines.length) return null;
  return (
    <details className="unknown nowheel">
      <summary>
        {words.unknown} ({(graph?.unknown.length ?? 0) + lines.length})
      </summary>
      <ul>
        {graph?.unknown.map((one) => (
          <li key={one.node + one.what}>
            <b>{one.node}</b>: {one.what}
            {one.advice && <code>{one.advice}</code>}
          </li>
        ))}
        {lines.map((key) => (
          <li key={key}>
            <b>{key.slice(key.indexOf("|") + 1).replace(">", " → ")}</b>: {words.observed}
          </li>
        ))}
      </ul>
    </details>
  );
}
