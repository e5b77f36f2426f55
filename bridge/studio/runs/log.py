"""The runs of this process, those that are over too, without what was said in them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import count, islice

from bridge.observe.observer import Observer, RunRecord

KEPT = 1_000
"""Runs that are remembered, of all principals together."""


class RunLog(Observer):
    """Notes each run as it begins. It costs a run one entry, and a token nothing.

    A record is the run's own: what becomes of the run stands in it. ``kept``: how many are remembered.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._numbers = count(1)
        self._noted: deque[tuple[int, RunRecord]] = deque(maxlen=kept)

    def run_began(self, run: RunRecord) -> None:
        """Note it."""
        self._noted.append((next(self._numbers), run))

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
