"""Runs for tests: a performance whose parts the test sends one by one, and a request for it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator
from typing import Any

from bridge.agents.scripted import Told
from bridge.events.event import Event
from bridge.runs.request import RunRequest
from bridge.runs.run import Run

END = object()


def request(thread: str = "t", **more: Any) -> RunRequest:
    """A request for a run of its own."""
    return RunRequest(agent="a", thread_id=thread, run_id=uuid.uuid4().hex, **more)


class Stage:
    """A performance: parts are events, `send` gives the next batch, `end` ends it; an exception is raised in it."""

    def __init__(self, asked: RunRequest) -> None:
        self.translator = Told(asked, [])
        self.closed = asyncio.Event()
        self._sent: asyncio.Queue[Any] = asyncio.Queue()

    async def parts(self) -> AsyncGenerator[Any, None]:
        """What was sent."""
        try:
            while (part := await self._sent.get()) is not END:
                if isinstance(part, BaseException):
                    raise part
                yield part
        finally:
            self.closed.set()

    def send(self, *parts: Any) -> None:
        """The next parts."""
        for part in parts:
            self._sent.put_nowait(part)

    def end(self) -> None:
        """No more parts."""
        self._sent.put_nowait(END)


async def settled(run: Run, number: int) -> list[Event]:
    """The run's events, once there are so many."""
    while run.log.last < number:
        assert await run.changed(run.log.last, 5)
    return run.log.after(0)


async def nothing(run: Run, ending: list[Event]) -> None:
    """Nobody wants to know that the run ended."""
    del run, ending
