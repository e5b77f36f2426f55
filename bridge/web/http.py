"""What every route needs of HTTP: ids for answers, numbers in queries, errors as JSON. Bodies: `bridge.web.bodies`."""

from __future__ import annotations

import logging
import re
import time
import urllib.parse
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.errors import (
    AgentFailure,
    BridgeError,
    InvalidKey,
    InvalidRequest,
    RateLimited,
    RequestTimeout,
    StorageFailure,
    UpstreamRateLimited,
)
from bridge.json import dumps
from bridge.observe.logging import request_id
from bridge.service import Bridge
from bridge.web.bodies import REST_SECONDS, Body, is_number, read_json, read_object
from bridge.web.limits import ANSWER_HEADERS

__all__ = [
    "JSON",
    "bridge_of",
    "error_response",
    "model_named",
    "named",
    "read_json",
    "read_number",
    "read_object",
    "thread_named",
]

logger = logging.getLogger("bridge.http")

Endpoint = Callable[[Request], Awaitable[Response]]

TIMING = "bridge.timing"
"""Where a request's scope names the header in which its answer says how many milliseconds went by before it began."""

_LEFT = 499  # nginx's status for a client that has left
_SAFE_ID = re.compile(r"[\w.:-]{1,128}", re.ASCII)


def bridge_of(request: HTTPConnection) -> Bridge:
    """The bridge that serves this request."""
    bridge: Bridge = request.app.state.bridge
    return bridge


def named(thread_id: str, run_id: str) -> dict[str, str]:
    """The headers that name a run and its thread.

    Ids are the client's own, any text: what a header cannot hold is percent-encoded (`thread_named` reads it back).
    """
    return {"X-Thread-Id": _quote(thread_id), "X-Run-Id": _quote(run_id)}


def thread_named(request: HTTPConnection) -> str | None:
    """The thread that the request's ``X-Thread-Id`` names."""
    sent = request.headers.get("x-thread-id")
    return urllib.parse.unquote_to_bytes(sent.encode("latin-1")).decode("utf-8", "replace") if sent else None


def model_named(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """The body with the model that the path names, where it names one: Azure's clients have a deployment there."""
    named_in_path = request.path_params.get("model")
    return body if named_in_path is None else {**body, "model": named_in_path}


def _quote(identity: str) -> str:
    return urllib.parse.quote(identity, safe="!#$&'()*+,/:;=?@[]~", errors="replace")


def read_number(text: str, *, low: int, high: int, param: str) -> int:
    """A whole number in a query. Raises `InvalidRequest`."""
    if not is_number(text) or not low <= int(text) <= high:
        raise InvalidRequest(f"'{param}' must be a number from {low} to {high}, not '{text[:40]}'.", param=param)
    return int(text)


class JSON(Response):
    """A JSON answer; Cyrillic as UTF-8."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """UTF-8 bytes, by `bridge.json.dumps`."""
        return dumps(content)


def error_response(error: BridgeError) -> JSON:
    """An error as its status and OpenAI envelope: all dialects' clients show the message."""
    return JSON(error.envelope(), status_code=error.status, headers=error_headers(error))


def error_headers(error: BridgeError) -> dict[str, str]:
    """The headers of an error's answer, in any dialect. OpenAI's SDKs obey ``x-should-retry``."""
    if error.retry is not None:
        return {"x-should-retry": str(error.retry).lower()}
    match error:
        case RateLimited() | UpstreamRateLimited():
            return {"Retry-After": str(error.retry_after)}
        case StorageFailure():
            return {"Retry-After": "5"}
        case InvalidKey():
            return {"WWW-Authenticate": 'Bearer realm="bridge"'}  # RFC 9110, 11.6.1: a 401 has one
        case RequestTimeout():
            return {"Connection": "close"}  # the rest of the body may still come
        case _:
            return {}


class RequestIds:
    """Gives every request an id (its own, where the client sent one that is fit for a log) and logs its end.

    An answer that comes before its request's body waits for the rest of it (`Body.drain`). A client that has left
    before there was an answer gets 499 all the same: Starlette's ``BaseHTTPMiddleware`` takes no answer for a fault.

    With ``anywhere`` every answer says that any origin may read it, also those to requests that name no origin.
    ``body_timeout``: seconds in which a body has to be there; the rest of one that was refused gets no more either.
    """

    def __init__(self, app: ASGIApp, *, anywhere: bool = False, body_timeout: float = REST_SECONDS) -> None:
        self._app = app
        self._rest_seconds = min(body_timeout, REST_SECONDS)
        self._anywhere = anywhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        identity = sent if _SAFE_ID.fullmatch(sent) else uuid.uuid4().hex
        token = request_id.set(identity)
        begun = time.perf_counter()
        status = 0
        body = Body(scope, receive)

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                if not body.over and message["status"] != RequestTimeout.status:
                    await body.drain(self._rest_seconds)
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = identity
                for name, value in scope.get(ANSWER_HEADERS, {}).items():
                    headers[name] = value
                if timing := scope.get(TIMING):
                    headers[timing] = str(round((time.perf_counter() - begun) * 1000))
                if self._anywhere:
                    headers.setdefault("Access-Control-Allow-Origin", "*")
            await send(message)

        try:
            await self._app(scope, body, send_named)
            if not status:
                with suppress(OSError):
                    await Response(status_code=_LEFT)(scope, receive, send_named)
        finally:
            took = round((time.perf_counter() - begun) * 1000, 1)
            logger.info("%s %s %s", scope["method"], scope["path"], status, extra={"ms": took})
            request_id.reset(token)


class Faults:
    """Says every error as JSON, inside CORS, so that a browser may read it. The log has the traceback.

    An error before a WebSocket was accepted is its refusal, with the error's status; later nobody could read it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            return
        except BridgeError as error:
            if started:
                raise
            await refuse(error_response(error), scope, receive, send)
        except Exception:
            logger.exception("request failed")
            if started:
                raise
            await refuse(error_response(AgentFailure("The server failed; its log says why.")), scope, receive, send)


async def refuse(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, or refuse a WebSocket that was not accepted.

    An ASGI server that cannot send a response in place of one sends 403 for a close.
    """
    if scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
        await answer(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008})
