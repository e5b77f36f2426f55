"""An agent's question as requests for approval on the calls that a page shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.events.interrupts import Interrupt
from bridge.json import JSONDecodeError, loads
from bridge.openai_compat.responses.approvals import Call, approval_requests


def approvals_on(interrupt: Interrupt, calls: Mapping[str, Call]) -> dict[str, str]:
    """The id of each request for approval -> the id of its call; empty where it is another kind of question.

    ``calls``: the server's calls without a result, by id.
    """
    left = dict(calls)
    asked = approval_requests(interrupt, left, "", "")
    made: dict[str, str] = {}
    for number, item in enumerate(asked):
        named = interrupt.get("toolCallId") if len(asked) == 1 else None
        call_id = named if named in left else _call_like(item, left)
        if call_id is None:
            return {}  # nothing that the page could show it on
        del left[call_id]
        made[interrupt["id"] if len(asked) == 1 else f"{interrupt['id']}.{number}"] = call_id
    return made


def _call_like(item: Mapping[str, Any], calls: Mapping[str, Call]) -> str | None:
    """The call that a request for approval is about: of its name, and of its arguments where several have it."""
    named = [name for name, call in calls.items() if call.name == item["name"]]
    alike = [name for name in named if _same_json(calls[name].arguments, item["arguments"])]
    return next(iter(alike or named), None)


def _same_json(one: str, other: str) -> bool:
    try:
        return bool(loads(one) == loads(other))
    except JSONDecodeError:
        return one == other
