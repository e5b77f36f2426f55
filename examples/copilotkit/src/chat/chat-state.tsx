/** What the chat's own parts know of each other: an error, an approval that waits, words that could not be sent. */
import { createContext, use, type ReactNode } from "react";

export interface Failure {
  sentence: string;
  /** Whether asking again may help. */
  again: boolean;
}

/** Why a message is not sent now: a name of the words for it. */
export type Refusal = "answerFirst" | "stillAnswering";

export interface Returned {
  text: string;
  reason: Refusal;
}

interface ChatState {
  failure: Failure | null;
  dismiss: () => void;
  retry: () => void;
  /** The approval that waits, with its dialog. */
  approval: ReactNode;
  waiting: boolean;
  /** A message that the server did not take: it goes back into the composer. */
  returned: Returned | null;
  takeBack: () => void;
}

const ChatContext = createContext<ChatState | null>(null);

export const ChatProvider = ChatContext;

export function useChat(): ChatState {
  const chat = use(ChatContext);
  if (!chat) throw new Error("useChat needs a ChatProvider above it");
  return chat;
}
