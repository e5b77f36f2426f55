"""Where conversations are kept: LangGraph's own checkpointer, and the index of threads beside it.

SQLite by default, nothing to install; PostgreSQL by URL, with the extra ``postgres``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from sqlalchemy import Engine, create_engine, event

from bridge.checkpoints import Visited
from bridge.threads import ThreadIndex

_BUSY = 30.0  # seconds that one writer waits for another
_WORKERS = 5  # questions that the index may have for PostgreSQL at once: SQLAlchemy's pool keeps as many connections


@dataclass(frozen=True, slots=True)
class Storage:
    """What is open while the bridge serves."""

    checkpointer: BaseCheckpointSaver[Any]
    index: ThreadIndex


def is_postgresql(db: str) -> bool:
    """Whether a ``--db`` value names a PostgreSQL database."""
    return db.startswith(("postgresql://", "postgres://", "postgresql+"))


def sqlite_path(db: str) -> str:
    """The file of a ``--db`` value that is not PostgreSQL: a path, or ``sqlite:///path``."""
    return db.partition(":///")[2] if db.startswith("sqlite") else db


def agent_database_url(db: str) -> str:
    """Where agents may keep data of their own: the same PostgreSQL database, or a SQLite file beside the bridge's."""
    if is_postgresql(db):
        return db
    path = Path(sqlite_path(db))
    return f"sqlite:///{path.with_name('crm.sqlite')}"


@asynccontextmanager
async def open_storage(db: str) -> AsyncIterator[Storage]:
    """Open what ``db`` names, making what is missing."""
    async with _postgresql(db) if is_postgresql(db) else _sqlite(sqlite_path(db)) as storage:
        yield storage


class _Sqlite(Visited, AsyncSqliteSaver):
    """LangGraph's SQLite checkpointer."""


@asynccontextmanager
async def _sqlite(path: str) -> AsyncIterator[Storage]:
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
        checkpointer = _Sqlite(connection)
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


@asynccontextmanager
async def _postgresql(db: str) -> AsyncIterator[Storage]:
    try:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415 - an extra
        from psycopg.rows import dict_row  # noqa: PLC0415
        from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415
    except ImportError as error:
        raise RuntimeError("PostgreSQL needs the extra 'postgres': pip install 'agent-bridge[postgres]'") from error

    class _Postgres(Visited, AsyncPostgresSaver):
        """LangGraph's PostgreSQL checkpointer."""

    address = "postgresql://" + db.partition("://")[2]
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    engine = create_engine(
        "postgresql+psycopg://" + db.partition("://")[2], isolation_level="AUTOCOMMIT", pool_pre_ping=True
    )
    pool: Any = AsyncConnectionPool(address, max_size=10, kwargs=options, open=False)
    async with pool:
        checkpointer = _Postgres(pool)
        await checkpointer.setup()
        index = ThreadIndex(engine, workers=_WORKERS)
        await index.create()
        try:
            yield Storage(checkpointer, index)
        finally:
            await index.close()
