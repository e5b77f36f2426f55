"""The port behind which agents live, and what they give out."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from bridge.events.event import Event
from bridge.events.interrupts import Interrupt
from bridge.runs.request import RunRequest, ThreadKey


@dataclass(frozen=True, slots=True)
class Description:
    """Who an agent is.

    Attributes:
        name: the model name for OpenAI clients, the agent's id for AG-UI and CopilotKit.
        description: one sentence for a person.
        kind: what it is made of, as AG-UI's ``identity.type`` has it (``langgraph``).
        tools: names of the tools that it runs itself, as far as they are known before it runs.
    """

    name: str
    description: str = ""
    kind: str = "agent"
    tools: frozenset[str] = frozenset()


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


@dataclass(frozen=True, slots=True)
class Drawing:
    """An agent, drawn for people: ``mermaid``, the text of a diagram; ``svg``, a picture. Empty: there is none."""

    mermaid: str = ""
    svg: str = ""


@runtime_checkable
class Drawable(Protocol):
    """An agent that can be drawn. Optional."""

    async def draw(self) -> Drawing:
        """The drawing. It may take a while, and holds the event loop for none of it."""


@runtime_checkable
class Agent(Protocol):
    """An agent behind the bridge. It needs to know nothing of journals, readers, databases or HTTP."""

    def describe(self) -> Description:
        """The agent's name, its description for people, and its kind."""

    def run(self, request: RunRequest) -> AsyncIterable[Event]:
        """Run; nothing happens until the events are asked for. An async generator is enough.

        The events are AG-UI's, as JSON objects. What they leave open the run closes, RUN_STARTED and RUN_FINISHED may
        be left out, and an exception becomes RUN_ERROR. A stop arrives as ``CancelledError``. An object that also has
        ``last_events`` (`bridge.runs.run.Ends`) is asked for them at an early end. One with a true ``announces`` yields
        RUN_STARTED itself, when the request is stored: the run does not begin before its first event.
        A `bridge.events.event.note` with ``aliases`` (or ``checkpoint_id``, where the thread stands now) is for the
        bridge alone.
        """

    async def read(
        self,
        thread: ThreadKey,
        aliases: Mapping[str, str],
        *,
        checkpoint_id: str | None = None,
        held: bool = False,
    ) -> ThreadState:
        """What the thread holds, now or at a checkpoint; an empty state where it holds nothing.

        ``aliases``: ids of stored messages -> the ids that clients know them by, an empty one for messages that they do
        not know. ``held``: no other run can begin in the thread before the one that this reading is for.
        """

    async def forget(self, thread: ThreadKey) -> None:
        """Delete all that is stored of the thread."""
