"""The AG-UI dialect over HTTP: run an agent, take a run up again, stop it."""

from __future__ import annotations

from typing import Any

from ag_ui.core import PROTOCOL_VERSION, AgentCapabilities, RunAgentInput
from ag_ui.core import Event as EventModel
from starlette.requests import Request
from starlette.responses import Response

from bridge.agui.capabilities import capabilities
from bridge.agui.encode import SSEEncoder
from bridge.agui.requests import parse_input, wanted_disconnect
from bridge.errors import InvalidRequest
from bridge.events.messages import first_words
from bridge.runs.run import Run
from bridge.web.bodies import aside
from bridge.web.callers import caller_of, principal_of
from bridge.web.dialect import Dialect, Operation
from bridge.web.http import JSON, bridge_of, named, read_object
from bridge.web.sentences import language_of
from bridge.web.stream import RunStream


async def list_agents(request: Request) -> Response:
    """The agents, and what each can do."""
    bridge = bridge_of(request)
    principal_of(request)
    described = [bridge.agent(name).describe() for name in bridge.names]
    listed = [
        {"name": one.name, "description": one.description, "capabilities": capabilities(one)} for one in described
    ]
    return JSON({"protocolVersion": PROTOCOL_VERSION, "agents": listed})


async def read_agent(request: Request) -> Response:
    """What one agent can do, as AG-UI 1.0 describes it."""
    bridge = bridge_of(request)
    principal_of(request)
    return JSON(capabilities(bridge.agent(request.path_params["agent"]).describe()))


async def run_agent(request: Request) -> Response:
    """Run an agent: RunAgentInput in, events out."""
    bridge = bridge_of(request)
    principal = principal_of(request)
    agent = bridge.agent_name(request.path_params["agent"])
    body = await read_object(request, bridge.settings.max_body_bytes)
    wanted = await aside(request, parse_input, body, agent=agent, principal=principal)
    run = await bridge.start(
        wanted, disconnect=wanted_disconnect(wanted), title=first_words(wanted.messages), caller=caller_of(request)
    )
    return stream(request, run)


_FOR_DEVELOPERS = (InvalidRequest.code,)
"""Errors whose message says what is wrong with a request: a sentence for everybody would not."""


def stream(request: Request, run: Run, *, after: int = 0) -> RunStream:
    """A run as server-sent AG-UI events, numbered so that a dropped stream can be taken up again."""
    headers = named(run.request.thread_id, run.id)
    keep_alive = bridge_of(request).settings.keep_alive
    language = language_of(request.headers.get("accept-language"))
    encoder = SSEEncoder(numbered=True, language=language, kept=_FOR_DEVELOPERS)
    return RunStream(run, encoder, after=after, keep_alive=keep_alive, headers=headers)


def _run_of(request: Request) -> Run:
    """The run in the path, of the agent in the query where one is named."""
    bridge, wanted = bridge_of(request), request.query_params.get("agent")
    agent = None if wanted is None else bridge.agent_name(wanted)
    return bridge.runs.get(request.path_params["run_id"], principal_of(request), agent)


async def read_run(request: Request) -> Response:
    """A run's events from its first, or after ``Last-Event-ID`` (or ``?after=``)."""
    run = _run_of(request)
    sent = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    if not (sent.isascii() and sent.isdigit() and len(sent) < 19):
        raise InvalidRequest(f"'Last-Event-ID' is the number of an event, not '{sent[:40]}'.", param="Last-Event-ID")
    return stream(request, run, after=int(sent))


async def stop_run(request: Request) -> Response:
    """Stop a run; the answer comes when it has ended."""
    run = _run_of(request)
    going = not run.over
    await run.stop()
    return JSON({"stopped": going, "runId": run.id})


DIALECT = Dialect(
    name="agui",
    operations=(
        Operation("GET", "/agui", list_agents, gives=dict[str, Any], right="read"),
        Operation("GET", "/agui/{agent}", read_agent, gives=AgentCapabilities, right="read"),
        Operation("POST", "/agui/{agent}", run_agent, takes=RunAgentInput, gives=EventModel, streams=True),
        Operation(
            "GET",
            "/runs/{run_id}/events",
            read_run,
            gives=EventModel,
            streams=True,
            query=("after", "agent"),
            right="read",
        ),
        Operation("POST", "/runs/{run_id}/stop", stop_run, gives=dict[str, Any], query=("agent",)),
    ),
)
