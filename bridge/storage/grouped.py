"""Statements that come while SQLite's thread is at work go there together, as one transaction.

To begin and to end a transaction, and to wake a thread and be woken, costs more than most statements do. Where many
runs write at once, what has gathered while the thread was away is one trip, and one commit. A statement that comes
alone goes at once, as a transaction of its own.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, cast

import aiosqlite

Rows = Sequence[Any]
Statement = tuple[str, Any]
"""SQL and its parameters."""

_MOST = 64
"""Statements of one transaction: other processes wait for the file meanwhile."""


class _Together(str):
    """In place of a statement: the parameters are statements, each with its own parameters."""

    __slots__ = ()


_TOGETHER = _Together("several statements")


class _Done:
    """What a cursor has for who only fetches."""

    def __init__(self, results: list[Rows | Exception]) -> None:
        self._results = results

    def fetchall(self) -> list[Rows | Exception]:
        """The rows of each statement, or its error."""
        return self._results


class GroupedConnection(sqlite3.Connection):
    """A connection that also executes several statements at once."""

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """Execute a statement, or what a `Groups` has gathered."""
        if type(sql) is not _Together:
            return super().execute(sql, parameters)
        return _Done(self._together(parameters))

    def _together(self, statements: Sequence[Statement]) -> list[Rows | Exception]:
        reading = [statement[0].startswith("SELECT") for statement in statements]
        if len(statements) - sum(reading) < 2 or self.in_transaction:
            return [self._alone(statement) for statement in statements]
        written = self._written([one for one, reads in zip(statements, reading, strict=True) if not reads])
        # outside the transaction: it waits for other writers, and readers need not
        return [
            self._alone(statement) if reads else next(written)
            for statement, reads in zip(statements, reading, strict=True)
        ]

    def _written(self, statements: Sequence[Statement]) -> Iterator[Rows | Exception]:
        run = super().execute
        try:
            run("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:  # another process has the file; each may try again
            return repeat(error)
        try:
            results = [cast(Rows, run(*statement).fetchall()) for statement in statements]
            run("COMMIT")
        except Exception:
            if self.in_transaction:
                run("ROLLBACK")
            return map(self._alone, statements)
        return iter(results)

    def _alone(self, statement: Statement) -> Rows | Exception:
        try:
            return cast(Rows, super().execute(*statement).fetchall())
        except Exception as error:
            return error


def connect(path: str | Path, *, timeout: float = 5.0) -> aiosqlite.Connection:
    """A connection for `Groups`; ``timeout``: seconds that it waits for another that writes."""
    return aiosqlite.connect(path, timeout=timeout, isolation_level=None, factory=GroupedConnection)


class Groups:
    """Statements for a connection that `connect` made. Each is done, or fails, by itself."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[str, Any, asyncio.Future[Rows]]] = []
        self._away = False
        self._trips: asyncio.Task[None] | None = None

    async def fetch(self, sql: str, parameters: Iterable[Any]) -> Rows:
        """The rows of a statement. Raises what SQLite raises."""
        if self._away:
            done: asyncio.Future[Rows] = asyncio.get_running_loop().create_future()
            self._waiting.append((sql, parameters, done))
            return await done
        self._away = True
        try:
            return cast(Rows, await self._connection.execute_fetchall(sql, parameters))
        finally:
            if self._waiting:
                self._trips = asyncio.create_task(self._go())
            else:
                self._away = False

    async def _go(self) -> None:
        """Trip after trip, until nothing waits."""
        while self._waiting:
            group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            group = [one for one in group if not one[2].cancelled()]
            statements = [(sql, parameters) for sql, parameters, _ in group]
            try:
                results: Iterable[Any] = await self._connection.execute_fetchall(_TOGETHER, statements)
            except BaseException as error:
                failed = error if isinstance(error, Exception) else ConnectionError("the database was closed")
                results = [failed] * len(group)
            self._tell(group, results)
        self._away = False

    @staticmethod
    def _tell(group: Sequence[tuple[str, Any, asyncio.Future[Rows]]], results: Iterable[Any]) -> None:
        for (_, _, done), result in zip(group, results, strict=True):
            if done.cancelled():
                continue
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)
