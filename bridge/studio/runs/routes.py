"""Runs, whoever started them: a list, newest first; what begins and ends; the wire of one."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from typing_extensions import TypedDict

from bridge.errors import Forbidden, InvalidRequest, UnknownRun
from bridge.events.model_calls import ModelCall
from bridge.observe.observer import RunRecord
from bridge.runs.run import Run
from bridge.studio.runs.announcements import Announcements
from bridge.studio.runs.inputs import ModelInputs
from bridge.studio.runs.log import RunLog
from bridge.studio.runs.rows import RunRow, row_of, state_of
from bridge.studio.runs.wire import WireEncoder, WireRow
from bridge.web import sse
from bridge.web.callers import principal_of, require, shares_key
from bridge.web.dialect import Operation
from bridge.web.http import JSON, bridge_of, named, read_number
from bridge.web.stream import RunStream

_MOST = 10**18
_STATES = ("running", "ended")


class RunPage(TypedDict):
    """``next``: what ``before`` has to be for the runs before these; ``None`` where there are no more."""

    runs: list[RunRow]
    next: str | None


class ModelCalls(TypedDict):
    """What models were given, in the order of the calls."""

    calls: list[ModelCall]


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


async def announce_runs(request: Request) -> Response:
    """The rows of runs as they begin and end, one's own (or those of ``principal``), as server-sent events.

    ``missed`` in between: more was to be said than the reader took. The list has it.
    """
    whose, bridge = _whose(request), bridge_of(request)
    log_of(request).check_room()
    announcements = Announcements(
        log_of(request),
        lambda run: whose(run.principal),
        keep_alive=bridge.settings.keep_alive,
        ending=lambda: bridge.ending,
    )
    return StreamingResponse(aiter(announcements), headers=dict(sse.HEADERS))


async def read_wire(request: Request) -> Response:
    """A run's events from its first, or after ``after``, each with the OpenAI chunk that it becomes."""
    run = _run_of(request)
    after = read_number(request.query_params.get("after", "0"), low=0, high=_MOST, param="after")
    before = run.journal.after(0)[:after] if after else ()
    headers = named(run.request.thread_id, run.id)
    keep_alive = bridge_of(request).settings.keep_alive
    return RunStream(run, WireEncoder(run, before), after=after, keep_alive=keep_alive, headers=headers)


async def read_model_calls(request: Request) -> Response:
    """What each model call of a run was given: messages, tools, parameters. Only with ``studio_inputs``."""
    run = _run_of(request)
    inputs: ModelInputs | None = request.app.state.model_inputs
    if inputs is None:
        raise UnknownRun("This server does not keep what models are given: start it with --studio-inputs.")
    body = b'{"calls":%b}' % inputs.of(run.request.key)
    return Response(body, headers={"Cache-Control": "no-store"}, media_type="application/json")


def _run_of(request: Request) -> Run:
    """The run in the path: one's own, or with the right to manage that of ``principal``."""
    query, bridge = request.query_params, bridge_of(request)
    agent = None if query.get("agent") is None else bridge.agent_name(query["agent"])
    own, named_principal = principal_of(request), query.get("principal")
    if named_principal not in (None, own):
        require(request, "manage")
    return bridge.runs.get(request.path_params["run_id"], named_principal or own, agent)


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


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/runs",
        list_runs,
        gives=RunPage,
        query=("agent", "thread", "state", "principal", "limit", "before"),
        right="read",
    ),
    Operation(
        "GET", "/runs/announcements", announce_runs, gives=RunRow, streams=True, query=("principal",), right="read"
    ),
    Operation(
        "GET",
        "/runs/{run_id}/wire",
        read_wire,
        gives=WireRow,
        streams=True,
        query=("after", "agent", "principal"),
        right="read",
    ),
    Operation(
        "GET",
        "/runs/{run_id}/model-calls",
        read_model_calls,
        gives=ModelCalls,
        query=("agent", "principal"),
        right="read",
    ),
)
