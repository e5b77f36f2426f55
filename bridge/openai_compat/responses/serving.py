"""From the body of a request for a response to its run, whether the body came over HTTP or over a WebSocket."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import HTTPConnection

from bridge.errors import InvalidRequest, NotStored, UnknownPreviousResponse
from bridge.openai_compat.callers import caller_of, new_id
from bridge.openai_compat.responses.body import ResponsesRequest, head_of, parse_response_request
from bridge.openai_compat.responses.conversation import PREFIX, Served, begin_response, find_stored, items_named
from bridge.openai_compat.responses.items import references
from bridge.openai_compat.serving import check_tools
from bridge.runs.run import Run
from bridge.storage.responses import StoredResponse
from bridge.web.bodies import aside
from bridge.web.callers import caller_of as principal_with_claims
from bridge.web.callers import principal_of
from bridge.web.http import bridge_of, thread_named

Kept = Mapping[str, StoredResponse]
"""Responses that are known beside those in the storage, by their ids."""


async def parse(
    connection: HTTPConnection, body: Mapping[str, Any], run_id: str, kept: Kept | None = None
) -> tuple[ResponsesRequest, StoredResponse | None]:
    """The request, and the response that it goes on from. Raises `InvalidRequest`."""
    bridge, principal = bridge_of(connection), principal_of(connection)
    known = await items_named(bridge, references(body.get("input")), principal)
    wanted = await aside(connection, parse_response_request, body, base=run_id, known=known, new_id=new_id)
    if wanted.previous is None:
        return wanted, None
    if kept is not None and wanted.previous in kept:
        return wanted, kept[wanted.previous]
    try:
        return wanted, await find_stored(bridge, wanted.previous, principal)
    except NotStored:
        raise UnknownPreviousResponse(
            f"Previous response with id '{wanted.previous[:100]}' not found.", param="previous_response_id"
        ) from None


async def serve(
    connection: HTTPConnection,
    body: Mapping[str, Any],
    *,
    kept: Kept | None = None,
    keep: Callable[[StoredResponse], None] | None = None,
) -> tuple[Served, Run]:
    """Begin the run of a response. ``keep`` gets it when it has ended, stored or not. Raises `BridgeError`."""
    bridge, run_id = bridge_of(connection), new_id()
    wanted, previous = await parse(connection, body, run_id, kept)
    caller = caller_of(connection, wanted.chat)
    if previous is not None and wanted.chat.model is None:
        caller = caller_of(connection, wanted.chat, agent=previous.thread.agent)
    if previous is not None and previous.thread.agent != caller.agent:
        raise InvalidRequest(
            f"That response is of '{previous.thread.agent}'; '{caller.agent}' cannot go on from it.", param="model"
        )
    check_tools(bridge, caller.agent, wanted.chat, at="tools[{}].name")
    head = head_of(wanted, response_id=PREFIX + run_id, model=caller.agent, created_at=int(time.time()))
    served = Served(wanted, caller, head, run_id, keep=keep)
    principal = principal_with_claims(connection)
    run = await begin_response(bridge, served, header=thread_named(connection), principal=principal, previous=previous)
    return served, run
