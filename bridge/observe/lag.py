"""Who blocks the event loop: an ``async def`` node that waits without ``await``, or computes for long.

All streams share one loop. It notes the time a few times within the bound; a thread looks at that note, and where it
is too old, at what the loop is doing: the task is looked at twice, so that a loop that is only busy with many short
steps blames none of them. What holds the interpreter itself also holds this thread; the loop finds that out afterwards,
by the processor time that it took, and can name nobody.
"""

from __future__ import annotations

import asyncio
import sysconfig
import threading
import time
from collections.abc import Callable
from pathlib import Path
from sys import _current_frames
from types import FrameType

from bridge.observe.observer import Blocked, Observer

PlaceOf = Callable[[FrameType], tuple[str | None, str | None]]
"""The agent and the node that a stack, given by its innermost frame, belongs to; ``None`` for what it does not say."""

_LIBRARIES = (*(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")), "<")
_LOOKS = 4  # within the bound


class LoopWatch:
    """Watches the loop that `start` is called in.

    Args:
        bound: seconds without a turn after which the loop counts as blocked.
        observer: its ``loop_blocked`` is called once for each such pause, from the watching thread.
        place_of: names who is at work.
    """

    def __init__(self, bound: float, observer: Observer, place_of: PlaceOf) -> None:
        self._bound = bound
        self._every = bound / _LOOKS
        self._observer = observer
        self._place_of = place_of
        self._ending = threading.Event()
        self._reported = False

    def start(self) -> None:
        """Watch the running loop."""
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._turn, self._cpu = time.monotonic(), time.thread_time()
        self._timer = self._loop.call_later(self._every, self._take_turn)
        self._thread = threading.Thread(target=self._watch, name="loop watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._timer.cancel()
        self._ending.set()
        self._thread.join(self._bound)

    def _take_turn(self) -> None:
        """In the loop: it is alive."""
        now, cpu = time.monotonic(), time.thread_time()
        late = now - self._turn - self._every
        # without processor time of its own it was the machine that stood still
        if late > self._bound and not self._reported and cpu - self._cpu > self._bound / 2:
            self._observer.loop_blocked(Blocked(late))
        self._turn, self._cpu, self._reported = now, cpu, False
        self._timer = self._loop.call_later(self._every, self._take_turn)

    def _watch(self) -> None:
        suspect: object = None
        woken = time.monotonic()
        while not self._ending.wait(self._every):
            slept, woken = time.monotonic() - woken, time.monotonic()
            late = woken - self._turn - self._every
            if late < self._bound / 2 or slept > self._every * 2:  # this thread did not get its turns either
                suspect = None
            elif not self._reported:
                task = asyncio.current_task(self._loop)
                if late < self._bound or suspect is None:
                    suspect = task or self._loop
                else:
                    self._report(late, certain=suspect is (task or self._loop))
                    suspect = None

    def _report(self, late: float, *, certain: bool) -> None:
        self._reported = True
        frame = _current_frames().get(self._loop_thread)
        if frame is None or not certain:
            self._observer.loop_blocked(Blocked(late))
            return
        agent, node = self._place_of(frame)
        self._observer.loop_blocked(Blocked(late, agent, node, line_of(frame)))


def line_of(frame: FrameType) -> str:
    """The innermost line of a stack that is no library's: ``file.py:12, in function``."""
    found: FrameType | None = frame
    while found is not None and found.f_code.co_filename.startswith(_LIBRARIES):
        found = found.f_back
    found = found or frame
    return f"{Path(found.f_code.co_filename).name}:{found.f_lineno}, in {found.f_code.co_name}"
