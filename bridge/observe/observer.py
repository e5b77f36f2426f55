"""The port for who wants to know what happens: logs, and later traces, metrics, the studio."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.events.event import Event
from bridge.events.model_calls import ModelCall

logger = logging.getLogger("bridge.observe")


@dataclass(slots=True)
class RunRecord:
    """A run without its content. Times are seconds since the epoch."""

    principal: str
    agent: str
    thread_id: str
    run_id: str
    started_at: float
    ended_at: float | None = None
    outcome: str | None = None
    """``success``, ``interrupt``, ``cancelled``, or the ``code`` of a RUN_ERROR; ``None`` while the run goes on."""
    first_word_at: float | None = None
    """When the first thing was there that a person sees: text, a thought, a tool call."""
    client: str = ""
    """The ``User-Agent`` of the request, where somebody has noted it."""
    usage: Sequence[Mapping[str, Any]] = ()
    """AG-UI's ``usage``, an entry for each provider and model; empty while the run goes on, and where none is known."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """The event loop had no turn for so long.

    Attributes:
        seconds: until it was noticed; who blocks it may go on.
        agent, node: who is at work; ``None`` where that is not known.
        line: where in the code, as ``file.py:12, in function``; empty where many had short turns.
    """

    seconds: float
    agent: str | None = None
    node: str | None = None
    line: str = ""


class Observer:
    """Does nothing; an observer overrides what it wants to know. A method that raises is logged and disturbs nobody."""

    def run_began(self, run: RunRecord) -> None:
        """A run has its thread and begins."""

    def run_ended(self, run: RunRecord) -> None:
        """A run is over; ``outcome`` says how it ended."""

    def run_failed(self, run: RunRecord, error: BaseException) -> None:
        """What ended the run is this exception."""

    def run_abandoned(self, run: RunRecord) -> None:
        """An agent did not stop when it was asked to; its run was ended without it."""

    def events(self, run: RunRecord, events: Sequence[Event]) -> None:
        """Events were emitted. Asked for every one of them, tokens too: only observers that override it pay."""

    def model_called(self, run: RunRecord, call: ModelCall) -> None:
        """A model is called. Only observers that override it have it noted."""

    def reader_joined(self, run: RunRecord) -> None:
        """Somebody reads the run."""

    def reader_left(self, run: RunRecord) -> None:
        """Somebody reads it no longer."""

    def fault(self, run: RunRecord, fault: str) -> None:
        """An agent emitted what is not legal AG-UI."""

    def loop_blocked(self, blocked: Blocked) -> None:
        """All streams stand still. Called once a pause, mostly from another thread: the loop has no turn."""


class Observers(Observer):
    """Several observers as one."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._all = tuple(observers)
        self.watchers = tuple(one for one in observers if type(one).events is not Observer.events)
        """Those that want every event."""
        self.want_calls = any(type(one).model_called is not Observer.model_called for one in observers)
        """Whether anybody wants to know what models are given."""

    def _each(self, method: str, *args: object) -> None:
        for observer in self._all:
            try:
                getattr(observer, method)(*args)
            except Exception:
                logger.exception("observer %s failed", type(observer).__name__)

    def run_began(self, run: RunRecord) -> None:
        """Pass it on."""
        self._each("run_began", run)

    def run_ended(self, run: RunRecord) -> None:
        """Pass it on."""
        self._each("run_ended", run)

    def run_failed(self, run: RunRecord, error: BaseException) -> None:
        """Pass it on."""
        self._each("run_failed", run, error)

    def run_abandoned(self, run: RunRecord) -> None:
        """Pass it on."""
        self._each("run_abandoned", run)

    def events(self, run: RunRecord, events: Sequence[Event]) -> None:
        """Pass them on to those that want them."""
        for observer in self.watchers:
            try:
                observer.events(run, events)
            except Exception:
                logger.exception("observer %s failed", type(observer).__name__)

    def model_called(self, run: RunRecord, call: ModelCall) -> None:
        """Pass it on."""
        self._each("model_called", run, call)

    def reader_joined(self, run: RunRecord) -> None:
        """Pass it on."""
        self._each("reader_joined", run)

    def reader_left(self, run: RunRecord) -> None:
        """Pass it on."""
        self._each("reader_left", run)

    def fault(self, run: RunRecord, fault: str) -> None:
        """Pass it on."""
        self._each("fault", run, fault)

    def loop_blocked(self, blocked: Blocked) -> None:
        """Pass it on."""
        self._each("loop_blocked", blocked)
