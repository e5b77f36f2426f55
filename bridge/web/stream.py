"""The one streaming response: a reader of a run's log, as bytes.

It writes what is there in one send, never holds a frame back, keeps an idle stream alive with comments, and watches
for the client's leaving itself: Starlette notices it through ``receive`` under ASGI 2.3 and only on ``send`` under 2.4.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bridge.errors import BridgeError
from bridge.events.event import Event
from bridge.runs.run import Run
from bridge.web import sse


class Encoder(Protocol):
    """Bytes for a client's language. Encoders live as long as one response."""

    def encode_all(self, events: list[Event], first: int) -> bytes:
        """These events, numbered from ``first``."""

    def finish(self) -> bytes:
        """What follows the last event."""

    def fail(self, error: BridgeError) -> bytes:
        """What is said when this reader cannot go on (the run itself may)."""


class RunReader(Response, ABC):
    """Reads a run for one client, until the run is over or the client has gone. The run counts its readers."""

    def __init__(self, run: Run, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(headers=dict(headers or {}))
        # what is sent has no length that is known now; Starlette sets the one of an empty body
        self.raw_headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        self.run = run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read, and watch the client."""
        self.run.join()
        reading = asyncio.create_task(self.read(send), name=f"reader of {self.run.id}")
        watching = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait((reading, watching), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, watching):
                task.cancel()
            self.run.leave()
            results = await asyncio.gather(reading, watching, return_exceptions=True)
        failure = results[0]
        if isinstance(failure, Exception) and not isinstance(failure, OSError):
            raise failure

    @abstractmethod
    async def read(self, send: Send) -> None:
        """Send the answer."""

    async def begin(self, send: Send) -> None:
        """Send the status and the headers."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})


class RunStream(RunReader):
    """A run as server-sent events, from event ``after`` on, in an encoder's language; ``before`` it, other frames."""

    def __init__(
        self,
        run: Run,
        encoder: Encoder,
        *,
        after: int = 0,
        keep_alive: float = 15.0,
        headers: Mapping[str, str] | None = None,
        before: bytes = b"",
    ) -> None:
        super().__init__(run, headers={**sse.HEADERS, **(headers or {})})
        self._before = before
        self._encoder = encoder
        self._after = after
        self._keep_alive = keep_alive

    async def read(self, send: Send) -> None:
        """Send what is there in one write, then wait for more; a comment when nothing came for a while."""
        await self.begin(send)
        if self._before:
            await send({"type": "http.response.body", "body": self._before, "more_body": True})
        run, number = self.run, self._after
        patience = _Patience(self._keep_alive)
        try:
            while True:
                over = run.over
                events = run.log.after(number)
                if events:
                    body = self._encoder.encode_all(events, number + 1)
                    number += len(events)
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                elif over:
                    break
                elif not await patience.wait(run.next_change()):
                    await send({"type": "http.response.body", "body": sse.KEEP_ALIVE, "more_body": True})
            end = self._encoder.finish()
        except BridgeError as error:
            end = self._encoder.fail(error)
        finally:
            patience.end()
        await send({"type": "http.response.body", "body": end, "more_body": False})


class _Patience:
    """Sets what a reader waits for to ``False`` when it has waited for ``seconds``.

    One timer for the whole stream, which sets itself anew: a timer for each wait, nearly all of them cancelled, costs
    3 µs a batch of tokens.
    """

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._since = self._loop.time()
        self._waiting: asyncio.Future[bool] | None = None
        self._timer = self._loop.call_later(seconds, self._look)

    async def wait(self, change: asyncio.Future[bool]) -> bool:
        """Wait for the change; ``False`` when patience ran out first."""
        self._waiting = change
        self._since = self._loop.time()
        return await change

    def _look(self) -> None:
        now = self._loop.time()
        if now >= self._since + self._seconds:
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_result(False)
            self._since = now
        self._timer = self._loop.call_at(self._since + self._seconds, self._look)

    def end(self) -> None:
        """The stream is over."""
        self._timer.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
