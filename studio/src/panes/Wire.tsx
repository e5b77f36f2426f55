import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { address } from "../api";
import { useStudio } from "../store";
import type { WireRow } from "../types";
import { words } from "../words";

/** One line: an event, or all tokens of a message that follow each other. */
interface Line {
  first: WireRow;
  last: WireRow;
  count: number;
  text: string;
}

const FOLDED = new Set(["TEXT_MESSAGE_CONTENT", "REASONING_MESSAGE_CONTENT", "TOOL_CALL_ARGS"]);

const keyOf = (row: WireRow): unknown => row.event.messageId ?? row.event.toolCallId;

export function linesOf(rows: readonly WireRow[], fold: boolean): Line[] {
  const lines: Line[] = [];
  for (const row of rows) {
    const line = lines.at(-1);
    const delta = typeof row.event.delta === "string" ? row.event.delta : "";
    if (
      fold &&
      line &&
      FOLDED.has(row.event.type) &&
      line.first.event.type === row.event.type &&
      keyOf(line.first) === keyOf(row)
    ) {
      line.last = row;
      line.count += 1;
      line.text += delta;
    } else lines.push({ first: row, last: row, count: 1, text: delta || briefly(row) });
  }
  return lines;
}

function briefly(row: WireRow): string {
  const { type, timestamp, metadata, ...rest } = row.event;
  void type;
  void timestamp;
  const text = JSON.stringify(rest) + (metadata ? ` ${JSON.stringify(metadata)}` : "");
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

function chunkText(row: WireRow): string {
  const choices = row.chunk.choices as { delta: unknown; finish_reason: string | null }[] | undefined;
  if (!choices) return JSON.stringify(row.chunk);
  const { delta, finish_reason: reason } = choices[0] ?? { delta: {}, finish_reason: null };
  return JSON.stringify(delta).slice(0, 200) + (reason ? ` · ${reason}` : "");
}

const KINDS = ["TEXT", "TOOL", "STEP", "STATE", "REASONING", "RUN"] as const;

export function Wire(): React.JSX.Element {
  const { shown, at, choose, run, agent } = useStudio();
  const [text, setText] = useState("");
  const [kinds, setKinds] = useState<ReadonlySet<string>>(new Set());
  const [fold, setFold] = useState(true);
  const [open, setOpen] = useState<number | null>(null);
  const [said, setSaid] = useState("");
  const pane = useRef<HTMLDivElement>(null);
  const rows = shown?.rows;
  const version = shown?.version;
  const lines = useMemo(() => {
    const wanted = text.toLowerCase();
    const all = linesOf(rows ?? [], fold);
    return all.filter(
      (line) =>
        (!kinds.size || [...kinds].some((kind) => line.first.event.type.startsWith(kind))) &&
        (!wanted || (line.first.event.type + line.text).toLowerCase().includes(wanted)),
    );
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [rows, version, text, kinds, fold]);
  const list = useVirtualizer({
    count: lines.length,
    getScrollElement: () => pane.current,
    estimateSize: () => 30,
    overscan: 12,
    getItemKey: (index) => lines[index]!.first.seq,
  });
  const copy = (what: string): void =>
    void navigator.clipboard.writeText(what).then(() => {
      setSaid(words.copied);
      setTimeout(() => setSaid(""), 1500);
    });
  return (
    <div className="wire">
      <header className="wire-tools">
        <input type="search" placeholder={words.search} aria-label={words.search} value={text} onChange={(event) => setText(event.target.value)} />
        {KINDS.map((kind) => (
          <button
            key={kind}
            className={`chip ${kind}`}
            aria-pressed={kinds.has(kind)}
            onClick={() => {
              const next = new Set(kinds);
              if (!next.delete(kind)) next.add(kind);
              setKinds(next);
            }}
          >
            {kind}
          </button>
        ))}
        <button aria-pressed={!fold} onClick={() => setFold(!fold)} title="×N">
          ×N
        </button>
        <button onClick={() => copy(`curl -N '${address(`runs/${run}/wire?agent=${agent}`)}'`)}>{words.curl}</button>
        <button onClick={() => copy(vector(rows ?? []))}>{words.vector}</button>
        <span role="status">{said}</span>
      </header>
      <div className="wire-head" aria-hidden>
        <span>#</span>
        <span>{words.event}</span>
        <span>{words.chunk}</span>
        <span>{words.responses}</span>
      </div>
      <div className="wire-rows" ref={pane} tabIndex={0} role="region" aria-label={words.wire}>
        {!lines.length && <p className="quiet">{words.nothing}</p>}
        <div style={{ height: list.getTotalSize(), position: "relative" }}>
          {list.getVirtualItems().map((item) => {
            const line = lines[item.index]!;
            const kind = line.first.event.type.split("_")[0];
            return (
              <div
                key={item.key}
                ref={list.measureElement}
                data-index={item.index}
                className={`wire-row ${at !== null && at >= line.first.seq && at <= line.last.seq ? "at" : ""}`}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <button className="wire-line" aria-expanded={open === line.first.seq} onClick={() => setOpen(open === line.first.seq ? null : line.first.seq)}>
                  <span className="seq">{line.first.seq}</span>
                  <span className={`kind ${kind}`}>
                    {line.first.event.type}
                    {line.count > 1 && <b> ×{line.count}</b>}
                  </span>
                  <span className="brief">{line.text}</span>
                  <span className="brief chunk">{line.count > 1 ? `… ×${line.count}` : chunkText(line.first)}</span>
                  <span className="brief responses">
                    {line.count > 1
                      ? `${String(line.first.responses[0]?.type ?? "")} ×${line.count}`
                      : line.first.responses.map((one) => String(one.type)).join(", ")}
                  </span>
                </button>
                {open === line.first.seq && (
                  <div className="wire-open">
                    <div className="wire-acts">
                      <button onClick={() => choose({ at: line.last.seq })}>{words.step} {line.last.seq}</button>
                      <button onClick={() => copy(JSON.stringify(line.first.event, null, 2))}>{words.copy}</button>
                    </div>
                    <pre>{JSON.stringify(line.first.event, null, 2)}</pre>
                    <pre>{JSON.stringify(line.first.chunk, null, 2)}</pre>
                    {line.first.responses.length > 0 && <pre>{JSON.stringify(line.first.responses, null, 2)}</pre>}
                  </div>
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** The run as a test: what its events become. */
export function vector(rows: readonly WireRow[]): string {
  const events = rows.map((row) => row.event);
  const chunks = rows.map((row) => row.chunk);
  const [first] = chunks;
  const head = { id: first?.id, model: first?.model, created: first?.created };
  return `import json

from bridge.openai_compat import AguiToChunks

EVENTS = json.loads(r'''${JSON.stringify(events).replaceAll("'''", "\\u0027\\u0027\\u0027")}''')
CHUNKS = json.loads(r'''${JSON.stringify(chunks).replaceAll("'''", "\\u0027\\u0027\\u0027")}''')


def test_the_run_becomes_these_chunks() -> None:
    translator = AguiToChunks(**${JSON.stringify(head)})
    assert [translator.feed(event) for event in EVENTS] == CHUNKS
`;
}
