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
    """Something is missing; the question to the user."""

    question: str
