"""Opening what ``--db`` names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bridge.storage.base import Storage
from bridge.storage.postgres import open_postgres
from bridge.storage.sqlite import open_sqlite


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
    async with open_postgres(db) if is_postgresql(db) else open_sqlite(sqlite_path(db)) as storage:
        yield storage
