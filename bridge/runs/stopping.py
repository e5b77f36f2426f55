"""Notices that the process is asked to stop, where its server says so only when it has waited for its streams.

uvicorn, gunicorn and granian wait for their answers first, and end the lifespan then; some servers know no lifespan. A
stream would go on until it is cut off. So SIGTERM and SIGINT are noticed here too, and then do what they did before.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from weakref import WeakSet

SIGNALS = (signal.SIGTERM, signal.SIGINT)

_watching: WeakSet[Stopping] = WeakSet()  # an application may be dropped without an end


class _Handler:
    """A signal's handler in front of the one that was there. Others may have put theirs in front of it since."""

    def __init__(self, before: Callable[[int, FrameType | None], object]) -> None:
        self.before = before

    def __call__(self, number: int, frame: FrameType | None) -> None:
        for stopping in tuple(_watching):
            stopping.notice()
        self.before(number, frame)


class Stopping:
    """Calls ``stop`` in the event loop when the process is asked to stop, between `watch` and `end`.

    A signal that nobody handles stays so: the process then ends at once, as it did. Python gives signals to the main
    thread alone; in an event loop elsewhere none is noticed.
    """

    def __init__(self, stop: Callable[[], object]) -> None:
        self._stop = stop
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self) -> None:
        """Begin, in the running event loop."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._loop = asyncio.get_running_loop()
        _watching.add(self)
        for number in SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler) and handler is not signal.default_int_handler and not isinstance(handler, _Handler):
                signal.signal(number, _Handler(handler))

    def end(self) -> None:
        """Give the handlers back, where nobody else needs them or has put one in front."""
        _watching.discard(self)
        if _watching or threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            handler = signal.getsignal(number)
            if isinstance(handler, _Handler):
                signal.signal(number, handler.before)

    def notice(self) -> None:
        """The process is asked to stop."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop)
