"""Tools: moving a deal, and the pipeline report."""

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
from graphs.crm.names import best_matches, words
from graphs.language import Language
from graphs.money import rub
from graphs.sales import forecast
from graphs.state import Pipeline, Stage
from graphs.tooling import Runtime, ToolError, answer, language_of


@tool
async def move_deal(
    runtime: Runtime,
    *,
    stage: Annotated[Stage, Field(description="Where to move it")],
    deal_id: Annotated[int | None, Field(description="The deal's id; or give company")] = None,
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
                f"Сделка № {row.id} уже {state}, её не двигают." if ru else f"Deal {row.id} is already {state}."
            )
        if source == stage:
            title = titles[stage]
            raise ToolError(
                f"Сделка № {row.id} уже на этапе «{title}»." if ru else f"Deal {row.id} is already in {title}."
            )
        session.add(models.DealMove(deal_id=row.id, from_stage=source, to_stage=stage, moved_on=today(), reason=reason))
        row.stage = stage
        row.closed_on = today() if stage in {"won", "lost"} else None
        deal = shapes.deal(row)
    pipeline = await read_pipeline(None, language)
    return answer(runtime, {"deal": deal, "from_stage": source}, deal=deal, pipeline=pipeline)


@tool
async def pipeline_report(
    runtime: Runtime,
    *,
    owner: Annotated[str | None, Field(description="Only this salesperson's deals")] = None,
) -> Command[Any]:
    """Report the sales pipeline: deals and sums by stage, weighted forecast, conversion by stage, this month,
    win rate.
    """
    pipeline = await read_pipeline(owner, language_of(runtime))
    return answer(runtime, {"pipeline": pipeline}, pipeline=pipeline)


async def read_pipeline(owner: str | None, language: Language) -> Pipeline:
    """The report as of today. Raises ToolError when nobody is called `owner`."""
    deals = select(models.Deal).options(joinedload(models.Deal.customer))
    moves = select(models.DealMove.from_stage, models.DealMove.to_stage)
    async with database().read() as session:
        if owner:
            owner = await _one_owner(session, owner, language)
            deals = deals.where(models.Deal.owner == owner)
            moves = moves.join(models.Deal).where(models.Deal.owner == owner)
        rows = list((await session.scalars(deals)).all())
        steps = [(source, target) for source, target in (await session.execute(moves)).all()]
    positions = [
        forecast.Position(row.stage, row.amount, row.expected_close_on, row.closed_on)  # type: ignore[arg-type]
        for row in rows
    ]
    totals = forecast.totals(positions, today())
    top = sorted((row for row in rows if row.stage in forecast.OPEN), key=lambda row: (-row.amount, row.id))[:5]
    return {
        "as_of": today().isoformat(),
        "owner": owner,
        "stages": forecast.stages(positions, steps, language),
        "open_count": totals.open_count,
        "open_amount": totals.open_amount,
        "weighted_forecast": totals.weighted_forecast,
        "month_won_amount": totals.month_won_amount,
        "month_forecast": totals.month_forecast,
        "win_rate": totals.win_rate,
        "top_deals": [shapes.deal(row) for row in top],
    }


async def _one_owner(session: AsyncSession, name: str, language: Language) -> str:
    owners = sorted((await session.scalars(select(models.Deal.owner).distinct())).all())
    wanted = [word[:4] for word in words(name)]
    found = [owner for owner in owners if all(any(own.startswith(word) for own in words(owner)) for word in wanted)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(owners)
    raise ToolError(
        f"Менеджера «{name}» не нашлось. Есть: {known}." if language == "ru" else f"No salesperson {name!r}: {known}."
    )


async def _one_deal(session: AsyncSession, deal_id: int | None, company: str | None, language: Language) -> models.Deal:
    ru = language == "ru"
    query = select(models.Deal).options(joinedload(models.Deal.customer)).order_by(models.Deal.id)
    if deal_id is not None:
        row = await session.scalar(query.where(models.Deal.id == deal_id))
        if row is None:
            raise ToolError(f"Сделки № {deal_id} нет." if ru else f"There is no deal {deal_id}.")
        return row
    if not company:
        raise ToolError("Укажите номер сделки или клиента." if ru else "Give the deal's id or the customer.")
    customers = best_matches(company, list((await session.scalars(select(models.Customer))).all()))
    open_deals = query.where(models.Deal.stage.in_(forecast.OPEN))
    ids = [customer.id for customer in customers]
    rows = list((await session.scalars(open_deals.where(models.Deal.customer_id.in_(ids)))).all())
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise ToolError(f"Открытых сделок с «{company}» нет." if ru else f"There is no open deal with {company!r}.")
    choices = "; ".join(f"№ {row.id} {row.title} ({rub(row.amount)})" for row in rows[:8])
    raise ToolError(
        f"Открытых сделок несколько: {choices}. Какая?" if ru else f"Several are open: {choices}. Which one?"
    )
