"""PostgreSQL is started again, or goes away: before a turn, in the middle of one, for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from bridge.agents.langgraph.saving import PATIENCE
from bridge.storage.opening import open_storage
from bridge.storage.postgres import CONNECTIONS, INDEX_CONNECTIONS
from bridge.web.sentences import RUSSIAN
from tests.copilotkit.live import Live, live
from tests.databases import postgres
from tests.storage.graphs import Gated
from tests.storage.proxy import Proxy, proxy
from tests.storage.talking import TURNS, Turn, agui, contents, shown, streamed
from tests.storage.talking import whole as whole_answer

ROOT = Path(__file__).parent.parent.parent


@asynccontextmanager
async def served(gated: Gated, patience: float = PATIENCE) -> AsyncIterator[tuple[Live, Proxy]]:
    with postgres() as url:
        async with (
            proxy(url) as line,
            live({"default": gated.graph()}, line.url, storage_patience=patience, max_runs_per_principal=100) as page,
        ):
            yield page, line


def terminate_all(url: str) -> None:
    """End the connections of this database, as a server does that is started again."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


async def many_turns(page: Live, name: str) -> None:
    faults = await asyncio.gather(*(agui(page, f"{name} {number}", f"{number}") for number in range(12)))
    assert faults == [None] * 12


async def test_after_a_restart_every_turn_works() -> None:
    """More turns at once than there are connections, all of which were cut; and nobody has any patience."""
    gated = Gated()
    gated.gate.set()
    async with served(gated, patience=0) as (page, line):
        await many_turns(page, "before")
        line.cut()
        line.mend()
        await many_turns(page, "after")
        terminate_all(line.direct)
        await many_turns(page, "again")
        assert await contents(page, "3") == ["before 3", "answer 1", "after 3", "answer 3", "again 3", "answer 5"]


@pytest.mark.parametrize("name", TURNS)
async def test_a_turn_that_cannot_begin_is_refused_at_once(name: str) -> None:
    """With an hour's patience: who has lost nothing yet is not kept waiting."""
    gated = Gated()
    gated.gate.set()
    turn: Turn = TURNS[name]
    async with served(gated, patience=3600) as (page, line):
        assert await turn(page, "one") is None
        line.cut()
        fault = await turn(page, "two")
        assert fault is not None
        assert fault["status"] == 503
        if name == "copilotkit":
            assert fault["message"] == RUSSIAN["storage_unavailable"]
        else:
            assert fault["code"] == "storage_unavailable"
            assert fault["message"] == "The database cannot be reached; nothing was stored."
        line.mend()
        assert await turn(page, "three") is None
        assert await contents(page) == ["one", "answer 1", "three", "answer 3"]


@pytest.mark.parametrize("name", TURNS)
async def test_an_answer_that_cannot_be_stored_says_so(name: str) -> None:
    gated = Gated()
    turn: Turn = TURNS[name]
    async with served(gated, patience=0.2) as (page, line):
        going = asyncio.create_task(turn(page, "one"))
        await shown(going, gated.shown)
        line.cut()
        gated.gate.set()
        fault = await going
        assert fault is not None
        assert fault["code"] == "not_saved"
        english = "The answer was shown, but it was not saved. The database cannot be reached."
        assert fault["message"] == (RUSSIAN["not_saved"] if name == "copilotkit" else english)
        if turn is whole_answer:
            assert (fault["status"], fault["again"]) == (500, "false")
        line.mend()
        assert await turn(page, "two") is None
        assert await contents(page) == ["one", "two", "answer 2"]


async def test_within_the_patience_nobody_sees_it() -> None:
    gated = Gated()
    async with served(gated, patience=60) as (page, line):
        going = asyncio.create_task(streamed(page, "one"))
        await shown(going, gated.shown)
        line.cut()
        gated.gate.set()
        await line.wait_for_refusals(2)
        assert not going.done()
        line.mend()
        assert await going is None
        assert await contents(page) == ["one", "answer 1"]


async def test_a_person_can_stop_a_run_that_waits_for_the_database() -> None:
    gated = Gated()
    async with served(gated, patience=3600) as (page, line):
        going = asyncio.create_task(agui(page, "one"))
        await shown(going, gated.shown)
        line.cut()
        gated.gate.set()
        await line.wait_for_refusals(1)
        [run] = page.bridge.runs._running.values()
        await run.stop()
        assert await going is None
        line.mend()
        assert await agui(page, "two") is None
        assert await contents(page) == ["one", "two", "answer 2"]


async def test_a_server_that_takes_no_writes() -> None:
    gated = Gated()
    gated.gate.set()
    async with served(gated) as (page, line):
        assert await agui(page, "one") is None
        with psycopg.connect(line.direct, autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute(f"alter database {name} set default_transaction_read_only = on".encode())
        terminate_all(line.direct)
        for thread in ("new", "t"):  # one that cannot be made, and one that is there
            fault = await whole_answer(page, "two", thread)
            assert fault is not None
            assert (fault["status"], fault["code"]) == (503, "storage_read_only")
        ready = await page.client.get(f"{page.url}/readyz")
        assert (ready.status_code, ready.json()["error"]["code"]) == (503, "storage_read_only")
        assert await contents(page) == ["one", "answer 1"]


async def test_connections_are_bounded() -> None:
    gated = Gated()
    async with served(gated) as (page, line):
        turns = [asyncio.create_task(agui(page, "one", f"{number}")) for number in range(60)]
        await shown(turns[0], gated.shown)
        gated.gate.set()
        assert await asyncio.gather(*turns) == [None] * 60
        with psycopg.connect(line.direct) as connection:
            found = connection.execute(
                "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            ).fetchone()
    assert found is not None
    assert 2 < found[0] <= CONNECTIONS + INDEX_CONNECTIONS
    written = f"at most {CONNECTIONS + INDEX_CONNECTIONS} connections to it"
    assert written in " ".join((ROOT / "docs/deployment.md").read_text("utf-8").split())


async def test_what_is_noted_after_a_run_waits_a_little() -> None:
    with postgres() as url:
        async with proxy(url) as line, open_storage(line.url) as storage:
            thread = await storage.index.open("t", agent="a", principal="me")
            line.cut()
            noting = asyncio.create_task(storage.index.touch(thread, title="kept"))
            await line.wait_for_refusals(1)
            line.mend()
            assert (await noting).title == "kept"
            found = await storage.index.find("t", agent="a", principal="me")
            assert found is not None
            assert found.title == "kept"
