"""The runtime's operations on runs: run, connect, stop, suggest. One function each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.agents.base import ThreadState
from bridge.agui.encode import SSEEncoder
from bridge.agui.requests import parse_input, wanted_disconnect
from bridge.copilotkit.info import describe
from bridge.copilotkit.replay import before_run, stored
from bridge.errors import RateLimited, ThreadBusy
from bridge.events.event import Event
from bridge.events.messages import first_words
from bridge.runs.request import RunRequest, ThreadKey
from bridge.runs.run import Run
from bridge.service import Bridge
from bridge.web import sse
from bridge.web.bodies import aside
from bridge.web.callers import caller_of, principal_of
from bridge.web.http import JSON, bridge_of, named
from bridge.web.sentences import NOTHING_TO_STOP, language_of
from bridge.web.stream import RunStream

SUGGEST_TOOL = "copilotkitSuggest"


def info(request: Request) -> Response:
    """Who is served."""
    bridge = bridge_of(request)
    principal_of(request)
    return JSON(describe([bridge.agent(name).describe() for name in bridge.names]))


async def run(request: Request, agent_id: str, body: Mapping[str, Any]) -> Response:
    """Run the agent. The run goes on when the page is closed or reloaded: stopping it has its own operation."""
    bridge = bridge_of(request)
    wanted = await _parse(request, agent_id, body)
    if wanted.ephemeral:
        return _stream(request, await bridge.start(wanted, caller=caller_of(request)))
    try:
        begun = await bridge.start(
            wanted,
            disconnect=wanted_disconnect(wanted) or "continue",
            title=first_words(wanted.messages),
            caller=caller_of(request),
        )
    except (ThreadBusy, RateLimited) as error:
        # an error of the run, not of the request: the page shows this one's message and that one's raw body
        return _events(request, [{"type": "RUN_ERROR", "message": error.message, "code": error.code}])
    return _stream(request, begun)


async def suggest(request: Request, agent_id: str, body: Mapping[str, Any]) -> Response:
    """Suggestions: a run beside the thread, of which nothing is stored."""
    wanted = await _parse(request, agent_id, body)
    forced = {"tool_choice": {"type": "function", "function": {"name": SUGGEST_TOOL}}}
    if any(tool["name"] == SUGGEST_TOOL for tool in wanted.tools):
        wanted = replace(wanted, model_settings={**forced, **wanted.model_settings})
    begun = await bridge_of(request).start(replace(wanted, ephemeral=True), caller=caller_of(request))
    return _stream(request, begun)


async def connect(request: Request, agent_id: str, body: Mapping[str, Any]) -> Response:
    """Open a thread: what is stored of it, then the run that is going, to its end; nothing for a new one."""
    bridge = bridge_of(request)
    wanted = await _parse(request, agent_id, body)
    thread, going = await _now(bridge, wanted.thread)
    version = wanted.protocol_version
    if going is not None:
        earlier = before_run(thread, going)
        prefix = stored(earlier, wanted.thread_id, f"{going.id}:before", version)
        return _stream(request, going, prefix=prefix)
    if not thread.exists:
        return Response(b"", headers=sse.HEADERS)
    return _events(request, stored(thread, wanted.thread_id, f"{wanted.run_id}:stored", version))


async def _now(bridge: Bridge, key: ThreadKey) -> tuple[ThreadState, Run | None]:
    """What a thread holds, and the run that goes on in it.

    A run that begins or ends while the thread is read is followed: its journal has what the reading may have missed.
    Only when one ended and another began, the thread is read again.
    """
    while True:
        before = _going(bridge, key)
        thread = await bridge.read(key)
        after = _going(bridge, key)
        if before is None or after is None or before is after:
            return thread, after or before


def _going(bridge: Bridge, thread: ThreadKey) -> Run | None:
    """The run that goes on in a thread; one that only has its place yet may still be refused."""
    run = bridge.runs.of_thread(thread)
    return run if run is not None and run.begun else None


async def stop(request: Request, agent_id: str, thread_id: str, body: Mapping[str, Any]) -> Response:
    """Stop a thread's run (or, with a ``runId``, that run only) in the graph; answers when it has ended."""
    bridge = bridge_of(request)
    going = _going(bridge, ThreadKey(principal_of(request), bridge.agent_name(agent_id), thread_id))
    wanted = body.get("runId")
    if going is None or (wanted is not None and going.id != wanted):
        language = language_of(request.headers.get("accept-language"))
        return JSON({"stopped": False, "message": NOTHING_TO_STOP[language]})
    await going.stop()
    return JSON({"stopped": True, "threadId": thread_id, "runId": going.id})


async def _parse(request: Request, agent_id: str, body: Mapping[str, Any]) -> RunRequest:
    bridge = bridge_of(request)
    principal = principal_of(request)
    wanted = await aside(request, parse_input, body, agent=bridge.agent_name(agent_id), principal=principal)
    # clients without the suggest operation send such runs to `run`, on throw-away threads, several at once
    suggesting = any(tool["name"] == SUGGEST_TOOL for tool in wanted.tools)
    forced = wanted.model_settings.get("tool_choice")
    named = forced.get("function", {}).get("name") if isinstance(forced, Mapping) else None
    return replace(wanted, ephemeral=True) if suggesting and named == SUGGEST_TOOL else wanted


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language"))


def _stream(request: Request, run: Run, *, prefix: list[Event] | None = None) -> Response:
    encoder = SSEEncoder(language=_language(request))
    before = encoder.encode_all(prefix or [], 1)
    keep_alive = bridge_of(request).settings.keep_alive
    headers = named(run.request.thread_id, run.id)
    return RunStream(run, encoder, keep_alive=keep_alive, headers=headers, before=before)


def _events(request: Request, events: list[Event]) -> Response:
    return Response(SSEEncoder(language=_language(request)).encode_all(events, 1), headers=sse.HEADERS)
