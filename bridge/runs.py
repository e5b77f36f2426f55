"""Runs. A run belongs to the server, not to a request: it is a task that appends numbered events to its log.

An HTTP response, a second window, a reconnect, the non-streaming answer are readers of that log. There is one owner,
the run itself, which also ends it: at the agent's end, at a fault, when somebody stops it, when the server shuts down,
when its last reader left (`disconnect`). Whatever the end, the events close legally.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any, Protocol

from bridge.agui.events import Event
from bridge.agui.verify import Verifier
from bridge.errors import InvalidRequest, RateLimited, RunTimeout, ThreadBusy, UnknownRun
from bridge.log import EventLog
from bridge.request import Disconnect, RunRequest

logger = logging.getLogger("bridge.runs")


_BATCH = 64
"""Parts after which a run lets the others have the event loop. A graph that never waits (a model in this very process)
would else hold it to its end: nothing of it would be sent before, and nobody else served."""

_GROWING = 8
"""Turns of the event loop that a batch is given to grow in, where the one before had several parts."""

_GROWING_SECONDS = 0.005
"""And no longer than that: where hundreds of streams run, a turn takes ten milliseconds, and eight are a stutter."""


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
            batch = _Batch()
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


class _Batch:
    """The parts that a run takes in one turn of the event loop, and its manners towards the others who want the loop.

    A full batch lets everybody else have a turn. And where parts come faster than they are taken, a batch waits a few
    turns before it begins, so that it is larger: LangGraph makes a task to wait for every batch, and each wakes the
    readers and is a write of theirs. With a model that gives the loop a turn for each token that is ten parts instead
    of three, and half of what the bridge costs. Nothing is waited for but what is ready to run anyway; the parts of a
    model that is slower than the loop are taken one by one, and do not wait at all.
    """

    def __init__(self) -> None:
        self.left = 0
        """Parts that may be taken until `begin` has to be asked again."""
        self._loop = asyncio.get_running_loop()
        self._going = False
        self._several = False

    async def begin(self) -> None:
        """There is a part to take, and no batch to take it in."""
        if self._going:  # the batch was full before the loop came round
            await asyncio.sleep(0)
        elif self._several:
            until = self._loop.time() + _GROWING_SECONDS
            for _ in range(_GROWING):
                await asyncio.sleep(0)
                if self._loop.time() >= until:
                    break
        self._going = True
        self.left = _BATCH
        self._loop.call_soon(self._end)

    def _end(self) -> None:
        self._several = _BATCH - self.left > 1
        self._going = False
        self.left = 0


def _give_up(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(False)


def _same_thread(one: Run, other: Run) -> bool:
    return (one.request.thread_id, one.request.principal) == (other.request.thread_id, other.request.principal)


class Runs:
    """The runs of this process: at most one at a time in a thread, finished ones kept for a while for late readers."""

    def __init__(
        self, *, max_running: int = 1000, keep: int = 256, keep_seconds: float = 300, keep_bytes: int = 64 * 1024 * 1024
    ) -> None:
        self._max_running = max_running
        self._keep = keep
        self._keep_seconds = keep_seconds
        self._keep_bytes = keep_bytes
        self._running: dict[str, Run] = {}
        self._by_thread: dict[str, Run] = {}
        self._held: set[str] = set()
        self._finished: OrderedDict[str, Run] = OrderedDict()
        self._finished_bytes = 0
        self._closing: BaseException | None = None

    @contextmanager
    def hold(self, thread_id: str) -> Iterator[None]:
        """Let no run begin in this thread but the holder's own. Raises `ThreadBusy`."""
        self._check_free(thread_id)
        self._held.add(thread_id)
        try:
            yield
        finally:
            self._held.discard(thread_id)

    def _check_free(self, thread_id: str, *, held: bool = False) -> None:
        if thread_id in self._by_thread or (thread_id in self._held and not held):
            raise ThreadBusy(f"Thread '{thread_id}' already has a run; stop it or wait for its end.")

    def reserve(self, run: Run, *, held: bool = False) -> None:
        """Give a run its place, in a thread that is ``held`` for it or free.

        Raises `ThreadBusy`, `RateLimited`, or `InvalidRequest` for a run id that is taken.
        """
        thread_id = run.request.thread_id
        if self._closing is not None:
            raise RateLimited("The server is shutting down.", retry_after=5)
        # CopilotKit's useInterrupt answers under the id of the run that asked: the same thread may use it again.
        earlier = self._finished.get(run.id)
        if run.id in self._running or (earlier is not None and not _same_thread(earlier, run)):
            raise InvalidRequest(f"Run '{run.id}' exists already; a run's id is used once.", param="runId")
        if not run.request.ephemeral:
            self._check_free(thread_id, held=held)
        if len(self._running) >= self._max_running:
            raise RateLimited(f"{self._max_running} runs are going already; try again shortly.")
        if earlier is not None:
            del self._finished[run.id]
            self._finished_bytes -= earlier.log.size
        self._running[run.id] = run
        if not run.request.ephemeral:
            self._by_thread[thread_id] = run

    def release(self, run: Run) -> None:
        """Take the place back from a run that will not be started."""
        self._running.pop(run.id, None)
        if self._by_thread.get(run.request.thread_id) is run:
            del self._by_thread[run.request.thread_id]

    def begin(self, run: Run, finished: Finished) -> None:
        """Start a run that has its place."""

        async def done(run: Run, ending: list[Event]) -> None:
            try:
                await finished(run, ending)
            finally:
                self._retire(run)

        run.start(done)
        if self._closing is not None:  # the shutdown came between the place and the start
            run.cancel(self._closing)

    def _retire(self, run: Run) -> None:
        self.release(run)
        self._finished[run.id] = run
        self._finished_bytes += run.log.size
        self.forget_old()

    def forget_old(self) -> None:
        """Drop finished runs beyond the bounds, oldest first."""
        horizon = time.time() - self._keep_seconds
        while self._finished:
            oldest = next(iter(self._finished.values()))
            recent = oldest.finished_at is None or oldest.finished_at > horizon
            if recent and len(self._finished) <= self._keep and self._finished_bytes <= self._keep_bytes:
                return
            self._finished.popitem(last=False)
            self._finished_bytes -= oldest.log.size

    def get(self, run_id: str, principal: str) -> Run:
        """A run of this principal, going or recently finished. Raises `UnknownRun`."""
        run = self._running.get(run_id) or self._finished.get(run_id)
        if run is None or run.request.principal != principal:
            raise UnknownRun(f"No run '{run_id}' is known.")
        return run

    def of_thread(self, thread_id: str) -> Run | None:
        """The run that is going in this thread."""
        return self._by_thread.get(thread_id)

    @property
    def running(self) -> int:
        """How many runs are going."""
        return len(self._running)

    async def close(self, why: BaseException, grace: float) -> None:
        """Shut down: no new runs; those that go get ``grace`` seconds, then end as failed, legally."""
        self._closing = why
        going = [run for run in self._running.values() if run.begun]
        if not going:
            return
        waits = [asyncio.create_task(run.wait()) for run in going]
        _, late = await asyncio.wait(waits, timeout=grace)
        for wait in late:
            wait.cancel()
        await asyncio.gather(*(run.stop(why) for run in going if not run.over))
