/** Small pieces that the board and the cards in the chat share. */
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useSettings } from "../settings";
import type { Bant, Experiment } from "../agent/state";

export function Badge({ tone, children }: { tone: string; children: ReactNode }) {
  return (
    <span className="badge" data-tone={tone}>
      {children}
    </span>
  );
}

export function Figure({ label, value, note }: { label: string; value: string; note?: ReactNode }) {
  return (
    <div className="figure">
      <dt>{label}</dt>
      <dd>{value}</dd>
      {note && <dd className="note">{note}</dd>}
    </div>
  );
}

/** A bar whose length is a share of the largest. Decoration: the number stands beside it. */
export function Bar({ share, tone }: { share: number; tone?: string }) {
  return (
    <span className="bar" data-tone={tone} aria-hidden="true">
      <span style={{ inlineSize: `${Math.max(share > 0 ? 2 : 0, Math.min(100, share * 100))}%` }} />
    </span>
  );
}

export function ScoreRing({ bant }: { bant: Bant }) {
  const { text } = useSettings();
  return (
    <div
      className="ring"
      data-tone={bant.grade}
      role="img"
      aria-label={`${text.lead.score}: ${bant.score} / 100, ${text.lead.grade[bant.grade]}`}
    >
      <svg viewBox="0 0 36 36" aria-hidden="true">
        <circle cx="18" cy="18" r="15.9" />
        <circle cx="18" cy="18" r="15.9" pathLength={100} strokeDasharray={`${bant.score} 100`} />
      </svg>
      <span>{bant.score}</span>
    </div>
  );
}

export function BantParts({ bant, reasons }: { bant: Bant; reasons: boolean }) {
  const { text } = useSettings();
  return (
    <ul className="bant">
      {bant.parts.map((part) => (
        <li key={part.criterion}>
          <span>{text.lead.criteria[part.criterion]}</span>
          <Bar share={part.score / part.max} tone={bant.grade} />
          <b>
            {part.score}
            <small> / {part.max}</small>
          </b>
          {reasons && <p>{part.reason}</p>}
        </li>
      ))}
    </ul>
  );
}

export function ExperimentResult({ experiment }: { experiment: Experiment }) {
  const { text, format } = useSettings();
  const best = Math.max(...experiment.variants.map((variant) => variant.rate), 0.000001);
  return (
    <div className="stack">
      <ul className="rows">
        {experiment.variants.map((variant) => (
          <li key={variant.name}>
            <span>{variant.name}</span>
            <Bar share={variant.rate / best} tone={variant.name === experiment.winner ? "good" : undefined} />
            <b>{format.rate(variant.rate)}</b>
          </li>
        ))}
      </ul>
      <p className="note">
        <b>{experiment.winner ? text.campaign.winner(experiment.winner) : text.campaign.noWinner}</b>
        {`, p ${format.probability(experiment.p_value)}`}
        {!experiment.significant &&
          experiment.needed_per_variant !== null &&
          `; ${text.campaign.needed(format.number(experiment.needed_per_variant))}`}
      </p>
    </div>
  );
}

interface EmptyProps {
  title: string;
  hint: string;
  action: string;
  onAction: () => void;
  disabled: boolean;
}

export function Empty({ title, hint, action, onAction, disabled }: EmptyProps) {
  return (
    <div className="empty">
      <svg viewBox="0 0 64 48" aria-hidden="true">
        <path d="M4 40h56M10 40C10 8 54 8 54 40M21 40V21M32 40V16M43 40V21" />
      </svg>
      <h3>{title}</h3>
      <p>{hint}</p>
      <button type="button" className="button" onClick={onAction} disabled={disabled}>
        {action}
      </button>
    </div>
  );
}

/** A table's frame: what is too wide scrolls inside it, with a visible edge, and by the keyboard too. */
export function TableFrame({ children }: { children: ReactNode }) {
  const { text } = useSettings();
  const frame = useRef<HTMLDivElement>(null);
  const [wide, setWide] = useState(false);
  useEffect(() => {
    const outer = frame.current;
    const inner = outer?.firstElementChild;
    if (!outer || !inner) return;
    const observer = new ResizeObserver(() => setWide(outer.scrollWidth > outer.clientWidth + 1));
    observer.observe(outer);
    observer.observe(inner);
    return () => observer.disconnect();
  }, []);
  const region = wide && { tabIndex: 0, role: "region", "aria-label": text.chat.table };
  return (
    <div ref={frame} className="table-frame" data-wide={wide} {...region}>
      {children}
    </div>
  );
}
