"""Tool: the pipeline report and the forecast."""

from datetime import date
from typing import Annotated, Any

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from graphs.crm import models, shapes
from graphs.crm.clock import today
from graphs.crm.database import database
from graphs.crm.english import person
from graphs.crm.known import known_owner
from graphs.crm.periods import CLOSES_FROM, CLOSES_TO, Span, span
from graphs.language import Language
from graphs.sales import forecast
from graphs.state import Pipeline
from graphs.tooling import Runtime, answer, language_of


@tool
async def pipeline_report(
    runtime: Runtime,
    *,
    owner: Annotated[str | None, Field(description="Only this salesperson's deals")] = None,
    closes_from: CLOSES_FROM = None,
    closes_to: CLOSES_TO = None,
) -> Command[Any]:
    """Report the sales pipeline: deals and sums by stage, weighted forecast, conversion by stage, this month, win rate.

    For the forecast of a month, quarter or week give its first and last day. For a list of deals use find_deals.
    """
    language = language_of(runtime)
    pipeline = await read_pipeline(owner, language, span(closes_from, closes_to, language))
    return answer(runtime, {"pipeline": pipeline}, pipeline=pipeline)


async def read_pipeline(owner: str | None, language: Language, period: Span | None = None) -> Pipeline:
    """The report as of today. Raises ToolError when nobody is called `owner`.

    With a period only the open deals expected to close in it count, and of the closed ones those closed in it; the
    figures of this month and the conversion between stages are the same as without.
    """
    deals = select(models.Deal).options(joinedload(models.Deal.customer))
    moves = select(models.DealMove.from_stage, models.DealMove.to_stage)
    async with database().read() as session:
        if owner:
            owner = await known_owner(session, owner, language)
            deals = deals.where(models.Deal.owner == owner)
            moves = moves.join(models.Deal).where(models.Deal.owner == owner)
        rows = list((await session.scalars(deals)).all())
        steps = [(source, target) for source, target in (await session.execute(moves)).all()]
    month = forecast.totals(_positions(rows), today())
    if period:
        rows = [row for row in rows if period.first <= _closing_day(row) <= period.last]
    totals = forecast.totals(_positions(rows), today())
    top = sorted((row for row in rows if row.stage in forecast.OPEN), key=lambda row: (-row.amount, row.id))[:5]
    report: Pipeline = {
        "as_of": today().isoformat(),
        "owner": person(owner, language) if owner else None,
        "stages": forecast.stages(_positions(rows), steps, language),
        "open_count": totals.open_count,
        "open_amount": totals.open_amount,
        "weighted_forecast": totals.weighted_forecast,
        "month_won_amount": month.month_won_amount,
        "month_forecast": month.month_forecast,
        "win_rate": totals.win_rate,
        "top_deals": [shapes.deal(row, language) for row in top],
    }
    if period:
        report["period"] = {"first": period.first.isoformat(), "last": period.last.isoformat()}
    return report


def _closing_day(row: models.Deal) -> date:
    return row.closed_on or row.expected_close_on


def _positions(rows: list[models.Deal]) -> list[forecast.Position]:
    return [
        forecast.Position(row.stage, row.amount, row.expected_close_on, row.closed_on)  # type: ignore[arg-type]
        for row in rows
    ]
