"""The threads in which plain ``def`` nodes and tools work.

LangChain and LangGraph call plain functions in the event loop's default executor, whatever graph, tool or model they
are of. asyncio's own has a few threads more than the machine has cores: of twenty-four nodes that each wait a second,
most would wait in turn. Neither SQLite nor PostgreSQL waits here: aiosqlite and the thread index have threads of their
own, psycopg has sockets.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

logger = logging.getLogger("bridge.threads")

DEFAULT_THREADS = 64
"""Of `bridge serve`. Threads are made when they are needed; plain functions mostly wait."""


class _Call(Future[Any]):
    """A call in a thread, which says when nobody waits for it any longer."""

    def __init__(self, left: Callable[[_Call], None]) -> None:
        super().__init__()
        self._left = left

    def cancel(self) -> bool:
        """Whether it did not begin. asyncio calls this when the task that awaits the call is cancelled."""
        cancelled = super().cancel()
        self._left(self)
        return cancelled


class Workers(ThreadPoolExecutor):
    """Threads for so many calls at once, beside those that nobody waits for any longer.

    A thread cannot be stopped: when a run is stopped, its plain node goes on, for ever perhaps. The place of such a
    call is given to the next one. There are as many spare threads as there are places; when all hold abandoned calls, a
    further one keeps its place until it ends.
    """

    def __init__(self, threads: int) -> None:
        super().__init__(threads * 2, thread_name_prefix="worker")
        self._places = threads
        self._lock = Lock()
        self._closed = False
        self._waiting: dict[_Call, Callable[[], Any]] = {}
        self._working: set[_Call] = set()
        self._abandoned: set[_Call] = set()

    @property
    def busy(self) -> int:
        """How many calls have not come to their end, abandoned ones too."""
        with self._lock:
            return len(self._waiting) + len(self._working) + len(self._abandoned)

    @property
    def abandoned(self) -> int:
        """How many of them nobody waits for."""
        return len(self._abandoned)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call this in a thread, when there is a place."""
        call = _Call(self._left)
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._waiting[call] = partial(fn, *args, **kwargs)
            self._fill()
        return call

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; those that wait for a place are cancelled."""
        with self._lock:
            self._closed = True
            waiting = list(self._waiting)
        for call in waiting:
            call.cancel()
        super().shutdown(wait, cancel_futures=cancel_futures)

    def _fill(self) -> None:
        """Begin what there is a place for. The lock is held."""
        while self._waiting and len(self._working) < self._places:
            call = next(iter(self._waiting))
            work = self._waiting.pop(call)
            self._working.add(call)
            super().submit(self._perform, call, work)

    def _perform(self, call: _Call, work: Callable[[], Any]) -> None:
        try:
            if not call.set_running_or_notify_cancel():
                return
            try:
                result = work()
            except BaseException as error:  # it is the caller's, whatever it is
                call.set_exception(error)
            else:
                call.set_result(result)
        finally:
            with self._lock:
                self._working.discard(call)
                self._abandoned.discard(call)
                if not self._closed:
                    self._fill()

    def _left(self, call: _Call) -> None:
        """Nobody waits for this call any longer."""
        with self._lock:
            self._waiting.pop(call, None)
            if call not in self._working or not call.running():
                return
            full = len(self._abandoned) >= self._places
            if not full:
                self._working.discard(call)
                self._abandoned.add(call)
                if not self._closed:
                    self._fill()
        if full:
            logger.error(
                "%d plain functions go on although their runs were stopped; no spare thread is left for another",
                self._places,
            )
