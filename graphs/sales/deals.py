"""Tools: moving a deal to another stage or to another day."""

from datetime import date
from typing import Annotated, Any

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from graphs.crm import models, shapes
from graphs.crm.clock import today
from graphs.crm.database import database
from graphs.crm.english import term
from graphs.crm.names import best_matches
from graphs.language import Language
from graphs.money import day, rub
from graphs.sales import forecast
from graphs.sales.pipeline import read_pipeline
from graphs.state import Stage
from graphs.tooling import Runtime, ToolError, answer, language_of

LOOK = "Nothing was changed. find_deals lists the deals; ask the user which one is meant."


@tool
async def move_deal(
    runtime: Runtime,
    *,
    stage: Annotated[Stage, Field(description="Where to move it")],
    deal_id: Annotated[int | None, Field(ge=1, description="The deal's id; or give company")] = None,
    company: Annotated[str | None, Field(description="The customer's name, when the id is not known")] = None,
    reason: Annotated[str, Field(max_length=300, description="Why, in a few words")] = "",
) -> Command[Any]:
    """Move a deal to another stage of the pipeline. A deal that is won or lost is closed and stays so."""
    language = language_of(runtime)
    ru = language == "ru"
    titles = forecast.TITLES[language]
    async with database().write() as session:
        row = await _one_deal(session, deal_id, company, language)
        source = row.stage
        if source in {"won", "lost"}:
            state = titles[source].lower()  # type: ignore[index]  # the column holds nothing else
            raise ToolError(
                f"Сделка № {row.id} уже {state}, её не двигают." if ru else f"Deal {row.id} is already {state}.",
                "Tell the user; a closed deal stays closed.",
            )
        if source == stage:
            title = titles[stage]
            raise ToolError(
                f"Сделка № {row.id} уже на этапе «{title}»." if ru else f"Deal {row.id} is already in {title}.",
                "Nothing is to be done. Tell the user.",
            )
        session.add(models.DealMove(deal_id=row.id, from_stage=source, to_stage=stage, moved_on=today(), reason=reason))
        row.stage = stage
        row.closed_on = today() if stage in {"won", "lost"} else None
        deal = shapes.deal(row, language)
    pipeline = await read_pipeline(None, language)
    return answer(runtime, {"deal": deal, "from_stage": source}, deal=deal, pipeline=pipeline)


@tool
async def reschedule_deal(
    runtime: Runtime,
    *,
    on: Annotated[date, Field(description="The day it is now expected to close, YYYY-MM-DD; not in the past")],
    deal_id: Annotated[int | None, Field(ge=1, description="The deal's id; or give company")] = None,
    company: Annotated[str | None, Field(description="The customer's name, when the id is not known")] = None,
) -> Command[Any]:
    """Change the day on which an open deal is expected to close. To another stage: move_deal."""
    language = language_of(runtime)
    ru = language == "ru"
    if on < today():
        raise ToolError(
            f"Дата {day(on)} в прошлом, сегодня {day(today())}." if ru else f"{on} is in the past, today is {today()}.",
            "Ask the user for a day from today on.",
        )
    async with database().write() as session:
        row = await _one_deal(session, deal_id, company, language)
        if row.stage not in forecast.OPEN:
            raise ToolError(
                f"Сделка № {row.id} закрыта, её срок не меняют." if ru else f"Deal {row.id} is closed.",
                "Tell the user; a closed deal keeps its day.",
            )
        before, row.expected_close_on = row.expected_close_on, on
        deal = shapes.deal(row, language)
    pipeline = await read_pipeline(None, language)
    return answer(runtime, {"deal": deal, "expected_before": before.isoformat()}, deal=deal, pipeline=pipeline)


async def _one_deal(session: AsyncSession, deal_id: int | None, company: str | None, language: Language) -> models.Deal:
    ru = language == "ru"
    query = select(models.Deal).options(joinedload(models.Deal.customer)).order_by(models.Deal.id)
    if deal_id is not None:
        row = await session.scalar(query.where(models.Deal.id == deal_id))
        if row is None:
            raise ToolError(f"Сделки № {deal_id} нет." if ru else f"There is no deal {deal_id}.", LOOK)
        return row
    if not company:
        raise ToolError("Укажите номер сделки или клиента." if ru else "Give the deal's id or the customer.", LOOK)
    customers = best_matches(company, list((await session.scalars(select(models.Customer))).all()))
    open_deals = query.where(models.Deal.stage.in_(forecast.OPEN))
    ids = [customer.id for customer in customers]
    rows = list((await session.scalars(open_deals.where(models.Deal.customer_id.in_(ids)))).all())
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise ToolError(
            f"Открытых сделок с «{company}» нет." if ru else f"There is no open deal with {company!r}.", LOOK
        )
    choices = "; ".join(f"№ {row.id} {term(row.title, language)} ({rub(row.amount)})" for row in rows[:8])
    raise ToolError(
        f"Открытых сделок несколько: {choices}. Какая?" if ru else f"Several are open: {choices}. Which one?",
        "Ask the user which of these; then call again with deal_id.",
    )
