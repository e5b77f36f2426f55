"""Run what a chat request asks for, and answer it in the form that its address has: streamed, or as one object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import InvalidRequest
from bridge.events.event import Event
from bridge.events.messages import first_words
from bridge.openai_compat.callers import caller_of, new_id
from bridge.openai_compat.completion import Completion, PatientStream
from bridge.openai_compat.conversation import Caller, Found, asked_of, begin_run, events_of, find_places, remember
from bridge.openai_compat.encode import ChunkEncoder
from bridge.openai_compat.questions import conversation_language
from bridge.openai_compat.requests import ChatRequest
from bridge.openai_compat.shown_tools import Form
from bridge.openai_compat.to_chunks import AguiToChunks
from bridge.runs.request import ShownAs
from bridge.runs.run import Run
from bridge.service import Bridge, Held
from bridge.web.callers import caller_of as principal_with_claims
from bridge.web.http import bridge_of, named, thread_named


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What becomes of the chunks: how they are encoded, and what is made of their fold (``None``: nothing else)."""

    encoder: Callable[..., ChunkEncoder] = ChunkEncoder
    whole: Callable[[dict[str, Any]], dict[str, Any]] | None = None


CHAT = AnswerForm()


async def complete(
    request: Request, chat: ChatRequest, *, stream: bool | None = None, form: AnswerForm = CHAT
) -> Response:
    """Run what a chat request asks for, and answer as it asks (or as ``stream`` says). Raises `BridgeError`."""
    bridge = bridge_of(request)
    caller = caller_of(request, chat)
    check_tools(bridge, caller.agent, chat)
    streamed = chat.stream if stream is None else stream
    start = partial(begin, request, chat, caller, whole=not streamed)
    find = partial(find_places, bridge, chat, caller, header=thread_named(request))
    run = await begin_run(bridge, chat, caller, start, find)
    settings = bridge.settings
    show = form_of(chat.tools_shown or settings.show_tools, request)
    translator = chunks_of(run, chat, caller.agent, settings.reasoning_field, whole=not streamed, show=show)
    headers = named(run.request.thread_id, run.id)
    if streamed:
        encoder = form.encoder(translator, include_usage=chat.include_usage)
        return PatientStream(run, encoder, patience=settings.patience, keep_alive=settings.keep_alive, headers=headers)
    return Completion(run, translator, headers=headers, form=form.whole)


def check_tools(bridge: Bridge, agent: str, chat: ChatRequest, *, at: str = "tools[{}].function.name") -> None:
    """Raises `InvalidRequest` for a client's tool that has the name of one of the agent's own.

    A call of that name would be run by both. ``at``: where the request has a tool's name.
    """
    if bridge.settings.same_name_tools == "client":
        return
    own = bridge.agent(agent).describe().tools
    for index, tool in enumerate(chat.tools):
        if tool["name"] in own:
            raise InvalidRequest(
                f"The agent '{agent}' has a tool '{tool['name'][:60]}' of its own; give yours another name.",
                param=at.format(index),
            )


def form_of(wanted: ShownAs, request: Request) -> Form | None:
    """How the server's tools are shown. Open WebUI folds blocks; it names itself in its headers, where it may."""
    if wanted == "hide":
        return None
    if wanted != "show":
        return wanted
    return "details" if any(name.startswith("x-openwebui-") for name in request.headers) else "reasoning"


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
    show: Form | None = None,
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
        show=show,
    )
