"""The runs of this process: one at a time in a thread, finished ones kept for a while for late readers."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from weakref import WeakSet

from bridge.errors import InvalidRequest, RateLimited, ThreadBusy, UnknownRun
from bridge.events.event import Event
from bridge.runs.journal import Budget
from bridge.runs.leases import Lease, Leases, MemoryLeases
from bridge.runs.request import RunKey, ThreadKey
from bridge.runs.run import Ended, Run

_RECORD = 2048  # bytes that a finished run takes beside its journal, near enough


class Runs:
    """The runs of this process.

    Args:
        max_running: more at once are refused.
        max_each: more at once of one principal are refused.
        shared: principals that are many callers: `max_each` is not for them.
        keep, keep_seconds, keep_bytes: bounds of what is kept of finished runs.
        journal_memory: bytes of all journals together; beyond it finished runs go first, then the oldest events of the
            largest journals.
        patience: seconds that a new run waits in a thread for the end of one that everybody has left.
    """

    def __init__(
        self,
        *,
        max_running: int = 1000,
        max_each: int | None = None,
        shared: Collection[str] = (),
        keep: int = 256,
        keep_seconds: float = 300,
        keep_bytes: int = 64 * 1024 * 1024,
        journal_memory: int = 512 * 1024 * 1024,
        patience: float = 5.0,
        leases: Leases | None = None,
    ) -> None:
        self.leases = leases or MemoryLeases()
        self.budget = Budget(journal_memory, self._shed)
        self.abandoned: set[asyncio.Task[None]] = set()
        """The tasks of agents that did not stop; they may be at work still."""
        self._max_running = max_running
        self._max_each = max_each
        self._shared = shared
        self._keep = keep
        self._keep_seconds = keep_seconds
        self._keep_bytes = keep_bytes
        self._patience = patience
        self._running: dict[RunKey, Run] = {}
        self._by_thread: dict[ThreadKey, Run] = {}
        self._finished: OrderedDict[RunKey, Run] = OrderedDict()
        self._kept_bytes: dict[RunKey, int] = {}
        self._read_still: WeakSet[Run] = WeakSet()  # forgotten, but for those who read them
        self._aging: asyncio.TimerHandle | None = None
        self._closing: BaseException | None = None

    # A run's place

    @asynccontextmanager
    async def hold(self, thread: ThreadKey) -> AsyncIterator[Lease]:
        """Let no run begin in this thread but the holder's own (`reserve` with this lease). Raises `ThreadBusy`."""
        lease = await self.acquire(thread)
        try:
            yield lease
        finally:
            if thread not in self._by_thread:
                self.leases.release(lease)

    async def acquire(self, thread: ThreadKey) -> Lease:
        """The thread, for one run. Raises `ThreadBusy`.

        A run that all its readers have left does not keep others out: it is ended, or where it was asked to go on,
        waited for a while.
        """
        going = self._by_thread.get(thread)
        if going is not None and going.left:
            if going.disconnect == "cancel":
                going.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await going.wait()
        try:
            return await self.leases.acquire(thread)
        except ThreadBusy:
            message = f"Thread '{thread.thread_id}' already has a run; stop it or wait for its end."
            raise ThreadBusy(message) from None

    async def reserve(self, run: Run, lease: Lease | None = None) -> None:
        """Give a run its place, in a thread that ``lease`` holds for it or that is free.

        Raises `ThreadBusy`, `RateLimited`, or `InvalidRequest` for a run id that is taken.
        """
        self._check(run)
        if not run.request.ephemeral:
            run.lease = lease or await self.acquire(run.request.thread)
            try:
                self._check(run)  # there was a wait
            except BaseException:
                self.leases.release(run.lease)
                raise
            self._by_thread[run.request.thread] = run
        earlier = self._finished.pop(run.request.key, None)
        if earlier is not None:
            self._drop(earlier)
        self._running[run.request.key] = run

    def _check(self, run: Run) -> None:
        if self._closing is not None:
            raise RateLimited("The server is shutting down.", retry_after=5)
        # CopilotKit's useInterrupt answers under the id of the run that asked: the same thread may use it again.
        earlier = self._finished.get(run.request.key)
        same = earlier is None or earlier.request.thread == run.request.thread
        if run.request.key in self._running or not same:
            raise InvalidRequest(f"Run '{run.id}' exists already; a run's id is used once.", param="runId")
        if len(self._running) >= self._max_running:
            raise RateLimited(f"{self._max_running} runs are going already; try again shortly.")
        principal = run.request.principal
        if self._max_each is None or principal in self._shared:
            return
        if sum(key.principal == principal for key in self._running) >= self._max_each:
            raise RateLimited(f"{self._max_each} runs of yours are going already; stop one or wait for its end.")

    def release(self, run: Run) -> None:
        """Take the place back from a run that will not be started, or is over."""
        if self._running.get(run.request.key) is run:
            del self._running[run.request.key]
        if self._by_thread.get(run.request.thread) is run:
            del self._by_thread[run.request.thread]
            self.leases.release(run.lease)

    def begin(self, run: Run, ended: Ended) -> None:
        """Start a run that has its place."""

        async def done(run: Run, ending: list[Event]) -> None:
            try:
                await ended(run, ending)
            finally:
                self._retire(run)

        run.start(done, closed=self._kept)
        if self._closing is not None:  # the shutdown came between the place and the start
            run.cancel(self._closing)

    # Finished runs

    def _retire(self, run: Run) -> None:
        self.release(run)
        if run.abandoned and run.task is not None and not run.task.done():
            self.abandoned.add(run.task)
            run.task.add_done_callback(self.abandoned.discard)
        self._finished[run.request.key] = run

    def _kept(self, run: Run) -> None:
        """The journal is complete: count what is kept."""
        if self._finished.get(run.request.key) is run:
            self._kept_bytes[run.request.key] = run.journal.size + _RECORD
            self.forget_old()

    def forget_old(self) -> None:
        """Drop finished runs beyond the bounds, oldest first; look again when the next one has had its time."""
        horizon = time.time() - self._keep_seconds
        kept = sum(self._kept_bytes.values())
        while self._finished:
            oldest = next(iter(self._finished.values()))
            recent = oldest.ended_at is None or oldest.ended_at > horizon
            if recent and len(self._finished) <= self._keep and kept <= self._keep_bytes:
                break
            kept -= self._kept_bytes.get(oldest.request.key, 0)
            self._forget(oldest)
        if self._finished and self._aging is None:
            self._aging = asyncio.get_running_loop().call_later(self._keep_seconds, self._age)

    def _age(self) -> None:
        self._aging = None
        self.forget_old()

    def _forget(self, run: Run) -> None:
        del self._finished[run.request.key]
        self._drop(run)

    def _drop(self, run: Run) -> None:
        self._kept_bytes.pop(run.request.key, None)
        if run.forget():
            self._read_still.add(run)

    def _shed(self) -> None:
        """All journals together are too large: let finished runs go, then the oldest events of the largest ones.

        Of finished runs that somebody reads still before those of runs that go on.
        """
        while self._finished and self.budget.used > self.budget.limit:
            self._forget(next(iter(self._finished.values())))
        for runs in (list(self._read_still), list(self._running.values())):
            journals = [run.journal for run in runs]
            while journals and self.budget.used > self.budget.limit:
                largest = max(journals, key=lambda journal: journal.size)
                if not largest.forget_oldest():
                    journals.remove(largest)

    # Looking runs up

    def get(self, run_id: str, principal: str, agent: str | None = None) -> Run:
        """A run of this principal, going or recently finished.

        Raises `UnknownRun`, and `InvalidRequest` that names the agents where several have a run of this id.
        """
        found = [
            run
            for kept in (self._running, self._finished)
            for key, run in kept.items()
            if key.run_id == run_id and key.principal == principal and agent in (None, key.agent)
        ]
        if not found:
            raise UnknownRun(f"No run '{run_id}' is known.")
        if len(found) > 1:
            agents = ", ".join(sorted(run.request.agent for run in found))
            raise InvalidRequest(
                f"Several agents have a run '{run_id}': {agents}. Name one with '?agent='.", param="agent"
            )
        return found[0]

    def of_thread(self, thread: ThreadKey) -> Run | None:
        """The run that is going in this thread."""
        return self._by_thread.get(thread)

    @property
    def running(self) -> int:
        """How many runs are going."""
        return len(self._running)

    # The process's life

    def open(self) -> None:
        """Take runs (again)."""
        self._closing = None

    async def close(self, why: BaseException, grace: float, within: float = 0.5) -> None:
        """Shut down: no new runs; those that go get ``grace`` seconds, then end as failed, legally.

        An agent that does not stop ``within`` seconds of that is abandoned.
        """
        self._closing = why
        if self._aging is not None:
            self._aging.cancel()
            self._aging = None
        going = [run for run in self._running.values() if run.begun]
        if not going:
            return
        waits = [asyncio.create_task(run.wait()) for run in going]
        _, late = await asyncio.wait(waits, timeout=grace)
        for run in going:
            if not run.over:
                run.cancel(why, within=within)
        if late:
            await asyncio.wait(late)
