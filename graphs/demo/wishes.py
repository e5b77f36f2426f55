"""The user's text as a list of wishes: which tool, for which part of the text."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphs.demo import marketing_wishes, sales_wishes
from graphs.demo.conversation import Turn
from graphs.demo.reply import Ask

Arguments = Callable[[Turn, str], dict[str, Any] | Ask]


@dataclass(frozen=True)
class Wish:
    """One thing to do."""

    tool: str
    department: str
    arguments: Arguments
    text: str


# A new wish begins here, if what follows is one by itself; otherwise "и" only joins words.
CLAUSE = re.compile(
    r"\s*[;.!?]\s+|,?\s+(?:а\s+)?(?:и\s+)?(?:затем|потом|после этого|and then|then|after"
    r" that)\s+|,?\s+(?:и|and)\s+|,\s+",
    re.IGNORECASE,
)
# "Find", "show", … without an object: not yet a wish.
TABLE: list[tuple[str, str, re.Pattern[str], Arguments]] = [
    (tool, "sales", re.compile(pattern, re.IGNORECASE), arguments)
    for tool, pattern, arguments in sales_wishes.TABLE_FIRST
]
TABLE += [
    (tool, "marketing", re.compile(pattern, re.IGNORECASE), arguments)
    for tool, pattern, arguments in marketing_wishes.TABLE
]
TABLE += [
    (tool, "sales", re.compile(pattern, re.IGNORECASE), arguments) for tool, pattern, arguments in sales_wishes.TABLE
]


# "Оцени первого и второго" are two calls; "КП на CRM и обучение" is one quote.
SEVERAL = {"qualify_lead", "move_deal"}


def read_wishes(turn: Turn) -> list[Wish]:
    """The wishes of the newest user message; of it and the one before, when it answers our question."""
    wishes = _read(turn.text)
    if turn.asked and (before := _read(turn.asked)):
        wish = before[-1]
        if isinstance(wish.arguments(turn, wish.text), Ask):
            # We had to ask back. If the request and this answer make sense together, that is what is meant;
            # an answer that is a wish by itself is kept apart, so that its first word is not taken for a
            # name.
            joint = ". " if wishes else " "
            both = Wish(wish.tool, wish.department, wish.arguments, f"{turn.asked}{joint}{turn.text}")
            if not isinstance(both.arguments(turn, both.text), Ask):
                return [both]
    return wishes


def _read(text: str) -> list[Wish]:
    wishes: list[Wish] = []
    for clause in _clauses(text):
        found = _match(clause)
        if found and not (wishes and found.tool == wishes[-1].tool and found.tool not in SEVERAL):
            wishes.append(found)
        elif wishes:
            # No wish by itself: it belongs to the one before ("… и Москве").
            last = wishes[-1]
            wishes[-1] = Wish(last.tool, last.department, last.arguments, f"{last.text}, {clause}")
    if len(wishes) <= 1 and (whole := _match(text)):
        return [whole]
    return wishes


def _clauses(text: str) -> list[str]:
    return [part for part in CLAUSE.split(text.strip()) if part]


def _match(text: str) -> Wish | None:
    for tool, department, pattern, arguments in TABLE:
        if pattern.search(text):
            return Wish(tool, department, arguments, text)
    return None
