import { useCopilotKit } from "@copilotkit/react-core/v2";
import { useCallback, useEffect, useState } from "react";
import type { Refusal, Returned } from "../chat/chat-state";
import { useSalesAgent } from "./useSalesAgent";

/** The bridge refused the run before it began: the message is in no thread. */
const NOT_TAKEN: Record<string, Refusal> = { interrupt_pending: "answerFirst", thread_busy: "stillAnswering" };

/** A message that the server did not take, such as one sent while a second window's approval waits. */
export function useReturned() {
  const { copilotkit } = useCopilotKit();
  const { agent } = useSalesAgent();
  const [returned, setReturned] = useState<Returned | null>(null);
  const takeBack = useCallback(() => setReturned(null), []);

  useEffect(() => {
    let reason: Refusal | undefined;
    const { unsubscribe } = agent.subscribe({
      onRunErrorEvent: ({ event }) => {
        reason = NOT_TAKEN[event.code ?? ""];
      },
      onRunFinalized: () => {
        const last = agent.messages.at(-1);
        if (reason && last?.role === "user" && typeof last.content === "string") {
          agent.setMessages(agent.messages.slice(0, -1));
          setReturned({ text: last.content, reason });
          // Something happened here that this page has not seen: once this run is over, show it.
          setTimeout(() => void copilotkit.connectAgent({ agent }));
        }
        reason = undefined;
      },
    });
    return unsubscribe;
  }, [agent, copilotkit]);
  return { returned, takeBack };
}
