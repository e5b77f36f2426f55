"""Tool: segmenting customers. Also where a campaign gets its audience from."""

from typing import Annotated, Any

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from graphs.crm import models
from graphs.crm.clock import today
from graphs.crm.database import database
from graphs.crm.known import known_city, known_industry
from graphs.language import Language
from graphs.marketing import segments
from graphs.marketing.segments import Filter, Kind, Profile
from graphs.tooling import Runtime, answer, language_of

KIND = Field(description="sleeping: no purchase for 180 days; loyal: 3 or more; big: large customers; new; all")


@tool
async def segment_customers(
    runtime: Runtime,
    *,
    kind: Annotated[Kind, KIND] = "all",
    city: Annotated[str | None, Field(description="City, e.g. Казань")] = None,
    industry: Annotated[str | None, Field(description="Industry, e.g. Логистика")] = None,
    min_revenue: Annotated[int | None, Field(ge=0, description="Bought in 12 months at least, roubles")] = None,
) -> Command[Any]:
    """Count and describe a segment of our customers: how many, what they bought, where they are."""
    language = language_of(runtime)
    wanted = make_filter(kind, city, industry, min_revenue, language)
    async with database().read() as session:
        found = segments.select(await read_profiles(session), wanted, today())
    segment = segments.summarize(found, wanted, today(), language)
    examples = [profile.company for profile in found[:3]]
    return answer(runtime, {"segment": segment, "examples": examples}, segment=segment)


def make_filter(
    kind: Kind, city: str | None, industry: str | None, min_revenue: int | None, language: Language
) -> Filter:
    """The filter with names as the CRM has them. Raises ToolError for an unknown city or industry."""
    return Filter(
        kind=kind,
        city=known_city(city, language) if city else None,
        industry=known_industry(industry, language) if industry else None,
        min_revenue=min_revenue,
    )


async def read_profiles(session: AsyncSession) -> list[Profile]:
    """All customers with what they have bought."""
    customers = (await session.scalars(select(models.Customer).order_by(models.Customer.id))).all()
    won = select(models.Deal.customer_id, models.Deal.closed_on, models.Deal.amount).where(models.Deal.stage == "won")
    purchases: dict[int, list[tuple[Any, int]]] = {}
    for customer_id, day, amount in (await session.execute(won)).all():
        if day is not None:
            purchases.setdefault(customer_id, []).append((day, amount))
    return [
        Profile(row.company, row.city, row.industry, row.employees, tuple(sorted(purchases.get(row.id, []))))
        for row in customers
    ]
