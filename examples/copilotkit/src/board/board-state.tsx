/** What the board shows: chosen by the person, by the agent's tools, or by what the agent has just changed. */
import { createContext, use, useMemo, useState, type ReactNode } from "react";
import type { Stage } from "../agent/state";

export const TABS = ["pipeline", "lead", "quote", "campaign"] as const;
export type Tab = (typeof TABS)[number];
export type View = "chat" | "board";

interface BoardState {
  tab: Tab;
  openTab: (tab: Tab) => void;
  highlighted: Stage | null;
  highlight: (stage: Stage | null) => void;
  /** Which half a narrow screen shows. */
  view: View;
  setView: (view: View) => void;
}

const BoardContext = createContext<BoardState | null>(null);

export function useBoard(): BoardState {
  const board = use(BoardContext);
  if (!board) throw new Error("useBoard needs a BoardProvider above it");
  return board;
}

export function BoardProvider({ children }: { children: ReactNode }) {
  const [tab, openTab] = useState<Tab>("pipeline");
  const [highlighted, highlight] = useState<Stage | null>(null);
  const [view, setView] = useState<View>("chat");
  const value = useMemo(() => ({ tab, openTab, highlighted, highlight, view, setView }), [tab, highlighted, view]);
  return <BoardContext value={value}>{children}</BoardContext>;
}
