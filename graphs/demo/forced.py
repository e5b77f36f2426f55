"""A call that must be made: the supervisor's choice of department, suggestions, or any tool by its schema."""

from typing import Any

from graphs.demo import client_tools
from graphs.demo.conversation import Turn
from graphs.demo.reply import Ask
from graphs.demo.suggestions import suggestions
from graphs.demo.wishes import read_wishes

Call = tuple[str, dict[str, Any]]


def call(turn: Turn, name: str) -> Call | None:
    """The call of that tool; "*" is any. None when there is no such tool."""
    if name == "*":
        if any(wish.tool in turn.tools for wish in read_wishes(turn)):
            return None  # the ordinary way leads to a call
        best = client_tools.best(turn) or next(iter(turn.tools), None)
        return (best, _arguments(turn, best)) if best else None
    if name not in turn.tools:
        return None
    if name == "route":
        wishes = read_wishes(turn)
        return name, {"department": wishes[0].department if wishes else "assistant"}
    return name, _arguments(turn, name)


def _arguments(turn: Turn, name: str) -> dict[str, Any]:
    properties = (turn.tools[name].get("parameters") or {}).get("properties") or {}
    if "suggestions" in properties:
        return {"suggestions": suggestions(turn)}
    for wish in read_wishes(turn):
        if wish.tool == name and not isinstance(arguments := wish.arguments(turn), Ask):
            return arguments
    return client_tools.fill(turn, turn.tools[name], guess=True)
