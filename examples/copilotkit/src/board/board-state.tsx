/** What the board shows: chosen by the person, by the agent's tools, or by what the agent has just changed. */
import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";
import { STAGES, type Stage } from "../agent/state";

export const TABS = ["pipeline", "lead", "quote", "campaign"] as const;
export type Tab = (typeof TABS)[number];
export type View = "chat" | "board";

/** What this window remembers of each conversation's board, so that a reload or a way back shows what it showed. */
interface Shown {
  tab: Tab;
  highlighted: Stage | null;
  /** Which half a narrow screen shows. */
  view: View;
}

interface BoardState extends Shown {
  openTab: (tab: Tab) => void;
  highlight: (stage: Stage | null) => void;
  setView: (view: View) => void;
}

const BoardContext = createContext<BoardState | null>(null);

export function useBoard(): BoardState {
  const board = use(BoardContext);
  if (!board) throw new Error("useBoard needs a BoardProvider above it");
  return board;
}

/** Each conversation has a board of its own. */
export function BoardProvider({ thread, children }: { thread: string; children: ReactNode }) {
  const [owner, setOwner] = useState(thread);
  const [shown, setShown] = useState<Shown>(() => remembered(thread));
  if (owner !== thread) {
    setOwner(thread);
    setShown(remembered(thread));
  }
  useEffect(() => sessionStorage.setItem(keyOf(owner), JSON.stringify(shown)), [owner, shown]);
  const choices = useMemo(
    () => ({
      openTab: (tab: Tab) => setShown((now) => ({ ...now, tab })),
      highlight: (highlighted: Stage | null) => setShown((now) => ({ ...now, highlighted })),
      setView: (view: View) => setShown((now) => ({ ...now, view })),
    }),
    [],
  );
  const value = useMemo(() => ({ ...shown, ...choices }), [shown, choices]);
  return <BoardContext value={value}>{children}</BoardContext>;
}

function keyOf(thread: string): string {
  return `board:${thread}`;
}

function remembered(thread: string): Shown {
  const known = JSON.parse(sessionStorage.getItem(keyOf(thread)) ?? "{}") as Partial<Shown>;
  return {
    tab: TABS.find((tab) => tab === known.tab) ?? "pipeline",
    highlighted: STAGES.find((stage) => stage === known.highlighted) ?? null,
    view: known.view === "board" ? "board" : "chat",
  };
}
