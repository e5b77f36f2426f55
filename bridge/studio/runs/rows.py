"""A run as the studio shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from typing_extensions import TypedDict

from bridge.observe.observer import RunRecord


class RunRow(TypedDict):
    """A run without its content. Times are ISO 8601, in UTC.

    ``client``: what the program that asked calls itself (``User-Agent``). ``firstWordAt``: when the first thing that
    a person sees was there. ``outcome``: ``success``, ``interrupt``, ``cancelled``, or the code of an error. ``usage``:
    AG-UI's, at the end.
    """

    id: str
    agent: str
    threadId: str
    principal: str
    client: str
    state: Literal["running", "ended"]
    outcome: str | None
    startedAt: str
    firstWordAt: str | None
    endedAt: str | None
    usage: list[Mapping[str, Any]]


def state_of(run: RunRecord) -> Literal["running", "ended"]:
    """Whether it goes on."""
    return "running" if run.ended_at is None else "ended"


def row_of(run: RunRecord) -> RunRow:
    """A run as the studio shows it."""
    return {
        "id": run.run_id,
        "agent": run.agent,
        "threadId": run.thread_id,
        "principal": run.principal,
        "client": run.client,
        "state": state_of(run),
        "outcome": run.outcome if run.ended_at is not None else None,
        "startedAt": _iso(run.started_at),
        "firstWordAt": None if run.first_word_at is None else _iso(run.first_word_at),
        "endedAt": None if run.ended_at is None else _iso(run.ended_at),
        "usage": list(run.usage),
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
