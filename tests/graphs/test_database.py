"""The CRM's first start, on SQLite and PostgreSQL; its URL; several loops and processes."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from graphs.crm import database as module
from graphs.crm import models
from graphs.crm.clock import today
from graphs.crm.database import Database, normalize_url

POSTGRES = "127.0.0.1", 5432
COUNTS = {"leads": 260, "customers": 120, "deals": 640, "products": 14, "campaigns": 12}


@pytest.mark.parametrize("given", ["sqlite://", "sqlite:///:memory:"])
def test_sqlite_must_be_a_file(given: str) -> None:
    with pytest.raises(ValueError, match="SQLite needs a file"):
        normalize_url(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("sqlite:///a/b.sqlite", "sqlite+aiosqlite:///a/b.sqlite"),
        ("sqlite+aiosqlite:////tmp/b.sqlite", "sqlite+aiosqlite:////tmp/b.sqlite"),
        ("postgresql://u:p@h:1/d", "postgresql+psycopg://u:p@h:1/d"),
        ("postgres://h/d", "postgresql+psycopg://h/d"),
        ("postgresql+asyncpg://h/d", "postgresql+psycopg://h/d"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
    ],
)
def test_urls_get_the_asynchronous_driver(given: str, expected: str) -> None:
    assert normalize_url(given).render_as_string(hide_password=False) == expected


def test_other_databases_are_refused() -> None:
    with pytest.raises(ValueError, match="expected sqlite or postgresql, got 'mysql'"):
        normalize_url("mysql://h/d")


def test_the_default_is_a_file_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENT_DATABASE_URL", raising=False)
    assert module.database().url.database == ".bridge/crm.sqlite"
    assert module.database() is module.database()


def test_importing_the_agent_opens_nothing(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI", "AGENT"))}
    code = "from graphs.agent import graph; print(sorted(graph.nodes), graph.checkpointer)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "['__start__', 'assistant', 'marketing', 'sales', 'supervisor'] None\n"
    assert list(tmp_path.iterdir()) == []


async def counts(database: Database) -> dict[str, int]:
    async with database.read() as session:
        return {name: await session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in COUNTS}


async def test_the_first_start_makes_and_fills_the_tables(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/new/folder/crm.sqlite")
    assert await counts(database) == COUNTS
    async with database.read() as session:
        connection = await session.connection()
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        assert set(names) == set(models.Base.metadata.tables)
        assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await session.scalar(text("PRAGMA foreign_keys")) == 1
        assert (await session.get_one(models.Setting, "anchor")).value == today().isoformat()
        newest = await session.scalar(select(func.max(models.Deal.closed_on)))
        oldest = await session.scalar(select(func.min(models.Deal.created_on)))
    assert newest is not None
    assert oldest is not None
    assert 0 <= (today() - newest).days < 14
    assert 700 <= (today() - oldest).days <= 730


async def test_only_the_dates_depend_on_the_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = []
    for day in (date(2026, 1, 15), date(2027, 6, 30)):
        monkeypatch.setattr(module, "today", lambda day=day: day)
        database = Database(f"sqlite:///{tmp_path}/{day}.sqlite")
        async with database.read() as session:
            leads = (await session.scalars(select(models.Lead).order_by(models.Lead.id))).all()
            deals = (await session.scalars(select(models.Deal).order_by(models.Deal.id))).all()
            rows.append(
                (
                    [(lead.company, lead.contact, lead.budget, (day - lead.created_on).days) for lead in leads],
                    [(deal.amount, deal.stage, (day - deal.created_on).days) for deal in deals],
                )
            )
    assert rows[0] == rows[1]
    companies = [lead[0] for lead in rows[0][0]]
    assert len(set(companies)) == len(companies)


async def test_what_is_written_is_there_for_another_process(crm: Database) -> None:
    async with crm.write() as session:
        (await session.get_one(models.Lead, 1)).need = "Новая задача"
    async with Database(str(crm.url)).read() as session:
        assert (await session.get_one(models.Lead, 1)).need == "Новая задача"


async def test_a_failed_write_leaves_nothing(crm: Database) -> None:
    async def fail() -> None:
        async with crm.write() as session:
            (await session.get_one(models.Lead, 1)).need = "Новая задача"
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with crm.read() as session:
        assert (await session.get_one(models.Lead, 1)).need != "Новая задача"


async def test_foreign_keys_hold(crm: Database) -> None:
    with pytest.raises(IntegrityError):
        async with crm.write() as session:
            session.add(models.DealMove(deal_id=99_999, from_stage="new", to_stage="won", moved_on=today()))


async def test_writers_wait_for_each_other(crm: Database) -> None:
    async def raise_budget() -> None:
        async with crm.write() as session:
            lead = await session.get_one(models.Lead, 2)
            budget = lead.budget or 0
            await asyncio.sleep(0)  # let the others come in between, if they can
            lead.budget = budget + 1

    async with crm.write() as session:
        (await session.get_one(models.Lead, 2)).budget = 0
    await asyncio.gather(*(raise_budget() for _ in range(8)))
    async with crm.read() as session:
        assert (await session.get_one(models.Lead, 2)).budget == 8


def test_several_event_loops_one_after_another(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/crm.sqlite")
    for _ in range(3):
        assert asyncio.run(counts(database)) == COUNTS


SEED_TWICE = """
import asyncio, sys
from graphs.crm.database import Database
async def main():
    async with Database(sys.argv[1]).read(): pass
asyncio.run(main())
"""


def start_together(url: str) -> None:
    """Three processes that open the same new database at the same time."""
    command = [sys.executable, "-c", SEED_TWICE, url]
    processes = [
        subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors


async def test_two_processes_do_not_seed_twice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/crm.sqlite"
    await asyncio.to_thread(start_together, url)
    assert await counts(Database(url)) == COUNTS


@pytest.fixture
async def postgres() -> AsyncIterator[str]:
    """The URL of an empty PostgreSQL database of our own."""
    try:
        socket.create_connection(POSTGRES, timeout=2).close()
    except OSError:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not reachable at 127.0.0.1:5432, and CI must have it")
        pytest.skip("PostgreSQL is not reachable at 127.0.0.1:5432")
    host = f"postgresql+psycopg://postgres@{POSTGRES[0]}:{POSTGRES[1]}"
    name = f"crm_{uuid4().hex[:12]}"
    server = create_async_engine(f"{host}/postgres", isolation_level="AUTOCOMMIT", poolclass=NullPool)
    async with server.connect() as connection:
        await connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield f"{host}/{name}"
    async with server.connect() as connection:
        await connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    await server.dispose()


async def test_postgresql_holds_the_same(postgres: str, crm: Database) -> None:
    database = Database(postgres.replace("postgresql+psycopg", "postgresql"))
    await asyncio.to_thread(start_together, postgres)
    assert await counts(database) == COUNTS
    async with database.write() as session:
        # Rows were seeded with their ids; the next ones must not collide with them.
        session.add(
            models.Campaign(
                name="Проба",
                segment="Все",
                segment_filter={"kind": "all"},
                audience=1,
                channel="email",
                goal="проба",
                tone="деловой",
                subject="Тема",
                body="Текст",
                budget=5_000_000_000,
                status="draft",
                created_on=today(),
            )
        )
    async with database.read() as session:
        assert await session.scalar(select(func.max(models.Campaign.id))) == 13
    seeded: list[list[tuple[str, str, int]]] = []
    for source in (database, crm):
        async with source.read() as session:
            query = select(models.Deal.title, models.Deal.stage, models.Deal.amount).order_by(models.Deal.id)
            seeded.append([(title, stage, amount) for title, stage, amount in (await session.execute(query)).all()])
    assert seeded[0] == seeded[1]


async def test_a_database_of_an_older_version_gets_the_new_columns(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/crm.sqlite"
    async with Database(url).write() as session:
        await session.execute(text("ALTER TABLE campaigns DROP COLUMN scheduled_time"))
        await session.execute(text("ALTER TABLE campaigns DROP COLUMN offer"))
    async with Database(url).write() as session:
        row = await session.get_one(models.Campaign, 1)
        assert (row.scheduled_time, row.offer) == (None, None)
        row.scheduled_time = "10:00"
