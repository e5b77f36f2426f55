/**
 * CopilotKit's input, and above it what the person has to know before they write: an approval that waits, an error, why
 * a message was not sent.
 *
 * The notices stand here because the chat reserves room for its input: it goes on following new text while they come
 * and go. A bar outside the chat would resize it, which it takes for scrolling up.
 */
import { CopilotChatInput } from "@copilotkit/react-core/v2";
import {
  forwardRef,
  useEffect,
  useRef,
  useState,
  type ComponentProps,
  type ComponentPropsWithoutRef,
  type ForwardedRef,
  type KeyboardEvent,
} from "react";
import { useSalesAgent } from "../agent/useSalesAgent";
import { Icon } from "../Icon";
import { useSettings } from "../settings";
import { useChat, type Refusal } from "./chat-state";

export const COMPOSER = '[data-testid="copilot-chat-textarea"]';

let focusNext = false;

/** The composer that comes next (of a new conversation, or of the chat after its welcome screen) takes the focus. */
export function focusNextComposer() {
  focusNext = true;
}

export function Composer(props: ComponentProps<typeof CopilotChatInput>) {
  const { text } = useSettings();
  const { approval, waiting, returned, takeBack } = useChat();
  const { isRunning = false, onSubmitMessage, onChange } = props;
  const box = useRef<HTMLDivElement>(null);
  const isWelcome = !props.bottomAnchored;
  const kept = useRef(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const reason = waiting ? "answerFirst" : isRunning ? "stillAnswering" : null;

  useEffect(() => {
    if (focusNext) box.current?.querySelector<HTMLElement>(COMPOSER)?.focus();
    focusNext = false;
  }, []);

  // Shown until nothing stands in the way; a moment longer, as a question goes and comes while a thread is opened.
  useEffect(() => {
    if (!refusal || reason) return;
    const timer = setTimeout(() => setRefusal(null), 500);
    return () => clearTimeout(timer);
  }, [refusal, reason]);

  useEffect(() => {
    if (returned === null) return;
    setRefusal(returned.reason);
    onChange?.(returned.text);
    takeBack();
  }, [returned, takeBack, onChange]);

  function submit(message: string) {
    if (reason) {
      kept.current = true;
      setRefusal(reason);
      return;
    }
    if (isWelcome) focusNextComposer();
    onSubmitMessage?.(message);
  }

  /** CopilotKit empties its input after every submit: not after one that was refused. */
  function change(value: string) {
    if (value === "" && kept.current) {
      kept.current = false;
      return;
    }
    onChange?.(value);
  }

  return (
    <div ref={box} className="composer">
      <div className="notices">
        <FailureNotice />
        {refusal && (
          <p className="notice" role="alert" data-testid="refused">
            {text.chat[refusal]}
          </p>
        )}
        {approval}
      </div>
      <CopilotChatInput
        {...props}
        {...(onSubmitMessage && { onSubmitMessage: submit })}
        onChange={change}
        sendButton={SendButton}
        addMenuButton={Nothing} // attachments, which this agent does not read
        textArea={TextArea}
      />
    </div>
  );
}

function FailureNotice() {
  const { text } = useSettings();
  const { failure, dismiss, retry } = useChat();
  if (!failure) return null;
  return (
    <div className="notice error" role="alert">
      <p>{failure.sentence}</p>
      {failure.again && (
        <button type="button" className="button quiet" onClick={retry}>
          {text.chat.retry}
        </button>
      )}
      <button type="button" className="icon-button" aria-label={text.chat.close} onClick={dismiss}>
        <Icon name="close" />
      </button>
    </div>
  );
}

/** Enter with nothing written stops the answer in CopilotKit: a second press of the key is no wish to stop. */
const TextArea = forwardRef(function TextArea(
  { onKeyDown, ...props }: ComponentPropsWithoutRef<typeof CopilotChatInput.TextArea>,
  ref: ForwardedRef<HTMLTextAreaElement>,
) {
  const { text } = useSettings();
  function keyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.key === "Enter" && !event.shiftKey && !event.currentTarget.value.trim()) event.preventDefault();
    else onKeyDown?.(event);
  }
  return <CopilotChatInput.TextArea {...props} ref={ref} aria-label={text.chat.placeholder} onKeyDown={keyDown} />;
});

/** CopilotKit's button sends and stops, and has a name for neither. */
function SendButton(props: ComponentProps<typeof CopilotChatInput.SendButton>) {
  const { text } = useSettings();
  const { isRunning } = useSalesAgent();
  return <CopilotChatInput.SendButton {...props} aria-label={isRunning ? text.chat.stop : text.chat.send} />;
}

function Nothing() {
  return null;
}
