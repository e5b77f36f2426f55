"""LangGraph's checkpointers, reading a thread once for a run.

The bridge looks at a thread before it asks the graph: which messages are new, what is pending. LangGraph then reads the
same checkpoint again, with all its messages: of a long conversation that is a quarter of a turn. So what a `Visit` has
read is handed out again until somebody writes; and what it wrote last it knows without reading.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    copy_checkpoint,
)

_VISIT: ContextVar[Visit | None] = ContextVar("visit", default=None)


class Visit:
    """One run's dealings with its thread, from the moment when no other run may write there.

    It lives in the run's context, which the tasks that LangGraph starts for the run inherit.

    Attributes:
        thread_id: the thread's.
        head: the id of the checkpoint that was written last; ``None``: none yet.
    """

    __slots__ = ("_read", "head", "thread_id")

    def __init__(self, thread_id: str) -> None:
        self.head: str | None = None
        self.thread_id = thread_id
        self._read: CheckpointTuple | None = None

    def concerns(self, config: RunnableConfig) -> bool:
        """Whether this is about the thread's own conversation, not about a subgraph or another thread."""
        where = config["configurable"]
        return bool(where["thread_id"] == self.thread_id and not where.get("checkpoint_ns"))

    def keep(self, found: CheckpointTuple | None) -> None:
        """Keep the thread's head, unless writes are pending on it, or this run has begun to write."""
        if found is not None and not found.pending_writes and self.head is None:
            self._read = _copied(found)

    def again(self) -> CheckpointTuple | None:
        """What was read, a copy for each who asks: LangGraph writes into what it is given."""
        return None if self._read is None else _copied(self._read)

    def wrote(self, checkpoint_id: str) -> None:
        """The thread has a new head."""
        self.head = checkpoint_id
        self._read = None


def visit(thread_id: str) -> Visit:
    """Begin a visit to the thread in this context, or go on with the one that has only read so far.

    Only while no other run can write to the thread: what was read would be handed out although it has changed.
    """
    current = visiting(thread_id)
    if current is None or current.head is not None:
        current = Visit(thread_id)
        _VISIT.set(current)
    return current


def leave() -> None:
    """The context's visit is over; a run that was begun meanwhile goes on with it, in its own context."""
    _VISIT.set(None)


def visiting(thread_id: str) -> Visit | None:
    """This context's visit to the thread."""
    current = _VISIT.get()
    return current if current is not None and current.thread_id == thread_id else None


class Visited(BaseCheckpointSaver[Any]):
    """Mixed into a checkpointer: reads once for each `visit`, and notes what is written."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint, by LangGraph's rules; the thread's head from the visit where it has been read."""
        current = _VISIT.get()
        if current is None or not current.concerns(config) or config["configurable"].get("checkpoint_id"):
            return await super().aget_tuple(config)
        found = current.again()
        if found is None:
            found = await super().aget_tuple(config)
            current.keep(found)
        return found

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint."""
        current = _VISIT.get()
        if current is not None and current.concerns(config):
            current.wrote(checkpoint["id"])
        return await super().aput(config, checkpoint, metadata, new_versions)


def _copied(found: CheckpointTuple) -> CheckpointTuple:
    return found._replace(checkpoint=copy_checkpoint(found.checkpoint), pending_writes=[])
