"""The agent's state: the conversation, and what a front end shows beside it.

Everything except `messages` is plain JSON (dict, list, str, int, float, bool, None), ready to be sent.
Amounts are whole roubles (int), rates are fractions (0.25 is 25 %) unless the name ends in `_percent`,
dates are ISO 8601 strings (`2026-11-22`), moments too (`2026-11-22T10:00:00+00:00`).

Every key but `messages` is absent until a tool has written it; each write replaces the whole value.
"""

from typing import Annotated, Literal, NotRequired, TypeVar

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict  # pydantic makes the graph's JSON schemas, of `typing`'s only since Python 3.12

Department = Literal["sales", "marketing", "assistant"]
LeadStatus = Literal["new", "contacted", "qualified", "disqualified", "converted"]
Stage = Literal["new", "qualification", "proposal", "negotiation", "won", "lost"]
QuoteStatus = Literal["draft", "approved", "rejected"]
CampaignStatus = Literal["draft", "scheduled", "running", "finished", "rejected"]
Channel = Literal["email", "sms", "telegram", "vk", "webinar", "context_ads"]

T = TypeVar("T")


class BantPart(TypedDict):
    """One of the four criteria of a BANT score."""

    criterion: Literal["budget", "authority", "need", "timeline"]
    score: int  # 0..25
    max: int  # 25
    reason: str  # why, in the user's language


class Bant(TypedDict):
    """How ready a lead is to buy: budget, authority, need, timeline."""

    score: int  # 0..100, the sum of the parts
    grade: Literal["hot", "warm", "cold"]
    parts: list[BantPart]
    next_step: str  # advice, in the user's language


class Lead(TypedDict):
    """A company that may become a customer."""

    id: int
    company: str
    contact: str  # a person's full name
    position: str
    email: str
    phone: str
    city: str
    industry: str
    employees: int
    source: str  # where the lead came from, e.g. "Сайт"
    status: LeadStatus
    budget: int | None  # roubles a year; None when not known
    need: str  # what they asked for; empty when not known
    timeline_months: int | None  # wants to buy within so many months; None when not known
    owner: str  # the salesperson
    created_on: str
    last_contact_on: str | None
    bant: NotRequired[Bant]  # present once the lead was qualified


class PipelineStage(TypedDict):
    """A row of the pipeline report. Sums are whole roubles."""

    stage: Stage
    title: str  # the stage in the user's language
    count: int  # deals in the stage now
    amount: int
    probability: float  # of being won from this stage
    weighted: int  # amount × probability
    conversion: float | None  # of the deals that left this stage, how many went on and were not lost


class Period(TypedDict):
    """From one day to another, both included."""

    first: str
    last: str


class Pipeline(TypedDict):
    """Deals by stage, and the forecast."""

    as_of: str  # date
    owner: str | None  # whose deals; None: everybody's
    period: NotRequired["Period"]  # only open deals expected to close within it; absent: all
    stages: list[PipelineStage]  # in order: new, qualification, proposal, negotiation, won, lost
    open_count: int
    open_amount: int
    weighted_forecast: int  # sum of the open stages' weighted amounts
    month_won_amount: int  # won since the first of this month
    month_forecast: int  # month_won_amount + weighted amount of the open deals expected to close this month
    win_rate: float | None  # won / (won + lost)
    top_deals: list["Deal"]  # the five largest open deals


class Deal(TypedDict):
    """A sale in progress, or done."""

    id: int
    title: str
    customer: str
    amount: int
    stage: Stage
    expected_close_on: str
    owner: str
    days_in_stage: NotRequired[int]  # in a list of deals: how long it has not moved


class QuoteLine(TypedDict):
    """One product in a quote."""

    product_id: int
    sku: str
    product: str
    unit: str  # e.g. "лицензия"
    quantity: int
    unit_price: int  # without VAT, before the discount
    amount: int  # quantity × unit_price


class Quote(TypedDict):
    """An offer to a customer. `subtotal - discount_amount = net`; `net + vat = total`."""

    id: int | None  # None: not stored (refused)
    number: str | None  # e.g. "КП-2026-0042"
    customer: str
    customer_id: int
    lines: list[QuoteLine]
    subtotal: int
    discount_percent: float
    discount_amount: int
    net: int
    vat_percent: int
    vat: int
    total: int
    status: QuoteStatus  # "draft": no approval was needed; "approved" / "rejected": a person decided
    comment: str  # what that person said; empty when nothing
    created_on: str
    valid_until: str


class Segment(TypedDict):
    """A group of customers to talk to."""

    name: str
    description: str
    size: int  # customers in it
    revenue: int  # what they have bought in the last 12 months
    average_deal: int
    cities: list[str]  # the most frequent, at most three
    industries: list[str]  # the same


class CampaignMetrics(TypedDict):
    """What a campaign brought. Rates are None when there is nothing to divide by."""

    sent: int
    delivered: int
    opened: int
    clicked: int
    new_leads: int
    new_customers: int
    cost: int
    revenue: int
    open_rate: float | None  # opened / delivered
    ctr: float | None  # clicked / delivered
    conversion: float | None  # new_customers / clicked
    cac: int | None  # cost / new_customers, roubles
    roas: float | None  # revenue / cost, 3.2 means 3.20 ₽ for each rouble spent


class Campaign(TypedDict):
    """A marketing campaign."""

    id: int
    name: str
    segment: str
    audience: int  # customers it goes to
    channel: Channel
    goal: str
    tone: str
    subject: str
    body: str
    budget: int
    status: CampaignStatus
    scheduled_on: str | None
    scheduled_time: str | None  # "10:00"; None: at any time of that day
    comment: str  # of the person who approved or refused
    metrics: NotRequired[CampaignMetrics]  # present in a report


class Variant(TypedDict):
    """One side of an A/B test."""

    name: str
    visitors: int
    conversions: int
    rate: float
    low: float  # 95 % confidence interval of the rate
    high: float


class Experiment(TypedDict):
    """The evaluation of an A/B test (two-proportion z-test, two-sided)."""

    variants: list[Variant]  # A, B
    difference: float  # rate of B - rate of A
    difference_low: float  # confidence interval of the difference
    difference_high: float
    lift: float | None  # difference / rate of A; None when A had none
    z: float
    p_value: float
    confidence: float  # e.g. 0.95
    significant: bool
    winner: Literal["A", "B"] | None  # None: the data does not say
    needed_per_variant: int | None  # visitors per variant to see this difference with 80 % power; None: no difference


def latest(_old: T, new: T) -> T:
    """The newest value. Two tools may write the same key in one step; a plain channel refuses that."""
    return new


class AgentState(TypedDict):
    """The graph's state. The `| None` keeps the channels empty (not `{}`) until the first write."""

    messages: Annotated[list[AnyMessage], add_messages]
    department: NotRequired[Annotated[Department | None, latest]]  # who is speaking with the user
    lead: NotRequired[Annotated[Lead | None, latest]]  # the one in focus
    leads: NotRequired[Annotated[list[Lead] | None, latest]]  # the last list found, best first
    pipeline: NotRequired[Annotated[Pipeline | None, latest]]
    deal: NotRequired[Annotated[Deal | None, latest]]  # the one last moved
    deals: NotRequired[Annotated[list[Deal] | None, latest]]  # the last list found
    quote: NotRequired[Annotated[Quote | None, latest]]
    segment: NotRequired[Annotated[Segment | None, latest]]
    campaign: NotRequired[Annotated[Campaign | None, latest]]
    campaigns: NotRequired[Annotated[list[Campaign] | None, latest]]  # the last comparison, newest first, with metrics
    experiment: NotRequired[Annotated[Experiment | None, latest]]  # the last A/B test
