"""What an exception of a database means, and how long it is tried again. The exceptions are real ones."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from psycopg_pool import PoolTimeout

from bridge import errors
from bridge.agents.langgraph.saving import Attempts, patiently, patiently_in_thread, storage_failure
from bridge.errors import StorageFailure
from bridge.web.sentences import RUSSIAN
from tests.server import free_port
from tests.tools import require_postgres

KINDS: list[type[StorageFailure]] = [StorageFailure, *StorageFailure.__subclasses__()]
CODES = {errors.NotSaved.code, *(kind.code for kind in KINDS)}


def raised(do: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is what this is about
        do()
    return caught.value


def code_of(error: BaseException) -> str | None:
    failure = storage_failure(error)
    return None if failure is None else failure.code


def locked(path: Path) -> Exception:
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(path, timeout=0)) as other:
        one.execute("begin immediate")
        return raised(lambda: other.execute("begin immediate"))


def pragma(setting: str, sql: str) -> Exception:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("create table t (a)")
        database.execute(f"pragma {setting}")
        return raised(lambda: database.execute(sql))


def no_database(path: Path) -> Exception:
    path.write_bytes(b"nothing of the kind" * 100)
    with closing(sqlite3.connect(path)) as database:
        return raised(lambda: database.execute("select * from t"))


def test_sqlite(tmp_path: Path) -> None:
    big = "insert into t values (zeroblob(100000))"
    assert code_of(locked(tmp_path / "l.sqlite")) == "storage_busy"
    assert code_of(pragma("max_page_count = 3", big)) == "storage_full"
    assert code_of(pragma("query_only = on", "delete from t")) == "storage_read_only"
    assert code_of(raised(lambda: sqlite3.connect(tmp_path / "no" / "x.sqlite"))) == "storage_unavailable"
    assert code_of(no_database(tmp_path / "n.sqlite")) == "storage_failed"
    assert code_of(pragma("query_only = off", "select * from missing")) is None  # a fault of our own
    assert code_of(pragma("query_only = off", "insert into t values (1, 2)")) is None


def test_a_tiny_disk(tmp_path: Path) -> None:
    """What SQLAlchemy says has what the driver said in it."""
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/b.sqlite")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("create table t (a)"))
        connection.execute(sqlalchemy.text("pragma max_page_count = 3"))
        insert = sqlalchemy.text("insert into t values (zeroblob(100000))")
        assert code_of(raised(lambda: connection.execute(insert))) == "storage_full"
    engine.dispose()


def test_postgresql() -> None:
    nobody = f"postgresql://127.0.0.1:{free_port()}/d"
    assert code_of(raised(lambda: psycopg.connect(nobody))) == "storage_unavailable"
    with psycopg.connect(require_postgres(), autocommit=True) as database:
        database.execute("set default_transaction_read_only = on")
        assert code_of(raised(lambda: database.execute("create table t (a int)"))) == "storage_read_only"
        assert code_of(raised(lambda: database.execute("select * from missing"))) is None
        database.execute("set statement_timeout = 1")
        assert code_of(raised(lambda: database.execute("select pg_sleep(10)"))) == "storage_unavailable"
        with psycopg.connect(require_postgres(), autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", (database.info.backend_pid,))
        assert code_of(raised(lambda: database.execute("select 1"))) == "storage_unavailable"
        assert code_of(raised(lambda: database.execute("select 1"))) == "storage_unavailable"
    assert code_of(psycopg.errors.DiskFull()) == "storage_full"
    assert code_of(psycopg.errors.LockNotAvailable()) == "storage_busy"
    assert code_of(psycopg.errors.DeadlockDetected()) == "storage_busy"
    assert code_of(psycopg.errors.TooManyConnections()) == "storage_unavailable"
    assert code_of(psycopg.errors.DataCorrupted()) == "storage_failed"
    assert code_of(PoolTimeout()) == "storage_unavailable"


class ConnectionFailure(Exception):
    """As a driver that nobody here has installed names it."""


class AutoReconnect(ConnectionFailure):
    """One of its own kinds."""


def test_other_databases() -> None:
    assert code_of(OSError(errno.ENOSPC, "No space left on device")) == "storage_full"
    assert code_of(OSError(errno.EROFS, "Read-only file system")) == "storage_read_only"
    assert code_of(ConnectionResetError()) == "storage_unavailable"
    assert code_of(TimeoutError()) == "storage_unavailable"
    assert code_of(AutoReconnect()) == "storage_unavailable"
    for error in (TypeError("not serializable"), ValueError(), KeyError(), errors.ThreadBusy("")):
        assert code_of(error) is None


def test_every_code_has_a_sentence_in_both_languages() -> None:
    assert set(RUSSIAN) >= CODES
    for kind in KINDS:
        failure = kind()
        assert failure.message.endswith("; nothing was stored.")
        assert errors.NotSaved.because(failure).message.endswith(f"not saved. {kind.sentence}.")
        assert errors.failure_of_code(kind.code, "x").status == kind.status


def test_attempts_grow_rare_and_end() -> None:
    now = 0.0
    attempts = Attempts(3.0, lambda: now)
    pauses = []
    error = ConnectionResetError("secret")
    while attempts.left > 1e-9:
        pauses.append(attempts.after(error))
        now += pauses[-1]
    now += 1e-9
    with pytest.raises(errors.StorageUnavailable) as ended:
        attempts.after(error)
    assert pauses == sorted(pauses[:-1]) + pauses[-1:]
    assert len(pauses) > 4
    assert sum(pauses) == pytest.approx(3.0)
    assert max(pauses) <= 1.0
    assert ended.value.__cause__ is error
    assert "secret" not in ended.value.message


@pytest.mark.parametrize("error", [psycopg.errors.DiskFull(), psycopg.errors.ReadOnlySqlTransaction(), TypeError()])
def test_what_waiting_does_not_mend_is_not_waited_for(error: Exception) -> None:
    with pytest.raises((StorageFailure, TypeError)):
        Attempts(3600.0).after(error)


async def test_the_first_attempt_that_succeeds_is_the_last() -> None:
    asked = 0

    def once() -> str:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise ConnectionResetError
        return "stored"

    async def async_once() -> str:
        return once()

    assert await patiently(async_once, 60) == "stored"
    assert asked == 3
    asked = 0
    assert patiently_in_thread(once, 60) == "stored"
    assert asked == 3
