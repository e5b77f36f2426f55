"""The AI SDK over HTTP: chat, resume, stop, and a thread's messages."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bridge.ai_sdk.body import Major, UiChat, major_of, parse_ui_chat
from bridge.ai_sdk.encode import UiEncoder
from bridge.ai_sdk.messages import ui_messages
from bridge.ai_sdk.to_parts import AguiToUiParts
from bridge.errors import BridgeError
from bridge.openai_compat.callers import caller_of, new_id
from bridge.openai_compat.conversation import Place, begin_run, find_places
from bridge.openai_compat.questions import conversation_language
from bridge.openai_compat.serving import begin, check_tools
from bridge.runs.request import ThreadKey
from bridge.runs.run import Run
from bridge.service import Bridge
from bridge.storage.threads import Turn
from bridge.web.bodies import aside
from bridge.web.callers import principal_of
from bridge.web.dialect import Dialect, Operation
from bridge.web.http import JSON, bridge_of, error_headers, named, read_object
from bridge.web.sentences import language_of, sentence
from bridge.web.stream import RunStream

VERSION = "x-ai-sdk-version"
"""The header in which a page may say which AI SDK it has."""


async def chat(request: Request) -> Response:
    """``POST /api/chat`` and ``/api/chat/{agent}``: a turn of a chat, as a UI message stream."""
    bridge = bridge_of(request)
    principal_of(request)
    body = await read_object(request, bridge.settings.max_body_bytes)
    wanted = await aside(request, parse_ui_chat, body, new_id, header=request.headers.get(VERSION))
    agent = request.path_params.get("agent") or wanted.chat.model
    caller = caller_of(request, wanted.chat, agent=bridge.agent_name(agent))
    check_tools(bridge, caller.agent, wanted.chat, at="tools[{}].name")
    if wanted.answers:
        find = partial(_at_the_end, wanted)
    else:
        find = partial(find_places, bridge, wanted.chat, caller, header=None)
    start = partial(begin, request, wanted.chat, caller, whole=False)
    run = await begin_run(bridge, wanted.chat, caller, start, find)
    translator = AguiToUiParts(
        client_tools=[tool["name"] for tool in wanted.chat.tools],
        major=wanted.major,
        continues=wanted.continues,
        known_calls=wanted.known_calls,
        language=conversation_language(wanted.chat.messages),
    )
    return _stream(bridge, run, translator)


async def _at_the_end(wanted: UiChat) -> list[Place]:
    """The answers to what the thread waits for, where it stands now."""
    new = list(wanted.answers)
    turn = Turn(wanted.chat_id, None)
    return [Place(wanted.chat_id, new, named=True, turn=turn, known=True), Place(wanted.chat_id, new, named=True)]


def _stream(bridge: Bridge, run: Run, translator: AguiToUiParts) -> Response:
    headers = named(run.request.thread_id, run.id)
    return RunStream(run, UiEncoder(translator), keep_alive=bridge.settings.keep_alive, headers=headers)


def _version(request: Request) -> Major:
    """The AI SDK that asks, where the request has no body."""
    return major_of(request.query_params.get("sdk"), request.headers.get(VERSION))


def _going(request: Request) -> tuple[Bridge, Run | None]:
    """The run that goes on in the chat that the path names."""
    bridge = bridge_of(request)
    agent = bridge.agent_name(request.path_params.get("agent"))
    thread = ThreadKey(principal_of(request), agent, request.path_params["chat"])
    return bridge, bridge.runs.of_thread(thread)


async def resume(request: Request) -> Response:
    """``GET /api/chat/{chat}/stream``: the answer that is being given, from its beginning; 204 where none is."""
    bridge, run = _going(request)
    if run is None:
        return Response(status_code=204)
    return _stream(bridge, run, AguiToUiParts(client_tools=run.request.client_tools, major=_version(request)))


async def stop(request: Request) -> Response:
    """``DELETE /api/chat/{chat}/stream``: stops the answer that is being given, if one is."""
    _, run = _going(request)
    if run is not None:
        await run.stop()
    return JSON({"stopped": run is not None})


async def read_messages(request: Request) -> Response:
    """``GET /api/chat/{chat}/messages``: what a page begins with: the chat's messages, and what it is asked."""
    bridge = bridge_of(request)
    agent = bridge.agent_name(request.path_params.get("agent"))
    thread = ThreadKey(principal_of(request), agent, request.path_params["chat"])
    found = await bridge.read(thread)
    major = _version(request)
    return JSON(await aside(request, partial(ui_messages, major=major), found.messages, found.interrupts))


def refuse(request: Request, error: BridgeError) -> Response:
    """An error of the request: the page shows the body as it is, so it is one plain sentence."""
    message = sentence(error.code, error.message, language_of(request.headers.get("accept-language")))
    return PlainTextResponse(message, error.status, error_headers(error))


def _operations(base: str) -> tuple[Operation, ...]:
    return (
        Operation("POST", base, chat, takes=dict[str, Any], gives=dict[str, Any], streams=True),
        Operation("GET", f"{base}/{{chat}}/stream", resume, gives=dict[str, Any], streams=True, right="read"),
        Operation("DELETE", f"{base}/{{chat}}/stream", stop, gives=dict[str, bool]),
        Operation("GET", f"{base}/{{chat}}/messages", read_messages, gives=list[dict[str, Any]], right="read"),
    )


DIALECT = Dialect(
    name="ai_sdk",
    operations=(*_operations("/api/chat"), *_operations("/api/chat/{agent}")),
    refuse=refuse,
    cors_headers=("x-vercel-ai-ui-message-stream",),
)
