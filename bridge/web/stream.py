"""The one streaming response: a reader of a run's journal, as bytes.

It never holds a frame back, keeps an idle stream alive, and watches for the client's leaving itself: Starlette notices
it through ``receive`` under ASGI 2.3 and only on ``send`` under 2.4.

A reader that is far behind reads a little at a time (`PIECE`), and waits for its client's socket before it reads more:
a hundred slow readers of a long answer hold a hundred pieces, not a hundred answers.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bridge.errors import AgentFailure, BridgeError, JournalOverrun
from bridge.events.event import Event
from bridge.runs.run import Reader, Run
from bridge.web.http import error_response

logger = logging.getLogger("bridge.web")

PIECE = 64 * 1024
"""Bytes that are encoded, and given to the server, at once; near enough."""

_ENDS = ("RUN_FINISHED", "RUN_ERROR")

LAST_WORDS = 1.0
"""Seconds in which an answer that its server breaks off is brought to a legal end."""


class Encoder(Protocol):
    """A client's language as bytes. Encoders live as long as one response."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Of the response; the media type is among them."""

    @property
    def keep_alive(self) -> bytes:
        """What an idle stream sends."""

    def encode_all(self, events: Sequence[Event], first: int) -> bytes:
        """These events, numbered from ``first``."""

    def framing(self, kind: str, number: int) -> tuple[bytes, bytes] | None:
        """What stands before and after the JSON of an event of this type and number; ``None``: it is not sent so."""

    def finish(self) -> bytes:
        """What follows the last event."""

    def fail(self, error: BridgeError) -> bytes:
        """What is sent when this reader cannot go on (the run itself may)."""


class RunReader(Response, ABC):
    """Reads a run for one client, until the run is over or the client has gone. The run counts its readers."""

    def __init__(self, run: Run, *, after: int = 0, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(headers=dict(headers or {}))
        # what is sent has no length that is known now; Starlette sets the one of an empty body
        self.raw_headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        self.run = run
        self.after = after
        self.reader = Reader(run, after)  # the one that joins is made when the response is called
        self.begun = False
        """Whether the status was sent, or is being sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read, and watch the client.

        A server that shuts down cancels its answers, as a middleware with a time limit does: the client is told first.
        """
        self.reader = self.run.join(self.after)
        reading = asyncio.create_task(self.read(send), name=f"reader of {self.run.id}")
        watching = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait((reading, watching), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if not watching.done() and reading.cancel():
                await self._break_off(reading, scope, receive, send)
            raise
        finally:
            for task in (reading, watching):
                task.cancel()
            self.reader.leave()
            results = await asyncio.gather(reading, watching, return_exceptions=True)
        failure = results[0]
        if isinstance(failure, Exception) and not isinstance(failure, OSError):
            raise failure

    async def _break_off(self, reading: asyncio.Task[None], scope: Scope, receive: Receive, send: Send) -> None:
        """Once nothing else is being sent: an error with its status, or the end of what was begun.

        In this task: where a loop ends, it cancels all tasks once more, and waits for those that go on all the same.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + LAST_WORDS
        while not reading.done() and loop.time() < until:
            with suppress(asyncio.CancelledError), anyio.CancelScope(shield=True):  # anyio cancels again and again
                await asyncio.wait((reading,), timeout=until - loop.time())
        if not reading.done() or not reading.cancelled():
            return  # it does not stop, or came to its own end
        error = AgentFailure("The server broke this answer off.")
        with suppress(OSError), anyio.move_on_after(until - loop.time(), shield=True):
            if not self.begun:
                await error_response(error)(scope, receive, send)
            elif end := self.last_words(error):
                await send({"type": "http.response.body", "body": end, "more_body": False})

    @abstractmethod
    async def read(self, send: Send) -> None:
        """Send the answer."""

    def last_words(self, error: BridgeError) -> bytes:
        """What ends an answer that was begun; empty: nothing would help."""
        del error
        return b""

    async def begin(self, send: Send) -> None:
        """Send the status and the headers."""
        self.begun = True
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})


class RunStream(RunReader):
    """A run as a stream, from event ``after`` on, in an encoder's language; ``before`` it, other frames."""

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
        super().__init__(run, after=after, headers={**encoder.headers, **(headers or {})})
        self._before = before
        self._encoder = encoder
        self._keep_alive = keep_alive

    async def read(self, send: Send) -> None:
        """Send what is there in one write, then wait for more; something when nothing came for a while."""
        await self.begin(send)
        await _send_body(send, self._before)
        patience = _Patience(self._keep_alive)
        end = b""
        try:
            end = await self._send_events(send, patience)
            end += self._encoder.finish()
        except BridgeError as error:
            end += self._encoder.fail(error)
        except Exception as error:  # an event that this encoder cannot encode: the client still gets an end
            if isinstance(error, OSError):
                raise
            logger.exception("a reader failed", extra={"run_id": self.run.id})
            end += self._encoder.fail(AgentFailure("The server could not encode the rest of this answer."))
        finally:
            patience.end()
        await send({"type": "http.response.body", "body": end, "more_body": False})

    def last_words(self, error: BridgeError) -> bytes:
        """The error in the client's language."""
        return self._encoder.fail(error)

    async def _send_events(self, send: Send, patience: _Patience) -> bytes:
        """All events but the last frames, which are left to be sent together with the end."""
        journal, encoder, reader = self.run.journal, self._encoder, self.reader
        number = self.after
        last: str | None = None
        while True:
            over = journal.closed
            large = journal.large(number + 1)
            framing = None if large is None else encoder.framing(large, number + 1)
            if framing is not None:
                number += 1
                last = large
                await self._send_large(send, number, *framing)
                reader.advance(number)
                continue
            events = await journal.read(number, PIECE)
            if events:
                body = encoder.encode_all(events, number + 1)
                number += len(events)
                last = events[-1]["type"]
                if journal.closed and number == journal.last and last in _ENDS and len(body) <= PIECE:
                    reader.advance(number)
                    return body
                if len(body) <= PIECE:
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                else:
                    await _send_body(send, body)
                reader.advance(number)
            elif over:
                break
            elif not await patience.wait(journal.next_change()):
                await send({"type": "http.response.body", "body": encoder.keep_alive, "more_body": True})
        if last is not None and last not in _ENDS:
            raise AgentFailure("The run was lost before its end.")
        return b""

    async def _send_large(self, send: Send, number: int, before: bytes, after: bytes) -> None:
        """An event in pieces that the journal gives one by one: nothing of it is held while the client reads.

        Where the journal has to forget it meanwhile, the connection is closed: no error can be told within a frame.
        """
        journal, start = self.run.journal, 0
        await send({"type": "http.response.body", "body": before, "more_body": True})
        try:
            while piece := journal.piece(number, start, PIECE):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                start += len(piece)
        except JournalOverrun as error:
            raise ConnectionAbortedError(error.message) from error
        await send({"type": "http.response.body", "body": after, "more_body": True})


async def _send_body(send: Send, body: bytes) -> None:
    """A body in pieces, so that the socket's own pace holds the reader back."""
    view = memoryview(body)
    for start in range(0, len(body), PIECE):
        await send({"type": "http.response.body", "body": bytes(view[start : start + PIECE]), "more_body": True})


class _Patience:
    """Sets what a reader waits for to ``False`` when it has waited for ``seconds``.

    One timer for the whole stream, which sets itself anew: a timer for each wait would be cancelled nearly always.
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
