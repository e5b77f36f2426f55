import {
  CopilotChatConfigurationProvider,
  CopilotKitProvider,
  type CopilotKitProviderProps,
} from "@copilotkit/react-core/v2";
import { useCallback, useEffect, useState, type MouseEvent } from "react";
import { flushSync } from "react-dom";
import { explain } from "./agent/errors";
import { useSalesAgent } from "./agent/useSalesAgent";
import { Board } from "./board/Board";
import { BoardProvider, useBoard } from "./board/board-state";
import type { Failure } from "./chat/chat-state";
import { ChatPanel } from "./chat/ChatPanel";
import { COMPOSER, focusNextComposer } from "./chat/Composer";
import { AGENT_ID, RUNTIME_URL } from "./config";
import { Header } from "./Header";
import { useSettings } from "./settings";
import { ThreadList } from "./threads/ThreadList";
import { useThread, type OpenThread } from "./threads/useThread";

/** The list covers the chat. */
const NARROW = "(max-width: 900px)";
/** There is room for the list, the chat and the board. */
const WIDE = "(min-width: 1200px)";

export function App() {
  const { text } = useSettings();
  const [failure, setFailure] = useState<Failure | null>(null);
  const onError = useCallback<NonNullable<CopilotKitProviderProps["onError"]>>(
    ({ error, code }) => setFailure(explain(error, code, text)),
    [text],
  );
  return (
    <CopilotKitProvider runtimeUrl={RUNTIME_URL} agentId={AGENT_ID} enableInspector={false} onError={onError}>
      <Workspace failure={failure} setFailure={setFailure} />
    </CopilotKitProvider>
  );
}

interface FailureProps {
  failure: Failure | null;
  setFailure: (failure: Failure | null) => void;
}

function Workspace({ failure, setFailure }: FailureProps) {
  const { agent } = useSalesAgent();
  // What is running goes on, on the server, in its own thread: only this page stops listening to it.
  const leave = useCallback(async () => {
    await agent.detachActiveRun();
    agent.setMessages([]);
    agent.setState({});
  }, [agent]);
  const { thread, open, startNew, nameInAddress } = useThread(leave);
  useThreadChange(thread, nameInAddress, setFailure);
  return (
    <CopilotChatConfigurationProvider agentId={AGENT_ID} threadId={thread.id} hasExplicitThreadId={thread.stored}>
      <BoardProvider thread={thread.id}>
        <Layout thread={thread} open={open} startNew={startNew} failure={failure} setFailure={setFailure} />
      </BoardProvider>
    </CopilotChatConfigurationProvider>
  );
}

interface LayoutProps extends FailureProps {
  thread: OpenThread;
  open: (id: string) => void;
  startNew: () => void;
}

function Layout({ thread, open, startNew, failure, setFailure }: LayoutProps) {
  const { text } = useSettings();
  const { view, setView } = useBoard();
  const [threadsShown, showThreads] = useState(() => window.matchMedia(WIDE).matches);

  // On a narrow screen the list covers the chat: choosing closes it.
  const choose = (action: () => void) => () => {
    action();
    if (window.matchMedia(NARROW).matches) showThreads(false);
  };

  function startAnew() {
    setView("chat");
    focusNextComposer();
    startNew();
  }

  function skip(event: MouseEvent) {
    event.preventDefault(); // the address names the conversation
    flushSync(() => setView("chat"));
    document.querySelector<HTMLElement>(COMPOSER)?.focus();
  }

  return (
    <div className="app" data-view={view} data-threads={threadsShown}>
      <a className="skip" href="#composer" onClick={skip}>
        {text.chat.skip}
      </a>
      <Header threadsShown={threadsShown} showThreads={showThreads} />
      {threadsShown && (
        <ThreadList current={thread.id} onOpen={(id) => choose(() => open(id))()} onNew={choose(startAnew)} />
      )}
      <main>
        {/* A new conversation is a new chat: no half-typed words, no old question, no old error. */}
        <ChatPanel key={thread.id} failure={failure} setFailure={setFailure} />
        <Board />
      </main>
    </div>
  );
}

function useThreadChange(
  thread: OpenThread,
  nameInAddress: (id: string) => void,
  setFailure: (failure: Failure | null) => void,
) {
  const { agent } = useSalesAgent();
  useEffect(() => {
    setFailure(null);
    // CopilotKit empties the state when it opens a stored thread, not when it begins a new one.
    if (!thread.stored) agent.setState({});
  }, [agent, thread, setFailure]);

  useEffect(() => {
    const { unsubscribe } = agent.subscribe({
      onRunInitialized: ({ input }) => {
        setFailure(null);
        if (input.threadId === thread.id) nameInAddress(thread.id);
      },
    });
    return unsubscribe;
  }, [agent, thread, nameInAddress, setFailure]);
}
