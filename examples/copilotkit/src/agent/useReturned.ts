import { useCallback, useEffect, useState } from "react";
import { useSalesAgent } from "./useSalesAgent";

/** The bridge refused the run before it began: the message is in no thread. */
const NOT_TAKEN = new Set(["interrupt_pending", "thread_busy", "rate_limit_exceeded"]);

/** A message that the server did not take, such as one sent while a second window's approval waits. */
export function useReturned() {
  const { agent } = useSalesAgent();
  const [returned, setReturned] = useState<string | null>(null);
  const takeBack = useCallback(() => setReturned(null), []);

  useEffect(() => {
    let refused = false;
    const { unsubscribe } = agent.subscribe({
      onRunErrorEvent: ({ event }) => {
        refused = NOT_TAKEN.has(event.code ?? "");
      },
      onRunFinalized: () => {
        const last = agent.messages.at(-1);
        if (refused && last?.role === "user" && typeof last.content === "string") {
          agent.setMessages(agent.messages.slice(0, -1));
          setReturned(last.content);
        }
        refused = false;
      },
    });
    return unsubscribe;
  }, [agent]);
  return { returned, takeBack };
}
