/** Where the bridge serves the CopilotKit runtime API. */
export const RUNTIME_URL: string = import.meta.env.VITE_RUNTIME_URL || "/api/copilotkit";

/** The agent to talk with. The bridge serves its first agent as `default` too. */
export const AGENT_ID: string = import.meta.env.VITE_AGENT_ID || "default";
