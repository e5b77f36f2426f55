"""AG-UI over HTTP: run an agent, read a run again, stop it."""

from __future__ import annotations

from ag_ui.core import PROTOCOL_VERSION
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.agui.capabilities import capabilities
from bridge.agui.encode import SSEEncoder
from bridge.agui.requests import first_words, parse_input, wanted_disconnect
from bridge.errors import InvalidRequest
from bridge.runs.run import Run
from bridge.web.callers import principal_of
from bridge.web.http import JSON, both, bridge_of, named, read_object
from bridge.web.stream import RunStream


async def list_agents(request: Request) -> Response:
    """``GET /agui``: agents and capabilities."""
    bridge = bridge_of(request)
    principal_of(request)
    agents = [bridge.agent(name) for name in bridge.names]
    listed = [
        {
            "name": agent.name,
            "description": agent.description,
            "capabilities": capabilities(agent.name, agent.description),
        }
        for agent in agents
    ]
    return JSON({"protocolVersion": PROTOCOL_VERSION, "agents": listed})


async def run_agent(request: Request) -> Response:
    """``POST /agui/{agent}``: RunAgentInput in, events out."""
    bridge = bridge_of(request)
    principal = principal_of(request)
    agent = bridge.agent(request.path_params["agent"])
    body = await read_object(request, bridge.settings.max_body_bytes)
    wanted = parse_input(body, agent=agent.name, principal=principal)
    run = await bridge.start(wanted, disconnect=wanted_disconnect(wanted), title=first_words(wanted.messages))
    return stream(request, run)


def stream(request: Request, run: Run, *, after: int = 0) -> RunStream:
    """A run as server-sent AG-UI events, numbered so that a dropped stream can be taken up again."""
    headers = named(run.request.thread_id, run.id)
    keep_alive = bridge_of(request).settings.keep_alive
    return RunStream(run, SSEEncoder(numbered=True), after=after, keep_alive=keep_alive, headers=headers)


async def read_run(request: Request) -> Response:
    """``GET /runs/{id}/events``: the run from its first event, or after ``Last-Event-ID`` (or ``?after=``)."""
    bridge = bridge_of(request)
    run = bridge.runs.get(request.path_params["run_id"], principal_of(request))
    sent = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    if not (sent.isascii() and sent.isdigit() and len(sent) < 19):
        raise InvalidRequest(f"'Last-Event-ID' is the number of an event, not '{sent[:40]}'.", param="Last-Event-ID")
    return stream(request, run, after=int(sent))


async def stop_run(request: Request) -> Response:
    """``POST /runs/{id}/stop``: answers when the run has ended."""
    bridge = bridge_of(request)
    run = bridge.runs.get(request.path_params["run_id"], principal_of(request))
    going = not run.over
    await run.stop()
    return JSON({"stopped": going, "runId": run.id})


def routes() -> list[Route]:
    """The AG-UI routes."""
    return [
        *both("/agui", list_agents, ["GET"]),
        *both("/agui/{agent}", run_agent, ["POST"]),
        *both("/runs/{run_id}/events", read_run, ["GET"]),
        *both("/runs/{run_id}/stop", stop_run, ["POST"]),
    ]
