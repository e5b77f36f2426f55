import { useAgent, useCopilotKit } from "@copilotkit/react-core/v2";
import { useCallback } from "react";
import { AGENT_ID } from "../config";
import type { AgentState } from "./state";

/** The agent's state, live, and a way to say something to it from a button. */
export function useSalesAgent() {
  const { copilotkit } = useCopilotKit();
  const { agent } = useAgent({ agentId: AGENT_ID });
  const ask = useCallback(
    async (content: string) => {
      if (agent.isRunning) return;
      agent.addMessage({ id: crypto.randomUUID(), role: "user", content });
      // What goes wrong reaches the provider's onError, which shows it.
      await copilotkit.runAgent({ agent }).catch(() => undefined);
    },
    [agent, copilotkit],
  );
  return { agent, state: (agent.state ?? {}) as AgentState, isRunning: agent.isRunning, ask };
}
