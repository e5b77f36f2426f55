import "@copilotkit/react-core/v2/styles.css";
import {
  CopilotChat,
  CopilotChatInput,
  CopilotChatView,
  CopilotKitProvider,
  useAgent,
  useConfigureSuggestions,
  useInterrupt,
} from "@copilotkit/react-core/v2";
import { StrictMode, useEffect, useRef, useState, type ComponentProps } from "react";
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
  chatDisclaimerText: "",
  assistantMessageToolbarCopyMessageLabel: "Скопировать",
  assistantMessageToolbarCopyCodeLabel: "Скопировать",
  assistantMessageToolbarCopyCodeCopiedLabel: "Скопировано",
  userMessageToolbarCopyMessageLabel: "Скопировать",
};

const SUGGESTIONS = [
  { title: "Покажи воронку", message: "Покажи воронку продаж и прогноз" },
  { title: "Найди лидов", message: "Найди лидов в Казани" },
  { title: "Подготовь рассылку", message: "Составь письмо для спящих клиентов" },
];

type Input = ComponentProps<typeof CopilotChatInput>;

/** What a person decides is answered before anything else is asked: until then the text stays in the input. */
let waiting = false;

/** CopilotKit's input, which loses what is sent too early, and whose buttons have no names. */
function Composer({ onSubmitMessage, onChange, isRunning = false, ...props }: Input) {
  const kept = useRef(false);
  const [reason, setReason] = useState("");
  useEffect(() => setReason(""), [isRunning]);

  function submit(message: string) {
    const refusal = waiting
      ? "Сначала ответьте на запрос согласования."
      : isRunning
        ? "Агент ещё отвечает: отправьте текст после ответа."
        : "";
    setReason(refusal);
    kept.current = refusal !== "";
    if (!refusal) onSubmitMessage?.(message);
  }

  /** It is emptied after every submit: not after one that was refused. */
  function change(value: string) {
    if (value !== "" || !kept.current) onChange?.(value);
    kept.current = false;
  }

  return (
    <>
      <p className="reason" role="alert">
        {reason}
      </p>
      <CopilotChatInput
        {...props}
        isRunning={isRunning}
        {...(onSubmitMessage && { onSubmitMessage: submit })}
        onChange={change}
        addMenuButton={Nothing}
        textArea={{ "aria-label": labels.chatInputPlaceholder }}
        sendButton={isRunning ? STOP : SEND}
      />
    </>
  );
}

const SEND = { "aria-label": "Отправить" };
const STOP = { "aria-label": "Остановить" };
const SCROLL_VIEW = { scrollToBottomButton: ScrollButton };

function Nothing() {
  return null; // attachments, which this agent does not read
}

function ScrollButton(props: ComponentProps<typeof CopilotChatView.ScrollToBottomButton>) {
  return <CopilotChatView.ScrollToBottomButton {...props} aria-label="К последнему сообщению" />;
}

/** What the agent may not do alone, such as a discount above 10 %, a person decides. */
function Approval() {
  useInterrupt({
    render: ({ event, resolve }) => (
      <Question key={JSON.stringify(event.value)} message={question(event.value)} decide={resolve} />
    ),
  });
  return null; // it is drawn in the chat
}

function Question({ message, decide }: { message: string; decide: (answer: { approved: boolean }) => unknown }) {
  useEffect(() => {
    waiting = true;
    return () => void (waiting = false);
  }, []);
  return (
    <div className="ask" role="group" aria-label="Нужно решение">
      <p>{message}</p>
      <button type="button" onClick={() => decide({ approved: true })}>
        Согласовать
      </button>
      <button type="button" className="quiet" onClick={() => decide({ approved: false })}>
        Отказать
      </button>
    </div>
  );
}

function question(value: unknown): string {
  const said = (value as { message?: unknown } | null)?.message;
  return typeof said === "string" ? said : "Агенту нужно ваше решение.";
}

/** Above an empty conversation. The thread is the user's own from the first day, so CopilotKit shows no welcome. */
function Greeting() {
  const { agent } = useAgent();
  useConfigureSuggestions({ suggestions: SUGGESTIONS, available: "before-first-message" });
  if (agent.messages.length > 0 || agent.isRunning) return null;
  return (
    <div className="greeting">
      <h2>Здравствуйте, {root.dataset.name}! Чем помочь?</h2>
      <p>Воронка и прогноз, лиды и коммерческие предложения, сегменты и рассылки: спросите обычными словами.</p>
    </div>
  );
}

/** One sentence when something goes wrong, and a way on: the page opens the stored conversation anew. */
function Failure({ sentence }: { sentence: string }) {
  if (!sentence) return null;
  return (
    <div className="failure" role="alert">
      <p>{sentence}</p>
      <button type="button" onClick={() => location.reload()}>
        Повторить
      </button>
    </div>
  );
}

function Page() {
  const [failure, setFailure] = useState("");
  return (
    // The session cookie goes along by itself: page and agent are one site.
    <CopilotKitProvider
      runtimeUrl={root.dataset.runtime}
      enableInspector={false}
      onError={({ error, code }) =>
        setFailure(code === "agent_run_error_event" ? error.message : "Связь с сервером прервалась.")
      }
    >
      <Failure sentence={failure} />
      <Greeting />
      <CopilotChat
        threadId={ownThread()}
        labels={labels}
        // The type asks for CopilotKit's own parts with their static members; what draws is a function.
        input={Composer as unknown as ComponentProps<typeof CopilotChat>["input"]}
        scrollView={SCROLL_VIEW}
      />
      <Approval />
    </CopilotKitProvider>
  );
}

document.getElementById("skip")!.addEventListener("click", (event) => {
  event.preventDefault();
  root.querySelector("textarea")?.focus();
});

createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
