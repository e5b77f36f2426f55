"""A request's body: within a time, bounded in bytes, count and depth, and read without holding the event loop.

A large body is parsed and validated beside the loop (`bridge.aside`). Within one call of a C function the loop cannot
go on: `max_values` bounds what such a call may find.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ParamSpec, Self, TypeVar

from starlette.requests import HTTPConnection, Request
from starlette.types import Message, Receive, Scope

from bridge import aside as beside
from bridge.errors import InvalidRequest, RateLimited, RequestTimeout, RequestTooLarge, UnsupportedBody, json_kind
from bridge.json import MAX_DEPTH, JSONDecodeError, NestedTooDeep, loads
from bridge.service import Bridge
from bridge.settings import Settings

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

LARGE = 64 * 1024
"""A body of more bytes is parsed in a thread."""

_SLICE = 64 * 1024
_LONGEST = 19  # digits of a length

REST = 64 * 1024 * 1024
"""Bytes of a body that was refused which are received and dropped before the answer."""

REST_SECONDS = 10.0
"""Seconds that this may take at most."""

_SIZE = "bridge.body_size"
_COUNTED = ("messages", "input", "items", "tools", "context", "resume")


class Body:
    """A request's ``receive`` that knows whether there is more of the body.

    A server that has answered closes the connection on a client that still sends. The client's system then drops the
    answer with the connection ("connection reset", "broken pipe"), so the rest of the body is received first, within
    `REST` bytes and some seconds.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        sent = dict(scope["headers"])
        self._receive = receive
        self._touched = False
        self._waits = sent.get(b"expect", b"").lower() == b"100-continue"
        length = sent.get(b"content-length", b"")
        declared = int(length) if length.isdigit() and len(length) < _LONGEST else 0
        self.over = declared > REST or (declared == 0 and not _has_no_length(scope, sent))
        """Whether nothing more comes, or too much to wait for."""

    async def __call__(self) -> Message:
        """The next message."""
        self._touched = True
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self.over = True
        return message

    async def drain(self, seconds: float = REST_SECONDS) -> None:
        """Receive the rest, for so long. A client that waits to be asked for its body is not asked."""
        if self._waits and not self._touched:
            return
        left = REST
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while left > 0 and not self.over:
                    left -= len((await self()).get("body", b""))


def _has_no_length(scope: Scope, sent: Mapping[bytes, bytes]) -> bool:
    """Whether a body comes whose size is not known. In HTTP/2 no header says so (RFC 9113, 8.1)."""
    if b"content-length" in sent:
        return False
    later = scope.get("http_version", "1.1") >= "2" and scope["method"] not in ("GET", "HEAD", "OPTIONS")
    return later or b"transfer-encoding" in sent


async def read_json(request: Request, limit: int | None = None, *, optional: bool = False) -> Any:
    """The body as JSON, of at most ``limit`` bytes (the settings'). ``optional``: without one, an empty object.

    Raises `RequestTooLarge`, `RequestTimeout`, `UnsupportedBody`, `InvalidRequest` for what is not JSON, and
    `RateLimited` where too many large bodies come in at once.
    """
    settings = _settings_of(request)
    with Place(request.app.state.bodies, settings.body_memory_bytes) as place:
        body = await _read(request, settings, settings.max_body_bytes if limit is None else limit, place)
        request.scope[_SIZE] = len(body)
        if not body and optional:
            return {}
        if not body:
            raise InvalidRequest("The body is empty; a JSON object was expected.")
        return await aside(request, parse_json, body, settings)


async def read_object(request: Request, limit: int | None = None, *, optional: bool = False) -> dict[str, Any]:
    """The body as a JSON object, as `read_json` reads it; `InvalidRequest` for another kind of value too."""
    return checked_object(await read_json(request, limit, optional=optional), _settings_of(request))


async def read_text(connection: HTTPConnection, text: str) -> dict[str, Any]:
    """The same for a message of a WebSocket. Its server bounds its size."""
    settings = _settings_of(connection)
    if len(text) > settings.max_body_bytes:
        raise RequestTooLarge(f"A message may have at most {settings.max_body_bytes} characters.")
    written = bytearray(text, "utf-8", "surrogatepass")
    connection.scope[_SIZE] = len(written)
    return checked_object(await aside(connection, parse_json, written, settings), settings)


def checked_object(body: Any, settings: Settings) -> dict[str, Any]:
    """A body as a JSON object within the settings' bounds. Raises `InvalidRequest`, `RequestTooLarge`."""
    if not isinstance(body, dict):
        raise InvalidRequest(f"A JSON object was expected, not {json_kind(body)}.")
    for held in (body, body.get("body")):  # an envelope has its own
        if isinstance(held, Mapping):
            check_counts(held, settings)
    return body


async def aside(
    request: HTTPConnection, work: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Do this work on the body that was read: beside the loop, where the body is large."""
    return await beside.aside_if(request.scope.get(_SIZE, 0) > LARGE, work, *args, **kwargs)


def _settings_of(request: HTTPConnection) -> Settings:
    bridge: Bridge = request.app.state.bridge
    return bridge.settings


class Bodies:
    """The bytes of all large bodies that are being received or parsed, of this application."""

    def __init__(self) -> None:
        self.held = 0


class Place:
    """What one body holds of them. Who waits for others could be kept waiting by a client that sends a byte a second,
    so nobody waits: a large body that finds no room is refused, and its client tries again. One alone always has room.
    """

    def __init__(self, bodies: Bodies, limit: int) -> None:
        self._bodies = bodies
        self._limit = limit
        self._held = 0

    def hold(self, size: int) -> None:
        """The body has so many bytes now. Raises `RateLimited`."""
        if size <= LARGE:
            return
        others = self._bodies.held - self._held
        if others and others + size > self._limit:
            raise RateLimited("Too many large requests come in at once (body_memory_bytes).", retry_after=1)
        self._bodies.held = others + size
        self._held = size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._bodies.held -= self._held
        self._held = 0


async def _read(request: Request, settings: Settings, limit: int, place: Place) -> bytearray:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", ""):
        raise UnsupportedBody(
            f"'Content-Encoding: {encoding[:40]}' is not taken: send the body as it is.", param="Content-Encoding"
        )
    declared = request.headers.get("content-length", "")
    if is_number(declared) and int(declared) > limit:
        raise RequestTooLarge(f"The body has {declared} bytes; at most {limit} are taken (max_body_bytes).")
    body = bytearray()
    try:
        async with asyncio.timeout(settings.body_timeout):
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    raise RequestTooLarge(f"The body has more than {limit} bytes (max_body_bytes).")
                place.hold(len(body))
    except TimeoutError:
        raise RequestTimeout(
            f"The body did not come within {settings.body_timeout:g} seconds (body_timeout)."
        ) from None
    return body


def is_number(text: str) -> bool:
    """Whether ``int`` reads it, and at once: "²" is a digit to ``isdigit`` alone, and 5,000 digits are refused."""
    return text.isascii() and text.isdigit() and len(text) < _LONGEST


def parse_json(body: bytearray, settings: Settings) -> Any:
    """A body's JSON, or that of a string in it, within the bounds. Raises `InvalidRequest`, `RequestTooLarge`."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    if len(body) > settings.max_values:
        values, depth = count_values(body, settings.max_values)
        if values > settings.max_values:
            if depth > settings.max_depth:
                raise _too_deep(settings.max_depth)
            raise RequestTooLarge(f"The body has more than {settings.max_values} values (max_values).")
    try:
        value = loads(body)
    except NestedTooDeep:
        raise _too_deep(min(MAX_DEPTH, settings.max_depth)) from None
    except JSONDecodeError as error:
        raise InvalidRequest(f"The body is not JSON: {error}.") from None
    if settings.max_depth < MAX_DEPTH and _is_deeper(value, settings.max_depth):
        raise _too_deep(settings.max_depth)
    return value


def _too_deep(limit: int) -> InvalidRequest:
    return InvalidRequest(f"The body is nested deeper than {limit} levels (max_depth).")


def _is_deeper(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        inner: list[Any] = []
        for held in level:
            if isinstance(held, dict):
                inner += held.values()
            elif isinstance(held, list):
                inner += held
        if not inner:
            return False
        level = inner
    return any(isinstance(held, dict | list) for held in level)


def count_values(body: bytes | bytearray, limit: int) -> tuple[int, int]:
    """How many values and keys a JSON text has, and how deep it is where the counting ends: soon after ``limit``.

    Every value but the first comes after a comma, a colon or an opening bracket. What stands within strings does not
    count, and where not even all of it together would be too many nothing is looked at.
    """
    values = 1 + sum(body.count(mark) for mark in (b",", b":", b"[", b"{"))
    if values <= limit:
        return values, 0
    values, depth, inside = 1, 0, False
    # without escapes, what is between two quotation marks is a string
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    for start in range(0, len(plain), _SLICE):
        for piece in plain[start : start + _SLICE].split(b'"'):
            if not inside:
                values += len(piece) - len(piece.translate(None, b",:[{"))
                depth += len(piece.translate(None, b"]}")) - len(piece.translate(None, b"[{"))
            inside = not inside
        inside = not inside  # a slice's last piece goes on in the next one
        if values > limit:
            break
    return values, depth


def check_counts(body: Mapping[str, Any], settings: Settings) -> None:
    """Raises `RequestTooLarge` for more messages, tools or the like than the settings allow."""
    for name in _COUNTED:
        items = body.get(name)
        setting = "max_messages" if name in ("messages", "input", "items") else "max_tools"
        limit: int = getattr(settings, setting)
        if isinstance(items, list) and len(items) > limit:
            raise RequestTooLarge(
                f"'{name}' has {len(items)} entries; at most {limit} are taken ({setting}).", param=name
            )
