"""The bridge's tables, and how a database that an older bridge wrote becomes one of today's.

Version 1 (nothing says so: it had no table of versions) knew a thread by its client's id alone, and the checkpointer
stored the conversation under that same id. Version 2 knows threads by `ThreadKey`, and stores them under its
``stored_id``. Version 3 keeps, of a history that several unrelated threads have made, where each of them stood: version
2 kept the last one, and gave its thread to any client that came with the history. Version 4 has the responses and the
conversations of OpenAI's Responses API.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    false,
    insert,
    inspect,
    select,
    text,
    true,
    update,
)

from bridge.errors import BridgeError
from bridge.json import loads
from bridge.runs.request import ANONYMOUS, ThreadKey
from bridge.storage.checkpoint_tables import rename

VERSION = 4
"""What this bridge reads and writes."""

_METADATA = MetaData()

THREADS = Table(
    "bridge_threads",
    _METADATA,
    Column("key", String, primary_key=True),  # `ThreadKey.stored_id`: one short value, whatever the names hold
    Column("id", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("principal", String, nullable=False),
    Column("title", String),
    Column("listed", Boolean, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("aliases", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Index("bridge_threads_by_owner", "principal", "agent", "updated_at", "key"),
)

TURNS = Table(
    "bridge_turns",
    _METADATA,
    Column("principal", String, primary_key=True),
    Column("agent", String, primary_key=True),
    Column("client", String, primary_key=True),
    Column("fingerprint", String, primary_key=True),
    Column("family", String, primary_key=True),  # the thread that this one was forked from, at first; else itself
    Column("thread", String, nullable=False),  # the key of `THREADS`
    Column("thread_id", String, nullable=False),
    Column("checkpoint_id", String),
    Column("asks", Boolean, nullable=False, server_default=false()),
    Column("whole", Boolean, nullable=False, server_default=true()),
    Column("tail", String, nullable=False, server_default=""),
    Column("created_at", Float, nullable=False),
    Index("bridge_turns_by_thread", "thread"),
)

UNMOVED = Table(
    "bridge_unmoved",
    _METADATA,
    Column("key", String, primary_key=True),
    Column("id", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("principal", String, nullable=False),
)
"""Threads of version 1 whose conversation is not in this database: a graph's own checkpointer has it, under the
client's id. They are moved when their agent is served (`bridge.storage.scoping`)."""

RESPONSES = Table(
    "bridge_responses",
    _METADATA,
    Column("id", String, primary_key=True),
    Column("principal", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("thread", String, nullable=False),  # the key of `THREADS`
    Column("thread_id", String, nullable=False),
    Column("checkpoint_id", String),
    Column("head", LargeBinary, nullable=False),
    Column("input", LargeBinary, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("events", LargeBinary),  # none while its run goes on
    Column("created_at", Float, nullable=False),
    Column("completed_at", Float),
    Column("alive_at", Float, nullable=False),
    Index("bridge_responses_by_owner", "principal"),
    Index("bridge_responses_by_thread", "thread"),
    Index("bridge_responses_by_time", "created_at"),
)
"""Responses (`bridge.storage.responses`). What is binary here is JSON: its size is known without reading it."""

CONVERSATIONS = Table(
    "bridge_conversations",
    _METADATA,
    Column("id", String, primary_key=True),
    Column("principal", String, nullable=False),
    Column("agent", String),  # of its first response; none before that
    Column("metadata", LargeBinary, nullable=False),
    Column("created_at", Float, nullable=False),
    Index("bridge_conversations_by_owner", "principal"),
)

ITEMS = Table(
    "bridge_conversation_items",
    _METADATA,
    Column("conversation", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("given", Boolean, nullable=False),  # whether the agent has had it
    Column("item", LargeBinary, nullable=False),
    Index("bridge_conversation_items_in_order", "conversation", "position"),
)

_SCHEMA = Table("bridge_schema", _METADATA, Column("version", Integer, primary_key=True))

_ONE_OWNER = 2  # the version that gave each conversation one owner

_BATCH = 500  # rows that a migration holds at once


class NewerDatabase(BridgeError):
    """The database was written by a newer bridge."""


def prepare(database: Connection) -> None:
    """Make the tables, or bring an older database up to date; in one transaction that one process does at a time.

    LangGraph's tables are there already. Raises `NewerDatabase`.
    """
    with transaction(database):
        tables = set(inspect(database).get_table_names())
        version = database.scalar(select(_SCHEMA.c.version)) if _SCHEMA.name in tables else None
        if version is not None and version > VERSION:
            raise NewerDatabase(f"it has schema version {version}, this bridge knows {VERSION}: use a newer bridge")
        if version is None and THREADS.name in tables:
            _from_version_1(database, tables)
        if version == _ONE_OWNER:
            _from_version_2(database)
        _METADATA.create_all(database)
        if version is None:
            database.execute(insert(_SCHEMA).values(version=VERSION))
        elif version != VERSION:
            database.execute(update(_SCHEMA).values(version=VERSION))


@contextmanager
def transaction(database: Connection) -> Iterator[None]:
    """One transaction, on a connection that else commits each statement. SQLite lets nobody else write meanwhile."""
    database.execute(text("BEGIN IMMEDIATE" if database.dialect.name == "sqlite" else "BEGIN"))
    try:
        yield
    except BaseException:
        database.execute(text("ROLLBACK"))
        raise
    database.execute(text("COMMIT"))


def _from_version_1(database: Connection, tables: set[str]) -> None:
    """Threads get their keys, conversations their ids; what clients call them stays."""
    old_threads = _set_aside(database, "bridge_threads", "bridge_threads_by_owner")
    has_turns = TURNS.name in tables
    old_turns = _set_aside(database, "bridge_turns", "bridge_turns_by_thread") if has_turns else None
    _METADATA.create_all(database)
    for row in _rows(database, old_threads, "id"):
        key = ThreadKey(row["principal"], row["agent"], row["id"])
        database.execute(insert(THREADS).values(key=key.stored_id, **{**row, "aliases": _json(row["aliases"])}))
        if not rename(database, row["id"], key.stored_id):
            unmoved = {"key": key.stored_id, "id": row["id"], "agent": row["agent"], "principal": row["principal"]}
            database.execute(insert(UNMOVED).values(unmoved))
        if old_turns is not None:
            _keep_turns(database, old_turns, key)
    for old in (old_threads, old_turns):
        if old is not None:
            database.execute(text(f"DROP TABLE {old}"))


def _from_version_2(database: Connection) -> None:
    """Each history leads to the one thread that version 2 knew for it."""
    old = _set_aside(database, TURNS.name, "bridge_turns_by_thread")
    _METADATA.create_all(database)
    kept = "principal, agent, client, fingerprint, thread, thread_id, checkpoint_id, created_at"
    moved = f"INSERT INTO {TURNS.name} (family, {kept}) SELECT thread, {kept} FROM {old}"  # noqa: S608 - our own names
    database.execute(text(moved))
    database.execute(text(f"DROP TABLE {old}"))


def _set_aside(database: Connection, name: str, index: str) -> str:
    database.execute(text(f"DROP INDEX IF EXISTS {index}"))
    aside = f"{name}_1"
    database.execute(text(f"ALTER TABLE {name} RENAME TO {aside}"))
    if database.dialect.name == "postgresql":  # the key's index keeps its name, which the new table wants
        database.execute(text(f"ALTER INDEX {name}_pkey RENAME TO {aside}_pkey"))
    return aside


def _rows(database: Connection, table: str, column: str) -> Iterator[RowMapping]:
    """All rows, some at a time."""
    last = ""
    while True:
        page = text(f"SELECT * FROM {table} WHERE {column} > :last ORDER BY {column} LIMIT {_BATCH}")  # noqa: S608
        rows = database.execute(page, {"last": last}).mappings().all()
        if not rows:
            return
        yield from rows
        last = rows[-1][column]


def _keep_turns(database: Connection, table: str, key: ThreadKey) -> None:
    """A thread's turns. Version 1 kept a digest of the key in all scopes; now only where nothing else tells callers
    apart (see `bridge.web.callers.client_of`).
    """
    found = text(f"SELECT * FROM {table} WHERE thread_id = :id ORDER BY created_at")  # noqa: S608
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for row in database.execute(found, {"id": key.thread_id}).mappings():
        scope = str(row["scope"])
        within = scope.removeprefix(f"{key.principal}/").removesuffix(f"/{key.agent}")
        client = within if key.principal == ANONYMOUS else ""
        kept = {name: row[name] for name in ("fingerprint", "thread_id", "checkpoint_id", "created_at")}
        owner = {"principal": key.principal, "agent": key.agent, "client": client}
        newest[client, row["fingerprint"]] = {**owner, "thread": key.stored_id, "family": key.stored_id, **kept}
    for values in newest.values():
        database.execute(insert(TURNS).values(values))


def _json(value: Any) -> Any:
    """A JSON column read without its type: SQLite has text, PostgreSQL's driver has parsed it."""
    return loads(value) if isinstance(value, str | bytes) else value
