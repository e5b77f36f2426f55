import {
  CopilotChatConfigurationProvider,
  CopilotKitProvider,
  type CopilotKitProviderProps,
} from "@copilotkit/react-core/v2";
import { useCallback, useEffect, useState } from "react";
import { AgentTools } from "./agent/AgentTools";
import { explain } from "./agent/errors";
import { useSalesAgent } from "./agent/useSalesAgent";
import { Board } from "./board/Board";
import { BoardProvider, useBoard } from "./board/board-state";
import { ChatPanel } from "./chat/ChatPanel";
import { AGENT_ID, RUNTIME_URL } from "./config";
import { Header } from "./Header";
import { useSettings } from "./settings";
import { ThreadList } from "./threads/ThreadList";
import { useThread, type OpenThread } from "./threads/useThread";

export function App() {
  const { text } = useSettings();
  const [error, setError] = useState<string | null>(null);
  const onError = useCallback<NonNullable<CopilotKitProviderProps["onError"]>>(
    ({ error, code }) => setError(explain(error, code, text.errors)),
    [text],
  );
  return (
    <CopilotKitProvider runtimeUrl={RUNTIME_URL} agentId={AGENT_ID} enableInspector={false} onError={onError}>
      <BoardProvider>
        <Workspace error={error} setError={setError} />
      </BoardProvider>
    </CopilotKitProvider>
  );
}

function Workspace({ error, setError }: { error: string | null; setError: (error: string | null) => void }) {
  const { view } = useBoard();
  const { thread, open, startNew, nameInAddress } = useThread();
  const [threadsShown, showThreads] = useState(() => window.matchMedia("(min-width: 1200px)").matches);
  useThreadChange(thread, nameInAddress, setError);

  // On a narrow screen the list covers the chat: choosing closes it.
  const choose = (action: () => void) => () => {
    action();
    if (window.matchMedia("(max-width: 900px)").matches) showThreads(false);
  };

  return (
    <CopilotChatConfigurationProvider agentId={AGENT_ID} threadId={thread.id} hasExplicitThreadId={thread.stored}>
      <AgentTools />
      <div className="app" data-view={view} data-threads={threadsShown}>
        <Header threadsShown={threadsShown} showThreads={showThreads} />
        {threadsShown && (
          <ThreadList current={thread.id} onOpen={(id) => choose(() => open(id))()} onNew={choose(startNew)} />
        )}
        <main>
          {/* A new conversation is a new chat: no half-typed words, no old question, no old error. */}
          <ChatPanel key={thread.id} error={error} onDismiss={() => setError(null)} />
          <Board />
        </main>
      </div>
    </CopilotChatConfigurationProvider>
  );
}

function useThreadChange(
  thread: OpenThread,
  nameInAddress: (id: string) => void,
  setError: (error: string | null) => void,
) {
  const { agent } = useSalesAgent();
  useEffect(() => {
    setError(null);
    // CopilotKit empties the state when it opens a stored thread, not when it begins a new one.
    if (!thread.stored) agent.setState({});
  }, [agent, thread, setError]);

  useEffect(() => {
    const { unsubscribe } = agent.subscribe({
      onRunInitialized: ({ input }) => {
        setError(null);
        if (input.threadId === thread.id) nameInAddress(thread.id);
      },
    });
    return unsubscribe;
  }, [agent, thread, nameInAddress, setError]);
}
