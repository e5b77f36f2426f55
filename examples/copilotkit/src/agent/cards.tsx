/** What the card of each tool shows of the tool's answer. Every field may be missing: the answer comes from outside. */
import type { ComponentType } from "react";
import { Metrics } from "../board/CampaignView";
import { Badge, BantParts, Bar, ExperimentResult, ScoreRing } from "../board/parts";
import { useSettings } from "../settings";
import { term } from "../terms";
import type { Campaign, Deal, Experiment, Lead, Pipeline, Quote, Segment } from "./state";

export interface Answer {
  lead?: Lead;
  leads?: { id: number; company: string; city: string; score: number; grade: "hot" | "warm" | "cold" }[];
  total?: number;
  pipeline?: Pipeline;
  deal?: Deal;
  quote?: Quote;
  products?: { id: number; name: string; unit: string; price: number }[];
  segment?: Segment;
  campaign?: Campaign;
  campaigns?: { id: number; name: string; roas?: number | null }[];
  experiment?: Experiment;
}
type Card = ComponentType<{ data: Answer }>;

const LeadScore: Card = ({ data: { lead } }) =>
  lead?.bant ? (
    <div className="card-score">
      <ScoreRing bant={lead.bant} />
      <div className="stack tight">
        <b>{lead.company}</b>
        <BantParts bant={lead.bant} reasons={false} />
      </div>
    </div>
  ) : null;

const Leads: Card = ({ data: { leads = [], total = leads.length } }) => {
  const { text, format } = useSettings();
  return (
    <>
      <ul className="rows">
        {leads.slice(0, 5).map((lead) => (
          <li key={lead.id}>
            <span>{lead.company}</span>
            <Bar share={lead.score / 100} tone={lead.grade} />
            <b>{lead.score}</b>
          </li>
        ))}
      </ul>
      <p className="note">{text.tools.found(format.number(total))}</p>
    </>
  );
};

const Forecast: Card = ({ data: { pipeline } }) => {
  const { text, format } = useSettings();
  if (!pipeline) return null;
  const open = pipeline.stages.filter((stage) => stage.stage !== "won" && stage.stage !== "lost");
  const largest = Math.max(...open.map((stage) => stage.amount), 1);
  return (
    <>
      <ul className="rows">
        {open.map((stage) => (
          <li key={stage.stage}>
            <span>{text.stages[stage.stage]}</span>
            <Bar share={stage.amount / largest} tone={stage.stage} />
            <b>{format.moneyShort(stage.amount)}</b>
          </li>
        ))}
      </ul>
      <p className="note">
        {text.pipeline.weighted}: <b>{format.moneyShort(pipeline.weighted_forecast)}</b>
      </p>
    </>
  );
};

const DealMove: Card = ({ data: { deal } }) => {
  const { text, language, format } = useSettings();
  if (!deal) return null;
  return (
    <p className="note">
      <b>{term(deal.title, language)}</b>, {deal.customer}, {format.money(deal.amount)} <Badge tone={deal.stage}>{text.stages[deal.stage]}</Badge>
    </p>
  );
};

const QuoteCard: Card = ({ data: { quote } }) => {
  const { text, format } = useSettings();
  if (!quote) return null;
  return (
    <div className="card-line">
      <div>
        <b>{quote.number ?? quote.customer}</b>
        <p className="note">
          {quote.number ? `${quote.customer}, ` : ""}
          {text.quote.discount.toLowerCase()} {format.percent(quote.discount_percent)}
        </p>
      </div>
      <b className="big">{format.money(quote.total)}</b>
      <Badge tone={quote.status}>{text.quote.status[quote.status]}</Badge>
    </div>
  );
};

const Products: Card = ({ data: { products = [] } }) => {
  const { language, format } = useSettings();
  return (
    <ul className="rows two">
      {products.slice(0, 6).map((product) => (
        <li key={product.id}>
          <span>{term(product.name, language)}</span>
          <b>
            {format.money(product.price)} <small>/ {term(product.unit, language)}</small>
          </b>
        </li>
      ))}
    </ul>
  );
};

const SegmentCard: Card = ({ data: { segment } }) => {
  const { text, format } = useSettings();
  if (!segment) return null;
  return (
    <div className="card-line">
      <div>
        <b>{segment.name}</b>
        <p className="note">{segment.description}</p>
      </div>
      <b className="big">
        {format.number(segment.size)} <small>{text.campaign.customers}</small>
      </b>
    </div>
  );
};

const CampaignCard: Card = ({ data: { campaign, campaigns = [] } }) => {
  const { text, format } = useSettings();
  const words = text.campaign;
  if (!campaign)
    return (
      <ul className="rows two">
        {campaigns.slice(0, 6).map((one) => (
          <li key={one.id}>
            <span>{one.name}</span>
            <b>ROAS {format.times(one.roas ?? null)}</b>
          </li>
        ))}
      </ul>
    );
  return (
    <>
      <div className="card-line">
        <div>
          <b>{campaign.subject || campaign.name}</b>
          <p className="note">
            {campaign.segment}, {words.channel[campaign.channel]}
            {campaign.scheduled_on && `, ${format.date(campaign.scheduled_on)}`}
          </p>
        </div>
        <Badge tone={campaign.status}>{words.status[campaign.status]}</Badge>
      </div>
      {campaign.metrics && <Metrics metrics={campaign.metrics} />}
    </>
  );
};

const ExperimentCard: Card = ({ data }) => {
  return data.experiment ? <ExperimentResult experiment={data.experiment} /> : null;
};

export const CARDS: Record<string, Card | undefined> = {
  find_leads: Leads,
  qualify_lead: LeadScore,
  move_deal: DealMove,
  pipeline_report: Forecast,
  search_products: Products,
  make_quote: QuoteCard,
  segment_customers: SegmentCard,
  draft_campaign: CampaignCard,
  schedule_campaign: CampaignCard,
  campaign_report: CampaignCard,
  evaluate_ab_test: ExperimentCard,
};
