"""The CopilotKit runtime over HTTP: REST and single endpoint, at its own address and at the one people already have."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from ag_ui.core import Event as EventModel
from ag_ui.core import RunAgentInput
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match
from starlette.types import Message

from bridge.copilotkit import operations as runtime
from bridge.copilotkit import threads
from bridge.copilotkit.envelope import Call, is_graphql, read_call
from bridge.copilotkit.graphql import routes as graphql
from bridge.errors import BridgeError, InvalidRequest
from bridge.json import dumps
from bridge.web.callers import principal_of, require
from bridge.web.dialect import Dialect, Operation
from bridge.web.http import JSON, bridge_of, error_headers, read_object
from bridge.web.sentences import language_of, sentence

BASES = ("/api/copilotkit", "/api/copilotkit-streaming")
"""Where the runtime is served."""

Answer = dict[str, Any]
"""A JSON object."""


async def read_body(request: Request) -> dict[str, Any]:
    """The caller's key is checked, then the body is read."""
    bridge = bridge_of(request)
    principal_of(request)
    return await read_object(request, bridge.settings.max_body_bytes)


async def read_optional(request: Request) -> dict[str, Any]:
    """A body that may be missing (DELETE, stop)."""
    bridge = bridge_of(request)
    principal_of(request)
    return await read_object(request, bridge.settings.max_body_bytes, optional=True)


def refuse(request: Request, error: BridgeError) -> Response:
    """An error of the request, as the page can show it.

    Of a run the page shows the body as it is: one plain sentence. Of ``/info`` and the like (which do not ask for an
    event stream) it shows a JSON object's ``message``; other clients find OpenAI's ``error`` beside it.
    """
    if graphql.speaks_graphql(request):
        return graphql.refuse(request, error)
    message = sentence(error.code, error.message, language_of(request.headers.get("accept-language")))
    headers = error_headers(error)
    if "text/event-stream" in request.headers.get("accept", ""):
        return PlainTextResponse(message, error.status, headers)
    return JSON({"message": message, **error.envelope()}, status_code=error.status, headers=headers)


async def perform(request: Request, call: Call) -> Response:
    """One call of the single endpoint."""
    if call.method != "resource/request":  # the route that it names has its own
        require(request, "read" if call.method in ("info", "agent/connect") else "run")
    match call.method:
        case "info":
            return runtime.info(request)
        case "agent/run":
            return await runtime.run(request, call.param("agentId"), call.body)
        case "agent/connect":
            return await runtime.connect(request, call.param("agentId"), call.body)
        case "agent/suggest":
            return await runtime.suggest(request, call.param("agentId"), call.body)
        case "resource/request":
            return await _resource(request, call)
        case _:
            return await runtime.stop(request, call.param("agentId"), call.param("threadId"), call.body)


async def _resource(request: Request, call: Call) -> Response:
    """An operation on threads in an envelope: what its REST path answers, where only one address can be reached."""
    try:
        target = urlsplit(call.param("path"))
    except ValueError:  # "//[": an address that is none
        raise InvalidRequest("'params.path' is no path.", param="params.path") from None
    body = dumps(call.body) if call.body else b""
    kept = [(name, value) for name, value in request.scope["headers"] if name not in _FRAMING]
    scope = {
        **request.scope,
        "method": call.param("httpMethod").upper(),
        "path": request.scope.get("root_path", "") + BASES[0] + unquote(target.path),
        "query_string": target.query.encode(),
        "headers": [*kept, (b"content-length", str(len(body)).encode())],
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    for route in _THREADS:
        match, found = route.matches(scope)
        if match is Match.FULL:
            answer: Response = await route.endpoint(Request({**scope, **found}, receive))
            return answer
    raise InvalidRequest(f"'{target.path[:80]}' is no path of the threads.", param="params.path")


_FRAMING = (b"content-length", b"transfer-encoding")


async def single(request: Request) -> Response:
    """``POST {runtimeUrl}``: the single endpoint, and GraphQL for CopilotKit up to 1.10."""
    body = await read_body(request)
    if is_graphql(body, request.headers):
        return await graphql.answer(request, body)
    call = read_call(body)
    if call is None:
        raise InvalidRequest("'method' is missing: a CopilotKit envelope was expected.", param="method")
    return await perform(request, call)


async def _info(request: Request) -> Response:
    """Who is served."""
    return runtime.info(request)


async def _run(request: Request) -> Response:
    """Run the agent."""
    return await runtime.run(request, request.path_params["agent"], await read_body(request))


async def _connect(request: Request) -> Response:
    """Open a thread: what is stored of it, then the run that is going."""
    return await runtime.connect(request, request.path_params["agent"], await read_body(request))


async def _suggest(request: Request) -> Response:
    """Suggestions, of which nothing is stored."""
    return await runtime.suggest(request, request.path_params["agent"], await read_body(request))


async def _stop(request: Request) -> Response:
    """Stop a thread's run."""
    path = request.path_params
    return await runtime.stop(request, path["agent"], path["thread_id"], await read_optional(request))


async def _change(request: Request) -> Response:
    """Rename a thread, archive it or bring it back."""
    return await threads.change_thread(request, await read_body(request))


async def _archive(request: Request) -> Response:
    """Archive a thread."""
    return await threads.change_thread(request, await read_optional(request), archived=True)


async def _delete(request: Request) -> Response:
    """Delete a thread."""
    return await threads.delete_thread(request, await read_optional(request))


def _thread_operations(base: str) -> list[Operation]:
    """The operations on threads, below ``base``."""
    one, agent = f"{base}/threads/{{thread_id}}", ("agentId", "agent")
    page = (*agent, "limit", "cursor", "includeArchived")
    return [
        Operation("GET", f"{base}/threads", threads.list_threads, gives=Answer, query=page, right="read"),
        Operation("GET", f"{one}/messages", threads.read_messages, gives=Answer, query=agent, right="read"),
        Operation("GET", f"{one}/state", threads.read_state, gives=Answer, query=agent, right="read"),
        Operation("POST", f"{one}/archive", _archive, gives=Answer, query=agent, right="manage"),
        Operation("PATCH", one, _change, takes=Answer, gives=Answer, query=agent, right="manage"),
        Operation("DELETE", one, _delete, gives=Answer, query=agent, right="manage"),
    ]


def _operations(base: str) -> list[Operation]:
    agent = f"{base}/agent/{{agent}}"
    return [
        Operation("GET", f"{base}/info", _info, gives=Answer, right="read"),
        Operation("POST", f"{agent}/run", _run, takes=RunAgentInput, gives=EventModel, streams=True),
        Operation(
            "POST", f"{agent}/connect", _connect, takes=RunAgentInput, gives=EventModel, streams=True, right="read"
        ),
        Operation("POST", f"{agent}/suggest", _suggest, takes=RunAgentInput, gives=EventModel, streams=True),
        Operation("POST", f"{agent}/stop/{{thread_id}}", _stop, gives=Answer),
        *_thread_operations(base),
    ]


DIALECT = Dialect(
    name="copilotkit",
    operations=(
        # the second address's own POST belongs to `bridge.addresses`, which serves several languages there
        Operation("POST", BASES[0], single, takes=Answer, gives=Answer, right=None),
        *(operation for base in BASES for operation in _operations(base)),
    ),
    refuse=refuse,
)
_THREADS = Dialect("copilotkit threads", _thread_operations(BASES[0]), refuse).routes()
