"""The port behind which agents live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bridge.events.interrupts import Interrupt
from bridge.runs.request import RunRequest, ThreadKey
from bridge.runs.run import Performance


@dataclass(frozen=True, slots=True)
class ThreadState:
    """What a thread holds now, as clients see it.

    ``messages`` and ``interrupts`` are AG-UI's JSON objects, ``state`` is the projected state.
    """

    messages: list[dict[str, Any]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    interrupts: list[Interrupt] = field(default_factory=list)
    checkpoint_id: str | None = None

    @property
    def exists(self) -> bool:
        """Whether anything was ever stored for the thread."""
        return self.checkpoint_id is not None


class Agent(Protocol):
    """An agent behind the bridge."""

    @property
    def name(self) -> str:
        """The model name for OpenAI clients, the agent's id for AG-UI and CopilotKit."""

    @property
    def description(self) -> str:
        """One sentence for a person."""

    def perform(self, request: RunRequest, aliases: Mapping[str, str]) -> Performance:
        """Prepare a run; nothing happens until its parts are read."""

    async def read(
        self, thread: ThreadKey, aliases: Mapping[str, str], checkpoint_id: str | None = None
    ) -> ThreadState:
        """What the thread holds, now or at a checkpoint: messages, state, pending interrupts."""

    async def head(self, thread: ThreadKey) -> str | None:
        """The id of the thread's latest checkpoint."""

    async def forget(self, thread: ThreadKey) -> None:
        """Delete all that is stored of the thread."""
