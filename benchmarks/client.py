"""The client that measures: a process of its own that reads sockets, counts tokens and looks at the clock.

The same for every server, and cheap, so that it is not the client that is measured: nothing is parsed, a token is one
occurrence of the marker that the protocol puts before it. One JSON job per line on stdin, one JSON outcome per line on
stdout (`benchmarks.load.Outcome`).
"""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from time import perf_counter
from typing import Any

import uvloop

from benchmarks.stats import shares


class Stream(asyncio.Protocol):
    """One request and its answer, read to the end of the connection."""

    def __init__(self, request: bytes, marker: bytes, *, gaps: bool) -> None:
        self.request = request
        self.marker = marker
        self.gaps: list[float] | None = [] if gaps else None
        self.done = asyncio.get_running_loop().create_future()
        self.sent = 0.0
        self.first_event: float | None = None
        self.first_token: float | None = None
        self.last = 0.0
        self.tokens = 0
        self.size = 0
        self.head = b""
        self.tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def send(self) -> None:
        self.sent = perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = perf_counter()
        self.size += len(data)
        if self.first_event is None:
            self.head += data
            if b"\ndata:" not in self.head and b"\r\n---\r\n" not in self.head:  # server-sent events, or parts
                return
            self.first_event = now - self.sent
            data = self.head
        # a marker may lie across two reads
        text = self.tail + data
        found = text.count(self.marker)
        self.tail = text[-(len(self.marker) - 1) :]
        if found:
            if self.first_token is None:
                self.first_token = now - self.sent
            elif self.gaps is not None:
                self.gaps.append(now - self.last)
            self.tokens += found
            self.last = now

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def error(self, expected: int) -> str | None:
        if self.first_event is None:
            return f"no event: {self.head[:300].decode('utf-8', 'replace')}"
        if self.tokens != expected:
            return f"{self.tokens} of {expected} tokens"
        return None


def _itself(stream: Stream) -> Stream:
    return stream


async def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Connect all, send all, read all."""
    loop = asyncio.get_running_loop()
    marker = job["marker"].encode()
    streams: list[Stream] = []
    for request in job["requests"]:
        stream = Stream(request.encode(), marker, gaps=job["gaps"])
        await loop.create_connection(partial(_itself, stream), "127.0.0.1", job["port"])
        streams.append(stream)
    start = perf_counter()
    ramp = job.get("ramp", 0.0)
    for number, stream in enumerate(streams):
        if ramp:
            await asyncio.sleep(max(0.0, start + number * ramp / len(streams) - perf_counter()))
        stream.send()
    await asyncio.wait([stream.done for stream in streams], timeout=job["deadline"])
    seconds = perf_counter() - start
    for stream in streams:
        stream.transport.abort()
    return {
        "seconds": seconds,
        "tokens": sum(stream.tokens for stream in streams),
        "size": sum(stream.size for stream in streams),
        "first_event": [stream.first_event for stream in streams],
        "first_token": [stream.first_token for stream in streams],
        "gaps": shares([gap for stream in streams for gap in stream.gaps or ()]),
        "errors": [error for stream in streams if (error := stream.error(job["tokens"]))],
    }


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(uvloop.run(measure(json.loads(line)))), flush=True)


if __name__ == "__main__":
    main()
