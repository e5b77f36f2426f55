"""The index of threads: whose they are, what they are called, and how a stateless client finds its way back.

The conversation itself is LangGraph's, in its checkpointer. Here is what the checkpointer has no place for: the owner,
the title, the ids messages were streamed under where LangChain kept others, and the fingerprints by which an OpenAI
client, which sends its whole history and no thread, is given the thread it comes from.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Index,
    MetaData,
    String,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError

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

# The statements of every turn are made once: to make one costs as much as to run it.
_FIND = select(_THREADS).where(_THREADS.c.id == bindparam("thread"))
_ADD = insert(_THREADS)
_FIND_TURN = select(_TURNS.c.thread_id, _TURNS.c.checkpoint_id).where(
    _TURNS.c.scope == bindparam("scope"), _TURNS.c.fingerprint == bindparam("fingerprint")
)


@cache
def _change(names: frozenset[str]) -> Update:
    """Set these columns of one thread."""
    return (
        update(_THREADS).where(_THREADS.c.id == bindparam("thread")).values({name: bindparam(name) for name in names})
    )


Result = TypeVar("Result")

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
    """Threads by owner, on any SQLAlchemy engine (SQLite, PostgreSQL) whose statements commit by themselves.

    A database is asked in a thread, one trip there for each question: SQLAlchemy's asyncio engine makes several, and
    costs a run 1.5 ms where this costs 0.5. ``workers`` is how many may ask at once: one for SQLite, which has one
    writer, and whose connection in memory belongs to one thread.
    """

    def __init__(self, engine: Engine, *, workers: int = 1) -> None:
        self._engine = engine
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="threads")
        dialect = postgresql_insert if engine.dialect.name == "postgresql" else sqlite_insert
        remember = dialect(_TURNS)
        values = ("thread_id", "checkpoint_id", "created_at")
        self._remember_turn = remember.on_conflict_do_update(
            index_elements=["scope", "fingerprint"], set_={name: remember.excluded[name] for name in values}
        )
        self._cache: OrderedDict[str, Thread] = OrderedDict()

    async def _ask(self, question: Callable[[Connection], Result]) -> Result:
        """The answer to a question that is put to a connection, in a thread that may wait for it."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, self._answer, question)

    def _answer(self, question: Callable[[Connection], Result]) -> Result:
        with self._engine.connect() as connection:
            return question(connection)

    async def create(self) -> None:
        """Make the tables where they are missing."""
        await self._ask(_METADATA.create_all)

    async def close(self) -> None:
        """Close the connections, in the thread that they belong to."""
        await asyncio.get_running_loop().run_in_executor(self._workers, self._engine.dispose)
        self._workers.shutdown()

    async def find(self, thread_id: str, *, agent: str, principal: str) -> Thread | None:
        """This owner's thread, or ``None`` where there is none yet.

        Raises `UnknownThread` for somebody else's, or another agent's.
        """
        thread = self._cache.get(thread_id)
        if thread is None:
            row = await self._ask(lambda database: database.execute(_FIND, {"thread": thread_id}).mappings().first())
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
            await self._ask(lambda database: database.execute(_ADD, _row(thread)))
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
        change = _change(frozenset(changes))
        await self._ask(lambda database: database.execute(change, {**changes, "thread": thread.id}))
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
        rows = await self._ask(lambda database: database.execute(query).mappings().all())
        return [Thread(**row) for row in rows]

    async def forget(self, thread_id: str) -> None:
        """Delete a thread and its fingerprints."""
        self._cache.pop(thread_id, None)

        def forget(database: Connection) -> None:
            database.execute(delete(_TURNS).where(_TURNS.c.thread_id == thread_id))
            database.execute(delete(_THREADS).where(_THREADS.c.id == thread_id))

        await self._ask(forget)

    async def remember_turn(self, scope: str, fingerprint: str, turn: Turn) -> None:
        """A turn ended: a history with this fingerprint, from this scope, is this thread at this checkpoint."""
        values = {
            "scope": scope,
            "fingerprint": fingerprint,
            "thread_id": turn.thread_id,
            "checkpoint_id": turn.checkpoint_id,
            "created_at": time.time(),
        }
        await self._ask(lambda database: database.execute(self._remember_turn, values))

    async def find_turn(self, scope: str, fingerprint: str) -> Turn | None:
        """The turn a history comes from."""
        wanted = {"scope": scope, "fingerprint": fingerprint}
        row = await self._ask(lambda database: database.execute(_FIND_TURN, wanted).first())
        return None if row is None else Turn(row.thread_id, row.checkpoint_id)

    def _remember(self, thread: Thread) -> Thread:
        self._cache[thread.id] = thread
        self._cache.move_to_end(thread.id)
        if len(self._cache) > _CACHE:
            self._cache.popitem(last=False)
        return thread


def _row(thread: Thread) -> dict[str, object]:
    return {column.name: getattr(thread, column.name) for column in _THREADS.columns}
