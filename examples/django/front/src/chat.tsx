import "@copilotkit/react-core/v2/styles.css";
import { CopilotChat, CopilotKitProvider, useInterrupt } from "@copilotkit/react-core/v2";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

const root = document.getElementById("chat")!;

/** The user's thread in this browser: a reload comes back to it. It is stored on the server, under the user's name. */
function ownThread(): string {
  const key = `thread-of-${root.dataset.user}`;
  const known = localStorage.getItem(key) ?? crypto.randomUUID();
  localStorage.setItem(key, known);
  return known;
}

const labels = {
  chatInputPlaceholder: "Спросите о продажах или маркетинге…",
  welcomeMessageText: "Чем помочь?",
  chatDisclaimerText: "",
};

/** What the agent may not do alone, such as a discount above 10 %, a person decides. */
function Approval() {
  useInterrupt({
    render: ({ event, resolve }) => (
      <div className="ask" role="alertdialog" aria-label="Нужно решение">
        <p>{question(event.value)}</p>
        <button type="button" onClick={() => resolve({ approved: true })}>
          Согласовать
        </button>
        <button type="button" className="quiet" onClick={() => resolve({ approved: false })}>
          Отказать
        </button>
      </div>
    ),
  });
  return null; // it is drawn in the chat
}

function question(value: unknown): string {
  const said = (value as { message?: unknown } | null)?.message;
  return typeof said === "string" ? said : "Агенту нужно ваше решение.";
}

createRoot(root).render(
  <StrictMode>
    {/* The session cookie goes along by itself: page and agent are one site. */}
    <CopilotKitProvider runtimeUrl="/api/copilotkit" enableInspector={false}>
      <CopilotChat threadId={ownThread()} labels={labels} />
      <Approval />
    </CopilotKitProvider>
  </StrictMode>,
);
