"""What people ask about deals and the pipeline, and the arguments in their words."""

import re
from typing import Any

from graphs.crm import vocabulary
from graphs.crm.clock import today
from graphs.demo import aspects, companies, conditions, dates, focus, quantities
from graphs.demo.conversation import Turn
from graphs.demo.lead_wishes import more
from graphs.demo.reply import Ask
from graphs.demo.text import masked

AFTER_NUMBER = re.compile(r"(?:^|\s)№?\s*(\d{1,7})\s+(?:в|на|до|как|to|until|till|by|as|into)\b", re.IGNORECASE)


def pipeline_report(_turn: Turn, text: str) -> dict[str, Any]:
    """Whose deals, and which period they close in."""
    plain = masked(text)
    owner = aspects.owner(plain)
    period = conditions.closing(plain)
    if set(period.values()) == {today().isoformat()}:
        period = {}  # "что сегодня по продажам": how things stand, not what closes before the evening
    return {**({"owner": owner} if owner else {}), **period}


def find_deals(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """One deal by its number; else customer, stage, salesperson, period, standstill, amount and count as named."""
    plain = companies.nameless(text)
    number = quantities.numbered(plain, r"сделк[аеиу]\b|deal\b")
    if number is not None:
        return {"deal_id": number}
    least, _ = quantities.at_least_and_most(plain)
    stale = conditions.stale_days(plain)
    found: dict[str, Any] = {
        "stage": vocabulary.find(plain, vocabulary.STAGES),
        "owner": aspects.owner(plain),
        "stale_days": stale,
        "min_amount": least,
        "company": companies.company(turn, text),
        **(conditions.closing(plain) if stale is None else {}),
    }
    if not any(value is not None for value in found.values()) and conditions.MORE.search(plain):
        return more(turn, "find_deals")
    found["limit"] = conditions.limit(plain)
    return {name: value for name, value in found.items() if value is not None}


def move_deal(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """Which deal, and where to."""
    plain = companies.nameless(text)
    target = vocabulary.find(re.sub(r"(?i)\bс этапа \w+|\bиз (?:этапа )?\w+|\bfrom \w+", " ", plain), vocabulary.STAGES)
    if target is None and re.search(r"закр(?:ой|ыть)|close", plain, re.IGNORECASE):
        return Ask(
            turn.say(
                "Закрыть сделку как выигранную или как проигранную?",
                "Shall the deal be closed as won or as lost?",
            )
        )
    if target is None:
        return Ask(
            turn.say(
                "На какой этап перевести сделку: квалификация, предложение, переговоры, выиграна или проиграна?",
                "Which stage should the deal go to: qualification, proposal, negotiation, won or lost?",
            )
        )
    reason = re.search(r"(?:потому что|причина:?|because|reason:?)\s+(.+)$", text, re.IGNORECASE)
    extra = {"reason": reason[1].strip()[:300]} if reason else {}
    meant = _deal(turn, text)
    return meant if isinstance(meant, Ask) else {**meant, "stage": target, **extra}


def reschedule_deal(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """Which deal, and to which day."""
    meant = _deal(turn, text)
    if isinstance(meant, Ask):
        return meant
    when = dates.day(_after_target(masked(text)), today())
    if when is None:
        return Ask(
            turn.say(
                "На какой день перенести сделку? Нужна дата из календаря, например «15 декабря».",
                "Which day should the deal move to? I need a date of the calendar, like December 15.",
            )
        )
    return {**meant, "on": when.isoformat()}


def _after_target(text: str) -> str:
    """The part that names the new day: "с 1 декабря на 15 декабря" ends with it."""
    match = re.search(r"\b(?:на|до|to|until|till)\s+(.+)$", text, re.IGNORECASE)
    return f"на {match[1]}" if match and dates.day(f"на {match[1]}", today()) else text


def _deal(turn: Turn, text: str) -> dict[str, Any] | Ask:
    meant = focus.deal(turn, text)
    if meant is None and (bare := AFTER_NUMBER.search(masked(text))):
        meant = {"deal_id": int(bare[1])}
    if meant is not None:
        return meant
    return Ask(
        turn.say(
            "О какой сделке речь? Назовите номер или клиента.",
            "Which deal? Name its number or the customer?",
        )
    )
