import { Tree } from "../parts/Tree";
import { useStudio } from "../store";
import { words } from "../words";

/** The state as the client has it, and what each event changed in it. */
export function State(): React.JSX.Element {
  const { shown, at, choose } = useStudio();
  if (!shown || shown.state === null) return <p className="quiet pane">{words.noState}</p>;
  return (
    <div className="state pane">
      <Tree value={shown.state} open={2} key={shown.rows[0]?.seq} />
      <h3>{words.changed}</h3>
      <ol className="changes">
        {shown.changes.map((change) => (
          <li key={change.seq}>
            <button aria-pressed={at === change.seq} onClick={() => choose({ at: change.seq })}>
              #{change.seq}
            </button>
            {change.whole ? (
              <span className="quiet">{words.whole}</span>
            ) : (
              change.operations.map((operation, index) => (
                <code key={index} className={`op ${operation.op}`}>
                  {operation.op} {operation.path} {"value" in operation ? brief(operation.value) : ""}
                </code>
              ))
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
