import { CopilotKitCoreRuntimeConnectionStatus, useCopilotKit } from "@copilotkit/react-core/v2";
import { useCallback, useRef } from "react";
import { useSalesAgent } from "./useSalesAgent";

/**
 * Take a broken answer up again. The run may go on without us: the thread is opened anew, and its stream followed to the
 * end. When the server died with the run, the question is asked again, without being written twice.
 */
export function useRetry(waiting: boolean, dismiss: () => void) {
  const { copilotkit } = useCopilotKit();
  const { agent } = useSalesAgent();
  const asksPerson = useRef(waiting);
  asksPerson.current = waiting;

  const retry = useCallback(async () => {
    dismiss();
    // Without the server's description there is no agent yet, and nothing to lose.
    const unknown = copilotkit.runtimeConnectionStatus === CopilotKitCoreRuntimeConnectionStatus.Error;
    if (unknown && agent.messages.length === 0) return location.reload();
    const { messages, state } = agent; // CopilotKit drops them before it has others
    let failed = false;
    const { unsubscribe } = agent.subscribe({ onRunFailed: () => void (failed = true) });
    await copilotkit.connectAgent({ agent });
    unsubscribe();
    if (failed || agent.messages.length === 0) {
      agent.setMessages(messages);
      agent.setState(state);
    }
    await new Promise(requestAnimationFrame); // an approval that the thread waits for is drawn by now
    const question = agent.messages.findLastIndex((message) => message.role === "user");
    const last = agent.messages.at(-1);
    const answered = last?.role === "assistant" && !last.toolCalls?.length;
    if (failed || answered || question < 0 || asksPerson.current || agent.isRunning) return;
    agent.setMessages(agent.messages.slice(0, question + 1));
    await copilotkit.runAgent({ agent });
  }, [agent, copilotkit, dismiss]);
  // What goes wrong reaches the provider's onError, which shows it.
  return useCallback(() => void retry().catch(() => undefined), [retry]);
}
