"""The runs of this process, those that are over too, without what was said in them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, islice

from bridge.errors import RateLimited
from bridge.observe.observer import Observer, RunRecord
from bridge.web.runtime_context import connection

KEPT = 1_000
"""Runs that are remembered, of all principals together."""


LISTENERS = 100
"""Pages that are told of runs at once."""

_CLIENT = 200  # characters of a program's name
_WAITING = 256  # records that one of them has not taken yet


class Listener:
    """Who is told what begins and ends. ``missed``: some of it was forgotten, because it was not taken."""

    def __init__(self) -> None:
        self.missed = False
        self._told: deque[RunRecord] = deque()
        self._changed = asyncio.Event()

    def tell(self, run: RunRecord) -> None:
        """Something became of this run."""
        if len(self._told) >= _WAITING:
            self._told.popleft()
            self.missed = True
        self._told.append(run)
        self._changed.set()

    async def next(self, seconds: float) -> list[RunRecord]:
        """What there is to tell; waits so long for it, and then there is nothing."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return []
        self._changed.clear()
        told = list(self._told)
        self._told.clear()
        return told


class RunLog(Observer):
    """Notes each run as it begins. It costs a run one entry, and a token nothing.

    A record is the run's own: what becomes of the run stands in it. ``kept``: how many are remembered.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._numbers = count(1)
        self._noted: deque[tuple[int, RunRecord]] = deque(maxlen=kept)
        self._listeners: set[Listener] = set()

    def run_began(self, run: RunRecord) -> None:
        """Note it, and who asked for it."""
        asked = connection()
        if asked is not None:
            run.client = asked.headers.get("user-agent", "")[:_CLIENT]
        self._noted.append((next(self._numbers), run))
        self._tell(run)

    def run_ended(self, run: RunRecord) -> None:
        """Tell it."""
        self._tell(run)

    def _tell(self, run: RunRecord) -> None:
        for listener in self._listeners:
            listener.tell(run)

    def check_room(self) -> None:
        """Raises `RateLimited` where nobody more can listen."""
        if len(self._listeners) >= LISTENERS:
            raise RateLimited(f"{LISTENERS} pages listen to the runs already.")

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Somebody listens."""
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def page(
        self, wanted: Callable[[RunRecord], bool], *, limit: int, before: int | None = None
    ) -> tuple[list[RunRecord], int | None]:
        """The newest runs that are wanted, and where the next page begins; ``None``: there are no more.

        ``before``: the number that an earlier page gave.
        """
        found = list(islice(self._found(wanted, before), limit + 1))
        more = found[limit - 1][0] if len(found) > limit else None
        return [record for _, record in found[:limit]], more

    def _found(self, wanted: Callable[[RunRecord], bool], before: int | None) -> Iterator[tuple[int, RunRecord]]:
        for number, record in reversed(self._noted):
            if (before is None or number < before) and wanted(record):
                yield number, record
