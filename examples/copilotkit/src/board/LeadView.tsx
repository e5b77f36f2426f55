import type { Lead } from "../agent/state";
import { useSettings } from "../settings";
import type { ViewProps } from "./Board";
import { Badge, BantParts, Empty, Figure, ScoreRing } from "./parts";

export function LeadView({ state, ask, disabled }: ViewProps) {
  const { text } = useSettings();
  const words = text.lead;
  const leads = state.leads ?? [];
  if (!state.lead && leads.length === 0)
    return (
      <Empty
        title={words.empty}
        hint={words.emptyHint}
        action={words.ask}
        onAction={() => ask(words.ask)}
        disabled={disabled}
      />
    );
  const qualify = (lead: Lead) => ask(words.askScore(lead.company));
  return (
    <div className="stack">
      {state.lead && <CurrentLead lead={state.lead} />}
      {leads.length > 0 && (
        <section className="panel">
          <h3>{words.found}</h3>
          <ul className="leads">
            {leads.map((lead) => (
              <LeadRow key={lead.id} lead={lead} onQualify={() => qualify(lead)} disabled={disabled} />
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function CurrentLead({ lead }: { lead: Lead }) {
  const { text, format } = useSettings();
  const words = text.lead;
  return (
    <section className="panel">
      <header className="headline">
        {lead.bant && <ScoreRing bant={lead.bant} />}
        <div>
          <h2>{lead.company}</h2>
          <p className="note">{[lead.industry, lead.city].filter(Boolean).join(", ")}</p>
        </div>
        <div className="badges">
          {lead.bant && <Badge tone={lead.bant.grade}>{words.grade[lead.bant.grade]}</Badge>}
          <Badge tone={lead.status}>{words.status[lead.status]}</Badge>
        </div>
      </header>
      {lead.bant ? (
        <>
          <BantParts bant={lead.bant} reasons />
          <p className="callout">
            <b>{words.next}.</b> {lead.bant.next_step}
          </p>
        </>
      ) : (
        <p className="note">{words.notScored}</p>
      )}
      <dl className="figures small">
        <Figure label={words.budget} value={lead.budget === null ? "—" : format.moneyShort(lead.budget)} />
        <Figure label={words.employees} value={format.number(lead.employees)} />
        <Figure label={words.source} value={lead.source} />
        <Figure label={words.owner} value={lead.owner} />
      </dl>
      <p className="note">
        {words.contact}: {lead.contact}, {lead.position}, <span className="nowrap">{lead.phone}</span>, {lead.email}
      </p>
      {lead.need && (
        <p className="note">
          {words.need}: {lead.need}
        </p>
      )}
    </section>
  );
}

function LeadRow({ lead, onQualify, disabled }: { lead: Lead; onQualify: () => void; disabled: boolean }) {
  const { text, format } = useSettings();
  return (
    <li>
      {lead.bant ? <ScoreRing bant={lead.bant} /> : <span className="ring" />}
      <div>
        <b>{lead.company}</b>
        <p className="note">
          {[lead.contact, lead.city, lead.budget === null ? null : format.moneyShort(lead.budget)]
            .filter(Boolean)
            .join(", ")}
        </p>
      </div>
      <button type="button" className="button quiet" onClick={onQualify} disabled={disabled}>
        {text.lead.score_it}
      </button>
    </li>
  );
}
