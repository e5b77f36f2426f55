"""Tools: drafting a campaign, and scheduling it once a person has agreed."""

from datetime import date
from typing import Annotated, Any

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from graphs.approval import CAMPAIGN_SCHEMA, ask
from graphs.crm import models, shapes
from graphs.crm.clock import today
from graphs.crm.database import database
from graphs.language import Language
from graphs.marketing import copy, segments
from graphs.marketing.audience import KIND, make_filter, read_profiles
from graphs.marketing.segments import Kind
from graphs.money import day, rub
from graphs.state import Campaign, Channel
from graphs.tooling import Runtime, ToolError, answer, language_of

# Roubles for each customer reached; a webinar and search ads also have a fixed part.
PRICE: dict[Channel, tuple[int, int]] = {
    "email": (4, 5_000),
    "sms": (7, 3_000),
    "telegram": (5, 4_000),
    "vk": (6, 10_000),
    "webinar": (30, 40_000),
    "context_ads": (9, 60_000),
}


@tool
async def draft_campaign(
    runtime: Runtime,
    *,
    channel: Annotated[Channel, Field(description="How to reach the customers")],
    goal: Annotated[str, Field(min_length=3, max_length=300, description="What the campaign is to achieve")],
    kind: Annotated[Kind, KIND] = "all",
    tone: Annotated[str, Field(max_length=60, description="friendly, business, energetic, …")] = "friendly",
    city: Annotated[str | None, Field(description="Only customers of this city")] = None,
    industry: Annotated[str | None, Field(description="Only customers of this industry")] = None,
    name: Annotated[str | None, Field(max_length=200, description="The campaign's name")] = None,
    subject: Annotated[
        str | None, Field(max_length=200, description="Subject or headline; best written by you")
    ] = None,
    body: Annotated[str | None, Field(max_length=5_000, description="The text; best written by you")] = None,
) -> Command[Any]:
    """Draft a marketing campaign for a segment of customers and store it as a draft. Nothing is sent."""
    language = language_of(runtime)
    wanted = make_filter(kind, city, industry, None, language)
    usual_subject, usual_body = copy.write(kind, channel, tone, language)
    async with database().write() as session:
        found = segments.select(await read_profiles(session), wanted, today())
        if not found:
            raise ToolError(
                "В этом сегменте нет ни одного клиента, кампания не создана. Возьмите сегмент шире."
                if language == "ru"
                else "There is no customer in this segment, so no campaign was made. Take a wider one."
            )
        segment = segments.summarize(found, wanted, today(), language)
        each, fixed = PRICE[channel]
        row = models.Campaign(
            name=name or f"{segment['name']}: {goal}"[:200],
            segment=segment["name"],
            segment_filter={"kind": kind, "city": wanted.city, "industry": wanted.industry},
            audience=len(found),
            channel=channel,
            goal=goal,
            tone=tone,
            subject=subject or usual_subject,
            body=body or usual_body,
            budget=fixed + each * len(found),
            status="draft",
            scheduled_on=None,
            comment="",
            created_on=today(),
        )
        session.add(row)
        await session.flush()
        campaign = shapes.campaign(row)
    return answer(runtime, {"campaign": campaign}, campaign=campaign, segment=segment)


@tool
async def schedule_campaign(
    runtime: Runtime,
    *,
    campaign_id: Annotated[int, Field(ge=1, description="The campaign's id")],
    on: Annotated[date, Field(description="The day to send it, YYYY-MM-DD; not in the past")],
) -> Command[Any]:
    """Schedule a drafted campaign for a day. A person is asked to approve it first."""
    language = language_of(runtime)
    async with database().read() as session:
        campaign = shapes.campaign(await _sendable(session, campaign_id, on, language))

    proposed: Campaign = {**campaign, "scheduled_on": on.isoformat()}
    question = _question(proposed, language)
    decision = ask({"reason": "campaign_approval", "message": question, "campaign": proposed}, CAMPAIGN_SCHEMA)
    if not decision.approved:
        # Shown as refused, stored as the draft it was.
        refused: Campaign = {**campaign, "status": "rejected", "comment": decision.comment}
        note = "Отправку не согласовали." if language == "ru" else "The sending was refused."
        return answer(runtime, {"campaign": refused, "note": note}, campaign=refused)

    async with database().write() as session:
        row = await _sendable(session, campaign_id, on, language)
        row.status, row.scheduled_on, row.comment = "scheduled", on, decision.comment
        scheduled = shapes.campaign(row)
    return answer(runtime, {"campaign": scheduled}, campaign=scheduled)


def _question(campaign: Campaign, language: Language) -> str:
    number, audience, cost = campaign["id"], campaign["audience"], rub(campaign["budget"])
    if language == "ru":
        return (
            f"Отправить кампанию № {number} «{campaign['name']}» {day(campaign['scheduled_on'])}? "
            f"Получателей: {audience}, бюджет {cost}."
        )
    return (
        f'Send campaign {number} "{campaign["name"]}" on {campaign["scheduled_on"]}? '
        f"Recipients: {audience}, budget {cost}."
    )


async def _sendable(session: AsyncSession, campaign_id: int, on: date, language: Language) -> models.Campaign:
    """The campaign, if it can be sent on that day; ToolError says why not."""
    ru = language == "ru"
    row = await session.get(models.Campaign, campaign_id)
    if row is None:
        raise ToolError(f"Кампании № {campaign_id} нет." if ru else f"There is no campaign {campaign_id}.")
    if row.status not in {"draft", "scheduled"}:
        raise ToolError(
            f"Кампания № {campaign_id} уже отправлена, её не запланировать."
            if ru
            else f"Campaign {campaign_id} was already sent and cannot be scheduled."
        )
    if on < today():
        raise ToolError(
            f"Дата {day(on)} в прошлом, сегодня {day(today())}." if ru else f"{on} is in the past, today is {today()}."
        )
    return row
