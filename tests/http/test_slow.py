"""Half requests do not stay open, and heads have a bound (issue 12, 2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn

from bridge import Settings, create_app
from bridge.web.protocol import http_protocol
from tests.server import free_port
from tests.test_principal import echo

TIMEOUT = 0.3  # seconds
ENDS = 10  # seconds in which all of this is over, however busy the machine is


@asynccontextmanager
async def serving(idle: int = 1) -> AsyncIterator[int]:
    """A server in this process, as ``bridge serve`` makes it, with short deadlines. ``idle``: seconds."""
    app = create_app({"echo": echo()}, Settings(db=":memory:", body_timeout=TIMEOUT))
    port = free_port()
    config = uvicorn.Config(app, port=port, http=http_protocol(TIMEOUT, 4096), log_config=None)
    config.timeout_keep_alive = idle
    server = uvicorn.Server(config)
    serve = asyncio.create_task(server.serve())
    while not server.started:
        assert not serve.done()
        await asyncio.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        await serve


async def talk(port: int, *sent: bytes, drip: bytes = b"") -> bytes:
    """What the server says to this until it closes; ``drip`` is sent again and again meanwhile."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def dripping() -> None:
        while drip and not writer.is_closing():
            writer.write(drip)
            await asyncio.sleep(0.05)

    for piece in sent:
        writer.write(piece)
    task = asyncio.create_task(dripping())
    try:
        async with asyncio.timeout(ENDS):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        task.cancel()
        writer.close()


HEAD = b"POST /agui/echo HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("sent", "drip", "status"),
    [
        (b"", b"", b""),
        (b"PO", b"", b"HTTP/1.1 408"),
        (HEAD, b"", b"HTTP/1.1 408"),
        (HEAD, b"X-A: b\r\n", b"HTTP/1.1 408"),
        (HEAD + b"Content-Length: 100\r\n\r\n", b"", b"HTTP/1.1 408"),
        (HEAD + b"Content-Length: 100000\r\n\r\n{", b" ", b"HTTP/1.1 408"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", b"HTTP/1.1 408"),
        # refused before its body is read: the rest does not keep the connection
        (b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b" ", b"HTTP/1.1 404"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b" ", b"HTTP/1.1 200"),
    ],
)
async def test_a_half_request_is_closed(sent: bytes, drip: bytes, status: bytes) -> None:
    async with serving() as port:
        assert (await talk(port, sent, drip=drip))[: len(status) or None] == status


async def test_a_head_has_a_bound() -> None:
    async with serving() as port:
        for sent in (
            HEAD + b"X-Long: " + b"x" * 10_000,
            HEAD + b"X-A: b\r\n" * 2_000,
            HEAD + b"X-A: b\r\n" * 2_000 + b"Content-Length: 2\r\n\r\n{}",
            b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /" + b"x" * 10_000,
        ):
            assert (await talk(port, sent)).startswith(b"HTTP/1.1 431"), sent[:60]


async def test_a_thousand_half_requests_leave_the_others_alone() -> None:
    async with serving() as port:
        halves = [asyncio.create_task(talk(port, HEAD)) for _ in range(200)]
        whole = await talk(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert whole.startswith(b"HTTP/1.1 200")
        assert {answer[:12] for answer in await asyncio.gather(*halves)} == {b"HTTP/1.1 408"}


async def test_an_idle_connection_stays_for_the_next_request() -> None:
    """A pool's connection is used again seconds later; the deadline is that of a head, not of a pause."""
    async with serving(idle=30) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(3 * TIMEOUT)  # the pause is what is tested
        # but no half of a head, and no empty lines, keep it
        for half in (b"GE", b"\r\n"):
            writer.write(half)
            async with asyncio.timeout(ENDS):
                await reader.read()
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_honest_clients_are_not_touched() -> None:
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):  # one connection, several requests
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 3)  # and at once
        for _ in range(3):
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        # a run that takes longer than both deadlines
        body = b'{"message": "\xd0\xb4\xd0\xb0"}'
        head = b"POST /api/test-copilotkit HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        writer.write(head % len(body) + body)
        assert b"[DONE]" in await reader.read()
        writer.close()
