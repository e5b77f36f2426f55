"""One conversation's view of a checkpointer.

Whatever a client calls its thread, the checkpointer is given `ThreadKey.stored_id`, which is made from the principal,
the agent and the client's id: no id reaches another's conversation, whatever an index says. The graph sees the
client's id where LangGraph has it, in ``config["configurable"]["thread_id"]``. `ScopedSaver` stands around any
checkpointer, the bridge's or a graph's own.

It also reads a thread once for a run. The bridge looks at a thread before it asks the graph: which messages are new,
what is pending. LangGraph then reads the same checkpoint again, with all its messages: of a long conversation that is a
quarter of a turn. So what a `Visit` has read is handed out again until somebody writes; and what it wrote last it knows
without reading.

And it refuses what a run writes that was given up (`guarding`), and waits for a database that is away
(`bridge.agents.langgraph.saving`).
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
    copy_checkpoint,
)

from bridge.agents.langgraph.saving import (
    PATIENCE,
    each_within,
    patiently,
    patiently_in_thread,
    read_patiently,
    storage_failure,
    undo,
    whole,
)
from bridge.errors import BridgeError
from bridge.runs.request import ANONYMOUS, STORED, ThreadKey

Result = TypeVar("Result")

_VISIT: ContextVar[Visit | None] = ContextVar("visit", default=None)


class Visit:
    """One run's dealings with its thread, from the moment when no other run may write there.

    It lives in the run's context, which the tasks that LangGraph starts for the run inherit.

    Attributes:
        key: the thread's.
        head: the id of the checkpoint that was written last; ``None``: none yet.
        writes: what is being stored, subgraphs' included.
    """

    __slots__ = ("_read", "head", "key", "writes")

    def __init__(self, key: ThreadKey) -> None:
        self.head: str | None = None
        self.key = key
        self.writes: set[asyncio.Future[None]] = set()
        self._read: CheckpointTuple | None = None

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

    async def settled(self) -> None:
        """Until all that is being stored is stored. Raises what a write raised."""
        await asyncio.sleep(0)  # LangGraph makes a task for each write, and emits the part in the same breath
        while self.writes:
            done, _ = await asyncio.wait(self.writes, return_when=asyncio.FIRST_COMPLETED)
            for write in done:
                self.writes.discard(write)
                write.result()


def visit(key: ThreadKey) -> Visit:
    """Begin a visit to the thread in this context, or go on with the one that has only read so far.

    Only while no other run can write to the thread: what was read would be handed out although it has changed.
    """
    current = visiting(key)
    if current is None or current.head is not None:
        current = Visit(key)
        _VISIT.set(current)
    return current


def leave() -> None:
    """The context's visit is over; a run that was begun meanwhile goes on with it, in its own context."""
    _VISIT.set(None)


def visiting(key: ThreadKey) -> Visit | None:
    """This context's visit to the thread."""
    current = _VISIT.get()
    return current if current is not None and current.key == key else None


WriteGuard = Callable[[], bool]
"""Whether who asks may still write: ``False`` once its run was given up and its thread is another's."""

_GUARD: ContextVar[WriteGuard | None] = ContextVar("guard", default=None)


class StaleWrite(BridgeError):
    """A run that was given up tried to write to its thread, which may be another run's by now."""


def guarding(fence_check: WriteGuard) -> None:
    """From here on, in this context and in the tasks it starts, nothing is written that ``fence_check`` refuses."""
    _GUARD.set(fence_check)


def keeps_its_id(key: ThreadKey) -> bool:
    """Whether a graph's own checkpointer has the thread under the id that the client gave it.

    So are those that it has from before it was served, and those that its application goes on reading. Where everybody
    is one principal there is nobody to part; an id that looks like a stored one could still reach one.
    """
    return key.principal == ANONYMOUS and not key.thread_id.startswith(STORED)


class ScopedSaver(BaseCheckpointSaver[Any]):
    """A checkpointer as one conversation sees it.

    What it does not translate (deleting by run, copying, pruning) it does not have.

    Args:
        inner: the checkpointer that stores.
        key: the conversation. Other thread ids that its graph uses are the same principal's and agent's.
        plain: the principal's threads keep the client's ids (`keeps_its_id`).
        patience: seconds that each call waits for a database that is away.
    """

    def __init__(
        self, inner: BaseCheckpointSaver[Any], key: ThreadKey, *, plain: bool = False, patience: float = PATIENCE
    ) -> None:
        self.serde = inner.serde  # the base class's own initializer would look at it anew in each run
        self._inner = inner
        self._key = key
        self._plain = plain
        self._patience = patience
        self._stored = self._stored_id(key.thread_id)
        self._guard = _GUARD.get()

    def stored_id(self, thread_id: Any) -> str:
        """What ``inner`` knows a thread under."""
        return self._stored if thread_id == self._key.thread_id else self._stored_id(str(thread_id))

    def _stored_id(self, thread_id: str) -> str:
        key = self._key._replace(thread_id=thread_id)
        return thread_id if self._plain and keeps_its_id(key) else key.stored_id

    def _there(self, config: RunnableConfig) -> RunnableConfig:
        return _named(config, self.stored_id(config["configurable"]["thread_id"]))

    def _visit(self, config: RunnableConfig) -> Visit | None:
        """The context's visit, where this is about the thread's own conversation, not about a subgraph or another."""
        current = _VISIT.get()
        if current is None or current.key != self._key:
            return None
        where = config["configurable"]
        mine = where["thread_id"] == self._key.thread_id and not where.get("checkpoint_ns")
        return current if mine else None

    def _check(self) -> None:
        for guard in {self._guard, _GUARD.get()}:
            if guard is not None and not guard():
                raise StaleWrite("this run was given up: it may not write to its thread any more")

    async def _store(self, write: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Store something; who waits for all that is being stored (`Visit.settled`) waits for this too."""

        async def written() -> Result:
            try:
                return await write()
            except BaseException:
                await undo(self._inner)
                raise

        async def once() -> Result:
            self._check()
            return await whole(written(), self._patience)

        current = visiting(self._key)
        if current is None:
            return await patiently(once, self._patience)
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        current.writes.add(stored)
        try:
            return await patiently(once, self._patience)
        except Exception as error:
            stored.set_exception(error)
            stored.exception()  # it need not be waited for
            raise
        finally:
            if not stored.done():
                current.writes.discard(stored)
                stored.set_result(None)

    def _store_in_thread(self, write: Callable[[], Result]) -> Result:
        def once() -> Result:
            self._check()
            return write()

        return patiently_in_thread(once, self._patience)

    # Reading

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint, by LangGraph's rules; the thread's head from the visit where it has been read."""
        current = None if config["configurable"].get("checkpoint_id") else self._visit(config)
        found = current.again() if current is not None else None
        if found is None:
            there = self._there(config)
            found = _renamed(await read_patiently(lambda: self._inner.aget_tuple(there), self._patience), config)
            if current is not None:
                current.keep(found)
        return found

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint, by LangGraph's rules."""
        there = self._there(config)
        return _renamed(patiently_in_thread(lambda: self._inner.get_tuple(there), self._patience), config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - LangGraph's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Checkpoints of a thread, latest first; without a config those of this thread."""
        config = config or {"configurable": {"thread_id": self._key.thread_id}}
        before = before and self._before(before)
        try:
            listed = self._inner.alist(self._there(config), filter=filter, before=before, limit=limit)
            async for found in each_within(listed, self._patience):
                renamed = _renamed(found, config)
                if renamed is not None:
                    yield renamed
        except Exception as error:
            failure = storage_failure(error)
            if failure is None:
                raise
            raise failure from error

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - LangGraph's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Checkpoints of a thread, latest first; without a config those of this thread."""
        config = config or {"configurable": {"thread_id": self._key.thread_id}}
        before = before and self._before(before)
        for found in self._inner.list(self._there(config), filter=filter, before=before, limit=limit):
            renamed = _renamed(found, config)
            if renamed is not None:
                yield renamed

    def _before(self, config: RunnableConfig) -> RunnableConfig:
        return self._there(config) if "thread_id" in config["configurable"] else config

    def get_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """What channels that are stored by their changes were made of."""
        there = self._there(config)
        return patiently_in_thread(
            lambda: self._inner.get_delta_channel_history(config=there, channels=channels), self._patience
        )

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """What channels that are stored by their changes were made of."""
        there = self._there(config)
        return await read_patiently(
            lambda: self._inner.aget_delta_channel_history(config=there, channels=channels), self._patience
        )

    # Writing

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint. Raises `StaleWrite`."""
        current = self._visit(config)
        if current is not None:
            current.wrote(checkpoint["id"])
        there = self._there(config)
        stored = await self._store(lambda: self._inner.aput(there, checkpoint, metadata, new_versions))
        return _named(stored, config["configurable"]["thread_id"])

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint. Raises `StaleWrite`."""
        current = self._visit(config)
        if current is not None:
            current.wrote(checkpoint["id"])
        there = self._there(config)
        stored = self._store_in_thread(lambda: self._inner.put(there, checkpoint, metadata, new_versions))
        return _named(stored, config["configurable"]["thread_id"])

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a task has written before its step is over. Raises `StaleWrite`."""
        path = (task_path,) if _takes_path(type(self._inner).aput_writes) else ()
        there = self._there(config)
        await self._store(lambda: self._inner.aput_writes(there, writes, task_id, *path))

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a task has written before its step is over. Raises `StaleWrite`."""
        path = (task_path,) if _takes_path(type(self._inner).aput_writes) else ()
        there = self._there(config)
        self._store_in_thread(lambda: self._inner.put_writes(there, writes, task_id, *path))

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete all that is stored of a thread. Raises `StaleWrite`."""
        stored = self.stored_id(thread_id)
        await self._store(lambda: self._inner.adelete_thread(stored))

    def delete_thread(self, thread_id: str) -> None:
        """Delete all that is stored of a thread. Raises `StaleWrite`."""
        stored = self.stored_id(thread_id)
        self._store_in_thread(lambda: self._inner.delete_thread(stored))

    # What LangGraph asks of a checkpointer beside

    @property
    def config_specs(self) -> Any:
        """The configuration that ``inner`` takes."""
        return self._inner.config_specs

    def get_next_version(self, current: Any, channel: None) -> Any:
        """A channel's next version, as ``inner`` counts."""
        return self._inner.get_next_version(current, channel)

    def with_allowlist(self, extra_allowlist: Collection[tuple[str, ...]]) -> BaseCheckpointSaver[Any]:
        """The same view of ``inner`` with a longer list of types that it may read."""
        inner = self._inner.with_allowlist(extra_allowlist)
        if inner is self._inner:
            return self
        return ScopedSaver(inner, self._key, plain=self._plain, patience=self._patience)


@lru_cache(256)
def _takes_path(method: Callable[..., Any]) -> bool:
    """Savers of LangGraph's earlier days take no ``task_path``."""
    return "task_path" in inspect.signature(method).parameters


def _named(config: RunnableConfig, thread_id: str) -> RunnableConfig:
    """The config, for a thread of this id."""
    return {**config, "configurable": {**config["configurable"], "thread_id": thread_id}}


def _renamed(found: CheckpointTuple | None, asked: RunnableConfig) -> CheckpointTuple | None:
    """A stored checkpoint under the thread id that it was asked for."""
    if found is None:
        return None
    thread_id = asked["configurable"]["thread_id"]
    parent = found.parent_config and _named(found.parent_config, thread_id)
    return found._replace(config=_named(found.config, thread_id), parent_config=parent)


def _copied(found: CheckpointTuple) -> CheckpointTuple:
    return found._replace(checkpoint=copy_checkpoint(found.checkpoint), pending_writes=[])
