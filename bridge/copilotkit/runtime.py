"""The runtime's operations: run, connect, stop, suggest, and the threads. One function each, over runs and threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge import sse
from bridge.agui.encode import SSEEncoder
from bridge.agui.events import Event
from bridge.agui.requests import first_words, parse_input, wanted_disconnect
from bridge.copilotkit.info import describe
from bridge.copilotkit.replay import before_run, spoken, stored
from bridge.copilotkit.sentences import NOTHING_TO_STOP, language_of, sentence
from bridge.errors import InvalidRequest, RateLimited, ThreadBusy, UnknownThread
from bridge.http import JSON, bridge_of
from bridge.request import RunRequest
from bridge.runs import Run
from bridge.streaming import RunStream
from bridge.threads import Thread

SUGGEST_TOOL = "copilotkitSuggest"


class PlainEncoder(SSEEncoder):
    """AG-UI events for a CopilotKit page: an error is a sentence in the page's language."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def encode(self, event: Event, number: int | None = None) -> bytes:
        """One frame."""
        if event["type"] == "RUN_ERROR":
            event = event | {"message": sentence(event.get("code"), event["message"], self._language)}
        return super().encode(event, number)


def info(request: Request) -> Response:
    """Who is served."""
    bridge = bridge_of(request)
    bridge.principal(request)
    return JSON(describe([bridge.agent(name) for name in bridge.names]))


async def run(request: Request, agent_id: str, body: Mapping[str, Any]) -> Response:
    """Run the agent. The run goes on when the page is closed or reloaded: stopping it has its own operation."""
    bridge = bridge_of(request)
    wanted = _parse(request, agent_id, body)
    if wanted.ephemeral:
        return _stream(request, await bridge.start(wanted))
    try:
        begun = await bridge.start(
            wanted, disconnect=wanted_disconnect(wanted) or "continue", title=first_words(wanted.messages)
        )
    except (ThreadBusy, RateLimited) as error:
        # an error of the run, not of the request: the page shows this one's message and that one's raw body
        return _events(request, [{"type": "RUN_ERROR", "message": error.message, "code": error.code}])
    return _stream(request, begun)


async def suggest(request: Request, agent_id: str, body: Mapping[str, Any]) -> Response:
    """Suggestions: a run beside the thread, of which nothing is stored."""
    wanted = replace(_parse(request, agent_id, body), ephemeral=True)
    return _stream(request, await bridge_of(request).start(wanted))


async def connect(request: Request, agent_id: str, body: Mapping[str, Any]) -> Response:
    """Open a thread: what is stored of it, then the run that is going, to its end; nothing for a new one."""
    bridge = bridge_of(request)
    wanted = _parse(request, agent_id, body)
    thread = await bridge.read(wanted.agent, wanted.thread_id, wanted.principal)
    going = bridge.runs.of_thread(wanted.thread_id)
    if going is not None and going.request.principal != wanted.principal:
        raise UnknownThread(f"No thread '{wanted.thread_id}' is known.")
    version = wanted.protocol_version
    if going is not None:
        earlier = before_run(thread, going.request, going.log.after(going.log.first - 1))
        prefix = stored(earlier, wanted.thread_id, f"{going.id}:before", version)
        return _stream(request, going, prefix=prefix)
    if not thread.exists:
        return Response(b"", headers=sse.HEADERS)
    return _events(request, stored(thread, wanted.thread_id, f"{wanted.run_id}:stored", version))


async def stop(request: Request, agent_id: str, thread_id: str, body: Mapping[str, Any]) -> Response:
    """Stop a thread's run (or, with a ``runId``, that run only) in the graph; answers when it has ended."""
    bridge = bridge_of(request)
    agent, principal = bridge.agent(agent_id), bridge.principal(request)
    going = bridge.runs.of_thread(thread_id)
    named = body.get("runId")
    mine = going is not None and going.request.principal == principal and going.request.agent == agent.name
    if going is None or not mine or (named is not None and going.id != named):
        language = language_of(request.headers.get("accept-language"))
        return JSON({"stopped": False, "message": NOTHING_TO_STOP[language]})
    await going.stop()
    return JSON({"stopped": True, "threadId": thread_id, "runId": going.id})


def _parse(request: Request, agent_id: str, body: Mapping[str, Any]) -> RunRequest:
    bridge = bridge_of(request)
    principal = bridge.principal(request)
    wanted = parse_input(body, agent=bridge.agent(agent_id).name, principal=principal)
    # clients without the suggest operation send such runs to `run`, on throw-away threads, several at once
    suggesting = any(tool["name"] == SUGGEST_TOOL for tool in wanted.tools)
    forced = wanted.model_settings.get("tool_choice")
    named = forced.get("function", {}).get("name") if isinstance(forced, Mapping) else None
    return replace(wanted, ephemeral=True) if suggesting and named == SUGGEST_TOOL else wanted


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language"))


def _stream(request: Request, run: Run, *, prefix: list[Event] | None = None) -> Response:
    encoder = PlainEncoder(_language(request))
    before = encoder.encode_all(prefix or [], 1)
    keep_alive = bridge_of(request).settings.keep_alive
    headers = {"X-Thread-Id": run.request.thread_id, "X-Run-Id": run.id}
    return RunStream(run, encoder, keep_alive=keep_alive, headers=headers, before=before)


def _events(request: Request, events: list[Event]) -> Response:
    return Response(PlainEncoder(_language(request)).encode_all(events, 1), headers=sse.HEADERS)


# Threads


def _shown(thread: Thread) -> dict[str, Any]:
    return {
        "id": thread.id,
        "agentId": thread.agent,
        "name": thread.title,
        "archived": thread.archived,
        "createdAt": _iso(thread.created_at),
        "updatedAt": _iso(thread.updated_at),
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


async def list_threads(request: Request) -> Response:
    """Threads of an agent, latest first; ``nextCursor`` where there are more."""
    bridge = bridge_of(request)
    query = request.query_params
    principal, agent = bridge.principal(request), bridge.agent(query.get("agentId"))
    limit, cursor = query.get("limit", "50"), query.get("cursor")
    if not limit.isdigit() or not 0 < int(limit) <= 200:
        raise InvalidRequest(f"'limit' must be a number from 1 to 200, not '{limit[:40]}'.", param="limit")
    try:
        before = float(cursor) if cursor else None
    except ValueError:
        raise InvalidRequest("'cursor' must be a 'nextCursor' of an earlier page.", param="cursor") from None
    found = await bridge.index.list(
        agent=agent.name,
        principal=principal,
        limit=int(limit) + 1,
        before=before,
        archived=query.get("includeArchived") == "true",
    )
    page = found[: int(limit)]
    more = repr(page[-1].updated_at) if len(found) > len(page) else None
    return JSON({"threads": [_shown(thread) for thread in page], "nextCursor": more})


async def _thread(request: Request, agent_id: str | None) -> Thread:
    bridge = bridge_of(request)
    thread_id, principal = request.path_params["thread_id"], bridge.principal(request)
    named = [agent_id] if agent_id is not None else bridge.names
    for name in named:
        try:
            thread = await bridge.index.find(thread_id, agent=bridge.agent(name).name, principal=principal)
        except UnknownThread:
            continue
        if thread is not None:
            return thread
    raise UnknownThread(f"No thread '{thread_id}' is known.")


async def read_messages(request: Request) -> Response:
    """A thread's messages."""
    thread = await _thread(request, request.query_params.get("agentId"))
    held = await bridge_of(request).read(thread.agent, thread.id, thread.principal)
    return JSON({"messages": spoken(held.messages, None)})


async def read_state(request: Request) -> Response:
    """A thread's state."""
    thread = await _thread(request, request.query_params.get("agentId"))
    held = await bridge_of(request).read(thread.agent, thread.id, thread.principal)
    return JSON({"state": held.state})


async def change_thread(request: Request, body: Mapping[str, Any], *, archived: bool | None = None) -> Response:
    """Rename a thread (``name``), archive it or bring it back (``archived``)."""
    thread = await _thread(request, body.get("agentId"))
    name = body.get("name")
    if name is not None and (not isinstance(name, str) or not 0 < len(name.strip()) <= 200):
        raise InvalidRequest("'name' must be a string of 1 to 200 characters.", param="name")
    wanted = body.get("archived", archived)
    title = None if name is None else name.strip()
    changed = await bridge_of(request).index.touch(
        thread, title=title, archived=wanted if isinstance(wanted, bool) else None, at=thread.updated_at
    )
    return JSON({**_shown(changed), "thread": _shown(changed)})


async def delete_thread(request: Request, body: Mapping[str, Any]) -> Response:
    """Delete a thread: its run, its messages, its place in the list."""
    thread = await _thread(request, body.get("agentId") or request.query_params.get("agentId"))
    await bridge_of(request).forget(thread.agent, thread)
    return JSON({"deleted": True, "id": thread.id})
