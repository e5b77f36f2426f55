"""What begins and ends, as it does: each run's row as a server-sent event."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from bridge.json import dumps, on_one_line
from bridge.observe.observer import RunRecord
from bridge.studio.runs.log import Listener, RunLog
from bridge.studio.runs.rows import RunRow, row_of
from bridge.web import sse


class Announcements:
    """One page's stream.

    Args:
        log: where runs are noted.
        wanted: whose runs are announced.
        keep_alive: seconds after which an idle stream shows that it lives.
        ending: whether the server shuts down; asked for once a second.
    """

    def __init__(
        self, log: RunLog, wanted: Callable[[RunRecord], bool], *, keep_alive: float, ending: Callable[[], bool]
    ) -> None:
        self._log = log
        self._wanted = wanted
        self._keep_alive = keep_alive
        self._ending = ending

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Frames. A page that falls behind misses rows, and is told so: it asks for the list again."""
        with self._log.listening() as listener:
            yield sse.KEEP_ALIVE  # the page knows that it listens, and asks for the list now
            idle = 0.0
            while not self._ending():
                rows = await self._next(listener)
                idle = 0.0 if rows else idle + _TURN
                if rows:
                    yield b"".join(map(_frame, rows))
                elif idle >= self._keep_alive:
                    idle = 0.0
                    yield sse.KEEP_ALIVE
                if listener.missed:
                    listener.missed = False
                    yield b"event: missed\ndata: {}\n\n"

    async def _next(self, listener: Listener) -> list[RunRow]:
        return [row_of(run) for run in await listener.next(_TURN) if self._wanted(run)]


_TURN = 1.0  # seconds


def _frame(row: RunRow) -> bytes:
    return on_one_line(b"event: run\ndata: %b\n\n" % dumps(row))
