"""Conversations that the bridge stored at schema version 1 are found again, by the same ids and the same histories."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from httpx import ASGITransport, AsyncClient
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from sqlalchemy import Connection, text

from bridge import Settings, create_app
from bridge.runs.request import ThreadKey
from bridge.storage.opening import open_storage
from bridge.storage.schema import VERSION, NewerDatabase
from bridge.storage.threads import Histories, Scope, Turn
from bridge.web.callers import digest
from tests.version_1.graphs import agents, agui

HERE = Path(__file__).parent / "version_1"
CALLERS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "anybody": ((), {}),
    "a": (("key-a",), {"Authorization": "Bearer key-a"}),
}


@pytest.fixture
def old(db: str) -> str:
    """A database as version 1 left it."""
    if db.startswith("postgresql"):
        with psycopg.connect(db, autocommit=True) as connection:
            connection.execute((HERE / "postgresql.sql").read_bytes())
    else:
        Path(db).parent.mkdir()
        with closing(sqlite3.connect(db)) as connection:
            connection.executescript((HERE / "sqlite.sql").read_text("utf-8"))
    return db


@pytest.fixture
async def own() -> InMemorySaver:
    """What the graph with a checkpointer of its own had: clients' ids."""
    saver = InMemorySaver()
    graph = agents(saver)["own"]
    for who in CALLERS:
        where: RunnableConfig = {"configurable": {"thread_id": f"{who}-own"}}
        await graph.ainvoke({"messages": [{"id": f"{who}-own-0-m", "role": "user", "content": "one"}]}, where)
    return saver


@asynccontextmanager
async def client_of(db: str, who: str, own: InMemorySaver, **settings: Any) -> AsyncIterator[AsyncClient]:
    keys, headers = CALLERS[who]
    app = create_app(agents(own), Settings(db=db, **({"api_keys": keys} | settings)))
    transport = ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://bridge", headers=headers) as client,
    ):
        yield client


@pytest.mark.parametrize("who", CALLERS)
async def test_conversations_go_on(old: str, own: InMemorySaver, who: str) -> None:
    for turn in range(2):  # the second time the database is of this version
        async with client_of(old, who, own) as client:
            listed = (await client.get("/api/copilotkit/threads?agentId=plain")).json()["threads"]
            assert [thread["id"] for thread in listed] == [f"{who}-two"]
            answer = await client.post("/agui/plain", json=agui(f"{who}-two", f"r{turn}", "more"))
            assert f"answer {5 + 2 * turn}" in answer.text
            answer = await client.post("/agui/own", json=agui(f"{who}-own", f"o{turn}", "more"))
            assert f"answer {3 + 2 * turn}" in answer.text


@pytest.mark.parametrize("who", CALLERS)
async def test_an_open_question_is_answered(old: str, own: InMemorySaver, who: str) -> None:
    async with client_of(old, who, own) as client:
        opened = await client.post("/api/copilotkit/agent/asking/connect", json=agui(f"{who}-open", "c", ""))
        interrupt_id = opened.text.partition('"interrupts":[{"id":"')[2].partition('"')[0]
        entry = {"interruptId": interrupt_id, "status": "resolved", "payload": "this"}
        body = {**agui(f"{who}-open", "r", ""), "messages": [], "resume": [entry]}
        assert "chosen: this" in (await client.post("/agui/asking", json=body)).text


@pytest.mark.parametrize("who", CALLERS)
async def test_a_history_finds_its_thread(old: str, own: InMemorySaver, who: str) -> None:
    messages = [
        {"role": "user", "content": f"history of {who}"},
        {"role": "assistant", "content": "answer 1"},
        {"role": "user", "content": "more"},
    ]
    async with client_of(old, who, own) as client:
        answer = await client.post("/v1/chat/completions", json={"model": "plain", "messages": messages})
        assert answer.json()["choices"][0]["message"]["content"] == "answer 3"
        thread = answer.headers["x-thread-id"]
        read = await client.get(f"/api/copilotkit/threads/{thread}/messages?agent=plain")
    assert [message["content"] for message in read.json()["messages"]] == [
        f"history of {who}", "answer 1", "more", "answer 3",
    ]  # fmt: skip


async def test_nobody_gets_anothers(old: str, own: InMemorySaver) -> None:
    async with client_of(old, "a", own) as client:
        for thread in ("anybody-two", "anybody-own"):
            agent = thread.replace("anybody-", "").replace("two", "plain")
            assert (await client.get(f"/api/copilotkit/threads/{thread}/messages")).status_code == 404
            assert "answer 1" in (await client.post(f"/agui/{agent}", json=agui(thread, f"n-{agent}", "mine"))).text


async def test_what_a_graph_keeps_itself_moves_once(old: str, own: InMemorySaver) -> None:
    """Keyless threads stay under clients' ids, where the application may read them; a key's leave them, for ever."""
    async with client_of(old, "anybody", own):
        key = ThreadKey(digest("key-a"), "own", "a-own")
        assert set(own.storage) == {"anybody-own", key.stored_id}
    async with client_of(old, "anybody", own) as client:  # without keys: nobody's thread of that name but a new one
        assert "answer 1" in (await client.post("/agui/own", json=agui("a-own", "n", "mine"))).text
    async with client_of(old, "a", own) as client:
        assert "answer 3" in (await client.post("/agui/own", json=agui("a-own", "n", "more"))).text


async def test_an_agent_that_is_served_later_finds_its_own_later(old: str, own: InMemorySaver) -> None:
    async with open_storage(old):
        pass
    async with client_of(old, "a", own) as client:
        assert "answer 3" in (await client.post("/agui/own", json=agui("a-own", "n", "more"))).text


VERSION_2 = """
    DROP TABLE bridge_turns;
    CREATE TABLE bridge_turns (
        principal VARCHAR NOT NULL, agent VARCHAR NOT NULL, client VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL,
        thread VARCHAR NOT NULL, thread_id VARCHAR NOT NULL, checkpoint_id VARCHAR, created_at FLOAT NOT NULL,
        PRIMARY KEY (principal, agent, client, fingerprint));
    CREATE INDEX bridge_turns_by_thread ON bridge_turns (thread);
    UPDATE bridge_schema SET version = 2
"""
"""What version 2 had where version 3 has something else."""


async def test_what_version_2_knew_of_histories_is_known(db: str) -> None:
    scope, when = Scope("me", "a", "key"), 7.0
    columns = "principal, agent, client, fingerprint, thread, thread_id, checkpoint_id, created_at"
    async with open_storage(db) as storage:

        def write(database: Connection) -> None:
            for statement in VERSION_2.split(";"):
                database.execute(text(statement))
            insert = text(f"INSERT INTO bridge_turns ({columns}) VALUES ('me', 'a', 'key', :f, :t, :t, :c, :w)")
            for fingerprint, thread, checkpoint in (("f", "t", "c"), ("g", "u", None)):
                database.execute(insert, {"f": fingerprint, "t": thread, "c": checkpoint, "w": when})

        await storage.index.ask(write)
    for _ in range(2):  # the second time the database is of this version
        async with open_storage(db) as storage:
            found = await storage.index.find_turns(scope, ["f", "g"])
            assert found == {
                "f": [Turn("t", "c", family="t", client="key")],
                "g": [Turn("u", None, family="u", client="key")],
            }
            versions = await storage.index.ask(
                lambda database: database.scalar(text("select version from bridge_schema"))
            )
            assert versions == VERSION
    async with open_storage(db) as storage:  # a second family may be known by the same history
        await storage.index.remember_turn(Histories(scope, {"f": ""}, Turn("v", None)))
        assert len((await storage.index.find_turns(scope, ["f"]))["f"]) == 2


async def test_a_newer_database_is_refused(db: str) -> None:
    async with open_storage(db) as storage:
        await storage.index.ask(lambda database: database.exec_driver_sql("update bridge_schema set version = 99"))
    with pytest.raises(NewerDatabase, match="99"):
        async with open_storage(db):
            pass
