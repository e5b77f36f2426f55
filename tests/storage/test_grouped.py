"""What many runs write at once is one transaction, and each of them is told of its own failure alone."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest

from bridge.storage.grouped import Groups, connect

pytestmark = pytest.mark.anyio

INSERT = "INSERT INTO numbers VALUES (?)"
COUNT = "SELECT count(*) FROM numbers"


class Database:
    """A table of numbers without doubles, and what SQLite was told to do with it."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self.connection = connection
        self.groups = Groups(connection)
        self.statements: list[str] = []

    def transactions(self) -> int:
        """How many were committed; a statement outside of one is its own."""
        return self.statements.count("COMMIT")

    async def insert(self, *numbers: object) -> list[object]:
        """Insert all at once: what each returned, or raised."""
        return await asyncio.gather(
            *(self.groups.fetch(INSERT, (number,)) for number in numbers), return_exceptions=True
        )

    async def held(self) -> int:
        """How many numbers there are."""
        ((count,),) = await self.groups.fetch(COUNT, ())
        return int(count)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with connect(tmp_path / "x.sqlite", timeout=0.05) as connection:
        await connection.execute_fetchall("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
        made = Database(connection)
        await connection.set_trace_callback(made.statements.append)
        yield made


async def test_what_is_written_at_once_is_one_transaction(database: Database) -> None:
    assert not any(isinstance(result, Exception) for result in await database.insert(*range(50)))
    assert await database.held() == 50
    assert database.transactions() == 1


async def test_what_is_written_alone_is_its_own(database: Database) -> None:
    for number in range(3):
        await database.insert(number)
    assert database.statements == [f"INSERT INTO numbers VALUES ({number})" for number in range(3)]


async def test_a_transaction_has_a_bound(database: Database) -> None:
    """Another process that writes waits for a whole transaction."""
    await database.insert(*range(200))
    assert await database.held() == 200
    ends = [number for number, statement in enumerate(database.statements) if statement == "COMMIT"]
    lengths = [end - begin - 1 for begin, end in zip([0, *ends], ends, strict=False)]
    assert len(ends) >= 3
    assert max(lengths) <= 64 + 1  # BEGIN


async def test_one_that_fails_fails_alone(database: Database) -> None:
    first, second, double, third, odd = await database.insert(1, 2, 2, 3, object())
    assert [first, second, third] == [[], [], []]
    assert isinstance(double, sqlite3.IntegrityError)
    assert isinstance(odd, sqlite3.ProgrammingError)
    assert await database.held() == 3
    assert not database.connection.in_transaction


async def test_reading_waits_for_no_other_process(database: Database, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.sqlite", timeout=0, isolation_level=None)) as another:
        another.execute("PRAGMA journal_mode = WAL")
        another.execute("BEGIN IMMEDIATE")
        *written, read = await asyncio.gather(
            *(database.groups.fetch(INSERT, (number,)) for number in range(4)),
            database.groups.fetch(COUNT, ()),
            return_exceptions=True,
        )
        assert read == [(0,)]
        assert all(isinstance(result, sqlite3.OperationalError) for result in written)
        another.execute("ROLLBACK")
    assert await database.insert(1, 2) == [[], []]


async def test_who_gives_up_takes_nobody_along(database: Database) -> None:
    tasks = [asyncio.ensure_future(database.groups.fetch(INSERT, (number,))) for number in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::3]:  # the first one is on its way, the others wait
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [result for result in done if not isinstance(result, asyncio.CancelledError)] == [[]] * 13
    stored = await database.groups.fetch("SELECT number FROM numbers WHERE number > 0 ORDER BY number", ())
    assert [number for (number,) in stored] == [number for number in range(20) if number % 3]


async def test_who_gives_up_on_the_way_leaves_the_others_their_answers(database: Database) -> None:
    begun, free = threading.Event(), threading.Event()

    def wait() -> int:
        begun.set()
        return int(free.wait(10))

    await database.connection.create_function("wait", 0, wait)
    alone = asyncio.ensure_future(database.groups.fetch(COUNT, ()))
    waits = [asyncio.ensure_future(database.groups.fetch("SELECT wait()", ())) for _ in range(3)]
    await alone
    await asyncio.to_thread(begun.wait, 10)  # the three are in SQLite's thread
    waits[0].cancel()
    free.set()
    await asyncio.wait(waits, timeout=10)
    assert waits[0].cancelled()
    assert [wait.result() for wait in waits[1:]] == [[(1,)], [(1,)]]


async def test_a_closed_database_is_said_to_everybody(database: Database) -> None:
    tasks = [asyncio.ensure_future(database.groups.fetch(INSERT, (number,))) for number in range(5)]
    await asyncio.sleep(0)
    await database.connection.close()
    await asyncio.wait(tasks, timeout=5)
    assert all(task.done() for task in tasks)
    assert all(isinstance(task.exception(), Exception) for task in tasks[1:])
