"""Conditions that several tools share: who, since when, how many, from which place in the list."""

import re
from datetime import timedelta
from typing import Any

from graphs.crm.clock import today
from graphs.demo import aspects, dates
from graphs.demo.conversation import Turn
from graphs.demo.quantities import in_digits

STALE_DAYS = 14
"""What "stuck" means when no number is said: two weeks without movement. The answer says so."""
LIMIT = re.compile(
    r"(?<![\w№#])(\d{1,2})\s+(?:[а-яёa-z]+\s+){0,2}?(?:лид|сделк|deal|lead|клиент|кампани)|(?:топ|top|первы\w+|"
    r"first|лучши\w+|best)[- ]?(\d{1,2})\b|"
    r"\b(\d{1,2})\s+(?:лучших|первых|крупнейших|самых|best|largest|biggest)",
    re.IGNORECASE,
)
MORE = re.compile(
    r"\b(?:покажи|дай|выведи|давай|show|give me|list)?\s*(?:ещ[её]|следующ\w+|остальн\w+|дальше|more|the rest|next)\b",
    re.IGNORECASE,
)
# "Кто самый горячий лид?" asks for one.
ONE = re.compile(
    r"сам(?:ый|ая)\s+\w+\W*$|сам(?:ый|ого|ая|ую)\s+\w+\s+(?:лид|сделк)[аеу]?\b|\b(?:лучш(?:ий|его)|первого)\s+лида?\b|"
    r"\b(?:hottest|best|(?:most|least)\s+\w+|largest|biggest)\s+(?:lead|deal)\b",
    re.IGNORECASE,
)
AFTER = re.compile(r"\b(после|after|later than|since|starting|начиная с|не раньше)\s+((?:\S+\s*){1,3})", re.IGNORECASE)
MOST = 20


def limit(text: str) -> int | None:
    """How many are asked for, at most 20: "топ-10", "покажи 3 лида"."""
    match = LIMIT.search(in_digits(text))
    if not match:
        return 1 if ONE.search(text) else None
    return max(1, min(MOST, int(next(group for group in match.groups() if group))))


def stale_days(text: str) -> int | None:
    """For how long something must have stood still: 30 days unless it is said."""
    if not aspects.STALE.search(text):
        return None
    match = aspects.DAYS_LONG.search(text)
    if not match:
        return STALE_DAYS
    per = {"д": 1, "d": 1, "н": 7, "w": 7, "м": 30, "m": 30}[match["unit"][0].lower()]
    return int(match["count"]) * per


def closing(text: str) -> dict[str, str]:
    """The period in which deals close, as the tools take it."""
    if (after := AFTER.search(text)) and (first := dates.day(after[2], today())):
        beyond = after[1].lower() in {"после", "after", "later than"}
        return {"closes_from": (first + timedelta(days=beyond)).isoformat()}
    found = dates.period(text, today())
    return {"closes_from": found[0].isoformat(), "closes_to": found[1].isoformat()} if found else {}


def next_page(turn: Turn, tool: str) -> dict[str, Any] | None:
    """The arguments for the rest of the newest list; None when there is none of that tool."""
    before = turn.newest(tool)
    if before is None:
        return None
    shown = len(before.data.get("leads") or before.data.get("deals") or [])
    return {**before.arguments, "offset": int(before.arguments.get("offset", 0)) + shown}


def is_last_page(turn: Turn, tool: str) -> bool:
    """Whether everything of the newest list was shown."""
    before = turn.newest(tool)
    if before is None:
        return False
    shown = len(before.data.get("leads") or before.data.get("deals") or [])
    return int(before.arguments.get("offset", 0)) + shown >= int(before.data.get("total", 0))
