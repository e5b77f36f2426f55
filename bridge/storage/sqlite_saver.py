"""LangGraph's SQLite checkpointer, with one trip to the database's thread for each thing it stores or reads.

LangGraph's own makes a trip for each of a cursor, a statement, a commit and a close: twenty in a short run. Here each
statement is a transaction of its own (``isolation_level=None``), so it needs no commit, and a statement that is given
up in the middle leaves no transaction open. What is large is made into bytes beside the event loop. The tables, and the
rows in them, are LangGraph's to the letter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import aiosqlite
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.checkpoint.sqlite.utils import load_pending_writes, pending_writes_sql

from bridge.aside import LARGE, aside_if, is_large
from bridge.storage.grouped import Groups

_OF_THREAD = (
    "SELECT checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata FROM checkpoints "
    "WHERE thread_id = ? AND checkpoint_ns = ?"
)
_HEAD = _OF_THREAD + " ORDER BY checkpoint_id DESC LIMIT 1"
_ONE = _OF_THREAD + " AND checkpoint_id = ?"
_PUT = (
    "INSERT OR REPLACE INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, "
    "checkpoint, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_INTO_WRITES = (
    "INTO writes (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, value) VALUES "
)
_WRITE = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
_AT_ONCE = 3_000
"""Rows of one statement: SQLite takes 32,766 values, and a write has nine."""


class SqliteSaver(AsyncSqliteSaver):
    """`AsyncSqliteSaver` over a connection of `bridge.storage.grouped.connect`."""

    def __init__(self, connection: aiosqlite.Connection, *, serde: SerializerProtocol | None = None) -> None:
        super().__init__(connection, serde=serde)
        self._groups = Groups(connection)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that the config names, or the thread's head; ``None`` where there is none."""
        await self.setup()
        where = config["configurable"]
        thread, namespace, wanted = str(where["thread_id"]), where.get("checkpoint_ns", ""), get_checkpoint_id(config)
        query, values = (_ONE, (thread, namespace, wanted)) if wanted else (_HEAD, (thread, namespace))
        rows = await self._groups.fetch(query, values)
        if not rows:
            return None
        found, parent, kind, checkpoint, metadata = rows[0]
        query = pending_writes_sql(self._has_task_path)
        writes = await self._groups.fetch(query, (thread, namespace, str(wanted or found)))
        large = len(checkpoint) + sum(len(value or b"") for _, _, _, value, *_ in writes) > LARGE
        read, pending = await aside_if(large, self._loads, (kind, checkpoint), writes)
        return CheckpointTuple(
            config if wanted else _config(thread, namespace, found),
            read,
            json.loads(metadata) if metadata is not None else {},
            _config(thread, namespace, parent) if parent else None,
            pending,
        )

    def _loads(self, stored: tuple[str, bytes], writes: Iterable[Any]) -> tuple[Any, Any]:
        return self.serde.loads_typed(stored), load_pending_writes(writes, self.serde)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint; the config that names it."""
        del new_versions  # a row holds a whole checkpoint
        await self.setup()
        where = config["configurable"]
        kind, stored = await aside_if(is_large(checkpoint["channel_values"]), self.serde.dumps_typed, checkpoint)
        about = json.dumps(get_checkpoint_metadata(config, metadata), ensure_ascii=False).encode("utf-8", "ignore")
        thread, namespace, parent = where["thread_id"], where["checkpoint_ns"], where.get("checkpoint_id")
        values = (str(thread), namespace, checkpoint["id"], parent, kind, stored, about)
        await self._groups.fetch(_PUT, values)
        return _config(thread, namespace, checkpoint["id"])

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a task has written before its step is over."""
        await self.setup()
        where = config["configurable"]
        of_task = (str(where["thread_id"]), str(where["checkpoint_ns"]), str(where["checkpoint_id"]))
        values = [value for _, value in writes]
        dumped = await aside_if(is_large(values), self._dumps, values)
        rows = [
            (*of_task, task_id, task_path, WRITES_IDX_MAP.get(channel, number), channel, *written)
            for number, ((channel, _), written) in enumerate(zip(writes, dumped, strict=True))
        ]
        again = "REPLACE" if all(channel in WRITES_IDX_MAP for channel, _ in writes) else "IGNORE"
        for first in range(0, len(rows), _AT_ONCE):
            some = rows[first : first + _AT_ONCE]
            query = f"INSERT OR {again} {_INTO_WRITES}{', '.join([_WRITE] * len(some))}"
            await self._groups.fetch(query, tuple(chain.from_iterable(some)))

    def _dumps(self, values: Sequence[Any]) -> list[tuple[str, bytes]]:
        return [self.serde.dumps_typed(value) for value in values]


def _config(thread_id: Any, namespace: str, checkpoint_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": namespace, "checkpoint_id": checkpoint_id}}
