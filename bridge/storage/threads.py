"""The index of threads: whose they are, what they are called, and how a stateless client finds its way back.

The conversation itself is LangGraph's, in its checkpointer. Here is what the checkpointer has no place for: the owner,
the title, the ids messages were streamed under where LangChain kept others, and the fingerprints by which an OpenAI
client, which sends its whole history and no thread, is given the thread it comes from.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine, bindparam, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.dml import ReturningUpdate

from bridge.agents.langgraph.saving import patiently
from bridge.errors import InvalidRequest, UnknownThread
from bridge.json import dumps, loads
from bridge.runs.request import ThreadKey
from bridge.storage.asking import Askers
from bridge.storage.schema import CONVERSATIONS, ITEMS, RESPONSES, THREADS, TURNS, UNMOVED, prepare

# The statements of every turn are made once: to make one costs as much as to run it.
_COLUMNS = [column for column in THREADS.columns if column.name != "key"]
_FIND = select(*_COLUMNS).where(THREADS.c.key == bindparam("thread"))
_TURN = ("principal", "agent", "client", "fingerprint", "family")
_TURN_COLUMNS = ("fingerprint", "client", "thread_id", "checkpoint_id", "family", "asks", "whole", "tail")
_FIND_TURNS = (
    select(*(TURNS.c[name] for name in _TURN_COLUMNS))
    .where(
        TURNS.c.principal == bindparam("principal"),
        TURNS.c.agent == bindparam("agent"),
        TURNS.c.fingerprint.in_(bindparam("fingerprints", expanding=True)),
    )
    .order_by(TURNS.c.created_at)
)
_OF_CLIENTS = _FIND_TURNS.where(TURNS.c.client.in_(bindparam("clients", expanding=True)))
_OF_THREAD = _FIND_TURNS.where(TURNS.c.thread == bindparam("thread"))


@cache
def _change(names: frozenset[str]) -> ReturningUpdate[Any]:
    """Set these columns of one thread; the thread as it then is."""
    changed = update(THREADS).where(THREADS.c.key == bindparam("thread"))
    return changed.values({name: bindparam(name) for name in names}).returning(*_COLUMNS)


Result = TypeVar("Result")

_NOTING = 2.0  # seconds, at most, that a run's end waits for a database that is away: readers wait for that end
_ANSWER = 60.0  # seconds that an answer may take: a table may be locked, a line dead


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

    @property
    def key(self) -> ThreadKey:
        """Principal, agent and client's id: what the conversation is stored under."""
        return ThreadKey(self.principal, self.agent, self.id)


class Scope(NamedTuple):
    """Whose histories are compared: fingerprints of one scope never find another's threads.

    ``client`` parts callers that share a principal (`bridge.web.callers.client_of`); empty where it is one caller.
    """

    principal: str
    agent: str
    client: str = ""


def client_name(key: str, user: str = "", chat: str = "") -> str:
    """A `Scope`'s ``client``: the key where everybody is one principal, the user and the chat that the client named."""
    return dumps([key, user, chat]).decode() if user or chat else key


def without_key(client: str) -> str:
    """The same client of a principal that is one caller."""
    return client_name("", *loads(client)[1:]) if client.startswith("[") else ""


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a conversation stood when a turn ended.

    Attributes:
        family: the thread that ``thread_id`` was forked from, at first; empty where it is no fork.
        client: the scope that it was found in.
        asks: an interrupt was pending.
        whole: the answer came to its end; what the client has of one that did not may be more than the thread has.
        tail: digests of the history's last messages (`bridge.openai_compat.fingerprint`).
    """

    thread_id: str
    checkpoint_id: str | None
    family: str = ""
    asks: bool = False
    whole: bool = True
    tail: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True)
class Histories:
    """The histories that lead to a turn: their fingerprints, each with its ``tail``, in one scope."""

    scope: Scope
    fingerprints: Mapping[str, str]
    turn: Turn

    def rows(self) -> list[dict[str, Any]]:
        """As they are stored."""
        turn, scope = self.turn, self.scope
        stored = ThreadKey(scope.principal, scope.agent, turn.thread_id).stored_id
        values = {
            **scope._asdict(),
            "family": turn.family or stored,
            "thread": stored,
            **{name: getattr(turn, name) for name in ("thread_id", "checkpoint_id", "asks", "whole")},
            "created_at": time.time(),
        }
        return [{**values, "fingerprint": fingerprint, "tail": tail} for fingerprint, tail in self.fingerprints.items()]


_OTHER = TURNS.alias()
_SAME = tuple(_OTHER.c[name] == TURNS.c[name] for name in ("principal", "agent", "client", "fingerprint"))


def _forget_turns(database: Connection, stored: str) -> None:
    """A history that an unrelated thread has made as well stays ambiguous: else its owner would be given that one."""
    mine = TURNS.c.thread == stored
    shared = exists().where(*_SAME, _OTHER.c.family != TURNS.c.family)
    database.execute(delete(TURNS).where(mine, ~shared))
    database.execute(update(TURNS).where(mine).values(thread="", thread_id="", checkpoint_id=None, tail=""))


def _forget_responses(database: Connection, key: ThreadKey) -> None:
    """The responses that were made in a thread, and the conversation that is one."""
    database.execute(delete(RESPONSES).where(RESPONSES.c.thread == key.stored_id))
    columns = CONVERSATIONS.c
    mine = (columns.id == key.thread_id, columns.principal == key.principal, columns.agent == key.agent)
    if database.execute(delete(CONVERSATIONS).where(*mine).returning(columns.id)).first() is not None:
        database.execute(delete(ITEMS).where(ITEMS.c.conversation == key.thread_id))


class Position(NamedTuple):
    """Where a page of the list ends: threads of one moment are told apart by their keys."""

    updated_at: float
    key: str


class ThreadIndex:
    """Threads by owner, on any SQLAlchemy engine (SQLite, PostgreSQL) whose statements commit by themselves.

    A database is asked in a thread, one trip there for each question: SQLAlchemy's asyncio engine makes several.
    ``workers`` is how many may ask at once: one for SQLite, which has one writer, and whose connection in memory
    belongs to one thread. ``patience``: seconds, two at most, that what is noted after a run waits for a database
    that is away. Nothing is remembered between two questions: another
    process may have changed the answer.
    """

    def __init__(self, engine: Engine, *, workers: int = 1, patience: float = 0) -> None:
        self._engine = engine
        self._alone = workers == 1
        self._kept: Connection | None = None  # of the only worker: to take it from a pool each time costs a third more
        self._patience = min(patience, _NOTING)
        self._askers = Askers(workers, "threads")
        insert = postgresql_insert if engine.dialect.name == "postgresql" else sqlite_insert
        self._add = insert(THREADS).on_conflict_do_nothing(index_elements=["key"]).returning(THREADS.c.key)
        remember = insert(TURNS)
        values = ("thread", "thread_id", "checkpoint_id", "asks", "whole", "tail", "created_at")
        self._remember_turn = remember.on_conflict_do_update(
            index_elements=list(_TURN), set_={name: remember.excluded[name] for name in values}
        )

    async def ask(self, question: Callable[[Connection], Result]) -> Result:
        """The answer to a question that is put to a connection, in a thread that may wait for it.

        Raises a `StorageFailure` at once where the database is away: who asks has nothing to lose yet.
        """
        return await patiently(lambda: self._asked(question), 0)

    async def note(self, question: Callable[[Connection], Result]) -> Result:
        """The same after a run, where something would be lost: again while the database is away, for a while."""
        return await patiently(lambda: self._asked(question), self._patience)

    async def _asked(self, question: Callable[[Connection], Result]) -> Result:
        async with asyncio.timeout(_ANSWER):
            return await self._askers.ask(partial(self._answer, question))

    def _answer(self, question: Callable[[Connection], Result]) -> Result:
        if not self._alone:
            with self._engine.connect() as connection:
                return question(connection)
        try:
            if self._kept is None:
                self._kept = self._engine.connect()
            return question(self._kept)
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def _close(self) -> None:
        self._drop()
        self._engine.dispose()

    async def create(self) -> None:
        """Make the tables where they are missing, and bring older ones up to date. Raises `NewerDatabase`."""
        await self._askers.ask(partial(self._answer, prepare))

    async def close(self) -> None:
        """Close the connections, in the thread that they belong to."""
        await self._askers.ask(self._close)
        self._askers.close()

    async def find(self, thread_id: str, *, agent: str, principal: str) -> Thread | None:
        """This owner's thread, or ``None`` where there is none yet. Somebody else's of the same id is not seen."""
        key = ThreadKey(principal, agent, thread_id).stored_id
        row = await self.ask(lambda database: database.execute(_FIND, {"thread": key}).mappings().first())
        return None if row is None else Thread(**row)

    async def holder(self, thread_id: str, *, agents: Iterable[str], principal: str) -> Thread:
        """This owner's thread of this id, whichever of the agents has it.

        Raises `UnknownThread` where none has, `InvalidRequest` where more than one has.
        """
        keys = [ThreadKey(principal, agent, thread_id).stored_id for agent in agents]
        query = select(*_COLUMNS).where(THREADS.c.key.in_(keys))
        found = [Thread(**row) for row in await self.ask(lambda database: database.execute(query).mappings().all())]
        if not found:
            raise UnknownThread(f"No thread '{thread_id}' is known.")
        if len(found) > 1:
            names = sorted(thread.agent for thread in found)
            raise InvalidRequest(
                f"Several agents have a thread '{thread_id}': say '?agent=' with one of {', '.join(names)}.",
                param="agent",
            )
        return found[0]

    async def open(
        self,
        thread_id: str,
        *,
        agent: str,
        principal: str,
        title: str | None = None,
        listed: bool = True,
        asked: Histories | None = None,
    ) -> Thread:
        """This owner's thread, made where it is new; ``asked`` is remembered with it, as by `remember_turn`.

        Who calls this has not found it just now: so the thread is made, and looked for only when that fails.
        """
        now = time.time()
        thread = Thread(thread_id, agent, principal, title, listed, created_at=now, updated_at=now)
        key = thread.key.stored_id
        values = {"key": key, **{column.name: getattr(thread, column.name) for column in _COLUMNS}}

        turns = [] if asked is None else asked.rows()

        def made(database: Connection) -> Thread:
            if turns:
                database.execute(self._remember_turn, turns)
            if database.execute(self._add, values).first() is not None:
                return thread
            row = database.execute(_FIND, {"thread": key}).mappings().first()  # another request was quicker
            return thread if row is None else Thread(**row)

        return await self.ask(made)

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
        """Note a turn, a new name, new aliases; ``at`` keeps another time than now. The thread as it then is.

        A thread that was deleted meanwhile stays deleted.
        """
        given = {"title": title, "listed": listed, "archived": archived, "aliases": aliases and dict(aliases)}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        changes["updated_at"] = time.time() if at is None else at
        change = _change(frozenset(changes))
        wanted = {**changes, "thread": thread.key.stored_id}
        row = await self.note(lambda database: database.execute(change, wanted).mappings().first())
        return replace(thread, **changes) if row is None else Thread(**row)

    async def list(
        self, *, agent: str, principal: str, limit: int = 50, before: Position | None = None, archived: bool = False
    ) -> list[Thread]:
        """An owner's threads, latest first; ``before`` is the position of the last one already seen."""
        updated, key = THREADS.c.updated_at, THREADS.c.key
        query = (
            select(*_COLUMNS)
            .where(THREADS.c.principal == principal, THREADS.c.agent == agent, THREADS.c.listed)
            .order_by(updated.desc(), key.desc())
            .limit(limit)
        )
        if not archived:
            query = query.where(~THREADS.c.archived)
        if before is not None:
            query = query.where(updated <= before.updated_at, or_(updated < before.updated_at, key < before.key))
        rows = await self.ask(lambda database: database.execute(query).mappings().all())
        return [Thread(**row) for row in rows]

    async def forget(self, key: ThreadKey, *, unchanged_since: float | None = None) -> bool:
        """Delete a thread and its fingerprints, if nobody has touched it since; whether it was there."""
        stored = key.stored_id
        thread = delete(THREADS).where(THREADS.c.key == stored).returning(THREADS.c.key)
        if unchanged_since is not None:
            thread = thread.where(THREADS.c.updated_at <= unchanged_since)

        def forget(database: Connection) -> bool:
            gone = database.execute(thread).first() is not None
            if gone or unchanged_since is None:
                _forget_turns(database, stored)
                _forget_responses(database, key)
                database.execute(delete(UNMOVED).where(UNMOVED.c.key == stored))
            return gone

        return await self.ask(forget)

    async def remember_turn(self, histories: Histories) -> None:
        """A turn ended: a history with one of these fingerprints, from this scope, is this thread at this checkpoint.

        Of one family the latest turn counts; unrelated threads do not push each other out.
        """
        rows = histories.rows()
        await self.note(lambda database: database.execute(self._remember_turn, rows))

    async def find_turns(
        self,
        scope: Scope,
        fingerprints: Collection[str],
        *,
        clients: Collection[str] = (),
        thread_id: str | None = None,
    ) -> dict[str, Sequence[Turn]]:
        """The turns that histories come from, by fingerprint, the oldest first.

        Of the scope and of ``clients`` beside its own; or all of one thread, whichever of its owner's clients made it.
        """
        wanted: dict[str, Any] = {"principal": scope.principal, "agent": scope.agent, "fingerprints": [*fingerprints]}
        if thread_id is None:
            query, wanted["clients"] = _OF_CLIENTS, [*{scope.client, *clients}]
        else:
            query, wanted["thread"] = _OF_THREAD, ThreadKey(scope.principal, scope.agent, thread_id).stored_id
        found: dict[str, Any] = {}
        for row in await self.ask(lambda database: database.execute(query, wanted).mappings().all()):
            values = dict(row)
            found.setdefault(values.pop("fingerprint"), []).append(Turn(**values))
        return found
