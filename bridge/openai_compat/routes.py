"""The OpenAI API over HTTP: chat completions and models; responses and conversations have routes of their own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.events.event import Event
from bridge.events.messages import first_words
from bridge.openai_compat.callers import caller_of, new_id
from bridge.openai_compat.completion import Completion, PatientStream
from bridge.openai_compat.conversation import Caller, Found, asked_of, begin_run, events_of, find_places, remember
from bridge.openai_compat.conversations.routes import OPERATIONS as CONVERSATIONS
from bridge.openai_compat.encode import ChunkEncoder
from bridge.openai_compat.models import ChatAnswer, ChatBody
from bridge.openai_compat.questions import conversation_language
from bridge.openai_compat.requests import ChatRequest, parse_chat
from bridge.openai_compat.responses.routes import OPERATIONS as RESPONSES
from bridge.openai_compat.to_chunks import INTERRUPT_TOOL, AguiToChunks
from bridge.runs.run import Run
from bridge.service import Held
from bridge.web.bodies import aside
from bridge.web.callers import caller_of as principal_with_claims
from bridge.web.callers import principal_of
from bridge.web.dialect import Dialect, Operation
from bridge.web.http import JSON, bridge_of, named, read_object, thread_named


async def chat_completions(request: Request) -> Response:
    """``POST /v1/chat/completions``."""
    bridge = bridge_of(request)
    principal_of(request)  # nothing of a body is looked at before its sender is known
    body = await read_object(request, bridge.settings.max_body_bytes)
    return await complete(request, await aside(request, parse_chat, body, new_id))


async def complete(request: Request, chat: ChatRequest, *, stream: bool | None = None) -> Response:
    """Run what a chat request asks for, and answer as it asks (or as ``stream`` says)."""
    bridge = bridge_of(request)
    caller = caller_of(request, chat)
    streamed = chat.stream if stream is None else stream
    start = partial(begin, request, chat, caller, whole=not streamed)
    find = partial(find_places, bridge, chat, caller, header=thread_named(request))
    run = await begin_run(bridge, chat, caller, start, find)
    settings = bridge.settings
    translator = chunks_of(run, chat, caller.agent, settings.reasoning_field, whole=not streamed)
    headers = named(run.request.thread_id, run.id)
    if streamed:
        encoder = ChunkEncoder(translator, include_usage=chat.include_usage)
        return PatientStream(run, encoder, patience=settings.patience, keep_alive=settings.keep_alive, headers=headers)
    return Completion(run, translator, headers=headers)


async def begin(request: Request, chat: ChatRequest, caller: Caller, found: Found, held: Held, *, whole: bool) -> Run:
    """Start the run; when it ends, the history it makes is remembered as this thread's.

    ``whole``: the client gets the answer in one piece, which may be less than the stream has.
    """
    bridge = bridge_of(request)
    wanted = found.request(chat, caller, run_id=new_id(), thread_id=found.thread_id or new_id())

    async def after(run: Run, ending: list[Event]) -> None:
        translator = chunks_of(run, chat, caller.agent, bridge.settings.reasoning_field, extension=False, whole=whole)
        events = [*events_of(run), *ending]
        await remember(bridge, chat=chat, caller=caller, found=found, run=run, events=events, translator=translator)

    return await bridge.start(
        wanted,
        events=found.events(wanted),
        disconnect=chat.disconnect,
        title=first_words(chat.messages),
        listed=found.named,
        after=after,
        held=held,
        caller=principal_with_claims(request),
        asked=await asked_of(chat, caller, found, wanted.thread_id),
    )


def chunks_of(
    run: Run,
    chat: ChatRequest,
    model: str,
    reasoning_field: str,
    *,
    extension: bool | None = None,
    whole: bool = False,
) -> AguiToChunks:
    """The translator for one reader of a run."""
    return AguiToChunks(
        id=f"chatcmpl-{run.id}",
        model=model,
        created=int(run.started_at),
        client_tools=[tool["name"] for tool in chat.tools],
        extension=chat.extension if extension is None else extension,
        reasoning_field=reasoning_field,
        interrupts=chat.interrupts,
        language=conversation_language(chat.messages),
        whole=whole,
    )


async def list_models(request: Request) -> Response:
    """``GET /v1/models``: the agents."""
    bridge = bridge_of(request)
    principal_of(request)
    return JSON({"object": "list", "data": [_model(name) for name in bridge.names]})


async def read_model(request: Request) -> Response:
    """``GET /v1/models/{id}``: one agent."""
    bridge = bridge_of(request)
    principal_of(request)
    return JSON(_model(bridge.agent_name(request.path_params["model"])))


_STARTED = int(time.time())


def _model(name: str) -> Mapping[str, Any]:
    return {"id": name, "object": "model", "created": _STARTED, "owned_by": "bridge"}


DIALECT = Dialect(
    name="openai",
    operations=(
        Operation("POST", "/v1/chat/completions", chat_completions, takes=ChatBody, gives=ChatAnswer),
        *RESPONSES,
        *CONVERSATIONS,
        Operation("GET", "/v1/models", list_models, gives=dict[str, Any], right="read"),
        Operation("GET", "/v1/models/{model}", read_model, gives=dict[str, Any], right="read"),
    ),
)

__all__ = ["DIALECT", "INTERRUPT_TOOL", "complete"]
