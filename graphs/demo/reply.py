"""What the rules decide on: something to say, something to call, or both."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """An answer: text, and tool calls as (name, arguments)."""

    text: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@dataclass(frozen=True)
class Ask:
    """Something is missing or not understood; the question to the user.

    `proposal` is what a "yes" to it means: the arguments of the call. None: it cannot be answered with yes.
    """

    question: str
    proposal: dict[str, Any] | None = None
