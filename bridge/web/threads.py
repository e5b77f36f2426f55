"""The threads in which plain ``def`` nodes and tools work."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Workers(ThreadPoolExecutor):
    """A thread pool that knows how many of its threads are at work.

    A thread cannot be stopped. A server that shuts down while one is at work must not wait for it.
    """

    def __init__(self, max_workers: int) -> None:
        super().__init__(max_workers, thread_name_prefix="worker")
        self._going: set[Future[Any]] = set()

    @property
    def busy(self) -> int:
        """How many calls have not come to their end."""
        return len(self._going)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call this in a thread."""
        future = super().submit(fn, *args, **kwargs)
        self._going.add(future)
        future.add_done_callback(self._going.discard)
        return future
