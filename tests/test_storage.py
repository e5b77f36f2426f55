"""Where conversations are kept: SQLite and PostgreSQL behave alike, and both survive the process."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from langgraph.checkpoint.base import empty_checkpoint

from bridge.runs.request import ThreadKey
from bridge.storage.opening import agent_database_url, open_storage
from bridge.storage.threads import Histories, Position, Scope, Thread, Turn
from tests.databases import postgres
from tests.http.conftest import AGENTS
from tests.http.talking import chat, events_of, run_input, text_of
from tests.server import serve


async def test_threads_have_owners(db: str) -> None:
    async with open_storage(db) as storage:
        index = storage.index
        assert await index.find("t", agent="a", principal="я") is None
        thread = await index.open("t", agent="a", principal="я", title="Привет")
        await index.touch(thread, aliases={"checkpoint": "streamed"})
        for agent, principal in (("a", "другой"), ("b", "я")):
            assert await index.find("t", agent=agent, principal=principal) is None
            assert (await index.open("t", agent=agent, principal=principal)).title is None
        assert (await index.open("t", agent="a", principal="я", title="Снова")).title == "Привет"
    async with open_storage(db) as storage:
        found = await storage.index.find("t", agent="a", principal="я")
        assert found is not None
        assert (found.title, found.aliases) == ("Привет", {"checkpoint": "streamed"})
        await storage.index.forget(found.key)
        assert await storage.index.find("t", agent="a", principal="я") is None
        assert await storage.index.find("t", agent="a", principal="другой") is not None


def after(thread: Thread) -> Position:
    return Position(thread.updated_at, thread.key.stored_id)


async def test_threads_are_listed_latest_first(db: str) -> None:
    async with open_storage(db) as storage:
        index = storage.index
        threads = [await index.open(f"t{n}", agent="a", principal="я", listed=n != 2) for n in range(4)]
        await index.open("other", agent="a", principal="другой")
        await index.touch(threads[0], title="Сначала")
        listed = await index.list(agent="a", principal="я")
        assert [thread.id for thread in listed] == ["t0", "t3", "t1"]
        rest = await index.list(
            agent="a", principal="я", limit=2, before=Position(listed[0].updated_at, listed[0].key.stored_id)
        )
        assert [thread.id for thread in rest] == ["t3", "t1"]
        await index.forget(threads[0].key)
        assert await index.find("t0", agent="a", principal="я") is None


async def test_turns_are_scoped(db: str) -> None:
    async with open_storage(db) as storage:
        index = storage.index
        mine, yours = Scope("я", "a"), Scope("другой", "a")

        async def checkpoints(scope: Scope, **where: Any) -> list[str | None]:
            found = await index.find_turns(scope, ["f", "g"], **where)
            return [turn.checkpoint_id for turn in found.get("f", [])]

        await index.remember_turn(Histories(mine, {"f": "", "g": "2:ab"}, Turn("t", "c1", asks=True, whole=False)))
        [turn] = (await index.find_turns(mine, ["g"]))["g"]
        key = ThreadKey("я", "a", "t").stored_id
        assert turn == Turn("t", "c1", family=key, asks=True, whole=False, tail="2:ab")
        await index.remember_turn(Histories(mine, {"f": ""}, Turn("t", "c2")))
        assert await checkpoints(mine) == ["c2"]
        for other in (yours, Scope("я", "b"), Scope("я", "a", "key")):
            assert await checkpoints(other) == []
        assert await checkpoints(Scope("я", "a", "key"), clients=[""]) == ["c2"]
        assert await checkpoints(Scope("я", "a", "key"), thread_id="t") == ["c2"]
        assert await checkpoints(Scope("я", "a", "key"), thread_id="u") == []
        await index.remember_turn(Histories(yours, {"f": ""}, Turn("t", "c3")))
        await index.open("t", agent="a", principal="я")
        await index.forget(ThreadKey("я", "a", "t"))
        assert await checkpoints(mine) == []
        assert await checkpoints(yours) == ["c3"]


async def test_of_one_family_the_latest_turn_counts_and_unrelated_ones_are_kept(db: str) -> None:
    async with open_storage(db) as storage:
        index, scope = storage.index, Scope("me", "a")
        for turn in (Turn("t", "c1"), Turn("fork", "c2", family=ThreadKey("me", "a", "t").stored_id), Turn("u", "c3")):
            await index.remember_turn(Histories(scope, {"f": ""}, turn))
        assert [turn.thread_id for turn in (await index.find_turns(scope, ["f"]))["f"]] == ["fork", "u"]


async def test_checkpoints_are_there_after_a_restart(db: str) -> None:
    config: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
    async with open_storage(db) as storage:
        await storage.checkpointer.aput(config, empty_checkpoint(), {"step": 1}, {})
    async with open_storage(db) as storage:
        assert await storage.checkpointer.aget_tuple(config) is not None


def test_where_agents_keep_their_own() -> None:
    assert agent_database_url(".bridge/bridge.sqlite") == "sqlite:///.bridge/crm.sqlite"
    assert agent_database_url("sqlite:////var/lib/x.db") == "sqlite:////var/lib/crm.sqlite"
    assert agent_database_url("postgresql://u@h/d") == "postgresql://u@h/d"


def test_a_server_on_postgresql(tmp_path: Path) -> None:
    """The same conversation, the same approval, killed in between; nothing is left in files."""
    quote = "Сделай КП на 10 CRM Бизнес для «Кофейня-Импульс» со скидкой 15 %"
    with (
        postgres() as url,
        serve(tmp_path, *AGENTS, "--db", url) as server,
        httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client,
    ):
        asked = run_input(quote)
        [interrupt] = events_of(client.post("/agui/sales", json=asked).content)[-1]["outcome"]["interrupts"]
        first = client.post("/v1/chat/completions", json=chat("привет", model="teller"))
        server.restart()
        entry = {"interruptId": interrupt["id"], "status": "resolved", "payload": {"approved": True}}
        body = run_input(thread=asked["threadId"], resume=[entry])
        events = events_of(client.post("/agui/sales", json=body).content)
        again = chat("привет", first.json()["choices"][0]["message"]["content"], "ещё", model="teller")
        answer = client.post("/v1/chat/completions", json=again)
    assert "КП-" in text_of(events)
    assert answer.headers["x-thread-id"] == first.headers["x-thread-id"]
    assert answer.json()["choices"][0]["message"]["content"] == "3: ещё"
    assert [path.name for path in tmp_path.iterdir()] == ["server.log"]


def test_sqlite_is_in_wal(tmp_path: Path) -> None:
    with serve(tmp_path, "teller=tests.http.graphs:teller") as server:
        httpx.post(f"{server.url}/agui/teller", json=run_input("count 1"), trust_env=False)
        with closing(sqlite3.connect(server.db)) as connection:
            assert connection.execute("pragma journal_mode").fetchone() == ("wal",)


async def test_pages_skip_nobody_of_one_moment(db: str) -> None:
    async with open_storage(db) as storage:
        index = storage.index
        for number in range(7):
            thread = await index.open(f"t{number}", agent="a", principal="я")
            await index.touch(thread, at=1_764_000_000.123456 + (number == 6))
        seen: list[str] = []
        before: Position | None = None
        while page := await index.list(agent="a", principal="я", limit=2, before=before):
            seen += [thread.id for thread in page]
            before = after(page[-1])
        assert sorted(seen) == [f"t{number}" for number in range(7)]
        assert seen[0] == "t6"


async def test_what_another_process_changes_is_seen(db: str) -> None:
    async with open_storage(db) as one, open_storage(db) as other:
        thread = await one.index.open("t", agent="a", principal="я")
        assert await other.index.find("t", agent="a", principal="я") is not None
        await one.index.touch(thread, title="Имя")
        stale = await other.index.touch(thread, aliases={"a": "b"})  # what it knew had no title
        assert stale.title == "Имя"
        await one.index.forget(thread.key)
        assert await other.index.find("t", agent="a", principal="я") is None
        await other.index.touch(thread, title="Снова")  # deleted stays deleted
        assert await one.index.find("t", agent="a", principal="я") is None
        both = await asyncio.gather(*(side.index.open("n", agent="a", principal="я") for side in (one, other)))
        assert both[0] == both[1]


async def test_a_thread_that_was_touched_meanwhile_is_kept(db: str) -> None:
    async with open_storage(db) as storage:
        thread = await storage.index.open("t", agent="a", principal="я")
        await storage.index.touch(thread, at=thread.updated_at + 5)
        assert not await storage.index.forget(thread.key, unchanged_since=thread.updated_at)
        assert await storage.index.find("t", agent="a", principal="я") is not None
        assert await storage.index.forget(thread.key, unchanged_since=thread.updated_at + 5)
