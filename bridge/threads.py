"""The index of threads: whose they are, what they are called, and how a stateless client finds its way back.

The conversation itself is LangGraph's, in its checkpointer. Here is what the checkpointer has no place for: the owner,
the title, the ids messages were streamed under where LangChain kept others, and the fingerprints by which an OpenAI
client, which sends its whole history and no thread, is given the thread it comes from.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Index,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bridge.errors import UnknownThread

_METADATA = MetaData()

_THREADS = Table(
    "bridge_threads",
    _METADATA,
    Column("id", String, primary_key=True),
    Column("agent", String, nullable=False),
    Column("principal", String, nullable=False),
    Column("title", String),
    Column("listed", Boolean, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("aliases", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Index("bridge_threads_by_owner", "principal", "agent", "updated_at"),
)

_TURNS = Table(
    "bridge_turns",
    _METADATA,
    Column("scope", String, primary_key=True),
    Column("fingerprint", String, primary_key=True),
    Column("thread_id", String, nullable=False),
    Column("checkpoint_id", String),
    Column("created_at", Float, nullable=False),
    Index("bridge_turns_by_thread", "thread_id"),
)

_CACHE = 2_048  # threads, half a KiB each; more than there are runs at once, so that a run finds its own


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread. Times are seconds since the epoch."""

    id: str
    agent: str
    principal: str
    title: str | None = None
    listed: bool = True
    archived: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)
    created_at: float = 0.0
    updated_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a conversation stood when a turn ended."""

    thread_id: str
    checkpoint_id: str | None


class ThreadIndex:
    """Threads by owner, on any SQLAlchemy engine (SQLite, PostgreSQL)."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._insert = postgresql_insert if engine.dialect.name == "postgresql" else sqlite_insert
        self._cache: OrderedDict[str, Thread] = OrderedDict()

    async def create(self) -> None:
        """Make the tables where they are missing."""
        async with self._engine.begin() as connection:
            await connection.run_sync(_METADATA.create_all)

    async def find(self, thread_id: str, *, agent: str, principal: str) -> Thread | None:
        """This owner's thread, or ``None`` where there is none yet.

        Raises `UnknownThread` for somebody else's, or another agent's.
        """
        thread = self._cache.get(thread_id)
        if thread is None:
            async with self._engine.connect() as connection:
                row = (await connection.execute(select(_THREADS).where(_THREADS.c.id == thread_id))).mappings().first()
            if row is None:
                return None
            thread = self._remember(Thread(**row))
        if thread.principal != principal or thread.agent != agent:
            raise UnknownThread(f"No thread '{thread_id}' is known to agent '{agent}'.")
        return thread

    async def open(
        self, thread_id: str, *, agent: str, principal: str, title: str | None = None, listed: bool = True
    ) -> Thread:
        """This owner's thread, made where it is new. Raises `UnknownThread` for somebody else's.

        Who calls this has not found it just now: so the thread is made, and looked for only when that fails.
        """
        now = time.time()
        thread = Thread(thread_id, agent, principal, title, listed, created_at=now, updated_at=now)
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(_THREADS).values(**_row(thread)))
        except IntegrityError:  # another request was quicker
            found = await self.find(thread_id, agent=agent, principal=principal)
            return found or thread
        return self._remember(thread)

    async def touch(
        self,
        thread: Thread,
        *,
        title: str | None = None,
        listed: bool | None = None,
        archived: bool | None = None,
        aliases: Mapping[str, str] | None = None,
        at: float | None = None,
    ) -> Thread:
        """Note a turn, a new name, new aliases; ``at`` keeps another time than now."""
        given = {"title": title, "listed": listed, "archived": archived, "aliases": aliases and dict(aliases)}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        changes["updated_at"] = time.time() if at is None else at
        # `thread` may be as old as the run that notes its end: a name given in the meantime stays
        changed = replace(self._cache.get(thread.id, thread), **changes)
        async with self._engine.begin() as connection:
            await connection.execute(update(_THREADS).where(_THREADS.c.id == thread.id).values(**changes))
        return self._remember(changed)

    async def list(
        self, *, agent: str, principal: str, limit: int = 50, before: float | None = None, archived: bool = False
    ) -> list[Thread]:
        """An owner's threads, latest first; ``before`` is the ``updated_at`` of the last one already seen."""
        query = (
            select(_THREADS)
            .where(_THREADS.c.principal == principal, _THREADS.c.agent == agent, _THREADS.c.listed)
            .order_by(_THREADS.c.updated_at.desc())
            .limit(limit)
        )
        if not archived:
            query = query.where(~_THREADS.c.archived)
        if before is not None:
            query = query.where(_THREADS.c.updated_at < before)
        async with self._engine.connect() as connection:
            return [Thread(**row) for row in (await connection.execute(query)).mappings()]

    async def forget(self, thread_id: str) -> None:
        """Delete a thread and its fingerprints."""
        self._cache.pop(thread_id, None)
        async with self._engine.begin() as connection:
            await connection.execute(delete(_TURNS).where(_TURNS.c.thread_id == thread_id))
            await connection.execute(delete(_THREADS).where(_THREADS.c.id == thread_id))

    async def remember_turn(self, scope: str, fingerprint: str, turn: Turn) -> None:
        """A turn ended: a history with this fingerprint, from this scope, is this thread at this checkpoint."""
        values = {
            "thread_id": turn.thread_id,
            "checkpoint_id": turn.checkpoint_id,
            "created_at": time.time(),
        }
        query = (
            self._insert(_TURNS)
            .values(scope=scope, fingerprint=fingerprint, **values)
            .on_conflict_do_update(index_elements=["scope", "fingerprint"], set_=values)
        )
        async with self._engine.begin() as connection:
            await connection.execute(query)

    async def find_turn(self, scope: str, fingerprint: str) -> Turn | None:
        """The turn a history comes from."""
        query = select(_TURNS.c.thread_id, _TURNS.c.checkpoint_id).where(
            _TURNS.c.scope == scope, _TURNS.c.fingerprint == fingerprint
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else Turn(row.thread_id, row.checkpoint_id)

    def _remember(self, thread: Thread) -> Thread:
        self._cache[thread.id] = thread
        self._cache.move_to_end(thread.id)
        if len(self._cache) > _CACHE:
            self._cache.popitem(last=False)
        return thread


def _row(thread: Thread) -> dict[str, object]:
    return {column.name: getattr(thread, column.name) for column in _THREADS.columns}
