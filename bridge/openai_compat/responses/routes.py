"""The Responses API over HTTP."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import InvalidRequest, ThreadBusy, UnknownRun
from bridge.openai_compat.callers import caller_of, new_id
from bridge.openai_compat.completion import FoldedAnswer, PatientStream
from bridge.openai_compat.responses.completion import ResponseFolding, stored_stream
from bridge.openai_compat.responses.conversation import (
    PREFIX,
    Served,
    find_stored,
    input_tokens_of,
    response_of,
    translator_of,
)
from bridge.openai_compat.responses.encode import ResponseEncoder
from bridge.openai_compat.responses.items import estimated_tokens
from bridge.openai_compat.responses.models import Deleted, InputTokens, ItemList, ResponseBody, ResponseObject
from bridge.openai_compat.responses.pages import page_of
from bridge.openai_compat.responses.serving import parse, serve
from bridge.runs.run import Run
from bridge.service import Bridge
from bridge.storage.responses import StoredResponse
from bridge.web.callers import principal_of
from bridge.web.dialect import Operation
from bridge.web.http import JSON, bridge_of, named, read_number, read_object
from bridge.web.stream import RunStream


async def create_response(request: Request) -> Response:
    """``POST /v1/responses``."""
    bridge = bridge_of(request)
    principal_of(request)  # nothing of a body is looked at before its sender is known
    served, run = await serve(request, await read_object(request, bridge.settings.max_body_bytes))
    return _answer(bridge, served, run)


def _answer(bridge: Bridge, served: Served, run: Run) -> Response:
    settings, headers = bridge.settings, named(run.request.thread_id, run.id)
    translator = served.translator()
    keep_alive = settings.keep_alive
    if served.request.chat.stream and served.request.background:  # its id first: it can be read again
        return RunStream(run, ResponseEncoder(translator), keep_alive=keep_alive, headers=headers)
    if served.request.chat.stream:
        encoder = ResponseEncoder(translator)
        return PatientStream(run, encoder, patience=settings.patience, keep_alive=keep_alive, headers=headers)
    if served.request.background:
        return JSON(served.head, headers=headers)
    return FoldedAnswer(run, ResponseFolding(translator), headers=headers)


async def _stored(request: Request) -> StoredResponse:
    return await find_stored(bridge_of(request), request.path_params["response_id"], principal_of(request))


def _run_of(bridge: Bridge, stored: StoredResponse) -> Run | None:
    """Its run, where it goes on in this process."""
    try:
        key = stored.thread
        run = bridge.runs.get(stored.id.removeprefix(PREFIX), key.principal, key.agent)
    except UnknownRun:
        return None
    return None if run.over else run


async def read_response(request: Request) -> Response:
    """``GET /v1/responses/{id}``: the object; with ``stream=true`` its events, those above ``starting_after``."""
    bridge = bridge_of(request)
    query = request.query_params
    streams = query.get("stream", "false").lower()
    if streams not in ("true", "false"):
        raise InvalidRequest(f"'stream' must be 'true' or 'false', not {streams[:40]!r}.", param="stream")
    after = -1
    if "starting_after" in query:
        if streams != "true":
            raise InvalidRequest("'starting_after' needs 'stream=true'.", param="starting_after")
        after = read_number(query["starting_after"], low=0, high=2**53, param="starting_after")
    stored = await _stored(request)
    if streams == "false":
        return JSON(response_of(stored))
    run = _run_of(bridge, stored) if stored.events is None else None
    headers = named(stored.thread.thread_id, stored.id.removeprefix(PREFIX))
    keep_alive = bridge.settings.keep_alive
    if run is None:
        return stored_stream(bridge, stored, after, keep_alive)
    encoder = ResponseEncoder(translator_of(stored), starting_after=after)
    return RunStream(run, encoder, keep_alive=keep_alive, headers=headers)


async def delete_response(request: Request) -> Response:
    """``DELETE /v1/responses/{id}``: stops it, if it goes on, and deletes it."""
    bridge = bridge_of(request)
    stored = await _stored(request)
    run = _run_of(bridge, stored)
    await bridge.responses.delete(stored.id, stored.thread.principal)
    if run is not None:
        await run.stop()
    return JSON({"id": stored.id, "object": "response", "deleted": True})


async def cancel_response(request: Request) -> Response:
    """``POST /v1/responses/{id}/cancel``: stops a response that is made in the background."""
    bridge = bridge_of(request)
    stored = await _stored(request)
    if not stored.head["background"]:
        raise InvalidRequest("Only a response that was made with 'background' can be cancelled.", param="response_id")
    run = _run_of(bridge, stored)
    if run is not None:
        await run.stop()
        stored = await _stored(request)
    elif stored.events is None and not stored.lost:
        raise ThreadBusy("Another process of this server makes that response; only that one can cancel it.")
    return JSON(response_of(stored))


async def list_input_items(request: Request) -> Response:
    """``GET /v1/responses/{id}/input_items``: what the response was given."""
    stored = await _stored(request)
    return JSON(page_of(stored.items, request.query_params))


async def count_input_tokens(request: Request) -> Response:
    """``POST /v1/responses/input_tokens``: how many tokens an input takes, near enough."""
    bridge = bridge_of(request)
    principal_of(request)
    wanted, previous = await parse(request, await read_object(request, bridge.settings.max_body_bytes), new_id())
    bridge.agent_name(wanted.chat.model)
    before: list[dict[str, Any]] = []
    if previous is not None:
        there = await bridge.read(previous.thread, checkpoint_id=previous.checkpoint_id)
        before = there.messages
    elif wanted.conversation is not None:
        caller = caller_of(request, wanted.chat)
        before = (await bridge.read(caller.thread(wanted.conversation))).messages
    counted = estimated_tokens(*input_tokens_of(wanted, before))
    return JSON({"object": "response.input_tokens", "input_tokens": counted})


async def refuse_compact(request: Request) -> Response:
    """``POST /v1/responses/compact``: not served; an agent's thread keeps itself short."""
    principal_of(request)
    raise InvalidRequest("'/v1/responses/compact' is not served: an agent's thread holds what its graph keeps in it.")


OPERATIONS = (
    Operation("POST", "/v1/responses", create_response, takes=ResponseBody, gives=ResponseObject),
    Operation(
        "POST", "/v1/responses/input_tokens", count_input_tokens, takes=ResponseBody, gives=InputTokens, right="read"
    ),
    Operation("POST", "/v1/responses/compact", refuse_compact, gives=dict[str, Any], right="read"),
    Operation(
        "GET",
        "/v1/responses/{response_id}",
        read_response,
        gives=ResponseObject,
        query=("stream", "starting_after", "include", "include_obfuscation"),
        right="read",
    ),
    Operation("DELETE", "/v1/responses/{response_id}", delete_response, gives=Deleted, right="manage"),
    Operation("POST", "/v1/responses/{response_id}/cancel", cancel_response, gives=ResponseObject),
    Operation(
        "GET",
        "/v1/responses/{response_id}/input_items",
        list_input_items,
        gives=ItemList,
        query=("after", "limit", "order", "include"),
        right="read",
    ),
)
"""What the OpenAI dialect serves of the Responses API."""
