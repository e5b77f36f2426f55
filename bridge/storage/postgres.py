"""Conversations in PostgreSQL, with the extra ``postgres``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy import create_engine

from bridge.agents.langgraph.serializer import Serializer
from bridge.storage.base import Storage
from bridge.storage.odd_values import taking_odd_values
from bridge.storage.threads import ThreadIndex

_WORKERS = 5  # questions that the index may have for PostgreSQL at once: SQLAlchemy's pool keeps as many connections

_LOCK = 0x627269646765  # "bridge": PostgreSQL's advisory locks have numbers for names
_PAUSE = 0.05  # seconds between two attempts to get the lock


@asynccontextmanager
async def open_postgres(url: str) -> AsyncIterator[Storage]:
    """The database at this ``postgresql://`` URL, with what is missing made. Raises ``RuntimeError`` without the extra.

    Any number of processes may open it at once.
    """
    try:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415 - an extra
        from psycopg.rows import dict_row  # noqa: PLC0415
        from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415
    except ImportError as error:
        raise RuntimeError("PostgreSQL needs the extra: pip install '.[postgres]' in the bridge's checkout") from error

    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    engine = create_engine(
        "postgresql+psycopg://" + url.partition("://")[2], isolation_level="AUTOCOMMIT", pool_pre_ping=True
    )
    pool: Any = AsyncConnectionPool(url, max_size=10, kwargs=options, open=False)
    index = ThreadIndex(engine, workers=_WORKERS)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(index.close)
        async with _alone(url):  # before the pool, which tries for half a minute and then does not say what was wrong
            await stack.enter_async_context(pool)
            checkpointer = taking_odd_values(AsyncPostgresSaver)(pool, serde=Serializer())
            await checkpointer.setup()
            await index.create()
        yield Storage(checkpointer, index)


@asynccontextmanager
async def _alone(url: str) -> AsyncIterator[None]:
    """One process at a time makes or changes tables.

    The lock is asked for again and again, not waited for: LangGraph's ``CREATE INDEX CONCURRENTLY`` waits for every
    statement that is going, one that waits for this lock among them.
    """
    from psycopg import AsyncConnection  # noqa: PLC0415 - an extra

    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            asked = await connection.execute("select pg_try_advisory_lock(%s)", (_LOCK,))
            if (await asked.fetchone() or (False,))[0]:
                break
            await asyncio.sleep(_PAUSE)
        yield  # the lock goes with the connection
