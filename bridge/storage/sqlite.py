"""Where conversations are kept: LangGraph's own checkpointer, and the index of threads beside it.

SQLite by default, nothing to install; PostgreSQL by URL, with the extra ``postgres``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from sqlalchemy import Engine, create_engine, event

from bridge.agents.langgraph.checkpoints import Visited
from bridge.agents.langgraph.serializer import Serializer
from bridge.storage.base import Storage
from bridge.storage.threads import ThreadIndex

_BUSY = 30.0  # seconds that one writer waits for another
_WORKERS = 5  # questions that the index may have for PostgreSQL at once: SQLAlchemy's pool keeps as many connections


class _Sqlite(Visited, AsyncSqliteSaver):
    """LangGraph's SQLite checkpointer."""


@asynccontextmanager
async def open_sqlite(path: str) -> AsyncIterator[Storage]:
    """The file at this path (``:memory:``: none), with what is missing made."""
    memory = path == ":memory:"
    if not memory:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    # Each statement of the index is a transaction of its own: none needs a begin and a commit.
    engine = create_engine(
        "sqlite:///" + ("" if memory else path),
        connect_args={"timeout": _BUSY},
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
    )
    _tune(engine)
    async with aiosqlite.connect(path, timeout=_BUSY) as connection:
        await connection.execute("pragma synchronous = normal")
        checkpointer = _Sqlite(connection, serde=Serializer())
        await checkpointer.setup()
        index = ThreadIndex(engine)
        await index.create()
        try:
            yield Storage(checkpointer, index)
        finally:
            await index.close()


def _tune(engine: Engine) -> None:
    """WAL and NORMAL: a commit survives the process being killed, and readers do not wait for writers."""

    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, record: Any) -> None:
        del record
        cursor = connection.cursor()
        cursor.execute("pragma journal_mode = wal")
        cursor.execute("pragma synchronous = normal")
        cursor.close()
