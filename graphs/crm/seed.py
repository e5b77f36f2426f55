"""Two years of believable history, made from a fixed random seed.

Only the anchor (the day of the first start) differs between installations: every date hangs on it, so that
"this month" has something in it on the first day. Everything else is the same everywhere, which tests rely
on.
"""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from graphs.crm import catalog, seed_campaigns, seed_words
from graphs.crm.models import (
    Campaign,
    CampaignResult,
    Customer,
    Deal,
    DealMove,
    Lead,
    Product,
    Setting,
)
from graphs.crm.transliterate import slug

SEED = 20_240_117
LEADS = 260
CUSTOMERS = 120
DEALS = 640
HISTORY_DAYS = 730
OPEN_STAGES = ["new", "qualification", "proposal", "negotiation"]
# From each stage, how often a deal goes on; the rest is lost.
ADVANCE = {"new": 0.78, "qualification": 0.66, "proposal": 0.62, "negotiation": 0.74}

T = TypeVar("T")


async def seed(session: AsyncSession, anchor: date) -> None:
    """Fill empty tables. `anchor` is the newest day of the history."""
    rng = random.Random(SEED)  # noqa: S311 - made-up data, not a secret
    companies = _Companies(rng)
    await session.execute(insert(Product), [item._asdict() for item in catalog.PRODUCTS])
    await session.execute(insert(Lead), [_lead(rng, companies, anchor) for _ in range(LEADS)])
    customers = [_customer(rng, companies, anchor, i + 1) for i in range(CUSTOMERS)]
    await session.execute(insert(Customer), customers)
    deals, moves = _deals(rng, anchor)
    await session.execute(insert(Deal), deals)
    await session.execute(insert(DealMove), moves)
    campaigns, results = seed_campaigns.campaigns(rng, anchor)
    await session.execute(insert(Campaign), campaigns)
    await session.execute(insert(CampaignResult), results)
    session.add(Setting(name="anchor", value=anchor.isoformat()))
    if session.get_bind().dialect.name == "postgresql":
        # Rows came with their ids; PostgreSQL's own counters still stand at the beginning.
        for table in (Customer, Deal, Campaign):
            counter = func.pg_get_serial_sequence(table.__tablename__, "id")
            await session.execute(select(func.setval(counter, select(func.max(table.id)).scalar_subquery())))


def _weighted(rng: random.Random, table: Sequence[tuple[T, int]]) -> T:
    return rng.choices([value for value, _ in table], [weight for _, weight in table])[0]


class _Companies:
    """Companies with names that do not repeat."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._taken: set[str] = set()

    def draw(self) -> tuple[str, str]:
        """A new company: its name and its industry."""
        industry = _weighted(self._rng, seed_words.INDUSTRIES)
        while True:
            head = self._rng.choice(seed_words.NAME_HEADS[industry])
            tail = self._rng.choice(seed_words.NAME_TAILS)
            name = f"{_weighted(self._rng, seed_words.LEGAL_FORMS)} «{head}-{tail}»"
            if (bare := f"{head}-{tail}") not in self._taken:
                self._taken.add(bare)
                return name, industry


def _person(rng: random.Random) -> str:
    surname = rng.choice(seed_words.SURNAMES)
    if rng.random() < 0.5:
        return f"{rng.choice(seed_words.FIRST_MALE)} {surname}"
    return f"{rng.choice(seed_words.FIRST_FEMALE)} {surname}а"


def _employees(rng: random.Random) -> int:
    return round(min(4_000, rng.lognormvariate(4.0, 1.1))) + 3


def _address(person: str, company: str) -> str:
    # .example is reserved by RFC 2606: nobody gets mail by accident.
    return f"{slug(person.split()[1])}@{slug(company.split('«')[1])}.example"


def _lead(rng: random.Random, companies: _Companies, anchor: date) -> dict[str, object]:
    company, industry = companies.draw()
    contact = _person(rng)
    employees = _employees(rng)
    created = anchor - timedelta(days=int(rng.triangular(0, 300, 20)))
    status = _weighted(rng, [("new", 40), ("contacted", 28), ("qualified", 18), ("disqualified", 8), ("converted", 6)])
    touched = status != "new"
    return {
        "company": company,
        "contact": contact,
        "position": _weighted(rng, seed_words.POSITIONS),
        "email": _address(contact, company),
        "phone": (
            f"+7 9{rng.randrange(10, 100)} {rng.randrange(100, 1000)}-{rng.randrange(10, 100)}-{rng.randrange(10, 100)}"
        ),
        "city": _weighted(rng, seed_words.CITIES),
        "industry": industry,
        "employees": employees,
        "source": _weighted(rng, seed_words.SOURCES),
        "status": status,
        "budget": None if rng.random() < 0.15 else round(employees * rng.uniform(6_000, 30_000), -4) + 50_000,
        "need": rng.choice(seed_words.NEEDS) if rng.random() < 0.85 else "",
        "timeline_months": rng.choice([1, 1, 2, 3, 3, 6, 9, 12]) if rng.random() < 0.8 else None,
        "owner": rng.choice(seed_words.OWNERS),
        "created_on": created,
        "last_contact_on": created + (anchor - created) * rng.random() if touched else None,
        "bant_score": None,
    }


def _customer(rng: random.Random, companies: _Companies, anchor: date, number: int) -> dict[str, object]:
    company, industry = companies.draw()
    contact = _person(rng)
    return {
        "id": number,
        "company": company,
        "contact": contact,
        "email": _address(contact, company),
        "city": _weighted(rng, seed_words.CITIES),
        "industry": industry,
        "employees": _employees(rng),
        "since": anchor - timedelta(days=rng.randrange(30, HISTORY_DAYS)),
    }


def _deals(rng: random.Random, anchor: date) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Deals with their whole way through the stages; those still on their way at the anchor are open."""
    deals: list[dict[str, object]] = []
    moves: list[dict[str, object]] = []
    for number in range(1, DEALS + 1):
        item = rng.choices(catalog.PRODUCTS, [8, 14, 6, 9, 6, 5, 5, 5, 6, 4, 6, 4, 3, 4])[0]
        amount = min(4_500_000, max(30_000, round(item.price * rng.lognormvariate(1.5, 0.7), -3)))
        # A quarter of the customers buys most of the time: there must be loyal ones and sleeping ones.
        customer = rng.randrange(1, CUSTOMERS // 4) if rng.random() < 0.55 else rng.randrange(1, CUSTOMERS + 1)
        created = anchor - timedelta(days=int(HISTORY_DAYS * rng.random() ** 1.15))
        stage, day = "new", created
        while stage in ADVANCE:
            day += timedelta(days=rng.randrange(4, 26))
            if day > anchor:
                break
            goes_on = rng.random() < ADVANCE[stage]
            following = [*OPEN_STAGES, "won"][OPEN_STAGES.index(stage) + 1] if goes_on else "lost"
            moves.append({"deal_id": number, "from_stage": stage, "to_stage": following, "moved_on": day, "reason": ""})
            stage = following
        closed = stage in {"won", "lost"}
        deals.append(
            {
                "id": number,
                "title": item.name,
                "customer_id": customer,
                "amount": int(amount),
                "stage": stage,
                "owner": rng.choice(seed_words.OWNERS),
                "created_on": created,
                "expected_close_on": (day if closed else max(day, anchor) + timedelta(days=rng.randrange(0, 50))),
                "closed_on": day if closed else None,
            }
        )
    return deals, moves
