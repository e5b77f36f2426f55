"""Storing, where the database may be away for a while: again after a pause, within a bound, and then an error that
says what is wrong.

Every call of a checkpointer goes through here (`bridge.agents.langgraph.checkpoints.ScopedSaver`), so all checkpointers
have it: the bridge's and those that graphs bring. What is an error of a database is known by its class and its code;
all other exceptions (a value that cannot be stored) are the graph's own, and pass.
"""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

from bridge.errors import StorageBusy, StorageFailure, StorageFull, StorageReadOnly, StorageUnavailable

Result = TypeVar("Result")

PATIENCE = 15.0
"""Seconds that storing waits for a database, unless `bridge.settings.Settings.storage_patience` says otherwise."""

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
_FINISHING = 1.0  # seconds that a stopped run waits for a write that has begun

LEAST = 5.0
"""Seconds that a question to a database may take, whatever the patience: one that is busy is not away."""

# https://www.sqlite.org/rescode.html: primary codes; extended ones begin with the same name
_SQLITE: dict[str, type[StorageFailure]] = {
    "SQLITE_BUSY": StorageBusy,
    "SQLITE_LOCKED": StorageBusy,
    "SQLITE_FULL": StorageFull,
    "SQLITE_READONLY": StorageReadOnly,
    "SQLITE_CANTOPEN": StorageUnavailable,
    "SQLITE_IOERR": StorageFailure,
    "SQLITE_CORRUPT": StorageFailure,
    "SQLITE_NOTADB": StorageFailure,
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html: whole codes before their classes
_POSTGRESQL: dict[str, type[StorageFailure]] = {
    "53100": StorageFull,
    "25006": StorageReadOnly,
    "55P03": StorageBusy,
    "40": StorageBusy,
    "08": StorageUnavailable,
    "53": StorageUnavailable,
    "57": StorageUnavailable,
    "58": StorageFailure,
    "XX": StorageFailure,
}

_SYSTEM: dict[int, type[StorageFailure]] = {
    errno.ENOSPC: StorageFull,
    errno.EDQUOT: StorageFull,
    errno.EROFS: StorageReadOnly,
    errno.EACCES: StorageReadOnly,
}

# What clients of databases call an error of the connection; each driver has a class of one of these names
_CONNECTION = {
    "OperationalError",
    "InterfaceError",
    "ConnectionError",
    "ConnectionFailure",
    "TimeoutError",
    "PoolTimeout",
}


def storage_failure(error: BaseException) -> StorageFailure | None:
    """What an exception of a database, its driver or its pool means; ``None`` where it is none of these."""
    if isinstance(error, StorageFailure):
        return error
    error = getattr(error, "orig", None) or error  # SQLAlchemy's errors have the driver's in them
    kind = _kind(error)
    return None if kind is None else kind()


def _kind(error: BaseException) -> type[StorageFailure] | None:
    name = getattr(error, "sqlite_errorname", None)
    if isinstance(name, str):
        return next((kind for code, kind in _SQLITE.items() if name.startswith(code)), None)
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    if isinstance(error, OSError):  # a TimeoutError is one
        return _SYSTEM.get(error.errno or 0, StorageUnavailable)
    names = {parent.__name__ for parent in type(error).__mro__}
    # the standard library's have codes where the database itself is at fault
    library = type(error).__module__.partition(".")[0] != "sqlite3"
    return StorageUnavailable if library and names & _CONNECTION else None


class Attempts:
    """How long one thing is tried again.

    Args:
        patience: seconds in all; 0: once.
        clock: seconds that only rise.
    """

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock() + patience
        self._pause = _FIRST_PAUSE

    @property
    def left(self) -> float:
        """Seconds."""
        return max(0.0, self._until - self._clock())

    def after(self, error: Exception) -> float:
        """Seconds until the next attempt.

        Raises a `StorageFailure` where waiting does not help, or was enough; the error itself where the database is
        not at fault.
        """
        failure = storage_failure(error)
        if failure is None:
            raise error
        left = self.left
        if not isinstance(failure, StorageUnavailable | StorageBusy) or left <= 0:
            if failure is error:
                raise error
            raise failure from error
        pause = min(self._pause, left)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        return pause


async def patiently(once: Callable[[], Awaitable[Result]], patience: float) -> Result:
    """The result of the first attempt that succeeds. Raises as `Attempts.after` does."""
    attempts = Attempts(patience)
    while True:
        try:
            return await once()
        except Exception as error:
            pause = attempts.after(error)
        await asyncio.sleep(pause)


async def read_patiently(read: Callable[[], Awaitable[Result]], patience: float) -> Result:
    """The same for what changes nothing, each attempt with a bound of its own.

    A database may take a question, and never answer it: that wait is over after ``patience``, and not before `LEAST`.
    """
    attempts = Attempts(patience)
    while True:
        try:
            async with asyncio.timeout(max(attempts.left, LEAST)):
                return await read()
        except Exception as error:
            pause = attempts.after(error)
        await asyncio.sleep(pause)


async def each_within(listed: AsyncIterator[Result], within: float) -> AsyncIterator[Result]:
    """The same items, each of which may take so many seconds, and `LEAST` at least.

    Raises:
        TimeoutError: the next one does not come.
    """
    while True:
        try:
            async with asyncio.timeout(max(within, LEAST)):
                item = await anext(listed)
        except StopAsyncIteration:
            return
        yield item


def patiently_in_thread(once: Callable[[], Result], patience: float) -> Result:
    """The same for code that is not async, and blocks a thread that is its own."""
    attempts = Attempts(patience)
    while True:
        try:
            return once()
        except Exception as error:
            pause = attempts.after(error)
        time.sleep(pause)


_going: set[asyncio.Task[Any]] = set()  # writes whose runs did not wait for them to their end


async def whole(write: Coroutine[Any, Any, Result], within: float) -> Result:
    """A write that is done to its end, also when the run is stopped in the middle.

    A statement that is cancelled leaves SQLite's transaction open, and with it the lock that all other writers wait
    for. And what has begun before a run's end should be there before the next run reads.

    Args:
        within: seconds, then it is given up as ``TimeoutError``.
    """
    task = asyncio.ensure_future(write)
    try:
        await asyncio.wait((task,), timeout=max(within, LEAST))
    except asyncio.CancelledError:
        _going.add(task)
        task.add_done_callback(_over)
        await asyncio.wait((task,), timeout=_FINISHING)
        raise
    if not task.done():
        task.cancel()
        raise TimeoutError("the database did not answer")
    return task.result()


def _over(task: asyncio.Task[Any]) -> None:
    _going.discard(task)
    if not task.cancelled():
        task.exception()  # nobody waits for it any more


class _Transactional(Protocol):
    """The part of an ``AsyncSqliteSaver`` that undoing needs."""

    lock: asyncio.Lock
    conn: Any


async def undo(saver: Any) -> None:
    """End the transaction that a failed write has left open on the connection of a SQLite checkpointer.

    Under the saver's own lock: nobody else is in the middle of one then.
    """
    if not hasattr(getattr(saver, "conn", None), "in_transaction"):
        return
    held: _Transactional = saver
    async with held.lock:
        if held.conn.in_transaction:
            await held.conn.rollback()
