/** The API of CopilotKit 1.x: `<CopilotKit>` around `<CopilotChat/>`. */
import "@copilotkit/react-ui/styles.css";
import { CopilotKit, useCoAgent, useCopilotAction, useLangGraphInterrupt } from "@copilotkit/react-core";
import { CopilotChat } from "@copilotkit/react-ui";
import { createRoot } from "react-dom/client";
import { Approval } from "./Approval.jsx";
import { agent, paint, provider, threadId } from "./query.js";

function Page() {
  useCopilotAction({
    name: "paint_page",
    description: "Paint the page in a color. Покрасить фон страницы в цвет.",
    parameters: [{ name: "color", type: "string", description: "The CSS color", required: true }],
    handler: async (given) => paint(given),
  });
  useLangGraphInterrupt({ render: ({ event, resolve }) => <Approval value={event.value} answer={resolve} /> });
  const { state } = useCoAgent({ name: agent ?? "default" });
  return (
    <>
      <header data-testid="state">{Object.keys(state ?? {}).filter((key) => state[key]).sort().join(" ")}</header>
      <CopilotChat labels={{ initial: "Здравствуйте!" }} />
    </>
  );
}

createRoot(document.getElementById("root")).render(
  <CopilotKit {...provider} agent={agent} threadId={threadId} showDevConsole>
    <Page />
  </CopilotKit>,
);
