"""Runs, whoever started them: a list, newest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from bridge.errors import Forbidden, InvalidRequest
from bridge.observe.observer import RunRecord
from bridge.studio.runs.log import RunLog
from bridge.web.callers import principal_of, require, shares_key
from bridge.web.dialect import Operation
from bridge.web.http import JSON, bridge_of, read_number

_MOST = 10**18
_STATES = ("running", "ended")


class RunRow(TypedDict):
    """A run without its content. Times are ISO 8601, in UTC.

    ``outcome``: ``success``, ``interrupt``, ``cancelled``, or the code of an error. ``usage``: AG-UI's, at the end.
    """

    id: str
    agent: str
    threadId: str
    principal: str
    state: Literal["running", "ended"]
    outcome: str | None
    startedAt: str
    endedAt: str | None
    usage: list[Mapping[str, Any]]


class RunPage(TypedDict):
    """``next``: what ``before`` has to be for the runs before these; ``None`` where there are no more."""

    runs: list[RunRow]
    next: str | None


async def list_runs(request: Request) -> Response:
    """The runs of this process, newest first: one's own.

    With the right to manage, ``principal`` names whose (``*``: everybody's). ``agent``, ``thread`` and ``state`` choose
    some; ``limit`` and ``before`` a page.
    """
    query, log = request.query_params, log_of(request)
    limit = read_number(query.get("limit", "50"), low=1, high=200, param="limit")
    before = read_number(query["before"], low=1, high=_MOST, param="before") if query.get("before") else None
    state = query.get("state")
    if state not in (None, *_STATES):
        raise InvalidRequest(f"'state' is running or ended, not '{state[:40]}'.", param="state")
    agent = None if query.get("agent") is None else bridge_of(request).agent_name(query["agent"])
    whose = _whose(request)

    def wanted(run: RunRecord) -> bool:
        return (
            whose(run.principal)
            and agent in (None, run.agent)
            and query.get("thread") in (None, run.thread_id)
            and state in (None, state_of(run))
        )

    runs, more = log.page(wanted, limit=limit, before=before)
    page: RunPage = {"runs": [row_of(run) for run in runs], "next": None if more is None else str(more)}
    return JSON(page, headers={"Cache-Control": "no-store"})


def log_of(request: Request) -> RunLog:
    """The log of this application."""
    log: RunLog = request.app.state.run_log
    return log


def _whose(request: Request) -> Callable[[str], bool]:
    """Whose runs the caller asks for, and may see. Raises `Forbidden`."""
    own, named = principal_of(request), request.query_params.get("principal")
    if shares_key(request):
        raise Forbidden("Many people have this key: their runs are not listed.")
    if named not in (None, own):
        require(request, "manage")
    return lambda principal: named == "*" or principal == (named or own)


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
        "state": state_of(run),
        "outcome": run.outcome if run.ended_at is not None else None,
        "startedAt": _iso(run.started_at),
        "endedAt": None if run.ended_at is None else _iso(run.ended_at),
        "usage": list(run.usage),
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/runs",
        list_runs,
        gives=RunPage,
        query=("agent", "thread", "state", "principal", "limit", "before"),
        right="read",
    ),
)
