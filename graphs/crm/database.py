"""Opening the CRM database: its URL, its sessions, its first start.

Connections are not pooled (NullPool): a pooled connection belongs to the event loop that opened it, and this
module is used by several loops one after another (each test has its own). A tool call opens one connection,
which costs about a millisecond on SQLite.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from graphs.crm.clock import today
from graphs.crm.models import Base, Setting
from graphs.crm.seed import seed

DEFAULT_URL = "sqlite+aiosqlite:///.bridge/crm.sqlite"
BUSY_TIMEOUT_MS = 15_000
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}
# Any constant will do; it must be the same in every process that may seed this database.
SEED_LOCK = 7_236_411


def normalize_url(raw: str) -> URL:
    """The same address with the asynchronous driver.

    Raises ValueError for databases other than SQLite in a file and PostgreSQL.
    """
    url = make_url(raw)
    dialect = url.get_backend_name() if "+" in url.drivername else url.drivername
    if dialect not in DRIVERS:
        msg = f"AGENT_DATABASE_URL: expected sqlite or postgresql, got {url.drivername!r}"
        raise ValueError(msg)
    if dialect == "sqlite" and url.database in {None, "", ":memory:"}:
        msg = "AGENT_DATABASE_URL: SQLite needs a file, in memory every connection has a database of its own"
        raise ValueError(msg)
    return url.set(drivername=DRIVERS[dialect])


class Database:
    """The CRM at one URL. Opens nothing until the first `read` or `write`; on first use makes and fills the
    tables.
    """

    def __init__(self, url: str) -> None:
        self.url = normalize_url(url)
        self._engine = _create_engine(self.url)
        self._ready = False

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading; what it changes is not kept."""
        await self._prepare()
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: committed at the end, rolled back when the block raises."""
        await self._prepare()
        async with (
            AsyncSession(_for_writing(self._engine), expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    async def _prepare(self) -> None:
        """Make the tables and the seed, once. Two processes, or two tasks, may come here at the same time.

        The database's own lock decides who is first, not one of ours: it also holds between processes.
        """
        if self._ready:
            return
        if self.url.get_backend_name() == "sqlite" and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            await self._switch_to_wal()
        async with _for_writing(self._engine).begin() as connection:
            if self.url.get_backend_name() == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEED_LOCK})
            await connection.run_sync(Base.metadata.create_all)
            await connection.run_sync(_add_new_columns)
            session = AsyncSession(connection, join_transaction_mode="create_savepoint")
            async with session, session.begin():
                if await session.get(Setting, "anchor") is None:
                    await seed(session, today())
        self._ready = True

    async def _switch_to_wal(self) -> None:
        """WAL stays on in the file. The switch needs the file alone and does not heed the busy timeout."""
        for attempt in range(50):
            try:
                async with self._engine.connect() as connection:
                    raw = await connection.get_raw_connection()
                    await raw.driver_connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[union-attr]  # aiosqlite's own
                return
            except (
                sqlite3.OperationalError,
                OperationalError,
            ):  # the driver's own, and SQLAlchemy's on connecting
                if attempt == 49:
                    raise
                await asyncio.sleep(0.05)


def _add_new_columns(connection: Connection) -> None:
    """Give the tables of an older version the columns that came since. They may be empty, so nothing is filled in."""
    known = inspect(connection)
    for table in Base.metadata.sorted_tables:
        there = {column["name"] for column in known.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                kind = column.type.compile(connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}")


def _create_engine(url: URL) -> AsyncEngine:
    engine = create_async_engine(url, poolclass=NullPool)
    if url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _configure_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _for_writing(engine: AsyncEngine) -> AsyncEngine:
    return engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")


def _configure_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: it does so too late (before the first write, not the
    # first read), see "Serializable isolation / Savepoints / Transactional DDL" in SQLAlchemy's SQLite
    # documentation.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once. A transaction that begins by reading and then wants to write fails with
    # SQLITE_BUSY when another wrote in between, whatever the busy timeout says.
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


_databases: dict[str, Database] = {}


def database() -> Database:
    """The database that `AGENT_DATABASE_URL` names now; one object for each URL."""
    url = os.environ.get("AGENT_DATABASE_URL") or DEFAULT_URL
    if url not in _databases:
        _databases[url] = Database(url)
    return _databases[url]
