"""How the requests are written down: dialogues of steps, each with what must come of it."""

from dataclasses import dataclass, field
from typing import Any, Literal

Call = tuple[str, dict[str, Any]]


def call(tool: str, **arguments: Any) -> Call:
    """A tool call that is expected, with the arguments that matter."""
    return tool, arguments


@dataclass(frozen=True)
class Step:
    """One request of the user.

    `calls` are the tool calls it must lead to, in order; none: no tool may be called. `rows` says by how much tables
    grow: everything not named must stay as it is, so that a step without it checks that nothing was stored. `last` is
    what the newest row of a table must hold. `facts` must occur in the answer, each as it stands or as one of several
    ("23,9|23.9"); `never` must not. `asks`: the answer is a question. `approval` is the answer to the question of an
    approval, which must then come. `error`: a tool refuses.
    """

    text: str
    calls: tuple[Call, ...] = ()
    facts: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    asks: bool = False
    error: bool = False
    approval: Any = None
    rows: dict[str, int] = field(default_factory=dict)
    last: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Dialogue:
    """Steps in one thread, with a CRM of its own."""

    language: Literal["ru", "en"]
    steps: tuple[Step, ...]


def say(text: str, *calls: Call, **expected: Any) -> Step:
    """A step, shortly."""
    return Step(text, calls, **expected)


def ru(*steps: Step) -> Dialogue:
    """A dialogue in Russian."""
    return Dialogue("ru", steps)


def en(*steps: Step) -> Dialogue:
    """A dialogue in English: its answers must hold no Russian but the names of companies."""
    return Dialogue("en", steps)
