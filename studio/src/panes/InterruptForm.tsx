import { useState } from "react";
import { begin } from "../api";
import { note, useStudio } from "../store";
import type { Interrupt, JsonSchema } from "../types";
import { words } from "../words";

/** The questions of a run that waits for a person, each as a form made from its schema. */
export function InterruptForm({ compact = false }: { compact?: boolean }): React.JSX.Element | null {
  const interrupts = useStudio((studio) => studio.view?.interrupts);
  const run = useStudio((studio) => studio.run);
  const newest = useStudio((studio) => newestOf(studio.runs, studio.thread, studio.agent) ?? studio.run);
  const [answers, setAnswers] = useState<Record<string, unknown>>({});
  const [sent, setSent] = useState("");
  if (!interrupts?.length || newest !== run || sent === run) return null;
  const answer = (id: string, value: unknown): void => {
    const all = { ...answers, [id]: value };
    setAnswers(all);
    if (interrupts.every((one) => one.id in all)) {
      setSent(run);
      void resume(interrupts, all).catch((error: unknown) => (setSent(""), setAnswers({}), note(error)));
    }
  };
  return (
    <div className={`interrupts ${compact ? "compact" : ""}`} role="group" aria-label={words.interrupted}>
      {interrupts
        .filter((one) => !(one.id in answers))
        .map((one) => (
          <Question key={one.id} interrupt={one} answer={(value) => answer(one.id, value)} />
        ))}
    </div>
  );
}

const newestOf = (
  runs: { id: string; threadId: string; agent: string }[],
  thread: string,
  agent: string,
): string | undefined => runs.find((row) => row.threadId === thread && row.agent === agent)?.id;

async function resume(interrupts: Interrupt[], answers: Record<string, unknown>): Promise<void> {
  const { agent, thread, choose } = useStudio.getState();
  const run = await begin(agent, {
    threadId: thread,
    runId: crypto.randomUUID(),
    messages: [],
    tools: [],
    context: [],
    state: {},
    forwardedProps: { disconnect: "continue" },
    protocolVersion: "1.0",
    resume: interrupts.map((one) => ({ interruptId: one.id, status: "resolved", payload: answers[one.id] })),
  });
  choose({ run });
}

function Question({ interrupt, answer }: { interrupt: Interrupt; answer: (value: unknown) => void }): React.JSX.Element {
  const schema = interrupt.responseSchema;
  return (
    <section className="question">
      <p className="question-text">{interrupt.message || interrupt.reason || words.interrupted}</p>
      <Fields schema={schema} answer={answer} />
    </section>
  );
}

/** An approval as the bridge's agents ask for it: buttons. */
function isApproval(schema: JsonSchema | undefined): boolean {
  return schema?.properties?.approved?.type === "boolean";
}

const isFlat = (schema: JsonSchema | undefined): boolean =>
  schema?.type === "object" &&
  Object.values(schema.properties ?? {}).every(
    (one) => one.enum || ["string", "number", "integer", "boolean"].includes(String(one.type)),
  );

function Fields({ schema, answer }: { schema: JsonSchema | undefined; answer: (value: unknown) => void }): React.JSX.Element {
  const [values, setValues] = useState<Record<string, unknown>>(() => defaults(schema));
  const [text, setText] = useState("");
  if (schema?.enum)
    return (
      <div className="choices">
        {schema.enum.map((one) => (
          <button key={String(one)} onClick={() => answer(one)}>
            {String(one)}
          </button>
        ))}
      </div>
    );
  if (schema?.type === "boolean")
    return (
      <div className="choices">
        <button className="primary" onClick={() => answer(true)}>
          {words.approve}
        </button>
        <button onClick={() => answer(false)}>{words.reject}</button>
      </div>
    );
  if (isFlat(schema)) {
    const approval = isApproval(schema);
    const fields = Object.entries(schema?.properties ?? {}).filter(([name]) => !(approval && name === "approved"));
    const given = (more: Record<string, unknown> = {}): void =>
      answer(Object.fromEntries(Object.entries({ ...values, ...more }).filter(([, value]) => value !== "" && value !== undefined)));
    return (
      <form
        onSubmit={(event) => {
          event.preventDefault();
          given(approval ? { approved: true } : {});
        }}
      >
        {fields.map(([name, field]) => (
          <Field
            key={name}
            name={name}
            field={field}
            required={!!schema?.required?.includes(name)}
            value={values[name]}
            set={(value) => setValues({ ...values, [name]: value })}
          />
        ))}
        <div className="choices">
          <button className="primary">{approval ? words.approve : words.answer}</button>
          {approval && (
            <button type="button" onClick={() => given({ approved: false })}>
              {words.reject}
            </button>
          )}
        </div>
      </form>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        answer(parsed(text));
      }}
    >
      <textarea aria-label={words.answerJson} placeholder={words.answerJson} value={text} onChange={(event) => setText(event.target.value)} />
      <div className="choices">
        <button className="primary">{words.answer}</button>
      </div>
    </form>
  );
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const defaults = (schema: JsonSchema | undefined): Record<string, unknown> =>
  Object.fromEntries(Object.entries(schema?.properties ?? {}).map(([name, field]) => [name, field.default ?? (field.type === "boolean" ? false : "")]));

interface FieldProps {
  name: string;
  field: JsonSchema;
  required: boolean;
  value: unknown;
  set: (value: unknown) => void;
}

function Field({ name, field, required, value, set }: FieldProps): React.JSX.Element {
  const label = field.title ?? name;
  if (field.type === "boolean")
    return (
      <label className="check">
        <input type="checkbox" checked={value === true} onChange={(event) => set(event.target.checked)} /> {label}
      </label>
    );
  if (field.enum)
    return (
      <label>
        {label}
        <select required={required} value={String(value ?? "")} onChange={(event) => set(event.target.value)}>
          <option value="" />
          {field.enum.map((one) => (
            <option key={String(one)}>{String(one)}</option>
          ))}
        </select>
      </label>
    );
  const numeric = field.type === "number" || field.type === "integer";
  return (
    <label title={field.description}>
      {label}
      <input
        required={required}
        type={numeric ? "number" : "text"}
        step={field.type === "number" ? "any" : undefined}
        value={String(value ?? "")}
        onChange={(event) => set(numeric && event.target.value !== "" ? Number(event.target.value) : event.target.value)}
      />
    </label>
  );
}
