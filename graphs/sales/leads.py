"""Tools: finding leads, and qualifying one."""

from typing import Annotated, Any

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from graphs.crm import models, shapes
from graphs.crm.database import database
from graphs.crm.known import known_city, known_industry
from graphs.crm.names import best_matches
from graphs.language import Language
from graphs.sales import bant
from graphs.state import Lead, LeadStatus
from graphs.tooling import Runtime, ToolError, answer, language_of

BRIEF = {
    *("id", "company", "contact", "position", "phone", "city"),
    *("industry", "budget", "need", "status", "owner"),
}
NOT_OPEN = ("converted", "disqualified")


@tool
async def find_leads(
    runtime: Runtime,
    *,
    city: Annotated[str | None, Field(description="City, e.g. Казань")] = None,
    industry: Annotated[str | None, Field(description="Industry, e.g. Логистика")] = None,
    min_budget: Annotated[int | None, Field(ge=0, description="Yearly budget at least, roubles")] = None,
    status: Annotated[LeadStatus | None, Field(description="Only leads in this status")] = None,
    company: Annotated[str | None, Field(description="Part of the company's name")] = None,
    limit: Annotated[int, Field(ge=1, le=20, description="How many at most")] = 5,
) -> Command[Any]:
    """Find leads in the CRM by city, industry, budget, status or company name. The most promising come first.

    Without a status, leads that are already customers or were turned down are left out.
    """
    language = language_of(runtime)
    query = select(models.Lead)
    if city:
        query = query.where(models.Lead.city == known_city(city, language))
    if industry:
        query = query.where(models.Lead.industry == known_industry(industry, language))
    if min_budget:
        query = query.where(models.Lead.budget >= min_budget)
    query = query.where(models.Lead.status == status if status else models.Lead.status.not_in(NOT_OPEN))
    async with database().read() as session:
        rows = list((await session.scalars(query.order_by(models.Lead.id))).all())
    if company:
        rows = best_matches(company, rows)
    rows.sort(key=lambda row: (-_bant(row, language)["score"], -(row.budget or 0), row.id))
    leads: list[Lead] = [{**shapes.lead(row), "bant": _bant(row, language)} for row in rows[:limit]]
    content = {"total": len(rows), "shown": len(leads), "leads": [_brief(lead) for lead in leads]}
    return answer(runtime, content, leads=leads)


@tool
async def qualify_lead(
    runtime: Runtime,
    *,
    lead_id: Annotated[int | None, Field(description="The lead's id; or give company")] = None,
    company: Annotated[str | None, Field(description="The company's name, when the id is not known")] = None,
    budget: Annotated[int | None, Field(ge=0, description="New fact: yearly budget, roubles")] = None,
    position: Annotated[str | None, Field(description="New fact: the contact's position")] = None,
    need: Annotated[str | None, Field(description="New fact: what they want to solve")] = None,
    timeline_months: Annotated[int | None, Field(ge=0, le=60, description="New fact: months until they buy")] = None,
) -> Command[Any]:
    """Score a lead by BANT (budget, authority, need, timeline; 0 to 100) with reasons, and store the score.

    New facts from the conversation are stored with the lead first.
    """
    language = language_of(runtime)
    async with database().write() as session:
        row = await _one_lead(session, lead_id, company, language)
        for name, value in (
            ("budget", budget),
            ("position", position),
            ("need", need),
            ("timeline_months", timeline_months),
        ):
            if value is not None:
                setattr(row, name, value)
        result = _bant(row, language)
        row.bant_score = result["score"]
        if row.status in {"new", "contacted"} and result["grade"] == "hot":
            row.status = "qualified"
        lead: Lead = {**shapes.lead(row), "bant": result}
    return answer(runtime, {"lead": lead}, lead=lead)


def _bant(row: models.Lead, language: Language) -> Any:
    return bant.score(
        budget=row.budget,
        employees=row.employees,
        position=row.position,
        need=row.need,
        timeline_months=row.timeline_months,
        language=language,
    )


def _brief(lead: Lead) -> dict[str, Any]:
    """A lead as one line for the model; the state has the rest."""
    line: dict[str, Any] = {name: value for name, value in lead.items() if name in BRIEF}
    return {**line, "score": lead["bant"]["score"], "grade": lead["bant"]["grade"]}


async def _one_lead(session: AsyncSession, lead_id: int | None, company: str | None, language: Language) -> models.Lead:
    ru = language == "ru"
    if lead_id is not None:
        row = await session.get(models.Lead, lead_id)
        if row is None:
            raise ToolError(f"Лида с номером {lead_id} нет." if ru else f"There is no lead {lead_id}.")
        return row
    if not company:
        raise ToolError("Укажите номер лида или компанию." if ru else "Give the lead's id or company.")
    rows = best_matches(company, list((await session.scalars(select(models.Lead).order_by(models.Lead.id))).all()))
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise ToolError(f"Лид «{company}» не найден." if ru else f"No lead is called {company!r}.")
    names = "; ".join(f"{row.company} (№ {row.id})" for row in rows[:8])
    raise ToolError(
        f"Подходит несколько лидов: {names}. Уточните." if ru else f"Several leads fit: {names}. Which one?"
    )
