"""The runtime's operations on threads: list, messages, state, rename, archive, delete. One function each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.copilotkit.replay import messages_for
from bridge.errors import InvalidRequest, json_kind
from bridge.storage.threads import Position, Thread
from bridge.web.callers import principal_of
from bridge.web.http import JSON, bridge_of, read_number


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
    principal, agent = principal_of(request), bridge.agent_name(query.get("agentId") or query.get("agent"))
    limit, cursor = read_number(query.get("limit", "50"), low=1, high=200, param="limit"), query.get("cursor")
    found = await bridge.index.list(
        agent=agent,
        principal=principal,
        limit=limit + 1,
        before=_position(cursor) if cursor else None,
        archived=query.get("includeArchived") == "true",
    )
    page = found[:limit]
    more = _cursor(page[-1]) if len(found) > len(page) else None
    return JSON({"threads": [_shown(thread) for thread in page], "nextCursor": more})


def _cursor(last: Thread) -> str:
    return f"{last.updated_at!r}~{last.key.stored_id}"


def _position(cursor: str) -> Position:
    moment, _, key = cursor.partition("~")
    try:
        if "\0" in key:  # PostgreSQL has none
            raise ValueError
        return Position(float(moment), key)
    except ValueError:
        raise InvalidRequest("'cursor' must be a 'nextCursor' of an earlier page.", param="cursor") from None


async def _thread(request: Request, agent_id: Any) -> Thread:
    """The caller's thread in the path: of the agent that is named (also by ``?agent=``), else of the only one with it.

    Raises `UnknownThread`, and `InvalidRequest` where more than one agent has a thread of this id.
    """
    if agent_id is not None and not isinstance(agent_id, str):
        raise InvalidRequest(f"'agentId' must be a string, not {json_kind(agent_id)}.", param="agentId")
    bridge = bridge_of(request)
    named = agent_id or request.query_params.get("agentId") or request.query_params.get("agent")
    agents = [bridge.agent_name(named)] if named else bridge.names
    return await bridge.index.holder(request.path_params["thread_id"], agents=agents, principal=principal_of(request))


async def read_messages(request: Request) -> Response:
    """A thread's messages."""
    thread = await _thread(request, None)
    held = await bridge_of(request).read(thread.key)
    return JSON({"messages": messages_for(held.messages, None)})


async def read_state(request: Request) -> Response:
    """A thread's state."""
    thread = await _thread(request, None)
    held = await bridge_of(request).read(thread.key)
    return JSON({"state": held.state})


async def change_thread(request: Request, body: Mapping[str, Any], *, archived: bool | None = None) -> Response:
    """Rename a thread (``name``), archive it or bring it back (``archived``)."""
    thread = await _thread(request, body.get("agentId"))
    name = body.get("name")
    if name is not None and (not isinstance(name, str) or not 0 < len(name.strip()) <= 200 or "\0" in name):
        raise InvalidRequest("'name' must be a string of 1 to 200 characters, none of them NUL.", param="name")
    wanted = body.get("archived", archived)
    title = None if name is None else name.strip()
    changed = await bridge_of(request).index.touch(
        thread, title=title, archived=wanted if isinstance(wanted, bool) else None, at=thread.updated_at
    )
    return JSON({**_shown(changed), "thread": _shown(changed)})


async def delete_thread(request: Request, body: Mapping[str, Any]) -> Response:
    """Delete a thread: its run, its messages, its place in the list."""
    thread = await _thread(request, body.get("agentId"))
    await bridge_of(request).forget(thread.key)
    return JSON({"deleted": True, "id": thread.id})
