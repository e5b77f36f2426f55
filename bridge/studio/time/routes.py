"""Checkpoints of a thread: its history, its state at each, forks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from bridge.agents.rewindable import Checkpoint, Rewindable, Snapshot
from bridge.errors import InvalidRequest, UnknownThread, json_kind
from bridge.runs.request import checked_id
from bridge.storage.threads import Thread
from bridge.web.callers import principal_of
from bridge.web.dialect import Operation
from bridge.web.http import JSON, bridge_of, read_number, read_object

_FRESH = {"Cache-Control": "no-store"}


class History(TypedDict):
    """A page of checkpoints, latest first. ``next``: what ``before`` has to be for older ones, where there are."""

    checkpoints: list[Checkpoint]
    next: str | None


class Fork(TypedDict, total=False):
    """What to fork. ``values``: instead of those at the checkpoint. ``asNode``: the node that would have written them.

    ``threadId``: of the new thread; by default one is made up.
    """

    checkpoint: str
    values: dict[str, Any]
    asNode: str
    threadId: str


class Edit(TypedDict, total=False):
    """What to change in a thread. ``checkpoint``: by default its latest."""

    values: dict[str, Any]
    checkpoint: str
    asNode: str


class Changed(TypedDict):
    """A thread, and how it is now."""

    threadId: str
    agent: str
    state: Snapshot


async def _thread(request: Request) -> tuple[Thread, Rewindable]:
    """The caller's thread in the path, and its agent. Raises `UnknownThread`, `InvalidRequest`."""
    bridge = bridge_of(request)
    named = request.query_params.get("agent")
    agents = [bridge.agent_name(named)] if named else bridge.names
    thread = await bridge.index.holder(request.path_params["thread_id"], agents=agents, principal=principal_of(request))
    agent = bridge.agent(thread.agent)
    if not isinstance(agent, Rewindable):
        raise InvalidRequest(f"The agent '{thread.agent}' keeps no checkpoints that can be read.", param="agent")
    return thread, agent


async def read_history(request: Request) -> Response:
    """A thread's checkpoints over all its branches, latest first."""
    thread, agent = await _thread(request)
    query = request.query_params
    limit = read_number(query.get("limit", "50"), low=1, high=200, param="limit")
    before = checked_id(query["before"], "before") if query.get("before") else None
    found = await agent.history(thread.key, limit=limit + 1, before=before)
    page: History = {"checkpoints": found[:limit], "next": found[limit - 1]["id"] if len(found) > limit else None}
    return JSON(page, headers=_FRESH)


async def read_state(request: Request) -> Response:
    """A thread's state, now or at a checkpoint."""
    thread, agent = await _thread(request)
    wanted = request.query_params.get("checkpoint")
    found = await agent.at(thread.key, checked_id(wanted, "checkpoint") if wanted else None)
    if found is None:
        raise UnknownThread(f"The thread has no checkpoint '{(wanted or '')[:60]}'.")
    return JSON(found, headers=_FRESH)


async def fork_thread(request: Request) -> Response:
    """Begin a new thread at a checkpoint of this one, changed or not. Nothing runs yet; ``next`` says what will."""
    thread, agent = await _thread(request)
    bridge = bridge_of(request)
    body = await read_object(request, bridge.settings.max_body_bytes)
    checkpoint, values, as_node = _id(body, "checkpoint"), _values(body), _id(body, "asNode")
    if checkpoint is None:
        raise InvalidRequest("'checkpoint' is missing.", param="checkpoint")
    new = thread.key._replace(thread_id=_id(body, "threadId") or uuid.uuid4().hex)
    await bridge.check_quota(new.principal)
    async with bridge.hold(new) as held:
        if held.thread is not None:
            raise InvalidRequest("There is a thread of this id already.", param="threadId")
        try:
            made = await agent.fork(thread.key, checkpoint, new, values=values, as_node=as_node)
        except BaseException:
            await bridge.agent(thread.agent).forget(new)
            raise
        opened = await bridge.index.open(
            new.thread_id, agent=new.agent, principal=new.principal, title=thread.title, listed=thread.listed
        )
        if thread.aliases:
            await bridge.index.touch(opened, aliases=thread.aliases)
    return _changed(made, new.thread_id, thread.agent)


async def edit_thread(request: Request) -> Response:
    """Change a thread's state: a new checkpoint, which is the latest from now on. Nothing runs yet."""
    thread, agent = await _thread(request)
    bridge = bridge_of(request)
    body = await read_object(request, bridge.settings.max_body_bytes)
    values = _values(body)
    if not values:
        raise InvalidRequest("'values' is missing.", param="values")
    await bridge.check_quota(thread.principal)
    async with bridge.hold(thread.key):
        made = await agent.edit(thread.key, _id(body, "checkpoint"), values, as_node=_id(body, "asNode"))
    return _changed(made, thread.id, thread.agent)


def _id(body: Mapping[str, Any], name: str) -> str | None:
    return None if body.get(name) is None else checked_id(body[name], name)


def _values(body: Mapping[str, Any]) -> dict[str, Any]:
    values = body.get("values")
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InvalidRequest(f"'values' must be an object, not {json_kind(values)}.", param="values")
    return values


def _changed(made: Snapshot, thread_id: str, agent: str) -> Response:
    changed: Changed = {"threadId": thread_id, "agent": agent, "state": made}
    return JSON(changed, headers=_FRESH)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/threads/{thread_id}/history",
        read_history,
        gives=History,
        query=("agent", "limit", "before"),
        right="read",
    ),
    Operation(
        "GET", "/threads/{thread_id}/state", read_state, gives=Snapshot, query=("agent", "checkpoint"), right="read"
    ),
    Operation(
        "POST", "/threads/{thread_id}/fork", fork_thread, takes=Fork, gives=Changed, query=("agent",), right="manage"
    ),
    Operation(
        "POST", "/threads/{thread_id}/state", edit_thread, takes=Edit, gives=Changed, query=("agent",), right="manage"
    ),
)
