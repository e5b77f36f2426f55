"""What a server or a middleware does to the application: it cancels, it leaves, it sends a body nobody wants."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message

from bridge import Settings, create_app
from bridge.observe.observer import Observer, RunRecord
from bridge.service import Bridge
from bridge.web.bodies import REST
from bridge.web.prefix import Prefix, checked_prefix
from tests.http.graphs import teller
from tests.servers.checks import chat, run_input


class Readers(Observer):
    """Knows when somebody has begun to read a run."""

    def __init__(self) -> None:
        self.joined = asyncio.Event()

    def reader_joined(self, run: RunRecord) -> None:
        self.joined.set()


@pytest.fixture
async def readers() -> Readers:
    return Readers()


@pytest.fixture
async def application(readers: Readers) -> AsyncIterator[Starlette]:
    settings = Settings(db=":memory:", disconnect_grace=0, shutdown_grace=0, keep_alive=60)
    app = create_app({"teller": teller}, settings, observers=[readers])
    async with app.router.lifespan_context(app):
        yield app


class Exchange:
    """One request, as a server sees it. Its body is sent in pieces; then nothing comes until the client leaves."""

    def __init__(
        self, path: str, *pieces: bytes, headers: dict[str, str] | None = None, more: bool = False, version: str = "1.1"
    ) -> None:
        length = {} if more or version == "2" else {"content-length": str(sum(map(len, pieces)))}
        sent = {"host": "127.0.0.1", **length, **(headers or {})}
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "method": "POST" if pieces else "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        last = len(pieces) - 1
        self.coming = [
            {"type": "http.request", "body": piece, "more_body": more or number < last}
            for number, piece in enumerate(pieces)
        ]
        self.left = asyncio.Event()
        self.sent: list[Message] = []
        self.shown = asyncio.Event()

    async def receive(self) -> Message:
        if self.coming:
            return self.coming.pop(0)
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if "ещё".encode() in message.get("body", b""):
            self.shown.set()

    def begin(self, app: ASGIApp) -> asyncio.Task[None]:
        async def serve() -> None:
            await app(self.scope, self.receive, self.send)

        return asyncio.create_task(serve())

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def ended(self) -> bool:
        return self.sent[-1]["type"] == "http.response.body" and not self.sent[-1].get("more_body", False)


LANGUAGES: dict[str, tuple[str, Callable[[str], dict[str, Any]], bytes]] = {
    "openai": ("/v1/chat/completions", lambda text: chat("teller", text), b'data: {"error":'),
    "agui": ("/agui/teller", run_input, b'"type":"RUN_ERROR"'),
}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_stream_that_is_cancelled_ends_legally(application: Starlette, language: str) -> None:
    path, body_of, last = LANGUAGES[language]
    exchange = Exchange(path, json.dumps(body_of("slow")).encode())
    serving = exchange.begin(application)
    await exchange.shown.wait()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert last in exchange.sent[-1]["body"]
    assert exchange.ended


async def test_anyio_cancels_again_and_again(application: Starlette) -> None:
    """So a middleware that is written with it, or one of Starlette's own."""
    path, body_of, last = LANGUAGES["openai"]
    exchange = Exchange(path, json.dumps(body_of("slow")).encode())
    async with anyio.create_task_group() as group:
        group.start_soon(application, exchange.scope, exchange.receive, exchange.send)
        await exchange.shown.wait()
        group.cancel_scope.cancel()
    assert last in exchange.sent[-1]["body"]
    assert exchange.ended


async def test_an_answer_that_was_not_begun_has_a_status(application: Starlette, readers: Readers) -> None:
    exchange = Exchange("/v1/chat/completions", json.dumps(chat("teller", "silent", stream=False)).encode())
    serving = exchange.begin(application)
    await readers.joined.wait()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert exchange.status == 500
    assert json.loads(exchange.body)["error"]["code"] == "server_error"
    assert exchange.ended


async def test_a_client_that_takes_nothing_more_does_not_hold_the_end_up(application: Starlette) -> None:
    exchange = Exchange("/v1/chat/completions", json.dumps(chat("teller", "slow")).encode())

    async def stuck(message: Message) -> None:
        await exchange.send(message)
        if exchange.shown.is_set():
            await asyncio.Event().wait()

    serving = asyncio.create_task(application(exchange.scope, exchange.receive, stuck))
    await exchange.shown.wait()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


@pytest.mark.parametrize("stream", [True, False])
async def test_who_leaves_before_the_first_byte_is_no_fault(
    application: Starlette, readers: Readers, *, stream: bool
) -> None:
    async def passing(request: Request, call_next: Callable[..., Any]) -> Any:
        return await call_next(request)

    exchange = Exchange("/v1/chat/completions", json.dumps(chat("teller", "silent", stream=stream)).encode())
    serving = exchange.begin(BaseHTTPMiddleware(application, dispatch=passing))
    await readers.joined.wait()
    exchange.left.set()
    await serving  # "No response returned." would be raised here
    assert not exchange.sent or exchange.status == 499


@pytest.mark.parametrize("version", ["1.1", "2"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/nothing"])
async def test_a_refused_body_is_received_before_the_answer(application: Starlette, path: str, version: str) -> None:
    """In HTTP/2 no header has to say that there is one. hypercorn closes the connection, all its streams with it,
    when more comes after the answer.
    """
    pieces = [b"x" * 1024 * 1024] * 9
    exchange = Exchange(path, *pieces, version=version)
    await exchange.begin(application)
    assert exchange.status in (413, 404)
    assert exchange.coming == []
    assert json.loads(exchange.body)["error"]["message"]


@pytest.mark.parametrize(("piece", "status"), [(b"", 404), (b'{"agentId": "teller"}', 404), (b'{"agentId": ', 400)])
async def test_an_optional_body_without_a_length(application: Starlette, piece: bytes, status: int) -> None:
    """HTTP/2 again: it is read where it is there."""
    exchange = Exchange("/api/copilotkit/threads/unknown", piece, version="2")
    exchange.scope["method"] = "DELETE"
    await exchange.begin(application)
    assert exchange.status == status, exchange.body


async def test_the_rest_of_a_body_has_a_bound(application: Starlette) -> None:
    piece = b"x" * 4 * 1024 * 1024
    endless = Exchange("/nothing", *[piece] * 32, headers={"transfer-encoding": "chunked"}, more=True)
    await endless.begin(application)
    assert endless.status == 404
    assert len(endless.coming) == 32 - REST // len(piece)


async def test_a_client_that_waits_to_be_asked_is_answered_at_once(application: Starlette) -> None:
    exchange = Exchange("/v1/chat/completions", b"x" * 9_000_000, headers={"expect": "100-continue"})
    await exchange.begin(application)
    assert exchange.status == 413
    assert len(exchange.coming) == 1  # to receive is to ask for it


@pytest.mark.parametrize(
    ("prefix", "path", "header", "root", "served"),
    [
        ("/ai", "/healthz", None, "/ai", "/ai/healthz"),
        ("/ai", "/ai/healthz", None, "/ai", "/ai/healthz"),
        ("/ai", "/aix", None, "/ai", "/ai/aix"),
        ("/ai", "/healthz", "/other", "/ai", "/ai/healthz"),
        ("", "/healthz", "/ai/", "/ai", "/ai/healthz"),
        ("", "/ai/v1/models", "/ai", "/ai", "/ai/ai/v1/models"),  # a client's header opens no other path
        ("", "/healthz", "//evil.example", "", "/healthz"),
        ("", "/healthz", "https://evil.example", "", "/healthz"),
        ("", "/healthz", None, "", "/healthz"),
    ],
)
async def test_a_prefix(prefix: str, path: str, header: str | None, root: str, served: str) -> None:
    seen: list[dict[str, Any]] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        del receive, send
        seen.append(scope)

    exchange = Exchange(path, headers={} if header is None else {"x-forwarded-prefix": header})
    await Prefix(inner, prefix)(exchange.scope, exchange.receive, exchange.send)
    assert (seen[0]["root_path"], seen[0]["path"]) == (root, served)


@pytest.mark.parametrize("text", ["ai", "//ai", "/a//b", "/a b", "https://a"])
def test_what_is_no_prefix(text: str) -> None:
    with pytest.raises(ValueError, match="is no path like"):
        checked_prefix(text)


@pytest.mark.parametrize("signals", [True, False])
async def test_who_handles_signals(*, signals: bool) -> None:
    """A server's handler is asked first by the application, unless it was told to leave signals alone."""

    def server(number: int, frame: object) -> None:
        del number, frame

    before = signal.signal(signal.SIGTERM, server)
    try:
        app = create_app({"teller": teller}, Settings(db=":memory:"), signals=signals)
        async with app.router.lifespan_context(app):
            assert (signal.getsignal(signal.SIGTERM) is server) == (not signals)
        assert signal.getsignal(signal.SIGTERM) is server
    finally:
        signal.signal(signal.SIGTERM, before)


async def test_a_signal_ends_the_runs_once(application: Starlette, readers: Readers) -> None:
    """No new run, and those that go end legally. The lifespan's end then has nothing to wait for."""
    path, body_of, last = LANGUAGES["agui"]
    exchange = Exchange(path, json.dumps(body_of("slow")).encode())
    serving = exchange.begin(application)
    await exchange.shown.wait()
    bridge: Bridge = application.state.bridge
    ending = bridge.begin_ending()
    await serving
    assert last in exchange.sent[-2]["body"] + exchange.sent[-1]["body"]
    refused = Exchange(path, json.dumps(body_of("more")).encode())
    await refused.begin(application)
    assert refused.status == 429
    assert bridge.begin_ending() is ending
