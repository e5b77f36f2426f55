"""The port for a client's language at the edge. An added dialect is an added folder, and one line in ``app.py``."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from bridge.errors import BridgeError
from bridge.runs.request import Right
from bridge.web.callers import require
from bridge.web.http import TIMING, error_response

_CONVERTER = re.compile(r":\w+}")


def address_of(path: str) -> str:
    """A path without the converters of its parameters."""
    return _CONVERTER.sub("}", path)


Endpoint = Callable[[Request], Awaitable[Response]]

Refusal = Callable[[Request, BridgeError], Response]
"""An error of a request, in the dialect's language."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a client can ask for.

    Attributes:
        method, path: as Starlette writes them; the path is served with and without a slash at its end, because some
            clients lose a POST's body at a redirect.
        endpoint: answers it.
        takes: the type of the request's body, for the API's description; ``None``: there is none.
        gives: the type of the answer's body, or of one event of a stream.
        streams: whether the answer is a stream of events.
        query: names of parameters in the query, all of them optional.
        also: other paths at which the same is served, for clients that look for it there. No part of the description.
        right: what the caller must be allowed to do; ``None``: the endpoint itself finds that out from the body.
    """

    method: str
    path: str
    endpoint: Endpoint
    takes: Any = None
    gives: Any = None
    streams: bool = False
    query: Sequence[str] = ()
    also: Sequence[str] = ()
    right: Right | None = "run"

    @property
    def address(self) -> str:
        """The path as OpenAPI writes it."""
        return address_of(self.path)

    @property
    def summary(self) -> str:
        """The endpoint's own first sentence."""
        return (self.endpoint.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Socket:
    """A conversation over a WebSocket. OpenAPI has no word for one, so it is no part of the description.

    Attributes:
        path, also: as those of an `Operation`.
        endpoint: speaks with one client; it accepts the connection, or refuses it in the dialect's language.
    """

    path: str
    endpoint: Callable[[WebSocket], Awaitable[None]]
    also: Sequence[str] = ()


def _refuse(request: Request, error: BridgeError) -> Response:
    del request
    return error_response(error)


@dataclass(frozen=True, slots=True)
class Dialect:
    """A client's language: what can be asked, how an error is put, which headers a browser must be let through with.

    The language of a stream is its `bridge.web.stream.Encoder`, which the operations choose by the request.
    """

    name: str
    operations: Sequence[Operation]
    refuse: Refusal = _refuse
    cors_headers: Sequence[str] = ()
    """Response headers that a page of this dialect reads, beside those that every answer has."""
    timing: str = ""
    """The header in which an answer says how many milliseconds it took to begin; empty: none does."""
    sockets: Sequence[Socket] = ()

    def socket_routes(self) -> list[WebSocketRoute]:
        """The routes of its WebSockets."""
        paths = [(path, socket) for socket in self.sockets for path in (socket.path, *socket.also)]
        return [WebSocketRoute(each, socket.endpoint) for path, socket in paths for each in (path, path + "/")]

    def routes(self) -> list[Route]:
        """The routes, each with its errors in this dialect's language."""
        found: list[Route] = []
        for operation in self.operations:
            endpoint = self._guarded(operation.endpoint, operation.right)
            for path in (operation.path.rstrip("/"), *operation.also):
                found += [Route(each, endpoint, methods=[operation.method]) for each in (path, path + "/")]
        return found

    def _guarded(self, operation: Endpoint, right: Right | None) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            if self.timing:
                request.scope[TIMING] = self.timing
            try:
                if right is not None:
                    require(request, right)
                return await operation(request)
            except BridgeError as error:
                return self.refuse(request, error)

        endpoint.__doc__ = operation.__doc__
        return endpoint
