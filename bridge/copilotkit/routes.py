"""The CopilotKit runtime over HTTP: REST and single endpoint, at its own address and at the one people already have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bridge.copilotkit import runtime
from bridge.copilotkit.envelope import Call, is_graphql, read_call
from bridge.copilotkit.sentences import OLD_CLIENT, language_of, sentence
from bridge.errors import ClientError, InvalidRequest
from bridge.http import JSON, both, bridge_of, read_object

BASES = ("/api/copilotkit", "/api/copilotkit-streaming")
"""Where the runtime is served."""

Operation = Callable[[Request, dict[str, Any]], Awaitable[Response]]


async def read_body(request: Request) -> dict[str, Any]:
    """The caller's key is checked, then the body is read."""
    bridge = bridge_of(request)
    bridge.principal(request)
    return await read_object(request, bridge.settings.max_body_bytes)


async def read_optional(request: Request) -> dict[str, Any]:
    """A body that may be missing (DELETE, stop)."""
    bridge = bridge_of(request)
    bridge.principal(request)
    return await read_object(request, bridge.settings.max_body_bytes) if await _has_body(request) else {}


async def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def plainly(operation: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Errors of the request as a plain sentence: the page shows the body of an HTTP error as it is."""

    async def endpoint(request: Request) -> Response:
        try:
            return await operation(request)
        except ClientError as error:
            language = language_of(request.headers.get("accept-language"))
            return PlainTextResponse(sentence(error.code, error.message, language), error.status)

    return endpoint


async def perform(request: Request, call: Call) -> Response:
    """One call of the single endpoint."""
    match call.method:
        case "info":
            return runtime.info(request)
        case "agent/run":
            return await runtime.run(request, call.param("agentId"), call.body)
        case "agent/connect":
            return await runtime.connect(request, call.param("agentId"), call.body)
        case "agent/suggest":
            return await runtime.suggest(request, call.param("agentId"), call.body)
        case _:
            return await runtime.stop(request, call.param("agentId"), call.param("threadId"), call.body)


def old_client(request: Request) -> Response:
    """The GraphQL error for CopilotKit up to 1.10: any other answer shows "[Network] No Content"."""
    message = OLD_CLIENT[language_of(request.headers.get("accept-language"))]
    return JSON({"data": None, "errors": [{"message": message, "extensions": {"code": "OLD_CLIENT"}}]})


async def single(request: Request) -> Response:
    """``POST {runtimeUrl}``: the single endpoint."""
    body = await read_body(request)
    if is_graphql(body, request.headers):
        return old_client(request)
    call = read_call(body)
    if call is None:
        raise InvalidRequest("'method' is missing: a CopilotKit envelope was expected.", param="method")
    return await perform(request, call)


async def _info(request: Request) -> Response:
    return runtime.info(request)


async def _run(request: Request) -> Response:
    return await runtime.run(request, request.path_params["agent"], await read_body(request))


async def _connect(request: Request) -> Response:
    return await runtime.connect(request, request.path_params["agent"], await read_body(request))


async def _suggest(request: Request) -> Response:
    return await runtime.suggest(request, request.path_params["agent"], await read_body(request))


async def _stop(request: Request) -> Response:
    path = request.path_params
    return await runtime.stop(request, path["agent"], path["thread_id"], await read_optional(request))


async def _change(request: Request) -> Response:
    return await runtime.change_thread(request, await read_body(request))


async def _archive(request: Request) -> Response:
    return await runtime.change_thread(request, await read_optional(request), archived=True)


async def _delete(request: Request) -> Response:
    return await runtime.delete_thread(request, await read_optional(request))


def routes() -> list[Route]:
    """The runtime's routes, below each of `BASES`; the second's own POST belongs to `addresses`."""
    found: list[Route] = []
    for base in BASES:
        found += [
            *both(f"{base}/info", plainly(_info), ["GET"]),
            *both(f"{base}/agent/{{agent}}/run", plainly(_run), ["POST"]),
            *both(f"{base}/agent/{{agent}}/connect", plainly(_connect), ["POST"]),
            *both(f"{base}/agent/{{agent}}/suggest", plainly(_suggest), ["POST"]),
            *both(f"{base}/agent/{{agent}}/stop/{{thread_id}}", plainly(_stop), ["POST"]),
            *both(f"{base}/threads", plainly(runtime.list_threads), ["GET"]),
            *both(f"{base}/threads/{{thread_id}}/messages", plainly(runtime.read_messages), ["GET"]),
            *both(f"{base}/threads/{{thread_id}}/state", plainly(runtime.read_state), ["GET"]),
            *both(f"{base}/threads/{{thread_id}}/archive", plainly(_archive), ["POST"]),
            *both(f"{base}/threads/{{thread_id}}", plainly(_change), ["PATCH"]),
            *both(f"{base}/threads/{{thread_id}}", plainly(_delete), ["DELETE"]),
        ]
    return [*both(BASES[0], plainly(single), ["POST"]), *found]
