"""Conversations in PostgreSQL, with the extra ``postgres``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy import create_engine

from bridge.agents.langgraph.saving import PATIENCE
from bridge.agents.langgraph.serializer import Serializer
from bridge.storage.base import Storage
from bridge.storage.odd_values import taking_odd_values
from bridge.storage.threads import ThreadIndex

CONNECTIONS = 10
"""How many the checkpointer has at most."""

INDEX_CONNECTIONS = 5
"""How many the index of threads has at most: so many questions it may have at once."""

_WAIT = 5.0  # seconds for a connection: longer waits are `storage_patience`'s
_RECONNECT = 2.0  # seconds of attempts in the background, which grow rare; then the next who asks begins anew

_LINE = {
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""How soon a server that has gone is noticed, in libpq's words (seconds; the last: milliseconds). The URL's own win."""

_LOCK = 0x627269646765  # "bridge": PostgreSQL's advisory locks have numbers for names
_PAUSE = 0.05  # seconds between two attempts to get the lock


@asynccontextmanager
async def open_postgres(url: str, patience: float = PATIENCE) -> AsyncIterator[Storage]:
    """The database at this ``postgresql://`` URL, with what is missing made. Raises ``RuntimeError`` without the extra.

    Any number of processes may open it at once. A connection is looked at before it is used: one that was cut (the
    server was started again) is replaced, and nobody sees it. ``patience``: see
    `bridge.settings.Settings.storage_patience`.
    """
    try:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415 - an extra
        from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415
        from psycopg.rows import dict_row  # noqa: PLC0415

        from bridge.storage.pool import CheckedPool  # noqa: PLC0415
    except ImportError as error:
        raise RuntimeError("PostgreSQL needs the extra: pip install '.[postgres]' in the bridge's checkout") from error

    line = {name: value for name, value in _LINE.items() if name not in conninfo_to_dict(url)}
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row, **line}
    engine = create_engine(
        "postgresql+psycopg://" + url.partition("://")[2],
        isolation_level="AUTOCOMMIT",
        connect_args=line,
        pool_pre_ping=True,
        pool_size=INDEX_CONNECTIONS,
        max_overflow=0,
    )
    pool: Any = CheckedPool(
        url,
        max_size=CONNECTIONS,
        kwargs=options,
        open=False,
        timeout=_WAIT,
        reconnect_timeout=_RECONNECT,
    )
    index = ThreadIndex(engine, workers=INDEX_CONNECTIONS, patience=patience)
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
