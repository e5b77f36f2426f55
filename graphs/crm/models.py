"""The tables. Amounts are whole roubles, prices are without VAT, dates are days."""

from datetime import date
from typing import Annotated

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# A sum can pass the 2.1 billion of a plain PostgreSQL integer.
Roubles = Annotated[int, mapped_column(BigInteger)]


class Base(DeclarativeBase):
    """The root of all tables; constraint names are fixed so that a migration can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Setting(Base):
    """Facts about this database itself; `anchor` is the day its history was made for."""

    __tablename__ = "settings"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class Lead(Base):
    """A company that may become a customer."""

    __tablename__ = "leads"
    id: Mapped[int] = mapped_column(primary_key=True)
    company: Mapped[str] = mapped_column(String(120), index=True)
    contact: Mapped[str] = mapped_column(String(120))
    position: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(40))
    city: Mapped[str] = mapped_column(String(60), index=True)
    industry: Mapped[str] = mapped_column(String(60), index=True)
    employees: Mapped[int]
    source: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(20), index=True)
    budget: Mapped[Roubles | None]
    need: Mapped[str] = mapped_column(String(300), default="")
    timeline_months: Mapped[int | None]
    owner: Mapped[str] = mapped_column(String(120))
    created_on: Mapped[date]
    last_contact_on: Mapped[date | None]
    bant_score: Mapped[int | None]


class Customer(Base):
    """A company that has bought, or to which we have made an offer."""

    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    company: Mapped[str] = mapped_column(String(120), unique=True)
    contact: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(120))
    city: Mapped[str] = mapped_column(String(60), index=True)
    industry: Mapped[str] = mapped_column(String(60), index=True)
    employees: Mapped[int]
    since: Mapped[date]
    deals: Mapped[list["Deal"]] = relationship(back_populates="customer")


class Product(Base):
    """What we sell."""

    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    category: Mapped[str] = mapped_column(String(60))
    description: Mapped[str] = mapped_column(String(300))
    unit: Mapped[str] = mapped_column(String(30))
    price: Mapped[Roubles]
    keywords: Mapped[str] = mapped_column(String(200), default="")  # other words people use for it


class Deal(Base):
    """A sale in progress, or done."""

    __tablename__ = "deals"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    amount: Mapped[Roubles]
    stage: Mapped[str] = mapped_column(String(20), index=True)
    owner: Mapped[str] = mapped_column(String(120), index=True)
    created_on: Mapped[date]
    expected_close_on: Mapped[date]
    closed_on: Mapped[date | None] = mapped_column(index=True)
    customer: Mapped[Customer] = relationship(back_populates="deals")
    moves: Mapped[list["DealMove"]] = relationship(back_populates="deal")


class DealMove(Base):
    """One step of a deal from stage to stage: what conversion is counted from."""

    __tablename__ = "deal_moves"
    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deals.id"), index=True)
    from_stage: Mapped[str] = mapped_column(String(20))
    to_stage: Mapped[str] = mapped_column(String(20))
    moved_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(300), default="")
    deal: Mapped[Deal] = relationship(back_populates="moves")


class Quote(Base):
    """An offer. The sums are stored: prices and VAT change, a sent offer does not."""

    __tablename__ = "quotes"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    subtotal: Mapped[Roubles]
    discount_percent: Mapped[float]
    discount_amount: Mapped[Roubles]
    net: Mapped[Roubles]
    vat_percent: Mapped[int]
    vat: Mapped[Roubles]
    total: Mapped[Roubles]
    status: Mapped[str] = mapped_column(String(20))
    comment: Mapped[str] = mapped_column(Text, default="")
    created_on: Mapped[date]
    valid_until: Mapped[date]
    customer: Mapped[Customer] = relationship()
    lines: Mapped[list["QuoteLine"]] = relationship(back_populates="quote", order_by="QuoteLine.id")


class QuoteLine(Base):
    """One product in a quote, at the price of that day."""

    __tablename__ = "quote_lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int] = mapped_column(ForeignKey("quotes.id", ondelete="CASCADE"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]
    unit_price: Mapped[Roubles]
    quote: Mapped[Quote] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()


class Campaign(Base):
    """A marketing campaign to one segment over one channel."""

    __tablename__ = "campaigns"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    segment: Mapped[str] = mapped_column(String(200))
    segment_filter: Mapped[dict[str, str | int | None]] = mapped_column(JSON, default=dict)
    audience: Mapped[int]
    channel: Mapped[str] = mapped_column(String(20))
    goal: Mapped[str] = mapped_column(String(300))
    tone: Mapped[str] = mapped_column(String(60))
    offer: Mapped[str | None] = mapped_column(String(200))  # what it is about; None: the segment's usual text
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    budget: Mapped[Roubles]
    status: Mapped[str] = mapped_column(String(20), index=True)
    scheduled_on: Mapped[date | None]
    scheduled_time: Mapped[str | None] = mapped_column(String(5))  # "10:00", where the server stands; None: any time
    comment: Mapped[str] = mapped_column(Text, default="")
    created_on: Mapped[date]
    results: Mapped[list["CampaignResult"]] = relationship(back_populates="campaign")


class CampaignResult(Base):
    """What a campaign brought on one day."""

    __tablename__ = "campaign_results"
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    day: Mapped[date]
    sent: Mapped[int]
    delivered: Mapped[int]
    opened: Mapped[int]
    clicked: Mapped[int]
    new_leads: Mapped[int]
    new_customers: Mapped[int]
    cost: Mapped[Roubles]
    revenue: Mapped[Roubles]
    campaign: Mapped[Campaign] = relationship(back_populates="results")

    __table_args__ = (Index("uq_campaign_results_day", "campaign_id", "day", unique=True),)
