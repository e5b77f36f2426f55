import { CopilotChat, CopilotChatView, type CopilotChatLabels } from "@copilotkit/react-core/v2";
import { useCallback, useEffect, useMemo, useState, type ComponentProps } from "react";
import { useApproval } from "../agent/Approval";
import { useReturned } from "../agent/useReturned";
import { useRetry } from "../agent/useRetry";
import { useSalesAgent } from "../agent/useSalesAgent";
import { AgentTools } from "../agent/AgentTools";
import { useSettings } from "../settings";
import { ChatProvider, type Failure } from "./chat-state";
import { Composer } from "./Composer";
import { Markdown } from "./Markdown";
import { Suggestions } from "./Suggestions";

interface Props {
  failure: Failure | null;
  setFailure: (failure: Failure | null) => void;
}

// Outside of the component: a slot that is new with each render is drawn anew with each render.
// The types ask for CopilotKit's own parts with all their static members; what draws is a function.
type Slots = ComponentProps<typeof CopilotChat>;
const INPUT = Composer as unknown as Slots["input"];
const SUGGESTION_VIEW = Suggestions as Slots["suggestionView"];
const MESSAGE_VIEW = { assistantMessage: { markdownRenderer: Markdown } };
const SCROLL_VIEW = { scrollToBottomButton: ScrollButton };
const WELCOME_SCREEN = { welcomeMessage: Welcome };

export function ChatPanel({ failure, setFailure }: Props) {
  const { text } = useSettings();
  const approval = useApproval();
  const waiting = approval !== null;
  const { returned, takeBack } = useReturned();
  const dismiss = useCallback(() => setFailure(null), [setFailure]);
  const retry = useRetry(waiting, dismiss);
  const chat = useMemo(
    () => ({ failure, dismiss, retry, approval, waiting, returned, takeBack }),
    [failure, dismiss, retry, approval, waiting, returned, takeBack],
  );
  const labels = useMemo<Partial<CopilotChatLabels>>(
    () => ({
      chatInputPlaceholder: text.chat.placeholder,
      welcomeMessageText: text.chat.welcome,
      chatDisclaimerText: text.chat.disclaimer,
      assistantMessageToolbarCopyMessageLabel: text.chat.copy,
      assistantMessageToolbarCopyCodeLabel: text.chat.copy,
      assistantMessageToolbarCopyCodeCopiedLabel: text.chat.copied,
      userMessageToolbarCopyMessageLabel: text.chat.copy,
    }),
    [text],
  );
  return (
    <ChatProvider value={chat}>
      <AgentTools />
      <section className="chat" aria-label={text.chat.title}>
        <h2 className="visually-hidden">{text.chat.title}</h2>
        <Announcer />
        <div className="chat-body">
          <CopilotChat
            labels={labels}
            input={INPUT}
            messageView={MESSAGE_VIEW}
            suggestionView={SUGGESTION_VIEW}
            scrollView={SCROLL_VIEW}
            welcomeScreen={WELCOME_SCREEN}
            throttleMs={30}
          />
        </div>
      </section>
    </ChatProvider>
  );
}

function Welcome() {
  const { text } = useSettings();
  return <p className="welcome">{text.chat.welcome}</p>;
}

function ScrollButton(props: ComponentProps<typeof CopilotChatView.ScrollToBottomButton>) {
  const { text } = useSettings();
  return <CopilotChatView.ScrollToBottomButton {...props} aria-label={text.chat.scrollDown} />;
}

/** Tells a screen reader that an answer has begun and ended; reading every word as it comes would be noise. */
function Announcer() {
  const { text } = useSettings();
  const { isRunning } = useSalesAgent();
  const [spoken, setSpoken] = useState(false);
  useEffect(() => {
    if (isRunning) setSpoken(true);
  }, [isRunning]);
  return (
    <p className="visually-hidden" role="status">
      {isRunning ? text.chat.working : spoken ? text.chat.done : ""}
    </p>
  );
}
