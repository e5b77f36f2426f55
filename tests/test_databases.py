"""``--db``: what is accepted, what is refused and how, and a database that several processes open at once."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from bridge.storage.opening import Database, InvalidDatabase, open_storage, read_db, without_password
from tests.http.talking import chat
from tests.server import ROOT, serve_twice

AGENT = "teller=tests.http.graphs:teller"
PASSWORD = "p%40ss%2Fw"


@pytest.mark.parametrize(
    ("db", "path", "url"),
    [
        ("bridge.sqlite", "bridge.sqlite", None),
        ("./sqlite.db", "./sqlite.db", None),
        ("data/postgres.db", "data/postgres.db", None),
        ("/var/lib/bridge.sqlite", "/var/lib/bridge.sqlite", None),
        ("C:\\data\\bridge.sqlite", "C:\\data\\bridge.sqlite", None),
        (":memory:", ":memory:", None),
        ("sqlite:///bridge.sqlite", "bridge.sqlite", None),
        ("sqlite:////var/lib/x.db", "/var/lib/x.db", None),
        ("sqlite+aiosqlite:///x.db", "x.db", None),
        ("sqlite:///:memory:", ":memory:", None),
        ("postgresql://u:p@h:5432/d", None, "postgresql://u:p@h:5432/d"),
        ("postgres://u@h/d", None, "postgresql://u@h/d"),
        ("postgresql+psycopg://u@h/d?sslmode=require", None, "postgresql://u@h/d?sslmode=require"),
        ("postgresql:///d?host=/run/postgresql", None, "postgresql:///d?host=/run/postgresql"),
    ],
)
def test_what_is_accepted(db: str, path: str | None, url: str | None) -> None:
    assert read_db(db) == Database(path, url)


REFUSED = [
    "",
    "  ",
    "a\0b",
    "sqlite.db",
    "sqlite",
    "sqlite:",
    "sqlite:x.db",
    "sqlite:/x.db",
    "sqlite://x",
    "sqlite://",
    "sqlite:///",
    "postgresql:/x",
    "postgresql://",
    "postgresql:x",
    "postgresql.db",
    "postgresql://u:secret@h:port/d",
    "postgresql://u:secret@[::1/d",
    "postgres:secret@h/d",
    "postgresql://u:secret/secret:secret@h/d",
    "mysql://u:secret@h/d",
    "redis://h",
    "file:x.db",
    "http://h/d",
    "data/",
    ".",
]


@pytest.mark.parametrize("db", REFUSED)
def test_what_is_refused_says_what_is_accepted(db: str) -> None:
    with pytest.raises(InvalidDatabase) as raised:
        read_db(db)
    output = str(raised.value)
    assert "sqlite:///path" in output
    assert "postgresql://" in output
    assert "secret" not in output
    assert "\0" not in output


def bridge(*arguments: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bridge.cli", *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", **env}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_serve_refuses_in_one_line_and_makes_nothing(tmp_path: Path) -> None:
    for arguments, env in ((("--db", "sqlite.db"), {}), ((), {"BRIDGE_DB": "mysql://u:secret@h/d"})):
        refused = bridge("serve", AGENT, *arguments, cwd=tmp_path, **env)
        assert refused.returncode == 2
        assert "Accepted are" in refused.stderr
        assert "secret" not in refused.stderr
        assert "Traceback" not in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://bob:{PASSWORD}@127.0.0.1:1/d",
        f"postgresql://127.0.0.1:1/d?user=bob&password={PASSWORD}",
        f"postgresql://bob:{PASSWORD}@127.0.0.1:1/d?no_such_option=1",
        f"postgres://bob:{PASSWORD}@127.0.0.1:1/d?connect_timeout=x",
    ],
)
def test_a_server_that_cannot_be_reached_keeps_the_password(url: str) -> None:
    for command in (("serve", AGENT, "--port", "0"), ("prune", "--retention-days", "1")):
        failed = bridge(*command, "--db", url)
        assert failed.returncode == 1
        assert "cannot be opened" in failed.stderr
        for secret in (PASSWORD, "p@ss/w", "p%40ss"):
            assert secret not in failed.stderr + failed.stdout
        assert "127.0.0.1" in failed.stderr


def test_a_message_is_cleaned_of_the_password_in_any_form() -> None:
    url = f"postgresql://bob:{PASSWORD}@h/d"
    output = without_password(url, f'no "{url}"; "p@ss/w" is wrong, so is {PASSWORD}')
    assert output == 'no "postgresql://bob:***@h/d"; "***" is wrong, so is ***'
    assert without_password("postgresql://bob@h/d", 'no role "bob"') == 'no role "bob"'
    assert without_password("./bridge.sqlite", "no ./bridge.sqlite") == "no ./bridge.sqlite"


def test_two_processes_open_an_empty_database_at_once(tmp_path: Path, db: str) -> None:
    """Twice in a row: on an empty database, and on the one that they have made."""
    length = 1
    for _ in range(2):
        with serve_twice(tmp_path, db, AGENT) as servers:
            for server in servers:  # each goes on where the other has stopped
                body = chat(f"message {length}", model="teller", ag_ui={"thread_id": "t"})
                answer = httpx.post(f"{server.url}/v1/chat/completions", json=body, timeout=60, trust_env=False)
                assert answer.json()["choices"][0]["message"]["content"] == f"{length}: message {length}"
                length += 2


async def test_many_open_an_empty_database_at_once(db: str) -> None:
    async def opened() -> None:
        async with open_storage(db) as storage:
            await storage.index.open("t", agent="a", principal="me")

    for _ in range(2):
        await asyncio.gather(*(opened() for _ in range(6)))


async def test_a_file_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself does not wait where it changes to WAL."""
    with closing(sqlite3.connect(tmp_path / "b.sqlite", isolation_level=None)) as other:
        other.execute("create table theirs (a)")
        other.execute("begin immediate")

        async def opened() -> None:
            async with open_storage(str(tmp_path / "b.sqlite")):
                pass

        opening = asyncio.create_task(opened())
        await asyncio.wait([opening], timeout=0.3)
        assert not opening.done()
        other.execute("commit")
        await opening
