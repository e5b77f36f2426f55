"""The runs of this process: one at a time in a thread, finished ones kept for a while for late readers."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from bridge.errors import InvalidRequest, RateLimited, ThreadBusy, UnknownRun
from bridge.events.event import Event
from bridge.runs.run import Finished, Run


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
