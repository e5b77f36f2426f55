"""Runs. A run belongs to the server, not to a request: it is a task that appends numbered events to its log.

An HTTP response, a second window, a reconnect, the non-streaming answer are readers of that log. There is one owner,
the run itself, which also ends it: at the agent's end, at a fault, when somebody stops it, when the server shuts down,
when its last reader left (`disconnect`). Whatever the end, the events close legally.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Protocol

from bridge.errors import RunTimeout
from bridge.events.event import Event
from bridge.events.verify import Verifier
from bridge.runs.batch import Batch
from bridge.runs.journal import EventLog
from bridge.runs.request import Disconnect, RunRequest

logger = logging.getLogger("bridge.runs")


class Translator(Protocol):
    """What turns an agent's parts into events; the last three end the run, and close what is open."""

    def start(self) -> list[Event]:
        """RUN_STARTED."""

    def feed(self, part: Any, /) -> list[Event]:
        """The events of one part."""

    def finish(self) -> list[Event]:
        """The agent came to its end."""

    def fail(self, exc: BaseException, /) -> list[Event]:
        """It did not."""

    def cancel(self) -> list[Event]:
        """Somebody stopped it."""


class Performance(Protocol):
    """One run of an agent: its translator, and the parts to translate."""

    @property
    def translator(self) -> Translator:
        """One object for this run."""

    def parts(self) -> AsyncGenerator[Any, None]:
        """The parts; closing the generator stops the agent."""


Finished = Callable[["Run", list[Event]], Awaitable[None]]
"""Called once, with the events that end the run, before readers see them: a client that has seen the end may send its
next request at once, and it must find the thread free and the index up to date."""


class Run:
    """One run: its request, its log, its readers."""

    def __init__(
        self,
        request: RunRequest,
        performance: Performance,
        *,
        disconnect: Disconnect = "cancel",
        max_log_bytes: int = 16 * 1024 * 1024,
        timeout: float | None = None,
        verifier: Verifier | None = None,
    ) -> None:
        self.request = request
        self.disconnect: Disconnect = disconnect
        self.log = EventLog(max_log_bytes)
        self.started_at = time.time()
        self.finished_at: float | None = None
        self._performance = performance
        self._timeout = timeout
        self._verifier = verifier
        self._readers = 0
        self._waiting: set[asyncio.Future[bool]] = set()
        self._task: asyncio.Task[None] | None = None
        self._stopping: BaseException | None = None
        self._cancelled = False
        self._ending = False
        self._done = asyncio.Event()

    @property
    def id(self) -> str:
        """The run's id, the request's ``runId``."""
        return self.request.run_id

    @property
    def translator(self) -> Translator:
        """The translator of this run."""
        return self._performance.translator

    @property
    def begun(self) -> bool:
        """Whether the run has a task, which will say its end."""
        return self._task is not None

    @property
    def over(self) -> bool:
        """Whether the last event is in the log."""
        return self.finished_at is not None

    # The owner

    def start(self, finished: Finished) -> None:
        """Begin. The task is the run's own: no request's end ends it."""
        self._task = asyncio.create_task(self._perform(finished), name=f"run {self.id}")

    async def _perform(self, finished: Finished) -> None:
        translator = self._performance.translator
        ending: list[Event]
        try:
            self._append(translator.start())
            if self._cancelled:  # before the task had its first turn
                raise asyncio.CancelledError
            batch = Batch()
            async with asyncio.timeout(self._timeout), aclosing(self._performance.parts()) as parts:
                async for part in parts:
                    if not batch.left:
                        await batch.begin()
                    batch.left -= 1
                    events = translator.feed(part)
                    if events:
                        self._append(events)
            ending = translator.finish()
        except asyncio.CancelledError:
            if self._task is not None:
                self._task.uncancel()  # heard: what follows is ordinary work
            ending = translator.cancel() if self._stopping is None else translator.fail(self._stopping)
        except TimeoutError as error:
            logger.warning("run timed out", extra={"run_id": self.id})
            ending = translator.fail(RunTimeout("The run took too long.") if self._timeout else error)
        except Exception as error:
            logger.exception("run failed", extra={"run_id": self.id, "thread_id": self.request.thread_id})
            ending = translator.fail(error)
        self._ending = True
        try:
            await finished(self, self._verified(ending))
        except Exception:
            # the index is behind; the answer is whole, and the client gets it
            logger.exception("after the run", extra={"run_id": self.id})
        finally:
            self.log.append(ending)
            self.finished_at = time.time()
            self._done.set()
            self._wake()

    def _append(self, events: list[Event]) -> None:
        self.log.append(self._verified(events))
        if self._waiting:
            self._wake()

    def _verified(self, events: list[Event]) -> list[Event]:
        if self._verifier is not None:
            for event in events:
                self._verifier.feed(event)
        return events

    async def stop(self, why: BaseException | None = None) -> None:
        """End the run and wait until it has ended; with ``why`` as a failure, else as somebody's wish."""
        self.cancel(why)
        await self._done.wait()

    def cancel(self, why: BaseException | None = None) -> None:
        """Cancel the agent without waiting for its end.

        Once, and not while the end is being written down: nothing should interrupt that.
        """
        if self._task is None or self._cancelled or self._ending:
            return
        self._cancelled = True
        self._stopping = why
        if self.log.last:  # else the task has not begun: cancelled now, it would never say its end
            self._task.cancel()

    async def wait(self) -> None:
        """Until the run is over."""
        await self._done.wait()

    # The readers

    def join(self) -> None:
        """A reader comes."""
        self._readers += 1

    def leave(self) -> None:
        """A reader goes. The last one takes the run with it, where nobody asked for it to go on."""
        self._readers -= 1
        if self._readers == 0 and self.disconnect == "cancel":
            self.cancel()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(True)

    def next_change(self) -> asyncio.Future[bool]:
        """A future that becomes ``True`` when something was appended, or the run ended.

        One wake-up for however many events were appended in between. Whoever waits on it may set it ``False``.
        """
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        return future

    async def changed(self, number: int, timeout: float | None) -> bool:  # noqa: ASYNC109 - a timer, not a scope: one a batch
        """Wait for an event above ``number`` or the end of the run; ``False`` when ``timeout`` seconds passed first."""
        if self.log.last > number or self.over:
            return True
        future = self.next_change()
        timer = None
        if timeout is not None:
            timer = asyncio.get_running_loop().call_later(timeout, _give_up, future)
        try:
            return await future
        finally:
            self._waiting.discard(future)
            if timer is not None:
                timer.cancel()


def _give_up(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(False)
