"""Tool: finding deals."""

from datetime import date
from typing import Annotated, Any

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from graphs.crm import models, shapes
from graphs.crm.clock import today
from graphs.crm.database import database
from graphs.crm.english import person
from graphs.crm.known import known_owner
from graphs.crm.names import best_matches
from graphs.crm.periods import CLOSES_FROM, CLOSES_TO, Span, span
from graphs.language import Language
from graphs.sales import forecast
from graphs.state import Deal, Stage
from graphs.tooling import Runtime, ToolError, answer, language_of


@tool
async def find_deals(
    runtime: Runtime,
    *,
    deal_id: Annotated[int | None, Field(ge=1, description="The one deal with this id")] = None,
    company: Annotated[str | None, Field(description="The customer's name or part of it")] = None,
    stage: Annotated[Stage | None, Field(description="Only deals in this stage; without it all open ones")] = None,
    owner: Annotated[str | None, Field(description="Only this salesperson's deals")] = None,
    closes_from: CLOSES_FROM = None,
    closes_to: CLOSES_TO = None,
    stale_days: Annotated[
        int | None, Field(ge=1, le=3650, description="Only deals that have not moved for so many days")
    ] = None,
    min_amount: Annotated[int | None, Field(ge=0, description="Amount at least, roubles")] = None,
    limit: Annotated[int, Field(ge=1, le=20, description="How many at most")] = 10,
    offset: Annotated[int, Field(ge=0, description="Leave out so many: the ones already shown")] = 0,
) -> Command[Any]:
    """List deals by customer, stage, salesperson, closing period or how long they have been stuck, with their sum.

    The longest stuck come first with stale_days, the earliest to close with a period, else the largest.
    """
    language = language_of(runtime)
    period = span(closes_from, closes_to, language)
    query = select(models.Deal).options(joinedload(models.Deal.customer)).order_by(models.Deal.id)
    if stage or deal_id is None:
        query = query.where(models.Deal.stage.in_([stage] if stage else forecast.OPEN))
    if deal_id is not None:
        query = query.where(models.Deal.id == deal_id)
    if min_amount:
        query = query.where(models.Deal.amount >= min_amount)
    async with database().read() as session:
        if owner:
            owner = await known_owner(session, owner, language)
            query = query.where(models.Deal.owner == owner)
        if company:
            query = query.where(models.Deal.customer_id.in_(await _customers(session, company, language)))
        rows = list((await session.scalars(query)).all())
        moved: dict[int, date] = dict((await session.execute(_last_moves())).all())
    if deal_id is not None and not rows:
        raise ToolError(f"Сделки № {deal_id} нет." if language == "ru" else f"There is no deal {deal_id}.")
    found = [row for row in rows if _fits(row, period, stale_days, moved)]
    found.sort(key=lambda row: _place(row, period, stale_days, moved))
    deals: list[Deal] = [
        {**shapes.deal(row, language), "days_in_stage": _days(row, moved)} for row in found[offset : offset + limit]
    ]
    given = {
        "company": company,
        "stage": stage,
        "owner": owner and person(owner, language),
        "closes_from": closes_from and closes_from.isoformat(),
        "closes_to": closes_to and closes_to.isoformat(),
        "stale_days": stale_days,
        "min_amount": min_amount,
    }
    content = {
        "total": len(found),
        "offset": offset,
        "amount": sum(row.amount for row in found),
        "conditions": {name: value for name, value in given.items() if value is not None},
        "deals": deals,
    }
    return answer(runtime, content, deals=deals)


def _last_moves() -> Any:
    return select(models.DealMove.deal_id, func.max(models.DealMove.moved_on)).group_by(models.DealMove.deal_id)


def _days(row: models.Deal, moved: dict[int, date]) -> int:
    return (today() - moved.get(row.id, row.created_on)).days


def _fits(row: models.Deal, period: Span | None, stale_days: int | None, moved: dict[int, date]) -> bool:
    closing = row.closed_on or row.expected_close_on
    if period and not period.first <= closing <= period.last:
        return False
    return stale_days is None or _days(row, moved) >= stale_days


def _place(row: models.Deal, period: Span | None, stale_days: int | None, moved: dict[int, date]) -> tuple[int, int]:
    if stale_days is not None:
        return -_days(row, moved), row.id
    if period:
        return (row.closed_on or row.expected_close_on).toordinal(), row.id
    return -row.amount, row.id


async def _customers(session: AsyncSession, company: str, language: Language) -> list[int]:
    found = best_matches(company, list((await session.scalars(select(models.Customer))).all()))
    if not found:
        raise ToolError(
            f"Клиента «{company}» в CRM нет." if language == "ru" else f"There is no customer {company!r} in the CRM.",
            "Check the spelling with the user. A lead has no deals until it becomes a customer.",
        )
    return [customer.id for customer in found]
