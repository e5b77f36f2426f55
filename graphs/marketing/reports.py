"""Tools: what campaigns brought, and which variant of an A/B test won."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from graphs.crm import models, shapes
from graphs.crm.database import database
from graphs.crm.english import term
from graphs.crm.names import words
from graphs.crm.periods import span
from graphs.language import Language
from graphs.marketing import abtest
from graphs.marketing.metrics import metrics
from graphs.state import Campaign, CampaignMetrics, Channel
from graphs.tooling import Runtime, ToolError, answer, language_of

COUNTS = ("sent", "delivered", "opened", "clicked", "new_leads", "new_customers", "cost", "revenue")
SHOWN = 12


@tool
async def campaign_report(
    runtime: Runtime,
    *,
    campaign_id: Annotated[int | None, Field(ge=1, description="The campaign's id; without it and name: all")] = None,
    name: Annotated[str | None, Field(description="Part of the campaign's name")] = None,
    channel: Annotated[Channel | None, Field(description="Only campaigns over this channel")] = None,
    began_from: Annotated[date | None, Field(description="Only campaigns sent on this day or later")] = None,
    began_to: Annotated[date | None, Field(description="… and on this day or earlier")] = None,
) -> Command[Any]:
    """Report a campaign (open rate, CTR, CAC, ROAS), or compare the latest campaigns when none is named."""
    language = language_of(runtime)
    period = span(began_from, began_to, language)
    newest_first = (models.Campaign.scheduled_on.desc(), models.Campaign.id.desc())
    query = select(models.Campaign).options(selectinload(models.Campaign.results)).order_by(*newest_first)
    async with database().read() as session:
        rows = list((await session.scalars(query)).all())
    if campaign_id is not None or name:
        row = _one(rows, campaign_id, name or "", language)
        campaign: Campaign = {**shapes.campaign(row, language), "metrics": _metrics(row)}
        return answer(runtime, {"campaign": campaign}, campaign=campaign)
    shown = [row for row in rows if row.status in {"running", "finished"} and channel in {None, row.channel}]
    if period:
        shown = [row for row in shown if row.scheduled_on and period.first <= row.scheduled_on <= period.last]
    shown = shown[:SHOWN]
    campaigns: list[Campaign] = [{**shapes.campaign(row, language), "metrics": _metrics(row)} for row in shown]
    return answer(runtime, {"campaigns": [_brief(campaign) for campaign in campaigns]}, campaigns=campaigns)


@tool
async def evaluate_ab_test(
    runtime: Runtime,
    *,
    visitors_a: Annotated[int, Field(ge=1, description="Visitors (or recipients) of variant A")],
    conversions_a: Annotated[int, Field(ge=0, description="How many of them converted")],
    visitors_b: Annotated[int, Field(ge=1, description="Visitors of variant B")],
    conversions_b: Annotated[int, Field(ge=0, description="How many of them converted")],
    confidence: Annotated[float, Field(ge=0.5, le=0.999, description="Confidence level")] = 0.95,
) -> Command[Any]:
    """Evaluate an A/B test with a two-sided two-proportion z-test: p-value, intervals, the winner if there is
    one.
    """
    for variant, visitors, conversions in (
        ("A", visitors_a, conversions_a),
        ("B", visitors_b, conversions_b),
    ):
        if conversions > visitors:
            raise ToolError(
                f"Вариант {variant}: конверсий ({conversions}) больше, чем посетителей ({visitors})."
                if language_of(runtime) == "ru"
                else f"Variant {variant} has more conversions ({conversions}) than visitors ({visitors})."
            )
    experiment = abtest.evaluate(visitors_a, conversions_a, visitors_b, conversions_b, confidence)
    return answer(runtime, {"experiment": experiment}, experiment=experiment)


def _metrics(row: models.Campaign) -> CampaignMetrics:
    return metrics(**{name: sum(getattr(day, name) for day in row.results) for name in COUNTS})


def _brief(campaign: Campaign) -> dict[str, Any]:
    """A campaign as one line for the model; the state has the rest."""
    figures = campaign["metrics"]
    return {
        "id": campaign["id"],
        "name": campaign["name"],
        "channel": campaign["channel"],
        "status": campaign["status"],
        "scheduled_on": campaign["scheduled_on"],
        "cost": figures["cost"],
        "revenue": figures["revenue"],
        "open_rate": figures["open_rate"],
        "ctr": figures["ctr"],
        "cac": figures["cac"],
        "roas": figures["roas"],
    }


def _one(rows: Sequence[models.Campaign], campaign_id: int | None, name: str, language: Language) -> models.Campaign:
    ru = language == "ru"
    if campaign_id is not None:
        found = [row for row in rows if row.id == campaign_id]
        missing = f"Кампании № {campaign_id} нет." if ru else f"There is no campaign {campaign_id}."
    else:
        wanted = set(words(name))
        found = [row for row in rows if wanted and wanted <= {*words(row.name), *words(term(row.name, "en"))}]
        missing = f"Кампании «{name}» нет." if ru else f"There is no campaign {name!r}."
    if not found:
        raise ToolError(missing, "campaign_report without a name lists the campaigns; else ask the user which one.")
    if len(found) > 1:
        names = "; ".join(f"№ {row.id} {term(row.name, language)}" for row in found)
        raise ToolError(
            f"Подходит несколько: {names}. Какая?" if ru else f"Several fit: {names}. Which one?",
            "Ask the user which of these; then call again with campaign_id.",
        )
    return found[0]
