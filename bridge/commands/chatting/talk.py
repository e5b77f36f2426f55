"""The port for where an agent is, and what it may refuse with."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from bridge.events.event import Event
from bridge.events.interrupts import Interrupt


class Refused(Exception):
    """A request that was refused, or did not get there; the message is for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a thread holds: AG-UI's messages, and the interrupts that wait for an answer."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    interrupts: list[Interrupt] = field(default_factory=list)


class Talk(Protocol):
    """One agent and one thread. Every method may raise `Refused`."""

    agent: str
    thread_id: str

    async def open(self) -> Held:
        """Get ready: what the thread holds."""

    def run(self, text: str | None, resume: list[dict[str, Any]]) -> AsyncIterator[Event]:
        """Run the agent: with a message of the user, or with AG-UI's answers to interrupts. The events, to the last."""

    async def stop(self) -> None:
        """Stop the run that goes on; its events come to their end."""

    async def close(self) -> None:
        """The end."""


def new_id() -> str:
    """An id for a thread, a run or a message."""
    return uuid.uuid4().hex


def user_message(text: str | None) -> list[dict[str, Any]]:
    """A user's message as AG-UI has it; none where there is no text."""
    return [] if text is None else [{"id": new_id(), "role": "user", "content": text}]
