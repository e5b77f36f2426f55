import { useEffect, useRef, type KeyboardEvent } from "react";
import { useSalesAgent } from "../agent/useSalesAgent";
import type { AgentState } from "../agent/state";
import { parseAnswer, TAB_OF } from "../agent/tools";
import { useSettings } from "../settings";
import { TABS, useBoard, type Tab } from "./board-state";
import { CampaignView } from "./CampaignView";
import { LeadView } from "./LeadView";
import { PipelineView } from "./PipelineView";
import { QuoteView } from "./QuoteView";

/** Which keys of the agent's state each tab shows. */
const SHOWN: Record<Tab, (keyof AgentState)[]> = {
  pipeline: ["pipeline"],
  lead: ["lead", "leads"],
  quote: ["quote"],
  campaign: ["campaign", "campaigns", "segment", "experiment"],
};

export function Board() {
  const { text } = useSettings();
  const { tab, openTab } = useBoard();
  const { state, isRunning, ask } = useSalesAgent();
  useFollowAgent(openTab);
  const props = { state, ask: (words: string) => void ask(words), disabled: isRunning };

  return (
    <section className="board" aria-label={text.board.title}>
      <h2 className="visually-hidden">{text.board.title}</h2>
      <TabList tab={tab} openTab={openTab} state={state} />
      <div className="board-body" role="tabpanel" id="board-panel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {tab === "pipeline" && <PipelineView {...props} />}
        {tab === "lead" && <LeadView {...props} />}
        {tab === "quote" && <QuoteView {...props} />}
        {tab === "campaign" && <CampaignView {...props} />}
      </div>
    </section>
  );
}

export interface ViewProps {
  state: AgentState;
  ask: (words: string) => void;
  disabled: boolean;
}

function TabList({ tab, openTab, state }: { tab: Tab; openTab: (tab: Tab) => void; state: AgentState }) {
  const { text } = useSettings();
  const list = useRef<HTMLDivElement>(null);

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const place = { Home: 0, End: TABS.length - 1 }[event.key];
    if (step === undefined && place === undefined) return;
    const next = TABS[place ?? (TABS.indexOf(tab) + (step ?? 0) + TABS.length) % TABS.length] ?? tab;
    event.preventDefault();
    openTab(next);
    list.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  }

  return (
    <div className="tabs" role="tablist" aria-label={text.board.title} ref={list} onKeyDown={onKeyDown}>
      {TABS.map((name) => (
        <button
          key={name}
          id={`tab-${name}`}
          type="button"
          role="tab"
          aria-selected={tab === name}
          aria-controls="board-panel"
          tabIndex={tab === name ? 0 : -1}
          data-filled={SHOWN[name].some((key) => state[key])}
          onClick={() => openTab(name)}
        >
          {text.board.tabs[name]}
        </button>
      ))}
    </div>
  );
}

/** Show what the agent has just made. Not when a stored conversation is opened: that replays no results. */
function useFollowAgent(openTab: (tab: Tab) => void) {
  const { agent } = useSalesAgent();
  useEffect(() => {
    const { unsubscribe } = agent.subscribe({
      onToolCallResultEvent: ({ event, messages }) => {
        const calls = messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
        const name = calls.find((call) => call.id === event.toolCallId)?.function.name ?? "";
        const tab = TAB_OF[name];
        if (tab && typeof event.content === "string" && parseAnswer(event.content)) openTab(tab);
      },
    });
    return unsubscribe;
  }, [agent, openTab]);
}
