import { useThreads } from "@copilotkit/react-core/v2";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useSalesAgent } from "../agent/useSalesAgent";
import { AGENT_ID } from "../config";
import { Icon } from "../Icon";
import { useSettings } from "../settings";

interface Props {
  current: string;
  onOpen: (id: string) => void;
  onNew: () => void;
}

export function ThreadList({ current, onOpen, onNew }: Props) {
  const { text, format } = useSettings();
  const words = text.threads;
  const { agent } = useSalesAgent();
  const { threads, isLoading, listError, refetchThreads, renameThread, deleteThread, hasMoreThreads, fetchMoreThreads } =
    useThreads({ agentId: AGENT_ID, limit: 30 });

  // A run gives a new conversation its place in the list, and an old one a new date.
  useEffect(() => {
    const { unsubscribe } = agent.subscribe({ onRunFinalized: refetchThreads, onRunFailed: refetchThreads });
    return unsubscribe;
  }, [agent, refetchThreads]);

  async function remove(id: string) {
    if (id === current) onNew();
    await deleteThread(id).catch(refetchThreads);
  }

  return (
    <nav className="threads" aria-label={words.title}>
      <h2 className="visually-hidden">{words.title}</h2>
      <button type="button" className="button wide" onClick={onNew}>
        <Icon name="plus" /> {words.new}
      </button>
      {listError && (
        <p className="note" role="alert">
          {words.failed}{" "}
          <button type="button" className="link" onClick={refetchThreads}>
            {words.retry}
          </button>
        </p>
      )}
      {!isLoading && !listError && threads.length === 0 && <p className="note">{words.empty}</p>}
      <ul>
        {threads.map((thread) => (
          <ThreadRow
            key={thread.id}
            name={thread.name || words.untitled}
            when={format.ago(thread.lastRunAt ?? thread.updatedAt)}
            current={thread.id === current}
            onOpen={() => onOpen(thread.id)}
            onRename={(name) => void renameThread(thread.id, name).catch(refetchThreads)}
            onDelete={() => void remove(thread.id)}
          />
        ))}
      </ul>
      {hasMoreThreads && (
        <button type="button" className="link" onClick={fetchMoreThreads}>
          {words.more}
        </button>
      )}
    </nav>
  );
}

interface RowProps {
  name: string;
  when: string;
  current: boolean;
  onOpen: () => void;
  onRename: (name: string) => void;
  onDelete: () => void;
}

function ThreadRow({ name, when, current, onOpen, onRename, onDelete }: RowProps) {
  const { text } = useSettings();
  const words = text.threads;
  const [mode, setMode] = useState<"shown" | "renamed" | "deleted">("shown");
  const focused = useRef<HTMLInputElement & HTMLButtonElement>(null);
  useEffect(() => {
    if (mode !== "shown") focused.current?.focus();
  }, [mode]);

  function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const given = String(new FormData(event.currentTarget).get("name")).trim();
    if (given && given !== name) onRename(given);
    setMode("shown");
  }

  if (mode === "renamed")
    return (
      <li data-current={current}>
        <form onSubmit={onSubmit} onBlur={(event) => event.currentTarget.requestSubmit()}>
          <input
            ref={focused}
            name="name"
            defaultValue={name}
            aria-label={words.rename}
            onKeyDown={(event) => event.key === "Escape" && setMode("shown")}
          />
        </form>
      </li>
    );
  if (mode === "deleted")
    return (
      <li data-current={current} className="confirm" onKeyDown={(event) => event.key === "Escape" && setMode("shown")}>
        <span>{words.confirmDelete}</span>
        <button type="button" className="link danger" ref={focused} onClick={onDelete}>
          {words.yes}
        </button>
        <button type="button" className="link" onClick={() => setMode("shown")}>
          {words.no}
        </button>
      </li>
    );
  return (
    <li data-current={current}>
      <button type="button" className="thread" onClick={onOpen} aria-current={current ? "page" : undefined}>
        <span>{name}</span>
        <small>{when}</small>
      </button>
      <span className="actions">
        <button type="button" aria-label={`${words.rename}: ${name}`} onClick={() => setMode("renamed")}>
          <Icon name="pencil" />
        </button>
        <button type="button" aria-label={`${words.delete}: ${name}`} onClick={() => setMode("deleted")}>
          <Icon name="trash" />
        </button>
      </span>
    </li>
  );
}
