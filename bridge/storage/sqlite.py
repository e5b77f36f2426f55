"""Conversations in a SQLite file: nothing to install."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from bridge.agents.langgraph.saving import PATIENCE
from bridge.agents.langgraph.serializer import Serializer
from bridge.storage.base import Storage
from bridge.storage.grouped import connect
from bridge.storage.private import make_private
from bridge.storage.sqlite_saver import SqliteSaver
from bridge.storage.threads import ThreadIndex

_BUSY = 5.0  # seconds that one writer waits for another within SQLite, where all that is asked of it waits too
_OPENING = 30.0  # seconds that a process waits for another that makes the tables
_PAUSE = 0.05  # seconds between two attempts, where SQLite does not wait by itself


@asynccontextmanager
async def open_sqlite(path: str, patience: float = PATIENCE) -> AsyncIterator[Storage]:
    """The file at this path (``:memory:``: none), with what is missing made. Several processes may open it at once.

    ``patience``: see `bridge.settings.Settings.storage_patience`.
    """
    busy = min(_BUSY, patience)
    memory = path == ":memory:"
    if not memory:
        make_private(Path(path))
    # Each statement of the index is a transaction of its own: none needs a begin and a commit.
    engine = create_engine(
        "sqlite:///" + ("" if memory else path),
        connect_args={"timeout": busy},
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
    )
    _tune(engine)
    index = ThreadIndex(engine, patience=patience)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(index.close)
        connecting = connect(path, timeout=busy)
        connecting._thread.daemon = True  # a server without a lifespan never closes it, and must still come to its end
        connection = await stack.enter_async_context(connecting)
        await connection.execute("pragma synchronous = normal")
        checkpointer = SqliteSaver(connection, serde=Serializer())
        await _patiently(checkpointer.setup)
        await _patiently(index.create)
        yield Storage(checkpointer, index)


async def _patiently(make: Callable[[], Awaitable[None]]) -> None:
    """Make tables; again while another process has the file: SQLite waits for a writer, but not to change to WAL."""
    until = time.monotonic() + _OPENING
    while True:
        try:
            return await make()
        except (sqlite3.OperationalError, OperationalError) as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
        await asyncio.sleep(_PAUSE)


def _tune(engine: Engine) -> None:
    """WAL and NORMAL: a commit survives the process being killed, and readers do not wait for writers."""

    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, record: Any) -> None:
        del record
        cursor = connection.cursor()
        cursor.execute("pragma journal_mode = wal")
        cursor.execute("pragma synchronous = normal")
        cursor.close()
