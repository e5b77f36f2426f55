"""The port of agents that keep every step of a thread, and can go on from an earlier one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol, runtime_checkable

from typing_extensions import TypedDict  # pydantic wants it before Python 3.12

from bridge.runs.request import ThreadKey

Source = Literal["input", "loop", "update", "fork"]
"""What made a checkpoint: a request's input, a step of the graph, an edit, a copy (LangGraph's own words)."""


class Task(TypedDict):
    """A task that ran from a checkpoint, or is to. ``interrupts``: how many questions of it wait."""

    id: str
    name: str
    error: str | None
    interrupts: int


class Checkpoint(TypedDict):
    """A thread after one step.

    ``parent``: the checkpoint before it, from which the tree of branches is made. ``at``: ISO 8601. ``step``: from -1.
    ``next``: the nodes that run from here. ``tasks``: what ran from here.
    """

    id: str
    parent: str | None
    at: str | None
    step: int
    source: Source
    next: list[str]
    tasks: list[Task]


class Snapshot(Checkpoint):
    """A checkpoint with the state in it. ``values``: what may leave the server, as JSON; ``messages`` are AG-UI's."""

    values: dict[str, Any]


@runtime_checkable
class Rewindable(Protocol):
    """An agent whose threads have a history. Optional."""

    async def history(self, thread: ThreadKey, *, limit: int, before: str | None = None) -> list[Checkpoint]:
        """The thread's checkpoints over all its branches, latest first; ``before``: those older than this one."""

    async def at(self, thread: ThreadKey, checkpoint_id: str | None = None) -> Snapshot | None:
        """The thread at a checkpoint, or as it is now; ``None``: there is no such checkpoint."""

    async def fork(
        self,
        thread: ThreadKey,
        checkpoint_id: str,
        new: ThreadKey,
        *,
        values: Mapping[str, Any] | None = None,
        as_node: str | None = None,
    ) -> Snapshot:
        """Begin the thread ``new``, which holds nothing, as a copy of a checkpoint; changed, as `edit` would change it.

        Nobody else may write to the new thread meanwhile. Raises `UnknownThread` where there is no such checkpoint, and
        what `edit` raises.
        """

    async def edit(
        self,
        thread: ThreadKey,
        checkpoint_id: str | None,
        values: Mapping[str, Any],
        *,
        as_node: str | None = None,
    ) -> Snapshot:
        """Put values in the place of those at a checkpoint: a new one, which becomes the thread's latest.

        Nothing is overwritten. ``as_node``: the node that would have written them, which decides what runs next;
        ``None``: the one that made the checkpoint. Raises `InvalidRequest` for what the state cannot take.
        """
