import { useEffect, useRef, useState } from "react";
import Markdown from "react-markdown";
import remarkGfm from "remark-gfm";
import { begin, get, post } from "../api";
import { textOf, type Call, type Shown } from "../fold/run";
import { Icon } from "../parts/Icon";
import { note, useStudio } from "../store";
import type { Message } from "../types";
import { words } from "../words";
import { InterruptForm } from "./InterruptForm";

interface Line {
  id: string;
  role: Shown["role"];
  text: string;
  calls: Call[];
  seq?: number;
  images: number;
}

/** A thread's stored messages as the page shows them: a tool's result beside its call. */
export function linesOf(messages: readonly Message[]): Line[] {
  const lines: Line[] = [];
  const calls = new Map<string, Call>();
  for (const message of messages) {
    if (message.role === "tool") {
      const call = calls.get(message.toolCallId ?? "");
      if (call) call.result = textOf(message.content);
      continue;
    }
    if (!["user", "assistant", "reasoning"].includes(message.role)) continue;
    const made = (message.toolCalls ?? []).map((call) => ({
      id: call.id,
      name: call.function.name,
      args: call.function.arguments,
      result: null,
    }));
    for (const call of made) calls.set(call.id, call);
    const parts = Array.isArray(message.content) ? message.content : [];
    const text = Array.isArray(message.content)
      ? parts.map((part) => part.text ?? "").join("")
      : textOf(message.content);
    const images = parts.filter((part) => part.type !== "text").length;
    lines.push({ id: message.id, role: message.role as Shown["role"], text, calls: made, images });
  }
  return lines;
}

interface Thread {
  id: string;
  name: string | null;
}

const START = { tools: [], context: [], state: {}, forwardedProps: { disconnect: "continue" }, protocolVersion: "1.0" };

export function Chat(): React.JSX.Element {
  const { agent, thread, run, shown, view, at, choose } = useStudio();
  const [stored, setStored] = useState<Line[]>([]);
  const [text, setText] = useState("");
  const [images, setImages] = useState<string[]>([]);
  const [edited, setEdited] = useState<string | null>(null);
  const [asked, setAsked] = useState<{ thread: string; line: Line } | null>(null);
  const [threads, setThreads] = useState<Thread[]>([]);
  const end = useRef<HTMLDivElement>(null);
  const over = view?.over ?? true;
  const going = !over && run !== "";

  // what the thread holds, before the run that is looked at and after it
  useEffect(() => {
    if (!thread) {
      setStored([]);
      return;
    }
    const aborted = new AbortController();
    const path = `api/copilotkit/threads/${encodeURIComponent(thread)}/messages?agentId=${encodeURIComponent(agent)}`;
    get<{ messages: Message[] }>(path, aborted.signal)
      .then(({ messages }) => {
        setStored(linesOf(messages));
        if (over) setAsked(null);
      })
      .catch(() => undefined); // a thread that has stored nothing yet
    return () => aborted.abort();
  }, [agent, thread, run, over]);

  const lines = together(stored, asked?.thread === thread ? asked.line : null, shown?.shown ?? [], over && at === null);
  const last = lines.at(-1);
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [lines.length, last?.text.length]);

  async function say(): Promise<void> {
    const words = text.trim();
    if ((!words && !images.length) || going) return;
    const id = edited ?? crypto.randomUUID();
    const into = thread || crypto.randomUUID();
    const content = images.length
      ? [{ type: "text", text: words }, ...images.map((url) => ({ type: "image", source: sourceOf(url) }))]
      : words;
    setAsked({ thread: into, line: { id, role: "user", text: words, calls: [], images: images.length } });
    setText("");
    setImages([]);
    setEdited(null);
    try {
      const input = { ...START, threadId: into, runId: crypto.randomUUID(), messages: [{ id, role: "user", content }] };
      const started = await begin(agent, input);
      choose({ thread: into, run: started, at: null });
    } catch (error) {
      setText(words);
      setAsked(null);
      note(error);
    }
  }

  async function again(line: Line): Promise<void> {
    try {
      const messages = [{ id: line.id, role: "user", content: line.text }];
      choose({ run: await begin(agent, { ...START, threadId: thread, runId: crypto.randomUUID(), messages }), at: null });
    } catch (error) {
      note(error);
    }
  }

  useEffect(() => {
    const aborted = new AbortController();
    get<{ threads: Thread[] }>(`api/copilotkit/threads?limit=50&agentId=${encodeURIComponent(agent)}`, aborted.signal)
      .then((page) => setThreads(page.threads))
      .catch(() => undefined); // there is no agent yet
    return () => aborted.abort();
  }, [agent, thread, over]);

  const question = lines.findLast((line) => line.role === "user");
  return (
    <div className="chat">
      <label className="threads">
        <span className="hidden">{words.threads}</span>
        <select value={thread} onChange={(event) => choose({ thread: event.target.value, run: "", at: null })}>
          <option value="">{words.newThread}</option>
          {thread && !threads.some((one) => one.id === thread) && <option value={thread}>{thread.slice(0, 12)}</option>}
          {threads.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name || one.id.slice(0, 12)}
            </option>
          ))}
        </select>
      </label>
      <div className="lines" aria-live="polite">
        {lines.length === 0 && (
          <div className="quiet hello">
            <p>{words.noRuns}</p>
            <p>{words.startCurl}:</p>
            <pre>{curl(agent)}</pre>
          </div>
        )}
        {lines.map((line) => (
          <article key={line.id} className={`said ${line.role}`}>
            {line.role === "reasoning" ? (
              <details>
                <summary>{words.thoughts}</summary>
                <p>{line.text}</p>
              </details>
            ) : (
              line.text && (
                <div className="text">
                  {line.role === "user" ? line.text : <Answer text={line.text} />}
                  {line.images > 0 && <span className="attached">+{line.images}</span>}
                </div>
              )
            )}
            {line.calls.map((call) => (
              <ToolCall key={call.id} call={call} />
            ))}
            {line === question && over && at === null && thread && (
              <div className="line-tools">
                <button onClick={() => void again(line)}>{words.again}</button>
                <button onClick={() => (setEdited(line.id), setText(line.text))}>{words.edit}</button>
              </div>
            )}
          </article>
        ))}
        {view?.error && at === null && (
          <p className="fault" role="alert">
            {view.error} <code>{view.outcome}</code>
          </p>
        )}
        {at === null && <InterruptForm />}
        <div ref={end} />
      </div>
      <form
        className="composer"
        onSubmit={(event) => {
          event.preventDefault();
          void say();
        }}
      >
        {images.length > 0 && (
          <div className="attachments">
            {images.map((url) => (
              <button key={url} type="button" title={words.remove} onClick={() => setImages(images.filter((one) => one !== url))}>
                <img src={url} alt="" />
              </button>
            ))}
          </div>
        )}
        <textarea
          value={text}
          rows={2}
          placeholder={words.say}
          aria-label={words.say}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
              event.preventDefault();
              void say();
            }
          }}
        />
        <div className="composer-tools">
          <label className="attach" title={words.attach}>
            <input
              type="file"
              accept="image/*"
              multiple
              aria-label={words.attach}
              onChange={(event) => {
                for (const file of event.target.files ?? []) void read(file).then((url) => setImages((all) => [...all, url]));
                event.target.value = "";
              }}
            />
            <Icon name="attach" />
          </label>
          <button type="button" onClick={() => choose({ thread: "", run: "", at: null })}>
            {words.newThread}
          </button>
          {edited && (
            <button type="button" onClick={() => (setEdited(null), setText(""))}>
              {words.cancel}
            </button>
          )}
          {going ? (
            <button type="button" className="primary" onClick={() => void stop(run, agent)}>
              {words.stop}
            </button>
          ) : (
            <button className="primary" disabled={!text.trim() && !images.length}>
              {edited ? words.save : words.send}
            </button>
          )}
        </div>
      </form>
    </div>
  );
}

/**
 * One conversation of what is stored and what is being said. While a run goes (or an earlier moment of it is looked at)
 * the stored messages end where its own begin.
 */
export function together(stored: readonly Line[], asked: Line | null, said: readonly Shown[], whole: boolean): Line[] {
  if (whole && stored.length) return [...stored];
  const first = said.length ? stored.findIndex((line) => said.some((one) => one.id === line.id)) : -1;
  const before = first < 0 ? [...stored] : stored.slice(0, first);
  const known = new Set(before.map((line) => line.id));
  if (asked) {
    const place = before.findIndex((line) => line.id === asked.id);
    if (place >= 0) before.splice(place, before.length, asked); // edited: what came after it is gone
    else before.push(asked);
  }
  return [...before, ...said.filter((one) => !known.has(one.id)).map((one) => ({ ...one, images: 0 }))];
}

const stop = (run: string, agent: string): Promise<unknown> =>
  post(`runs/${encodeURIComponent(run)}/stop?agent=${encodeURIComponent(agent)}`, {}).catch(note);

const read = (file: File): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });

function sourceOf(url: string): Record<string, string> {
  const [, mimeType = "", value = ""] = /^data:([^;]+);base64,(.*)$/s.exec(url) ?? [];
  return { type: "data", mimeType, value };
}

const curl = (agent: string): string =>
  `curl -N ${new URL("../v1/chat/completions", document.baseURI).href} \\
  -H 'Content-Type: application/json' \\
  -d '{"model": "${agent}", "stream": true, "messages": [{"role": "user", "content": "Hi"}]}'`;

/** Markdown without HTML; a picture from elsewhere would be a request off this machine, so it is a link. */
function Answer({ text }: { text: string }): React.JSX.Element {
  return (
    <Markdown
      remarkPlugins={[remarkGfm]}
      components={{
        img: ({ alt, src }) => <a href={typeof src === "string" ? src : undefined}>{alt || "image"}</a>,
        a: ({ href, children }) => (
          <a href={href} target="_blank" rel="noreferrer">
            {children}
          </a>
        ),
      }}
    >
      {text}
    </Markdown>
  );
}

function ToolCall({ call }: { call: Call }): React.JSX.Element {
  return (
    <details className={`call ${call.result === null ? "open-call" : ""}`}>
      <summary>
        <code>{call.name}</code>
        <span className="call-args">{call.args.length > 80 ? `${call.args.slice(0, 80)}…` : call.args}</span>
      </summary>
      <h4>{words.arguments}</h4>
      <pre>{pretty(call.args)}</pre>
      {call.result !== null && (
        <>
          <h4>{words.result}</h4>
          <pre>{pretty(call.result)}</pre>
        </>
      )}
    </details>
  );
}

export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
