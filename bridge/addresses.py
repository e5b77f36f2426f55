"""The three addresses that users already have in their front ends' code."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from ag_ui.core import PROTOCOL_VERSION
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.agents.scripted import scripted
from bridge.agui.routes import stream as agui_stream
from bridge.copilotkit import rest as copilotkit
from bridge.copilotkit.envelope import is_graphql, read_call
from bridge.copilotkit.graphql.routes import answer
from bridge.copilotkit.rest import perform, read_body
from bridge.errors import BridgeError, InvalidRequest, json_kind
from bridge.events.event import text_message
from bridge.openai_compat import routes as openai
from bridge.openai_compat.callers import new_id
from bridge.openai_compat.completion import PatientStream
from bridge.openai_compat.encode import ChunkEncoder
from bridge.openai_compat.models import ChatAnswer, ChatBody
from bridge.openai_compat.requests import ChatRequest, checked_thread_id, parse_chat
from bridge.openai_compat.serving import complete
from bridge.openai_compat.to_chunks import AguiToChunks
from bridge.runs.request import RunRequest, checked_id
from bridge.web.bodies import aside
from bridge.web.callers import principal_of, require
from bridge.web.dialect import Dialect, Operation, address_of
from bridge.web.http import JSON, bridge_of, named, read_object

TEST_ANSWER = "Связь работает: мост отвечает по-русски, слово за словом."
"""The fixed answer of ``/api/test-copilotkit/``."""

_PACKAGES = ("ag-ui-protocol", "langgraph", "langchain-core", "langchain-openai", "starlette", "uvicorn")


def parse_message(body: Mapping[str, Any]) -> ChatRequest:
    """An OpenAI body, or ``{"message": "…"}`` with an optional ``model`` and ``thread_id`` (or ``threadId``)."""
    if "message" not in body or "messages" in body:
        return parse_chat(body, new_id)
    message = body["message"]
    if not isinstance(message, str) or not message.strip():
        kind = "empty" if isinstance(message, str) else json_kind(message)
        raise InvalidRequest(f"'message' must be a string with some text, not {kind}.", param="message")
    chat = {"messages": [{"role": "user", "content": message}], **{k: v for k, v in body.items() if k != "message"}}
    name = "thread_id" if "thread_id" in body else "threadId"
    thread_id = checked_thread_id(body.get(name), name)
    if thread_id is not None:
        corner = body.get("ag_ui") or {}
        # anything but an object is refused, with the rest of the body
        chat["ag_ui"] = {**corner, "thread_id": thread_id} if isinstance(corner, Mapping) else corner
    return parse_chat(chat, new_id)


async def copilotkit_streaming(request: Request) -> Response:
    """``POST /api/copilotkit-streaming/``: recognises who is calling.

    An OpenAI body (or ``{"message": "…"}``) always gets OpenAI chunks, a CopilotKit envelope the runtime's answer, a
    GraphQL body the answer for CopilotKit up to 1.10.
    """
    body = await read_body(request)
    if is_graphql(body, request.headers):
        return await answer(request, body)
    call = read_call(body)
    if call is not None:
        return await perform(request, call)
    request.state.dialect = openai.DIALECT
    require(request, "run")
    return await complete(request, await aside(request, parse_message, body), stream=True)


def _refuse(request: Request, error: BridgeError) -> Response:
    """An error in the caller's language; in words for all of them while it is not known who is calling."""
    dialect: Dialect = getattr(request.state, "dialect", copilotkit.DIALECT)
    return dialect.refuse(request, error)


async def copilotkit_adapter(request: Request) -> Response:
    """``POST /api/copilotkit-adapter/``: the same, answered as one JSON completion."""
    request.state.dialect = openai.DIALECT
    body = await read_body(request)
    return await complete(request, await aside(request, parse_message, body), stream=False)


async def what_is_served(request: Request) -> Response:
    """``GET /api/test-copilotkit/``: what is served, and with which versions."""
    bridge = bridge_of(request)
    principal_of(request)
    return JSON(
        {
            "status": "ok",
            "agents": bridge.names,
            "default_agent": bridge.names[0],
            "endpoints": sorted({address_of(route.path) for route in request.app.routes if isinstance(route, Route)}),
            "versions": {"ag_ui": PROTOCOL_VERSION, **{name: version(name) for name in _PACKAGES}},
        }
    )


async def check_wiring(request: Request) -> Response:
    """``POST /api/test-copilotkit/``: a fixed short Russian answer, word by word; no model, no database.

    OpenAI chunks, or AG-UI events for a body that is a RunAgentInput.
    """
    bridge = bridge_of(request)
    principal = principal_of(request)
    body = await read_object(request, bridge.settings.max_body_bytes)
    request.state.dialect = openai.DIALECT
    is_agui = isinstance(body.get("threadId"), str) and isinstance(body.get("runId"), str)
    wanted = RunRequest(
        agent=bridge.names[0],
        thread_id=checked_id(body["threadId"], "threadId") if is_agui else new_id(),
        run_id=checked_id(body["runId"], "runId") if is_agui else new_id(),
        principal=principal,
        ephemeral=True,
    )
    words = TEST_ANSWER.split(" ")
    pieces = [words[0], *(" " + word for word in words[1:])]
    run = await bridge.start(wanted, events=scripted(text_message(f"{wanted.run_id}:test", pieces), pace=0.02))
    if is_agui:
        return agui_stream(request, run)
    settings = bridge.settings
    translator = AguiToChunks(id=f"chatcmpl-{run.id}", model=bridge.names[0], created=int(run.started_at))
    headers = named(wanted.thread_id, run.id)
    encoder = ChunkEncoder(translator)
    return PatientStream(run, encoder, patience=0, keep_alive=settings.keep_alive, headers=headers)


DIALECT = Dialect(
    name="addresses",
    operations=(
        Operation(
            "POST",
            "/api/copilotkit-streaming",
            copilotkit_streaming,
            takes=ChatBody,
            gives=ChatAnswer,
            streams=True,
            right=None,  # as the language that the body is in says
        ),
        Operation("POST", "/api/copilotkit-adapter", copilotkit_adapter, takes=ChatBody, gives=ChatAnswer),
        Operation("GET", "/api/test-copilotkit", what_is_served, gives=dict[str, Any], right="read"),
        Operation("POST", "/api/test-copilotkit", check_wiring, gives=ChatAnswer, streams=True),
    ),
    refuse=_refuse,
)
