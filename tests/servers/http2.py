"""One connection of HTTP/2 without TLS, with many streams at once: h2's events, given to the streams they are for."""

from __future__ import annotations

import socket
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import suppress

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

_READ = 64 * 1024  # bytes


class Connection:
    """A client's connection to ``host:port``. Not for several threads."""

    def __init__(self, address: str, timeout: float) -> None:
        host, _, port = address.partition(":")
        self._address = address
        self._socket = socket.create_connection((host, int(port)), timeout)
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._headers: dict[int, dict[str, str]] = {}
        self._pieces: defaultdict[int, deque[bytes]] = defaultdict(deque)
        self._ended: set[int] = set()
        self.closed = False
        self._h2.initiate_connection()
        self._flush()

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> int:
        """Begin a stream; its number. Waits where the server takes no more of the body yet."""
        stream = self._h2.get_next_available_stream_id()
        head = {":method": method, ":path": path, ":scheme": "http", ":authority": self._address}
        lower = {name.lower(): value for name, value in headers.items()}
        self._h2.send_headers(stream, [*head.items(), *lower.items()], end_stream=body is None)
        self._flush()
        rest = memoryview(body or b"")
        while rest and stream not in self._ended:
            size = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size, len(rest))
            if size == 0:
                self._receive()
                continue
            self._h2.send_data(stream, bytes(rest[:size]), end_stream=size == len(rest))
            self._flush()
            rest = rest[size:]
        return stream

    def headers(self, stream: int) -> dict[str, str]:
        """The answer's, with ``:status``; waits for them."""
        while stream not in self._headers:
            if stream in self._ended:
                raise ConnectionResetError("the server ended the stream without an answer")
            self._receive()
        return self._headers[stream]

    def pieces(self, stream: int) -> Iterator[bytes]:
        """The answer's body, as it comes."""
        while True:
            while self._pieces[stream]:
                yield self._pieces[stream].popleft()
            if stream in self._ended:
                return
            self._receive()

    def reset(self, stream: int) -> None:
        """Want no more of this stream; the connection stays."""
        if stream not in self._ended and not self.closed:
            self._ended.add(stream)
            with suppress(ProtocolError, OSError):  # it has ended meanwhile
                self._h2.reset_stream(stream)
                self._flush()

    def _flush(self) -> None:
        self._socket.sendall(self._h2.data_to_send())

    def _receive(self) -> None:
        data = self._socket.recv(_READ)
        for event in self._h2.receive_data(data) if data else [ConnectionTerminated()]:
            match event:
                case ResponseReceived(stream_id=int(stream), headers=headers):
                    self._headers[stream] = {str(name): str(value) for name, value in headers or ()}
                case DataReceived(stream_id=int(stream), data=bytes(piece), flow_controlled_length=int(length)):
                    self._pieces[stream].append(piece)
                    if length:
                        self._h2.acknowledge_received_data(length, stream)
                case StreamEnded(stream_id=int(stream)) | StreamReset(stream_id=int(stream)):
                    self._ended.add(stream)
                case ConnectionTerminated() if not data:
                    self.closed = True
                    raise ConnectionResetError("the server closed the connection")
                case ConnectionTerminated():
                    self.closed = True  # to new streams; those that go come to their end
                case _:
                    pass
        with suppress(OSError):
            self._flush()
