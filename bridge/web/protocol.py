"""uvicorn's HTTP protocol with a deadline and a bound for a request's head, which uvicorn itself does not have.

A head is the request's line and its headers. A body's deadline is `bridge.web.bodies`'.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_REFUSALS = {
    408: b"The headers did not come in time (header_timeout).",
    431: b"The headers are too large (max_header_size).",
}
_REASONS = {408: b"Request Timeout", 431: b"Request Header Fields Too Large"}


class HttpProtocol(HttpToolsProtocol):
    """One connection. A head has `header_timeout` seconds: the first from the connection's start, others from their
    first byte. Between an answer and the next request it may be idle for uvicorn's ``timeout_keep_alive``.

    What is left of a body that was refused counts too: a client cannot keep a connection by sending it for ever.
    """

    header_timeout = 10.0
    max_header_size = 65_536

    _deadline: asyncio.TimerHandle | None = None
    _head = 0  # bytes of the head that is coming
    _begun = False  # whether it has begun
    _in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """The connection is there; nothing was sent."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the head's deadline: there is nothing left to wait for."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes: of a head, a body, or both."""
        if not self._in_body:
            self._head += len(data)
            if self._deadline is None and (self.cycle is None or self.cycle.response_complete):
                self._wait_for_head()  # an idle connection that sends empty lines is not idle
        super().data_received(data)
        if self._begun and self._head > self.max_header_size:
            self._refuse(431)

    def on_message_begin(self) -> None:
        """From here on the deadline and the bound of a head hold."""
        self._begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._begun, self._in_body, self._head = False, True, 0
        self._stop_waiting()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.max_header_size:
            self._refuse(431)
            raise httptools.HttpParserError("the head is too large")  # nothing of it is served
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is there."""
        self._in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is out."""
        super().on_response_complete()
        # uvicorn closes what is idle; a head that has begun, and the rest of a body that was refused, have a deadline
        if self.cycle.response_complete and (self._in_body or self._begun):
            self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP; nothing more is sent where it was answered already."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(self.header_timeout, self._refuse, 408)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: int) -> None:
        """Close; in words where a head has begun, and nothing of an answer was sent."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        if self._begun or status == 431:
            body = _REFUSALS[status]
            head = b"HTTP/1.1 %d %b\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            self.transport.write(head % (status, _REASONS[status], len(body)) + body)
        self.transport.close()


def http_protocol(header_timeout: float, max_header_size: int) -> type[HttpProtocol]:
    """The protocol's class with these bounds, as ``uvicorn.Config(http=…)`` takes it."""
    bounds: dict[str, Any] = {"header_timeout": header_timeout, "max_header_size": max_header_size}
    return type("BoundHttpProtocol", (HttpProtocol,), bounds)
