import { CopilotChat, CopilotChatInput, CopilotChatView, type CopilotChatLabels } from "@copilotkit/react-core/v2";
import { useEffect, useMemo, useState, type ComponentProps } from "react";
import { Approval } from "../agent/Approval";
import { useSalesAgent } from "../agent/useSalesAgent";
import { Icon } from "../Icon";
import { useSettings } from "../settings";

interface Props {
  error: string | null;
  onDismiss: () => void;
}

export function ChatPanel({ error, onDismiss }: Props) {
  const { text } = useSettings();
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
    <section className="chat" aria-label={text.chat.title}>
      <Announcer />
      {error && (
        <div className="error" role="alert">
          <p>{error}</p>
          <button type="button" aria-label={text.chat.close} onClick={onDismiss}>
            <Icon name="close" />
          </button>
        </div>
      )}
      <div className="chat-body">
        <CopilotChat
          labels={labels}
          input={{
            sendButton: SendButton,
            addMenuButton: Nothing, // attachments, which this agent does not read
            textArea: { "aria-label": text.chat.placeholder },
          }}
          scrollView={{ scrollToBottomButton: ScrollButton }}
          throttleMs={30}
        />
      </div>
      <Approval />
    </section>
  );
}

/** CopilotKit's button sends and stops, and has a name for neither. */
function SendButton(props: ComponentProps<typeof CopilotChatInput.SendButton>) {
  const { text } = useSettings();
  const { isRunning } = useSalesAgent();
  return <CopilotChatInput.SendButton {...props} aria-label={isRunning ? text.chat.stop : text.chat.send} />;
}

function Nothing() {
  return null;
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
