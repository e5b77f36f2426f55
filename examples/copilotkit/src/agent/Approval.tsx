/**
 * A person decides. The agent's run has stopped at `interrupt()`; the answer starts the next run.
 *
 * A refusal is an answer too: CopilotKit's `cancel()` only forgets an interrupt of the `on_interrupt` kind, and the
 * thread would wait for ever.
 */
import { useInterrupt, type InterruptRenderProps } from "@copilotkit/react-core/v2";
import { useEffect, useId, useRef, useState, type FormEvent, type ReactElement } from "react";
import { createPortal } from "react-dom";
import { AGENT_ID } from "../config";
import { QuoteSums } from "../board/QuoteView";
import { useSettings } from "../settings";
import type { Campaign, Quote } from "./state";

interface Question {
  reason: string;
  message: string;
  quote?: Quote;
  campaign?: Campaign;
}

/** What `graphs/approval.py` reads. `discount` is in percent. */
interface Decision {
  approved: boolean;
  discount?: number;
  comment: string;
}

/** The question that waits, with its dialog, to be placed; null when none does. */
export function useApproval(): ReactElement | null {
  return useInterrupt({
    agentId: AGENT_ID,
    renderInChat: false,
    // The key makes a new question a new form.
    render: (props) => <ApprovalDialog key={JSON.stringify(props.event.value)} {...props} />,
  });
}

function ApprovalDialog({ event, interrupt, resolve }: InterruptRenderProps) {
  const { text, format } = useSettings();
  const words = text.approval;
  const question = readQuestion(event.value, interrupt);
  const asksDiscount = question.reason === "discount_approval";
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const [discount, setDiscount] = useState(String(question.quote?.discount_percent ?? ""));
  const [comment, setComment] = useState("");

  useEffect(() => dialog.current?.showModal(), []);

  function decide(approved: boolean) {
    const decision: Decision = { approved, comment: comment.trim() };
    const granted = Number(discount.replace(",", "."));
    if (approved && asksDiscount && discount !== "" && Number.isFinite(granted)) decision.discount = granted;
    dialog.current?.close();
    // What goes wrong reaches the provider's onError, which shows it.
    void Promise.resolve(resolve(decision)).catch(() => undefined);
  }

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    decide(true);
  }

  return (
    <>
      <div className="notice waiting" role="status">
        <span>{words.waiting}</span>
        <button type="button" className="button" onClick={() => dialog.current?.showModal()}>
          {words.open}
        </button>
      </div>
      {/* Elsewhere in the page: CopilotKit's styles reset what stands inside its chat. */}
      {createPortal(
        <dialog ref={dialog} className="approval" aria-labelledby={title} data-reason={question.reason}>
          <form onSubmit={onSubmit}>
            <h2 id={title}>{words.title[question.reason as keyof typeof words.title] ?? words.title.other}</h2>
            <p>{question.message}</p>
            {question.quote && <QuoteSums quote={question.quote} />}
            {question.campaign && (
              <blockquote className="letter">
                <h3>{question.campaign.subject || question.campaign.name}</h3>
                <p>{question.campaign.body}</p>
                <p className="note">
                  {question.campaign.segment}, {format.number(question.campaign.audience)}{" "}
                  {text.campaign.customers}
                </p>
              </blockquote>
            )}
            {asksDiscount && (
              <label>
                {words.discount}
                <input
                  type="number"
                  min={0}
                  max={30}
                  step="0.5"
                  value={discount}
                  onChange={(event) => setDiscount(event.target.value)}
                />
              </label>
            )}
            <label>
              {words.comment}
              <textarea
                rows={2}
                value={comment}
                placeholder={words.commentHint}
                onChange={(event) => setComment(event.target.value)}
              />
            </label>
            <footer>
              <button type="button" className="button quiet" onClick={() => dialog.current?.close()}>
                {words.later}
              </button>
              <button type="button" className="button danger" onClick={() => decide(false)}>
                {words.refuse}
              </button>
              <button type="submit" className="button primary">
                {words.approve}
              </button>
            </footer>
          </form>
        </dialog>,
        document.body,
      )}
    </>
  );
}

/** Older front ends get the graph's own value in `on_interrupt`; from AG-UI 1.0 on it is inside an interrupt. */
function readQuestion(value: unknown, interrupt: InterruptRenderProps["interrupt"]): Question {
  const given: Partial<Question> = typeof value === "string" ? { message: value } : { ...(value as Partial<Question>) };
  return {
    ...(interrupt?.metadata as Partial<Question> | undefined),
    ...given,
    reason: given.reason ?? "other",
    message: given.message ?? "",
  };
}
