/**
 * The agent's shared state, as `graphs/state.py` writes it. Amounts are whole roubles, rates are fractions (0.25 is
 * 25 %), dates are ISO 8601. A key is absent or null until a tool has written it.
 */

export type Stage = "new" | "qualification" | "proposal" | "negotiation" | "won" | "lost";
export const STAGES: readonly Stage[] = ["new", "qualification", "proposal", "negotiation", "won", "lost"];

export interface Bant {
  score: number;
  grade: "hot" | "warm" | "cold";
  parts: { criterion: "budget" | "authority" | "need" | "timeline"; score: number; max: number; reason: string }[];
  next_step: string;
}

export interface Lead {
  id: number;
  company: string;
  contact: string;
  position: string;
  email: string;
  phone: string;
  city: string;
  industry: string;
  employees: number;
  source: string;
  status: "new" | "contacted" | "qualified" | "disqualified" | "converted";
  budget: number | null;
  need: string;
  timeline_months: number | null;
  owner: string;
  bant?: Bant;
}

export interface Deal {
  id: number;
  title: string;
  customer: string;
  amount: number;
  stage: Stage;
  expected_close_on: string;
  owner: string;
}

export interface Pipeline {
  as_of: string;
  owner: string | null;
  stages: {
    stage: Stage;
    title: string;
    count: number;
    amount: number;
    probability: number;
    weighted: number;
    conversion: number | null;
  }[];
  open_count: number;
  open_amount: number;
  weighted_forecast: number;
  month_won_amount: number;
  month_forecast: number;
  win_rate: number | null;
  top_deals: Deal[];
}

export interface Quote {
  id: number | null;
  number: string | null;
  customer: string;
  lines: { sku: string; product: string; unit: string; quantity: number; unit_price: number; amount: number }[];
  subtotal: number;
  discount_percent: number;
  discount_amount: number;
  net: number;
  vat_percent: number;
  vat: number;
  total: number;
  status: "draft" | "approved" | "rejected";
  comment: string;
  valid_until: string;
}

export interface Segment {
  name: string;
  description: string;
  size: number;
  revenue: number;
  average_deal: number;
  cities: string[];
  industries: string[];
}

export interface CampaignMetrics {
  sent: number;
  delivered: number;
  opened: number;
  clicked: number;
  new_leads: number;
  new_customers: number;
  cost: number;
  revenue: number;
  open_rate: number | null;
  ctr: number | null;
  conversion: number | null;
  cac: number | null;
  roas: number | null;
}

export interface Campaign {
  id: number;
  name: string;
  segment: string;
  audience: number;
  channel: "email" | "sms" | "telegram" | "vk" | "webinar" | "context_ads";
  goal: string;
  tone: string;
  subject: string;
  body: string;
  budget: number;
  status: "draft" | "scheduled" | "running" | "finished" | "rejected";
  scheduled_on: string | null;
  comment: string;
  metrics?: CampaignMetrics;
}

export interface Experiment {
  variants: { name: string; visitors: number; conversions: number; rate: number; low: number; high: number }[];
  difference: number;
  lift: number | null;
  p_value: number;
  confidence: number;
  significant: boolean;
  winner: "A" | "B" | null;
  needed_per_variant: number | null;
}

export interface AgentState {
  lead?: Lead | null;
  leads?: Lead[] | null;
  pipeline?: Pipeline | null;
  quote?: Quote | null;
  segment?: Segment | null;
  campaign?: Campaign | null;
  campaigns?: Campaign[] | null;
  experiment?: Experiment | null;
}
