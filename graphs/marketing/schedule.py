"""Tool: scheduling a campaign, once a person has agreed."""

from datetime import date
from typing import Annotated, Any

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import Field

from graphs.approval import ask, campaign_schema
from graphs.crm import clock, models, shapes
from graphs.crm.database import database
from graphs.language import Language
from graphs.marketing.campaigns import CAMPAIGN_ID, unsent
from graphs.money import day, rub
from graphs.state import Campaign
from graphs.tooling import Runtime, ToolError, answer, language_of

FUTURE = "Nothing was scheduled. Ask the user for a day and time that is still to come."


@tool
async def schedule_campaign(
    runtime: Runtime,
    *,
    campaign_id: CAMPAIGN_ID,
    on: Annotated[date, Field(description="The day to send it, YYYY-MM-DD; not in the past")],
    at: Annotated[
        str | None, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="The time of that day, HH:MM; absent: any")
    ] = None,
) -> Command[Any]:
    """Schedule a drafted campaign for a day and a time. A person is asked to approve it first."""
    language = language_of(runtime)
    _check_future(on, at, language)
    async with database().read() as session:
        campaign = shapes.campaign(await unsent(session, campaign_id, language), language)

    proposed: Campaign = {**campaign, "scheduled_on": on.isoformat(), "scheduled_time": at}
    question = _question(proposed, language)
    request = {"reason": "campaign_approval", "message": question, "campaign": proposed}
    decision = ask(request, campaign_schema(language))
    if not decision.approved:
        # Shown as refused, stored as the draft it was.
        refused: Campaign = {**campaign, "status": "rejected", "comment": decision.comment}
        note = "Отправку не согласовали." if language == "ru" else "The sending was refused."
        return answer(runtime, {"campaign": refused, "note": note}, campaign=refused)

    _check_future(on, at, language)  # the answer may come days later
    async with database().write() as session:
        row = await unsent(session, campaign_id, language)
        _check_unchanged(row, campaign, language)
        row.status, row.scheduled_on, row.scheduled_time, row.comment = "scheduled", on, at, decision.comment
        scheduled = shapes.campaign(row, language)
    return answer(runtime, {"campaign": scheduled}, campaign=scheduled)


def _question(campaign: Campaign, language: Language) -> str:
    number, audience, cost = campaign["id"], campaign["audience"], rub(campaign["budget"])
    time = campaign["scheduled_time"]
    if language == "ru":
        at = f" в {time}" if time else ""
        return (
            f"Отправить кампанию № {number} «{campaign['name']}» {day(campaign['scheduled_on'])}{at}? "
            f"Получателей: {audience}, бюджет {cost}."
        )
    at = f" at {time}" if time else ""
    return (
        f'Send campaign {number} "{campaign["name"]}" on {campaign["scheduled_on"]}{at}? '
        f"Recipients: {audience}, budget {cost}."
    )


def _check_future(on: date, at: str | None, language: Language) -> None:
    ru = language == "ru"
    if on < clock.today():
        raise ToolError(
            f"Дата {day(on)} в прошлом, сегодня {day(clock.today())}."
            if ru
            else f"{on} is in the past, today is {clock.today()}.",
            FUTURE,
        )
    if on == clock.today() and at is not None and at <= f"{clock.now():%H:%M}":
        raise ToolError(
            f"Время {at} сегодня уже прошло, сейчас {clock.now():%H:%M}."
            if ru
            else f"{at} is over for today, it is {clock.now():%H:%M}.",
            FUTURE,
        )


def _check_unchanged(row: models.Campaign, asked: Campaign, language: Language) -> None:
    """What was approved is what was read: an edit since then needs another approval."""
    if (row.subject, row.body, row.channel) != (asked["subject"], asked["body"], asked["channel"]):
        raise ToolError(
            "Кампанию изменили, пока ждали согласования: запланируйте её заново."
            if language == "ru"
            else "The campaign was changed while the approval was waiting: schedule it again.",
            "Nothing was scheduled. Tell the user what happened.",
        )
