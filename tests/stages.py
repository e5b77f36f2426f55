"""Runs for tests: an agent's stream whose events the test sends one by one, and a request for it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

from bridge.events.event import Event
from bridge.runs.request import RunRequest, ThreadKey
from bridge.runs.run import Run

END = object()


def request(thread: str = "t", **more: Any) -> RunRequest:
    """A request for a run of its own."""
    return RunRequest(agent="a", thread_id=thread, run_id=uuid.uuid4().hex, **more)


def key(thread: str = "t") -> ThreadKey:
    """The thread of such a request."""
    return request(thread).thread


class Stage:
    """An agent's stream: `send` gives the next events, `end` ends it; an exception is raised in it."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self._sent: asyncio.Queue[Any] = asyncio.Queue()

    async def __aiter__(self) -> AsyncIterator[Event]:
        try:
            while (event := await self._sent.get()) is not END:
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            self.closed.set()

    def send(self, *events: Any) -> None:
        """The next events."""
        for event in events:
            self._sent.put_nowait(event)

    def end(self) -> None:
        """No more events."""
        self._sent.put_nowait(END)


async def settled(run: Run, number: int) -> list[Event]:
    """The run's events, once there are so many."""
    while run.journal.last < number:
        assert await run.journal.changed(run.journal.last, 5)
    return run.journal.after(0)


async def nothing(run: Run, ending: list[Event]) -> None:
    """Nobody wants to know that the run ended."""
    del run, ending
