"""One run. It belongs to the server, not to a request: a task that appends an agent's events to a journal.

An HTTP response, a second window, a reconnect, the non-streaming answer are readers of that journal. The run alone
writes it, and ends it: at the agent's end, at a fault, when somebody stops it, when the server shuts down, when its
last reader left. Whatever the end, and whatever the agent does, the events close legally, the thread is free, and
nobody waits for ever:

- an agent need only yield events. What it leaves open is closed here, by the lifecycle table; RUN_STARTED and the last
  event are added where it has none;
- what it yields and nobody could read (no type, no id) is counted as a fault and dropped;
- an agent that does not stop when it is asked to is abandoned after `Limits.stop_timeout`: its run ends without it, and
  its lease is renewed, so that whatever it still wants to write is refused.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ag_ui.core import PROTOCOL_VERSION

from bridge.errors import AgentFailure, BridgeError, NotSaved, RunTimeout, StorageFailure
from bridge.events.event import NOTE, SHOWN, Event, is_token
from bridge.events.lifecycle import OpenEntities, misshapen, readable_error
from bridge.events.verify import Verifier
from bridge.events.versions import speaks_v1
from bridge.failures import revealed, run_failure, without_frames
from bridge.observe.observer import Observers, RunRecord
from bridge.runs.batch import Batch
from bridge.runs.journal import MemoryJournal
from bridge.runs.leases import Lease, Leases, MemoryLeases
from bridge.runs.request import Disconnect, RunRequest

logger = logging.getLogger("bridge.runs")


@runtime_checkable
class Ends(Protocol):
    """A stream of events that knows more about an early end than the run does (the usage until then)."""

    def last_events(self, why: BaseException | None) -> Iterable[Event]:
        """The last events of a run that failed (``why``) or was stopped (``None``). Nothing is yielded after it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a run waits for others. Seconds and bytes.

    Attributes:
        timeout: for the whole run; ``None``: no limit.
        stop_timeout: for an agent that was asked to stop, before its run is ended without it.
        disconnect_grace: for a reader to come back, before the run counts as left by all.
        slow_reader: in all, for readers that are behind, before the journal forgets what they have not read.
        reveal_errors: a failure's message has the exception as well, on the lines below it.
    """

    timeout: float | None = None
    stop_timeout: float = 5.0
    disconnect_grace: float = 3.0
    slow_reader: float = 5.0
    reveal_errors: bool = False


class Reader:
    """Somebody who reads a run, and how far they are."""

    __slots__ = ("_run", "number")

    def __init__(self, run: Run, number: int) -> None:
        self._run = run
        self.number = number

    def advance(self, number: int) -> None:
        """The events up to this number were sent."""
        self.number = number
        self._run.progress()

    def leave(self) -> None:
        """The reader goes."""
        self._run.leave(self)


Ended = Callable[["Run", list[Event]], Awaitable[None]]
"""Called once, with the events that end the run, before readers see them: a client that has seen the end may send its
next request at once, and it must find the thread free and the index up to date."""


class Run:
    """One run: its request, its journal, its readers."""

    def __init__(
        self,
        request: RunRequest,
        events: AsyncIterable[Event],
        *,
        disconnect: Disconnect = "cancel",
        limits: Limits | None = None,
        journal: MemoryJournal | None = None,
        lease: Lease | None = None,
        leases: Leases | None = None,
        observers: Observers | None = None,
    ) -> None:
        self.request = request
        self.disconnect: Disconnect = disconnect
        self.limits = limits or Limits()
        self.journal = journal or MemoryJournal()
        self.aliases: Mapping[str, str] = request.aliases
        """Ids of stored messages that clients know under another id -> that id, as the agent noted them last."""
        self.checkpoint_id: str | None = None
        """Where the thread stands when the run is over, where the agent says so."""
        self.faults = 0
        self.abandoned = False
        self.record = RunRecord(request.principal, request.agent, request.thread_id, request.run_id, time.time())
        self._events: AsyncIterable[Event] | None = events
        self._leases: Leases = leases or MemoryLeases()
        self.lease = lease or Lease(request.key, 0)
        self._observers = observers or Observers()
        self._watched = bool(self._observers.watchers)
        self._verifier = Verifier(strict=False, on_fault=self._fault)
        self._open = OpenEntities()
        self._begun = False  # RUN_STARTED is in the journal
        self._last: Event | None = None  # the event that ends the run, held back until all is stored
        self._readers: set[Reader] = set()
        self._forgotten = False  # nobody can find it any more
        self._expected = True  # the reader for whom the run was started has not come yet
        self._patience = self.limits.slow_reader
        self._progress: asyncio.Future[bool] | None = None
        self._leaving: asyncio.TimerHandle | None = None
        self._giving_up: asyncio.TimerHandle | None = None
        self._batch: Batch | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._ended: Ended | None = None
        self._closed: Callable[[Run], None] | None = None
        self._why: BaseException | None = None
        self._stopped = False
        self._ending = False
        self._done = asyncio.Event()

    @property
    def id(self) -> str:
        """The run's id, the request's ``runId``."""
        return self.request.run_id

    @property
    def started_at(self) -> float:
        """When it was made, in seconds since the epoch."""
        return self.record.started_at

    @property
    def ended_at(self) -> float | None:
        """When its last event was in the journal."""
        return self.record.ended_at

    @property
    def begun(self) -> bool:
        """Whether the run has a task, which will bring it to its end."""
        return self._task is not None

    @property
    def over(self) -> bool:
        """Whether the last event is in the journal."""
        return self.journal.closed

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The task in which the agent works."""
        return self._task

    # The agent's events

    def start(self, ended: Ended, *, closed: Callable[[Run], None] | None = None) -> None:
        """Begin. The task is the run's own: no request's end ends it.

        ``closed`` is called when all is in the journal.
        """
        self._ended = ended
        self._closed = closed
        self._observers.run_began(self.record)
        self._task = asyncio.create_task(self._perform(), name=f"run {self.id}")

    async def _perform(self) -> None:
        why: BaseException | None = None
        raised: BaseException | None = None
        try:
            if not getattr(self._events, "announces", False):
                self._begin()
            if self._stopped:  # before the task had its first turn
                raise asyncio.CancelledError
            async with asyncio.timeout(self.limits.timeout) as limit:
                await self._follow()
            self._stopped = False  # it came to its own end, whoever wanted it to stop
            self._calm()
        except asyncio.CancelledError as error:
            self._calm()
            why, raised = self._why, error
            self._stopped = True
        except Exception as error:
            raised = error
            timed_out = isinstance(error, TimeoutError) and limit.expired()
            why = RunTimeout("The run took too long.") if timed_out else error
            why = NotSaved.because(why) if isinstance(why, StorageFailure) and self.record.first_word_at else why
            if not self.abandoned:
                self._observers.run_failed(self.record, why)
        if not self._ending:
            ending = self._last_events(why)
            without_frames(raised)
            await self._end(ending)

    def _calm(self) -> None:
        """A cancellation was taken note of; what follows is ordinary work."""
        while self._task is not None and self._task.cancelling():
            self._task.uncancel()

    def _begin(self) -> None:
        """RUN_STARTED, once. Where the agent's events have ``announces``, not before the first of them."""
        if self._begun:
            return
        self._begun = True
        request = self.request
        event: Event = {"type": "RUN_STARTED", "threadId": request.thread_id, "runId": self.id}
        if speaks_v1(request.protocol_version):
            event["protocolVersion"] = PROTOCOL_VERSION
        if request.parent_run_id is not None:
            event["parentRunId"] = request.parent_run_id
        self._verifier.feed(event)
        self.journal.append((event,), self.lease.fence)

    async def _follow(self) -> None:
        """Append the agent's events as they come."""
        assert self._events is not None  # noqa: S101 - it is given away at the end alone
        batch = self._batch = Batch()
        events = aiter(self._events)
        try:
            async for event in events:
                if not batch.left:
                    await batch.begin()
                    if self._stopped:  # the agent was asked to stop, and went on all the same
                        raise asyncio.CancelledError
                    if self.journal.full:
                        await self._make_room()
                batch.left -= 1
                self._emit(event)
        finally:
            await _close(events)

    def _emit(self, event: Event) -> None:
        """Verify an event and append it; what nobody could read is dropped, and counted."""
        token = False
        try:
            token = is_token(event) and event["messageId"] == self._verifier.token and event["delta"].__class__ is str
            if not token:
                if not self._admit(event):
                    return
                self._verifier.feed(event)
        except Exception as error:  # whatever an agent may take for an event
            self._fault(f"An event of no legal shape was dropped ({type(error).__name__}).")
            return
        if token:
            self.journal.append_token(event, self.lease.fence)
        else:
            self.journal.append((event,), self.lease.fence)
            if self._batch is not None:
                self._batch.others += 1
                if self.journal.full:
                    self._batch.left = 0  # where there is an await: see `_follow`
        if self._watched:
            self._observers.events(self.record, (event,))

    def _admit(self, event: Event) -> bool:
        """Whether this event goes into the journal now."""
        kind = event["type"]
        if kind == NOTE:
            self.aliases = event.get("aliases", self.aliases)
            self.checkpoint_id = event.get("checkpoint_id", self.checkpoint_id)
            return False
        self._begin()
        event = readable_error(event) if kind == "RUN_ERROR" else event
        fault = misshapen(event)
        if fault is None and self._last is not None:
            fault = f"'{kind}' after the run's last event"
        if fault is not None:
            self._fault(f"Dropped: {fault}.")
            return False
        match kind:
            case "RUN_FINISHED" | "RUN_ERROR":
                self._last = event
                return False
            case "RUN_STARTED":  # the run has its own, under the ids of its request
                return False
            case _:
                self._open.see(event)
        if self.record.first_word_at is None and kind.startswith(SHOWN):
            self.record.first_word_at = time.time()
        return True

    def _fault(self, fault: str) -> None:
        self.faults += 1
        self._observers.fault(self.record, fault)

    # Its end

    def _last_events(self, why: BaseException | None) -> list[Event]:
        """The events that end the run; the journal has all that came before them."""
        self._begin()
        stopped = self._stopped and why is None
        if why is not None:
            self._last = None  # a failure after the end is a failure
        source: object = self._events
        if (stopped or why is not None) and self._last is None and isinstance(source, Ends):
            try:
                for event in source.last_events(why):
                    if self._open.closable(event):  # what it had in hand when it was stopped was not emitted
                        self._emit(event)
            except Exception as error:
                logger.exception("an agent failed to end its run", extra=self._named())
                why, stopped = why or error, False
        if self._last is None:
            self._last = self._ending_of(why, stopped=stopped)
        failed = self._last["type"] == "RUN_ERROR"
        if failed and why is not None and self.limits.reveal_errors and not isinstance(why, BridgeError):
            self._last = {**self._last, "message": f"{self._last['message']}\n{revealed(why)}"}
        ending = [*self._open.closing(str(self._last.get("message", "")) if failed else None), self._last]
        self.record.outcome = _outcome(self._last)
        self.record.usage = tuple(self._last.get("usage") or ())
        try:
            for event in ending:
                self._verifier.feed(event)
        except Exception:
            logger.exception("the verifier failed", extra=self._named())
        return ending

    def _ending_of(self, why: BaseException | None, *, stopped: bool) -> Event:
        if why is not None:
            failure = run_failure(why)
            return {"type": "RUN_ERROR", "message": failure.message, "code": failure.code}
        ending: Event = {"type": "RUN_FINISHED", "threadId": self.request.thread_id, "runId": self.id}
        if speaks_v1(self.request.protocol_version):
            ending["outcome"] = {"type": "cancelled" if stopped else "success"}
        return ending

    async def _end(self, ending: list[Event]) -> None:
        """Store what has to be stored, then let readers see the end."""
        self._ending = True
        try:
            if self._ended is not None:
                async with asyncio.timeout(self.limits.stop_timeout):
                    await self._ended(self, ending)
        except Exception:
            # the index is behind; the answer is whole, and the client gets it
            logger.exception("after the run", extra=self._named())
        finally:
            self._close(ending)

    def _close(self, ending: list[Event]) -> None:
        try:
            self.journal.append(ending, self.lease.fence)
        except Exception:  # readers see a journal that was closed without an end, and say so
            logger.exception("the journal failed", extra=self._named())
        for timer in (self._giving_up, self._leaving):
            if timer is not None:
                timer.cancel()
        self.record.ended_at = time.time()
        self.request = self.request.without_content()
        self._events = None
        self._ended = None
        self._verifier = Verifier(strict=False)  # the one of the run has its last snapshot, a whole conversation
        self.journal.close()
        if self._closed is not None:
            self._closed(self)
        self._done.set()
        self._observers.run_ended(self.record)

    async def stop(self, why: BaseException | None = None) -> None:
        """End the run and wait until it has ended; with ``why`` as a failure, else as somebody's wish."""
        self.cancel(why)
        await self._done.wait()

    def cancel(self, why: BaseException | None = None, *, within: float | None = None) -> None:
        """Ask the agent to stop, without waiting. After ``within`` seconds (`Limits.stop_timeout`) it is abandoned.

        Once, and not while the end is being stored: nothing should interrupt that.
        """
        if self._task is None or self._ending:
            return
        self._give_up_after(self.limits.stop_timeout if within is None else within)
        if self._stopped:
            return
        self._stopped = True
        self._why = why
        if self._batch is not None:
            self._batch.left = 0
            self._task.cancel()  # else the task has not begun: cancelled now, it would never come to its end

    def _give_up_after(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._giving_up is not None:
            if self._giving_up.when() <= loop.time() + seconds:
                return
            self._giving_up.cancel()
        self._giving_up = loop.call_later(seconds, self._abandon)

    def _abandon(self) -> None:
        """The agent does not stop. The run ends without it, and under a new fence: it can write no more."""
        if self._ending or self._task is None:
            return
        self.abandoned = True
        logger.warning("an agent does not stop; its run was ended without it", extra=self._named())
        self._observers.run_abandoned(self.record)
        self.lease = self._leases.renew(self.lease)
        self._task.cancel()
        self._closing = asyncio.create_task(self._end(self._last_events(self._why)), name=f"end of run {self.id}")

    async def wait(self) -> None:
        """Until the run is over."""
        await self._done.wait()

    def _named(self) -> dict[str, Any]:
        return {"run_id": self.id, "thread_id": self.request.thread_id}

    # The readers

    @property
    def left(self) -> bool:
        """Whether everybody who read it has gone."""
        return not self._readers and not self._expected

    def join(self, after: int = 0) -> Reader:
        """A reader comes, who has the events up to number ``after``."""
        reader = Reader(self, after)
        self._readers.add(reader)
        self._expected = False
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        self._observers.reader_joined(self.record)
        return reader

    def leave(self, reader: Reader) -> None:
        """A reader goes. Where nobody comes back in time, and nobody asked for it to go on, the run is stopped."""
        if reader not in self._readers:
            return
        self._readers.discard(reader)
        self._observers.reader_left(self.record)
        self.progress()
        if self._forgotten and not self._readers:
            self.journal.discard()
        if self._readers or self.over or self.disconnect != "cancel":
            return
        if self.limits.disconnect_grace <= 0:
            self.cancel()
        else:
            self._leaving = asyncio.get_running_loop().call_later(self.limits.disconnect_grace, self.cancel)

    def forget(self) -> bool:
        """Nobody finds this run any more. Its journal counts until its last reader leaves: whether there is one."""
        self._forgotten = True
        if not self._readers:
            self.journal.discard()
        return bool(self._readers)

    def progress(self) -> None:
        """A reader has read, or has gone."""
        if self._progress is not None and not self._progress.done():
            self._progress.set_result(True)

    async def _make_room(self) -> None:
        """Forget the oldest events; first wait, as long as there is patience, for readers that have not read them."""
        journal, loop = self.journal, asyncio.get_running_loop()
        while journal.full:
            behind = self._expected or any(reader.number < journal.oldest for reader in self._readers)
            if not behind or self._patience <= 0:
                journal.forget_oldest()
                continue
            began = loop.time()
            self._progress = loop.create_future()
            timer = loop.call_later(min(self._patience, 1.0), self.progress)
            try:
                await self._progress
            finally:
                timer.cancel()
                self._progress = None
                self._patience -= loop.time() - began


def _outcome(last: Event) -> str:
    if last["type"] == "RUN_ERROR":
        return str(last.get("code") or AgentFailure.code)
    outcome = last.get("outcome")
    return str(outcome["type"]) if isinstance(outcome, Mapping) and "type" in outcome else "success"


async def _close(events: AsyncIterator[Event]) -> None:
    """Close an agent's stream, where it can be closed: that stops what it works with."""
    if isinstance(events, AsyncGenerator):
        await events.aclose()
