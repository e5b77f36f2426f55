"""The bridge served over real HTTP, in the test's own event loop: a test can hold its graphs' gates in its hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import uvicorn

from bridge import create_app
from bridge.service import Bridge
from bridge.settings import Settings
from bridge.web.sse import SSEDecoder
from tests.copilotkit.chat import run_input

Event = dict[str, Any]


@dataclass(frozen=True)
class Live:
    """A running bridge, and what a page does with it. ``base`` is the ``runtimeUrl``'s path."""

    url: str
    bridge: Bridge
    client: httpx.AsyncClient
    base: str = "/api/copilotkit"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def runtime(self) -> str:
        """What a page has as its ``runtimeUrl``."""
        return self.url + self.base

    async def ask(self, verb: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request below the ``runtimeUrl``."""
        content = None if body is None else orjson.dumps(body)
        sent = {"Content-Type": "application/json"} if content else {}
        return await self.client.request(
            verb, self.runtime + path, content=content, headers={**sent, **self.headers, **headers}
        )

    async def agent(self, operation: str, sent: Mapping[str, Any], agent: str = "default") -> httpx.Response:
        """``run``, ``connect`` or ``suggest``, read to its end."""
        return await self.ask("POST", f"/agent/{agent}/{operation}", sent, Accept="text/event-stream")

    @asynccontextmanager
    async def open(
        self, operation: str, sent: Mapping[str, Any], agent: str = "default"
    ) -> AsyncIterator[AsyncIterator[Event]]:
        """The same, event by event as they come. Leaving the block closes the connection, as a closed page does."""
        headers = {"Accept": "text/event-stream", **self.headers}
        url = f"{self.runtime}/agent/{agent}/{operation}"
        async with self.client.stream("POST", url, json=dict(sent), headers=headers) as response:
            assert response.status_code == 200, await response.aread()
            yield _events_of(response)

    async def say(self, thread: str, *texts: str, agent: str = "default") -> list[Event]:
        """A run with these user messages; its events."""
        messages = [{"id": f"{thread}-{text}", "role": "user", "content": text} for text in texts]
        return events(await self.agent("run", run_input(thread, messages), agent))


async def _events_of(response: httpx.Response) -> AsyncIterator[Event]:
    decoder = SSEDecoder()
    async for data in response.aiter_raw():
        for frame in decoder.feed(data):
            yield orjson.loads(frame.data)


def events(response: httpx.Response) -> list[Event]:
    """The events of a whole answer, which must be an event stream."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    return [orjson.loads(frame.data) for frame in SSEDecoder().feed(response.content)]


async def until(running: AsyncIterator[Event], text: str) -> list[Event]:
    """Read on until that text has come; what was read."""
    read: list[Event] = []
    received = ""
    async for event in running:
        read.append(event)
        received += event.get("delta", "") if event["type"] == "TEXT_MESSAGE_CONTENT" else ""
        if text in received:
            return read
    raise AssertionError(f"the stream ended before {text!r}: {read}")


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@asynccontextmanager
async def live(
    agents: Mapping[str, Any], db: Path | str = ":memory:", *, principal: Any = None, **settings: Any
) -> AsyncIterator[Live]:
    """Serve these graphs on a free port until the block ends."""
    options: dict[str, Any] = {"db": str(db), "shutdown_grace": 0.0, **settings}
    app = create_app(agents, Settings(**options), principal=principal)
    server = _Server(uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=5))
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.wait_for(server.listening.wait(), 30)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            yield Live(f"http://127.0.0.1:{port}", app.state.bridge, client)
    finally:
        await app.state.bridge.end_runs()
        server.should_exit = True
        await serving
