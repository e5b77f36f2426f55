import { useState } from "react";

const LONG = 200;
const SHOWN = 100;

/** JSON as a tree. Only what is open is in the page. */
export function Tree({ value, name, open = 1 }: { value: unknown; name?: string; open?: number }): React.JSX.Element {
  const [shown, setShown] = useState(open > 0);
  const [most, setMost] = useState(SHOWN);
  if (value === null || typeof value !== "object")
    return (
      <div className="leaf">
        {name !== undefined && <span className="tree-name">{name}</span>}
        <Leaf value={value} />
      </div>
    );
  const entries = Object.entries(value);
  return (
    <div className="branch">
      <button className="tree-fold" aria-expanded={shown} onClick={() => setShown(!shown)}>
        <span className="turn" aria-hidden>
          {shown ? "▾" : "▸"}
        </span>
        {name !== undefined && <span className="tree-name">{name}</span>}
        <span className="tree-size">{Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`}</span>
        {!shown && <span className="tree-hint">{hint(value)}</span>}
      </button>
      {shown && (
        <div className="within">
          {entries.slice(0, most).map(([key, inner]) => (
            <Tree key={key} name={key} value={inner} open={open - 1} />
          ))}
          {entries.length > most && <button onClick={() => setMost(most + 500)}>… {entries.length - most}</button>}
        </div>
      )}
    </div>
  );
}

function Leaf({ value }: { value: unknown }): React.JSX.Element {
  const [whole, setWhole] = useState(false);
  const text = JSON.stringify(value) ?? "undefined";
  if (text.length <= LONG || whole) return <span className={`value ${value === null ? "null" : typeof value}`}>{text}</span>;
  return (
    <button className="value string" onClick={() => setWhole(true)}>
      {text.slice(0, LONG)}…
    </button>
  );
}

function hint(value: object): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
