"""Conversations in PostgreSQL, with the extra ``postgres``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import create_engine

from bridge.agents.langgraph.checkpoints import Visited
from bridge.agents.langgraph.serializer import Serializer
from bridge.storage.base import Storage
from bridge.storage.threads import ThreadIndex

_WORKERS = 5  # questions that the index may have for PostgreSQL at once: SQLAlchemy's pool keeps as many connections


@asynccontextmanager
async def open_postgres(db: str) -> AsyncIterator[Storage]:
    """The database at this URL, with what is missing made. Raises ``RuntimeError`` without the extra."""
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
        checkpointer = _Postgres(pool, serde=Serializer())
        await checkpointer.setup()
        index = ThreadIndex(engine, workers=_WORKERS)
        await index.create()
        try:
            yield Storage(checkpointer, index)
        finally:
            await index.close()
