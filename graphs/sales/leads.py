"""Tools: finding leads, and qualifying one."""

from typing import Annotated, Any, Literal

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from graphs.crm import models, shapes
from graphs.crm.clock import today
from graphs.crm.database import database
from graphs.crm.english import term
from graphs.crm.known import known_city, known_industry, known_owner
from graphs.crm.names import best_matches
from graphs.language import Language
from graphs.sales import bant
from graphs.state import Bant, Lead, LeadStatus
from graphs.tooling import Runtime, ToolError, answer, language_of

BRIEF = {
    *("id", "company", "contact", "position", "phone", "city"),
    *("industry", "budget", "need", "status", "owner"),
}
Grade = Literal["hot", "warm", "cold"]
LOOK = "Nothing was changed. find_leads lists the leads; ask the user which one is meant."
NOT_OPEN = ("converted", "disqualified")


@tool
async def find_leads(
    runtime: Runtime,
    *,
    lead_id: Annotated[int | None, Field(ge=1, description="The one lead with this id")] = None,
    city: Annotated[str | None, Field(description="City, e.g. Казань")] = None,
    industry: Annotated[str | None, Field(description="Industry, e.g. Логистика")] = None,
    min_budget: Annotated[int | None, Field(ge=0, description="Yearly budget at least, roubles")] = None,
    max_budget: Annotated[int | None, Field(ge=0, description="Yearly budget at most, roubles")] = None,
    status: Annotated[LeadStatus | None, Field(description="Only leads in this status")] = None,
    grade: Annotated[Grade | None, Field(description="Only hot (BANT 70+), warm (45+) or cold leads")] = None,
    owner: Annotated[str | None, Field(description="Only this salesperson's leads")] = None,
    stale_days: Annotated[
        int | None, Field(ge=1, le=3650, description="Only leads nobody has contacted for so many days")
    ] = None,
    company: Annotated[str | None, Field(description="Part of the company's name")] = None,
    limit: Annotated[int, Field(ge=1, le=20, description="How many at most")] = 5,
    offset: Annotated[int, Field(ge=0, description="Leave out so many: the ones already shown")] = 0,
) -> Command[Any]:
    """Find and count leads by id, city, industry, budget, status, heat, salesperson, silence or company name.

    The most promising come first; `total` is how many there are. Without a status, leads that are already customers or
    were turned down are left out.
    """
    language = language_of(runtime)
    query = select(models.Lead)
    if city:
        query = query.where(models.Lead.city == known_city(city, language))
    if industry:
        query = query.where(models.Lead.industry == known_industry(industry, language))
    if min_budget:
        query = query.where(models.Lead.budget >= min_budget)
    if max_budget is not None:
        query = query.where(models.Lead.budget <= max_budget)
    if lead_id is not None:
        query = query.where(models.Lead.id == lead_id)
    if status or lead_id is None:
        query = query.where(models.Lead.status == status if status else models.Lead.status.not_in(NOT_OPEN))
    async with database().read() as session:
        if owner:
            query = query.where(models.Lead.owner == await known_owner(session, owner, language))
        rows = list((await session.scalars(query.order_by(models.Lead.id))).all())
    if lead_id is not None and not rows:
        raise _no_lead(lead_id, language)
    if company:
        rows = best_matches(company, rows)
    if stale_days is not None:
        rows = [row for row in rows if (today() - (row.last_contact_on or row.created_on)).days >= stale_days]
    rated = [(row, _bant(row, language)) for row in rows]
    rated = [(row, score) for row, score in rated if grade in {None, score["grade"]}]
    rated.sort(key=lambda pair: (-pair[1]["score"], -(pair[0].budget or 0), pair[0].id))
    shown = rated[offset : offset + limit]
    leads: list[Lead] = [{**shapes.lead(row, language), "bant": score} for row, score in shown]
    given = {"city": city, "industry": industry, "grade": grade, "owner": owner, "stale_days": stale_days}
    conditions = {name: value for name, value in given.items() if value is not None}
    listed = [_brief(lead) for lead in leads]
    content = {"total": len(rated), "offset": offset, "shown": len(leads), "conditions": conditions, "leads": listed}
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
        lead: Lead = {**shapes.lead(row, language), "bant": result}
    return answer(runtime, {"lead": lead}, lead=lead)


def _bant(row: models.Lead, language: Language) -> Bant:
    return bant.score(
        budget=row.budget,
        employees=row.employees,
        position=term(row.position, language),
        need=term(row.need, language),
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
            raise _no_lead(lead_id, language)
        return row
    if not company:
        raise ToolError("Укажите номер лида или компанию." if ru else "Give the lead's id or company.", LOOK)
    rows = best_matches(company, list((await session.scalars(select(models.Lead).order_by(models.Lead.id))).all()))
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise ToolError(f"Лид «{company}» не найден." if ru else f"No lead is called {company!r}.", LOOK)
    names = "; ".join(f"{row.company} (№ {row.id})" for row in rows[:8])
    raise ToolError(
        f"Подходит несколько лидов: {names}. Уточните." if ru else f"Several leads fit: {names}. Which one?",
        "Ask the user which of these; then call again with lead_id.",
    )


def _no_lead(lead_id: int, language: Language) -> ToolError:
    text = f"Лида с номером {lead_id} нет." if language == "ru" else f"There is no lead {lead_id}."
    return ToolError(text, LOOK)
