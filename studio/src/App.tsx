import { useEffect, useState } from "react";
import { Group, Panel, Separator } from "react-resizable-panels";
import { key } from "./api";
import { GraphPane } from "./graph/GraphPane";
import { followRuns, watch } from "./live";
import { Chat } from "./panes/Chat";
import { Compare } from "./panes/Compare";
import { History } from "./panes/History";
import { ModelInput } from "./panes/ModelInput";
import { Runs } from "./panes/Runs";
import { State } from "./panes/State";
import { Timeline } from "./panes/Timeline";
import { Wire } from "./panes/Wire";
import { loadAgents, loadGraph, note, useStudio, type Tab } from "./store";
import { words } from "./words";

const TABS: [Tab, string, () => React.JSX.Element][] = [
  ["chat", words.chat, Chat],
  ["wire", words.wire, Wire],
  ["state", words.state, State],
  ["history", words.history, History],
  ["model", words.model, ModelInput],
  ["compare", words.compareTab, Compare],
];

export function App(): React.JSX.Element {
  const { agent, run, needsKey, everybody } = useStudio();
  const graph = useStudio((studio) => studio.graph?.agent === agent);
  const [entered, setEntered] = useState(0);

  useEffect(() => {
    const aborted = new AbortController();
    loadAgents().then(() => followRuns(aborted.signal), note);
    return () => aborted.abort();
  }, [entered, everybody]);

  useEffect(() => {
    if (!agent || needsKey) return;
    useStudio.setState({ graph: null });
    loadGraph(agent).catch(note);
  }, [agent, needsKey, entered]);

  useEffect(() => {
    if (!run) useStudio.setState({ view: null, shown: null, missing: false });
    if (!run || !graph) return;
    const aborted = new AbortController();
    void watch(agent, run, aborted.signal);
    return () => aborted.abort();
  }, [agent, run, graph]);

  if (needsKey) return <KeyForm done={() => setEntered(entered + 1)} />;
  return (
    <div className="studio">
      <Header />
      <main>
        <Group orientation="vertical" className="rows">
          <Panel defaultSize={74} minSize={30}>
            <Group orientation="horizontal" className="columns">
              <Panel defaultSize={15} minSize={10}>
                <Runs />
              </Panel>
              <Separator className="bar-between" />
              <Panel defaultSize={50} minSize={20}>
                <GraphPane />
              </Panel>
              <Separator className="bar-between" />
              <Panel defaultSize={35} minSize={20}>
                <Side />
              </Panel>
            </Group>
          </Panel>
          <Separator className="bar-between across" />
          <Panel defaultSize={26} minSize={8}>
            <Timeline />
          </Panel>
        </Group>
      </main>
    </div>
  );
}

function Header(): React.JSX.Element {
  const { agents, agent, run, at, lost, refused, missing, choose } = useStudio();
  // of now as the other panes show it: the view itself may be some events further
  const view = useStudio((studio) => (at === null ? studio.shown : studio.view));
  const state = !run ? "" : !view?.over ? words.running : (view.outcome ?? "");
  return (
    <header className="masthead">
      <h1>
        <img src="./icon.svg" alt="" width={22} height={22} /> {words.title}
      </h1>
      <label className="agent">
        <span className="hidden">{words.agents}</span>
        <select value={agent} onChange={(event) => choose({ agent: event.target.value, thread: "", run: "", node: "", at: null })}>
          {agents.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {run && (
        <span className={`now ${view?.over ? (view.error ? "failed" : "done") : "running"}`} role="status">
          {run.slice(0, 8)} · {state}
        </span>
      )}
      <span className="grow" />
      {missing && <span className="fault">{words.missing}</span>}
      {lost && <span className="fault">{words.lost}</span>}
      {refused && (
        <button className="fault" role="alert" onClick={() => useStudio.setState({ refused: "" })}>
          {refused} ✕
        </button>
      )}
      <a href="../docs" target="_blank" rel="noreferrer">
        API
      </a>
    </header>
  );
}

function Side(): React.JSX.Element {
  const { tab, choose } = useStudio();
  const [, , Shown] = TABS.find(([name]) => name === tab)!;
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.target instanceof HTMLElement && event.target.closest("input, textarea, select")) return;
      if (event.key === "c") choose({ tab: "chat" });
      if (event.key === "/") {
        event.preventDefault();
        choose({ tab: "wire" });
        requestAnimationFrame(() => document.querySelector<HTMLInputElement>(".wire input")?.focus());
      }
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [choose]);
  return (
    <section className="side">
      <div className="tabs" role="tablist">
        {TABS.map(([name, title]) => (
          <button
            key={name}
            role="tab"
            id={`tab-${name}`}
            aria-selected={name === tab}
            aria-controls="side"
            tabIndex={name === tab ? 0 : -1}
            onClick={() => choose({ tab: name })}
            onKeyDown={(event) => {
              const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
              if (!step) return;
              const place = TABS.findIndex(([one]) => one === tab);
              const [next] = TABS[(place + step + TABS.length) % TABS.length]!;
              choose({ tab: next });
              requestAnimationFrame(() => document.getElementById(`tab-${next}`)?.focus());
            }}
          >
            {title}
          </button>
        ))}
      </div>
      <div className="tab" id="side" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        <Shown />
      </div>
    </section>
  );
}

function KeyForm({ done }: { done: () => void }): React.JSX.Element {
  return (
    <form
      className="key-form"
      onSubmit={(event) => {
        event.preventDefault();
        key.set(String(new FormData(event.currentTarget).get("key") ?? ""));
        useStudio.setState({ needsKey: false });
        done();
      }}
    >
      <h1>{words.title}</h1>
      <p>{words.key}</p>
      <input name="key" type="password" autoComplete="off" aria-label={words.enterKey} placeholder={words.enterKey} required />
      <button className="primary">{words.enter}</button>
    </form>
  );
}
