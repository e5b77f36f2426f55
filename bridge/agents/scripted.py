"""A run whose events are known beforehand: no agent, no model, no database. Pure.

Two uses: asking an interrupt's question again, and the fixed answer by which the wiring is checked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from bridge.errors import run_failure
from bridge.events.event import Event
from bridge.events.lifecycle import OpenEntities
from bridge.runs.request import RunRequest


class Told:
    """A performance of given events between RUN_STARTED and RUN_FINISHED, and its translator.

    ``pace`` seconds pass between two events.
    """

    def __init__(
        self, request: RunRequest, events: Sequence[Event], *, outcome: Event | None = None, pace: float = 0.0
    ) -> None:
        self._named = {"threadId": request.thread_id, "runId": request.run_id}
        self._events = list(events)
        self._outcome = outcome
        self._pace = pace
        self._open = OpenEntities()

    @property
    def translator(self) -> Told:
        """Itself: events need no translation."""
        return self

    async def parts(self) -> AsyncGenerator[Any, None]:
        """The events."""
        for event in self._events:
            yield event
            await asyncio.sleep(self._pace)

    def start(self) -> list[Event]:
        """RUN_STARTED."""
        return [{"type": "RUN_STARTED", **self._named}]

    def feed(self, part: Event) -> list[Event]:
        """The event itself."""
        self._open.see(part)
        return [part]

    def finish(self) -> list[Event]:
        """RUN_FINISHED, with the given outcome."""
        ending: Event = {"type": "RUN_FINISHED", **self._named}
        if self._outcome is not None:
            ending["outcome"] = self._outcome
        return [*self._open.closing(), ending]

    def cancel(self) -> list[Event]:
        """Close what is open; RUN_FINISHED."""
        return [*self._open.closing(), {"type": "RUN_FINISHED", **self._named}]

    def fail(self, exc: BaseException) -> list[Event]:
        """Close what is open; RUN_ERROR."""
        failure = run_failure(exc)
        return [*self._open.closing(), {"type": "RUN_ERROR", "message": failure.message, "code": failure.code}]


def text_events(message_id: str, words: Sequence[str]) -> list[Event]:
    """A text message, piece by piece."""
    return [
        {"type": "TEXT_MESSAGE_START", "messageId": message_id, "role": "assistant"},
        *({"type": "TEXT_MESSAGE_CONTENT", "messageId": message_id, "delta": word} for word in words),
        {"type": "TEXT_MESSAGE_END", "messageId": message_id},
    ]
