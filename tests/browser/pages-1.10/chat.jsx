/** A page as people wrote it in 2025: everything that CopilotKit 1.10 can do with an agent, as plain as it gets. */
import "@copilotkit/react-ui/styles.css";
import {
  CopilotKit,
  CopilotTask,
  useCoAgent,
  useCoAgentStateRender,
  useCopilotAction,
  useCopilotContext,
  useCopilotReadable,
  useLangGraphInterrupt,
} from "@copilotkit/react-core";
import { CopilotChat, useCopilotChatSuggestions } from "@copilotkit/react-ui";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { coAgent, images, provider, suggest } from "./query.js";

window.calls = []; // the page's tools as they were called, and with what

function useTools(setNote) {
  useCopilotAction({
    name: "paint_page",
    description: "Paint the page in a color. Покрасить фон страницы в цвет.",
    parameters: [{ name: "color", type: "string", description: "The CSS color", required: true }],
    handler: async ({ color }) => {
      window.calls.push(`paint_page ${color}`);
      document.body.style.backgroundColor = color;
      return `painted ${color}`;
    },
  });
  useCopilotAction({
    name: "write_note",
    description: "Write a note.",
    parameters: [{ name: "text", type: "string", required: true }],
    handler: async ({ text }) => {
      window.calls.push(`write_note ${text}`);
      setNote(text);
      return `noted ${text}`;
    },
  });
  useCopilotAction({
    name: "break_page",
    description: "A tool that does not work.",
    parameters: [],
    handler: async () => {
      window.calls.push("break_page");
      throw new Error("the page could not"); // Latin letters: the toast of CopilotKit 1.10 breaks on others
    },
  });
  useCopilotAction({
    name: "ask_person",
    description: "Ask the person at the page.",
    parameters: [{ name: "question", type: "string", required: true }],
    renderAndWaitForResponse: ({ args, respond, status }) => (
      <p className="card" role="group" data-testid="asked">
        {args.question} ({status}){" "}
        {status === "executing" && <button onClick={() => respond("да")}>Ответить да</button>}
      </p>
    ),
  });
  useCopilotAction({
    name: "*",
    render: ({ name, status, result }) => (
      <p className="card" data-testid="tool" data-tool={name} data-status={status}>
        {name}: {status}
        {result !== undefined && ` — ${JSON.stringify(result).slice(0, 80)}`}
      </p>
    ),
  });
}

function Question({ value, answer }) {
  const options = value?.options ?? { Approve: { approved: true, comment: "" }, Refuse: { approved: false, comment: "" } };
  return (
    <p className="card" role="group" data-testid="approval">
      {value?.message ?? String(value)}{" "}
      {Object.entries(options).map(([name, given]) => (
        <button key={name} onClick={() => answer(given)}>
          {name}
        </button>
      ))}
    </p>
  );
}

function Suggestions() {
  useCopilotChatSuggestions({ instructions: "Предложи, что спросить дальше.", minSuggestions: 1, maxSuggestions: 2 });
  return null;
}

function Page() {
  const [note, setNote] = useState("");
  const context = useCopilotContext();
  useTools(setNote);
  useCopilotReadable({ description: "The page", value: "a plain one" });
  useLangGraphInterrupt({ render: ({ event, resolve }) => <Question value={event.value} answer={resolve} /> });
  useCoAgentStateRender({
    name: coAgent,
    render: ({ state }) => state?.progress && <p className="card" data-testid="progress">{state.progress}</p>,
  });
  const { state, setState, running } = useCoAgent({ name: coAgent });
  const task = new CopilotTask({
    instructions: "Mark the page.",
    includeCopilotActions: false,
    actions: [{ name: "mark", description: "Mark", parameters: [], handler: async () => window.calls.push("mark") }],
  });
  return (
    <>
      <header>
        <span data-testid="state">{Object.keys(state ?? {}).filter((key) => state[key]).sort().join(" ")}</span>
        <span data-testid="note">{state?.note ?? note}</span>
        <span data-testid="running">{String(running)}</span>
        <button onClick={() => setState({ ...state, note: "от страницы" })}>Set note</button>
        <button onClick={() => void task.run(context)}>Task</button>
      </header>
      <CopilotChat labels={{ initial: "Здравствуйте!" }} imageUploadsEnabled={images} />
      {suggest && <Suggestions />}
    </>
  );
}

createRoot(document.getElementById("root")).render(
  <CopilotKit {...provider} showDevConsole>
    <Page />
  </CopilotKit>,
);
