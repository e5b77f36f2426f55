"""From one day to another, as tools take it."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from graphs.language import Language
from graphs.tooling import ToolError

CLOSES_FROM = Annotated[
    date | None, Field(description="Only deals that (are expected to) close on this day or later, YYYY-MM-DD")
]
CLOSES_TO = Annotated[date | None, Field(description="… and on this day or earlier, YYYY-MM-DD")]


@dataclass(frozen=True)
class Span:
    """Both days included."""

    first: date
    last: date


def span(first: date | None, last: date | None, language: Language) -> Span | None:
    """The period, open at a side that is not given; None without both. Raises ToolError when it ends before it
    begins.
    """
    if first is None and last is None:
        return None
    if first and last and last < first:
        raise ToolError(
            f"Период кончается ({last}) раньше, чем начинается ({first})."
            if language == "ru"
            else f"The period ends ({last}) before it begins ({first}).",
            "Call again with the earlier day as the beginning.",
        )
    return Span(first or date.min, last or date.max)
