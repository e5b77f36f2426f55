/** The API of CopilotKit 2: hooks and chat from `@copilotkit/react-core/v2`. */
import "@copilotkit/react-core/v2/styles.css";
import { CopilotChat, CopilotKitProvider, useAgent, useFrontendTool, useInterrupt } from "@copilotkit/react-core/v2";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { z } from "zod";
import { Approval } from "./Approval.jsx";
import { agent, paint, provider, threadId } from "./query.js";

function Page({ error }) {
  useFrontendTool({
    name: "paint_page",
    description: "Paint the page in a color. Покрасить фон страницы в цвет.",
    parameters: z.object({ color: z.string().describe("The CSS color") }),
    handler: async (given) => paint(given),
  });
  useInterrupt({ render: ({ event, resolve }) => <Approval value={event.value} answer={resolve} /> });
  const { state } = useAgent().agent;
  return (
    <>
      <header>
        <span data-testid="state">{Object.keys(state ?? {}).filter((key) => state[key]).sort().join(" ")}</span>
        {error && <b role="alert" data-testid="error">{error}</b>}
      </header>
      <CopilotChat threadId={threadId} />
    </>
  );
}

function App() {
  const [error, setError] = useState(null);
  return (
    // What the v1 provider does by itself, a page on the v2 API does with onError.
    <CopilotKitProvider
      {...provider}
      agentId={agent}
      enableInspector={false}
      onError={(event) => setError(event.error.message)}
    >
      <Page error={error} />
    </CopilotKitProvider>
  );
}

createRoot(document.getElementById("root")).render(<App />);
