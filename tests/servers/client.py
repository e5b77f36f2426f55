"""A client that leaves when it likes: HTTP/1.1, and HTTP/2 without TLS for addresses that begin with ``h2c://``.

It says that it takes gzip, as all real ones do.
"""

from __future__ import annotations

import gzip
import http.client
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.servers.http2 import Connection

PATIENCE = 10.0  # seconds until a client gives up


class Exchange(ABC):
    """A request that was sent, and its answer, which may not be there yet."""

    @property
    @abstractmethod
    def status(self) -> int:
        """Waits for the answer to begin."""

    @abstractmethod
    def header(self, name: str) -> str:
        """A header of the answer; empty: it has none."""

    @abstractmethod
    def pieces(self) -> Iterator[bytes]:
        """The body, as it comes."""

    @abstractmethod
    def leave(self) -> None:
        """Want no more of the answer."""

    def lines(self) -> Iterator[str]:
        """The lines of a stream that has something in them, as they come. No stream is compressed."""
        assert self.status == 200, self.read()
        assert not self.header("content-encoding")
        rest = b""
        for piece in self.pieces():
            *lines, rest = (rest + piece).split(b"\n")
            yield from (text for line in lines if (text := line.decode().rstrip("\r")))

    def read(self) -> bytes:
        """The whole body."""
        body = b"".join(self.pieces())
        return gzip.decompress(body) if self.header("content-encoding") == "gzip" else body

    def json(self) -> Any:
        """The whole body, which is JSON."""
        return json.loads(self.read())


class _Http1(Exchange):
    def __init__(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> None:
        address = urlsplit(url)
        self._connection = http.client.HTTPConnection(address.netloc, timeout=PATIENCE)
        self._connection.request(method, address.path or "/", body, dict(headers))
        self._answer: http.client.HTTPResponse | None = None

    def _begun(self) -> http.client.HTTPResponse:
        if self._answer is None:
            self._answer = self._connection.getresponse()
        return self._answer

    @property
    def status(self) -> int:
        return self._begun().status

    def header(self, name: str) -> str:
        return self._begun().headers.get(name, "")

    def pieces(self) -> Iterator[bytes]:
        while piece := self._begun().read1():
            yield piece

    def leave(self) -> None:
        if self._answer is not None:
            self._answer.close()
        self._connection.close()


class _Http2(Exchange):
    """Its connection stays: leaving is a frame."""

    _connections: dict[str, Connection] = {}  # noqa: RUF012 - by address, for all

    def __init__(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> None:
        address = urlsplit(url)
        connection = self._connections.get(address.netloc)
        if connection is None or connection.closed:
            connection = self._connections[address.netloc] = Connection(address.netloc, PATIENCE)
        self._connection = connection
        self._stream = connection.send(method, address.path or "/", body, headers)

    @property
    def status(self) -> int:
        return int(self.header(":status"))

    def header(self, name: str) -> str:
        return self._connection.headers(self._stream).get(name, "")

    def pieces(self) -> Iterator[bytes]:
        return self._connection.pieces(self._stream)

    def leave(self) -> None:
        self._connection.reset(self._stream)


@contextmanager
def exchange(
    url: str, body: object = None, headers: Mapping[str, str] | None = None, *, method: str | None = None
) -> Iterator[Exchange]:
    """Send a request, with a body of JSON if there is one; at the end leave, whatever is still to come."""
    kind = _Http2 if url.startswith("h2c://") else _Http1
    content = None if body is None else json.dumps(body).encode()
    sent = {"Accept-Encoding": "gzip", **({} if body is None else {"Content-Type": "application/json"})}
    going = kind(method or ("GET" if body is None else "POST"), url, content, {**sent, **(headers or {})})
    try:
        yield going
    finally:
        going.leave()
