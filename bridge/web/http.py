"""What every route needs of HTTP: a JSON body read once and bounded, ids for answers, errors as JSON."""

from __future__ import annotations

import logging
import re
import time
import urllib.parse
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.errors import AgentFailure, BridgeError, InvalidRequest, RateLimited, RequestTooLarge, json_kind
from bridge.json import MAX_DEPTH, JSONDecodeError, NestedTooDeep, dumps, loads
from bridge.observe.logging import request_id
from bridge.service import Bridge

logger = logging.getLogger("bridge.http")

Endpoint = Callable[[Request], Awaitable[Response]]

_SAFE_ID = re.compile(r"^[\w.:-]{1,128}$")


def bridge_of(request: Request) -> Bridge:
    """The bridge that serves this request."""
    bridge: Bridge = request.app.state.bridge
    return bridge


def named(thread_id: str, run_id: str) -> dict[str, str]:
    """The headers that name a run and its thread.

    Ids are the client's own, any text: what a header cannot hold is percent-encoded (`thread_named` reads it back).
    """
    return {"X-Thread-Id": _quote(thread_id), "X-Run-Id": _quote(run_id)}


def thread_named(request: Request) -> str | None:
    """The thread that the request's ``X-Thread-Id`` names."""
    sent = request.headers.get("x-thread-id")
    return urllib.parse.unquote_to_bytes(sent.encode("latin-1")).decode("utf-8", "replace") if sent else None


def _quote(identity: str) -> str:
    return urllib.parse.quote(identity, safe="!#$&'()*+,/:;=?@[]~", errors="replace")


async def read_json(request: Request, limit: int) -> Any:
    """The body as JSON. Raises `RequestTooLarge` beyond ``limit`` bytes, `InvalidRequest` for what is not JSON."""
    declared = request.headers.get("content-length", "")
    if _is_number(declared) and int(declared) > limit:
        raise RequestTooLarge(f"The body has {declared} bytes; at most {limit} are taken.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise RequestTooLarge(f"The body has more than {limit} bytes.")
    if not body:
        raise InvalidRequest("The body is empty; a JSON object was expected.")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    try:
        return loads(body)
    except NestedTooDeep:
        raise InvalidRequest(f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    except JSONDecodeError as error:
        raise InvalidRequest(f"The body is not JSON: {error}.") from None


def _is_number(text: str) -> bool:
    """Whether ``int`` reads it, and at once: "²" is a digit to ``isdigit`` alone, and 5,000 digits are refused."""
    return text.isascii() and text.isdigit() and len(text) < _LONGEST


_LONGEST = 19  # digits


def read_number(text: str, *, low: int, high: int, param: str) -> int:
    """A whole number in a query. Raises `InvalidRequest`."""
    if not _is_number(text) or not low <= int(text) <= high:
        raise InvalidRequest(f"'{param}' must be a number from {low} to {high}, not '{text[:40]}'.", param=param)
    return int(text)


async def read_object(request: Request, limit: int) -> dict[str, Any]:
    """The body as a JSON object. Raises what `read_json` raises, and `InvalidRequest` for another kind of value."""
    body = await read_json(request, limit)
    if not isinstance(body, dict):
        raise InvalidRequest(f"A JSON object was expected, not {json_kind(body)}.")
    return body


class JSON(Response):
    """A JSON answer; Cyrillic as UTF-8."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The body."""
        return dumps(content)


def error_response(error: BridgeError) -> JSON:
    """An error as its status and OpenAI envelope: all dialects' clients show the message."""
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, RateLimited) else None
    return JSON(error.envelope(), status_code=error.status, headers=headers)


class RequestIds:
    """Gives every request an id (its own, where the client sent one that is fit for a log) and logs its end.

    With ``anywhere`` every answer says that any origin may read it, also those to requests that name no origin.
    """

    def __init__(self, app: ASGIApp, *, anywhere: bool = False) -> None:
        self._app = app
        self._anywhere = anywhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        identity = sent if _SAFE_ID.match(sent) else uuid.uuid4().hex
        token = request_id.set(identity)
        begun = time.perf_counter()
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = identity
                if self._anywhere:
                    headers.setdefault("Access-Control-Allow-Origin", "*")
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        finally:
            took = round((time.perf_counter() - begun) * 1000, 1)
            logger.info("%s %s %s", scope["method"], scope["path"], status, extra={"ms": took})
            request_id.reset(token)


class Faults:
    """Says every error as JSON, inside CORS, so that a browser may read it. The log has the traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
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
            await error_response(error)(scope, receive, send)
        except Exception:
            logger.exception("request failed")
            if started:
                raise
            await error_response(AgentFailure("The server failed; its log says why."))(scope, receive, send)
