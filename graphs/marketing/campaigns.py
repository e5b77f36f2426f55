"""Tools: drafting a campaign and changing the draft."""

from typing import Annotated, Any, cast

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from graphs.crm import models, shapes
from graphs.crm.clock import today
from graphs.crm.database import database
from graphs.language import Language
from graphs.marketing import copy, segments
from graphs.marketing.audience import KIND, make_filter, read_profiles
from graphs.marketing.segments import Kind
from graphs.state import Channel
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

CAMPAIGN_ID = Annotated[int, Field(ge=1, description="The campaign's id")]
CHANNEL = Annotated[Channel, Field(description="How to reach the customers")]
NAME = Annotated[str | None, Field(max_length=200, description="The campaign's name")]
OFFER = Annotated[
    str | None, Field(max_length=200, description="What it is about, e.g. 20 % off analytics; absent: the usual text")
]
SUBJECT = Annotated[str | None, Field(max_length=200, description="Subject or headline; best written by you")]
BODY = Annotated[str | None, Field(max_length=5_000, description="The text; best written by you")]


@tool
async def draft_campaign(
    runtime: Runtime,
    *,
    channel: CHANNEL,
    goal: Annotated[str, Field(min_length=3, max_length=300, description="What the campaign is to achieve")],
    kind: Annotated[Kind, KIND] = "all",
    tone: Annotated[str, Field(max_length=60, description="friendly, business, energetic, …")] = "friendly",
    city: Annotated[str | None, Field(description="Only customers of this city")] = None,
    industry: Annotated[str | None, Field(description="Only customers of this industry")] = None,
    name: NAME = None,
    offer: OFFER = None,
    subject: SUBJECT = None,
    body: BODY = None,
) -> Command[Any]:
    """Draft a marketing campaign for a segment of customers and store it as a draft. Nothing is sent.

    To change a draft use edit_campaign.
    """
    language = language_of(runtime)
    wanted = make_filter(kind, city, industry, None, language)
    usual_subject, usual_body = copy.write(kind, channel, tone, language, offer or "")
    async with database().write() as session:
        found = segments.select(await read_profiles(session), wanted, today())
        if not found:
            raise ToolError(
                "В этом сегменте нет ни одного клиента, кампания не создана. Возьмите сегмент шире."
                if language == "ru"
                else "There is no customer in this segment, so no campaign was made. Take a wider one.",
                "Nothing was stored. Ask whether to leave out the city or the industry.",
            )
        segment = segments.summarize(found, wanted, today(), language)
        row = models.Campaign(
            name=name or f"{segment['name']}: {offer or goal}"[:200],
            segment=segment["name"],
            segment_filter={"kind": kind, "city": wanted.city, "industry": wanted.industry},
            audience=len(found),
            channel=channel,
            goal=goal,
            tone=tone,
            offer=offer,
            subject=subject or usual_subject,
            body=body or usual_body,
            budget=_budget(channel, len(found)),
            status="draft",
            scheduled_on=None,
            comment="",
            created_on=today(),
        )
        session.add(row)
        await session.flush()
        campaign = shapes.campaign(row, language)
    return answer(runtime, {"campaign": campaign}, campaign=campaign, segment=segment)


@tool
async def edit_campaign(
    runtime: Runtime,
    *,
    campaign_id: CAMPAIGN_ID,
    channel: CHANNEL | None = None,
    tone: Annotated[str | None, Field(max_length=60, description="friendly, business, energetic, …")] = None,
    goal: Annotated[str | None, Field(min_length=3, max_length=300)] = None,
    name: NAME = None,
    offer: OFFER = None,
    subject: SUBJECT = None,
    body: BODY = None,
) -> Command[Any]:
    """Change a campaign that was not sent yet: only what is given. Its text is rewritten when the channel, the tone or
    the offer changes and no body is given. A scheduled campaign becomes a draft again, as other text was approved.
    """
    language = language_of(runtime)
    changes = {"channel": channel, "tone": tone, "goal": goal, "name": name, "offer": offer}
    changes |= {"subject": subject, "body": body}
    if not any(changes.values()):
        raise ToolError(
            "Что изменить: тему, текст, канал, тон или название?"
            if language == "ru"
            else "What is to be changed: the subject, the text, the channel, the tone or the name?",
            "Nothing was changed. Ask the user what to change and to what.",
        )
    async with database().write() as session:
        row = await unsent(session, campaign_id, language)
        for field, value in changes.items():
            if value:
                setattr(row, field, value)
        if (offer or channel or tone) and not body:
            kind = cast("Kind", row.segment_filter.get("kind") or "all")
            usual_subject, row.body = copy.write(kind, row.channel, row.tone, language, row.offer or "")
            row.subject = subject or (usual_subject if offer else row.subject)
        row.budget = _budget(cast("Channel", row.channel), row.audience)
        row.status, row.scheduled_on, row.scheduled_time, row.comment = "draft", None, None, ""
        campaign = shapes.campaign(row, language)
    return answer(runtime, {"campaign": campaign}, campaign=campaign)


def _budget(channel: Channel, audience: int) -> int:
    each, fixed = PRICE[channel]
    return fixed + each * audience


async def unsent(session: AsyncSession, campaign_id: int, language: Language) -> models.Campaign:
    """The campaign, if it has not gone out; ToolError says why not."""
    ru = language == "ru"
    row = await session.get(models.Campaign, campaign_id)
    if row is None:
        raise ToolError(
            f"Кампании № {campaign_id} нет." if ru else f"There is no campaign {campaign_id}.",
            "Nothing was changed. campaign_report lists campaigns with their ids; else ask the user which one.",
        )
    if row.status not in {"draft", "scheduled"}:
        raise ToolError(
            f"Кампания № {campaign_id} уже отправлена, её не изменить и не запланировать."
            if ru
            else f"Campaign {campaign_id} was already sent and can be neither changed nor scheduled.",
            "Nothing was changed. Offer the user a new draft.",
        )
    return row
