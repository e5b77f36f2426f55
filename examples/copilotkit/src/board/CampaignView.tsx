import type { Campaign, CampaignMetrics, Segment } from "../agent/state";
import { useSettings } from "../settings";
import type { ViewProps } from "./Board";
import { Badge, Empty, ExperimentResult, Figure, TableFrame } from "./parts";

export function CampaignView({ state, ask, disabled }: ViewProps) {
  const { text } = useSettings();
  const words = text.campaign;
  const campaigns = state.campaigns ?? [];
  if (!state.campaign && !state.segment && !state.experiment && campaigns.length === 0)
    return (
      <Empty
        title={words.empty}
        hint={words.emptyHint}
        action={words.ask}
        onAction={() => ask(words.ask)}
        disabled={disabled}
      />
    );
  return (
    <div className="stack">
      {state.campaign && <CurrentCampaign campaign={state.campaign} />}
      {state.segment && <CurrentSegment segment={state.segment} />}
      {state.experiment && (
        <section className="panel">
          <h3>{words.experiment}</h3>
          <ExperimentResult experiment={state.experiment} />
        </section>
      )}
      {campaigns.length > 0 && <Campaigns campaigns={campaigns} />}
    </div>
  );
}

function CurrentCampaign({ campaign }: { campaign: Campaign }) {
  const { text, format } = useSettings();
  const words = text.campaign;
  return (
    <article className="panel">
      <header className="headline">
        <div>
          <h2>{campaign.name}</h2>
          <p className="note">{campaign.goal}</p>
        </div>
        <div className="badges">
          <Badge tone={campaign.status}>{words.status[campaign.status]}</Badge>
        </div>
      </header>
      <dl className="figures small">
        <Figure label={words.segment} value={campaign.segment} note={words.channel[campaign.channel]} />
        <Figure label={words.audience} value={format.number(campaign.audience)} />
        <Figure label={words.budget} value={format.moneyShort(campaign.budget)} />
        <Figure
          label={words.scheduled}
          value={campaign.scheduled_on === null ? "—" : format.date(campaign.scheduled_on)}
        />
      </dl>
      {campaign.metrics && <Metrics metrics={campaign.metrics} />}
      {campaign.body && (
        <blockquote className="letter">
          {campaign.subject && <h3>{campaign.subject}</h3>}
          <p>{campaign.body}</p>
        </blockquote>
      )}
      {campaign.comment && <p className="callout">{campaign.comment}</p>}
    </article>
  );
}

export function Metrics({ metrics }: { metrics: CampaignMetrics }) {
  const { text, format } = useSettings();
  const words = text.campaign.metrics;
  return (
    <dl className="figures tiles">
      <Figure label={words.open_rate} value={format.rate(metrics.open_rate)} />
      <Figure label={words.ctr} value={format.rate(metrics.ctr)} />
      <Figure label={words.conversion} value={format.rate(metrics.conversion)} />
      <Figure label={words.cac} value={metrics.cac === null ? "—" : format.money(metrics.cac)} />
      <Figure label={words.roas} value={format.times(metrics.roas)} />
      <Figure label={words.revenue} value={format.moneyShort(metrics.revenue)} />
    </dl>
  );
}

function CurrentSegment({ segment }: { segment: Segment }) {
  const { text, format } = useSettings();
  const words = text.campaign;
  return (
    <section className="panel">
      <header className="headline">
        <div>
          <h3>
            {words.segment}: {segment.name}
          </h3>
          <p className="note">{segment.description}</p>
        </div>
        <b className="big">
          {format.number(segment.size)} <small>{words.customers}</small>
        </b>
      </header>
      <dl className="figures small">
        <Figure label={words.revenueYear} value={format.moneyShort(segment.revenue)} />
        <Figure label={words.averageDeal} value={format.moneyShort(segment.average_deal)} />
      </dl>
      <p className="note">{[...segment.cities, ...segment.industries].join(", ")}</p>
    </section>
  );
}

function Campaigns({ campaigns }: { campaigns: Campaign[] }) {
  const { text, format } = useSettings();
  const words = text.campaign;
  return (
    <section className="panel">
      <h3>{words.all}</h3>
      <TableFrame>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.columns.name}</th>
              <th scope="col">{words.columns.channel}</th>
              <th scope="col" className="end">
                {words.metrics.open_rate}
              </th>
              <th scope="col" className="end">
                {words.metrics.cac}
              </th>
              <th scope="col" className="end">
                {words.metrics.roas}
              </th>
            </tr>
          </thead>
          <tbody>
            {campaigns.map((campaign) => (
              <tr key={campaign.id}>
                <td>
                  {campaign.name}
                  {campaign.scheduled_on && <small>{format.date(campaign.scheduled_on)}</small>}
                </td>
                <td>{words.channel[campaign.channel]}</td>
                <td className="end">{format.rate(campaign.metrics?.open_rate ?? null)}</td>
                <td className="end nowrap">{campaign.metrics?.cac == null ? "—" : format.money(campaign.metrics.cac)}</td>
                <td className="end">{format.times(campaign.metrics?.roas ?? null)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
    </section>
  );
}
