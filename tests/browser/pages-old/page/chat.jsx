/** The least that pages of every CopilotKit had, from 1.3 on: a chat, a tool of the page, the agent's state. */
import "@copilotkit/react-ui/styles.css";
import * as core from "@copilotkit/react-core";
import { CopilotChat } from "@copilotkit/react-ui";
import { createRoot } from "react-dom/client";

const query = new URLSearchParams(location.search);
const agent = query.get("agent") ?? undefined;
const threadId = query.get("thread") ?? undefined;
window.calls = [];

function Interrupt() {
  core.useLangGraphInterrupt({
    render: ({ event, resolve }) => (
      <p className="card" data-testid="approval">
        {event.value?.message ?? String(event.value)}{" "}
        <button onClick={() => resolve({ approved: true, comment: "" })}>Approve</button>
      </p>
    ),
  });
  return null;
}

function Page() {
  core.useCopilotAction({
    name: "paint_page",
    description: "Paint the page in a color. Покрасить фон страницы в цвет.",
    parameters: [{ name: "color", type: "string", description: "The CSS color", required: true }],
    handler: async ({ color }) => {
      window.calls.push(`paint_page ${color}`);
      document.body.style.backgroundColor = color;
      return `painted ${color}`;
    },
  });
  const { state } = core.useCoAgent({ name: agent ?? "default" });
  return (
    <>
      <header data-testid="state">{Object.keys(state ?? {}).filter((key) => state[key]).sort().join(" ")}</header>
      {core.useLangGraphInterrupt && <Interrupt />}
      <CopilotChat labels={{ initial: "Здравствуйте!" }} />
    </>
  );
}

createRoot(document.getElementById("root")).render(
  <core.CopilotKit runtimeUrl={query.get("runtimeUrl")} agent={agent} threadId={threadId} showDevConsole>
    <Page />
  </core.CopilotKit>,
);
