"""Old conversations go away where that is asked for, whole, and no others; a principal's can be given to another."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command
from sqlalchemy import text

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.moving import move_thread
from bridge.cli import main
from bridge.errors import ThreadBusy
from bridge.runs.request import ThreadKey
from bridge.storage.adoption import adopt_all
from bridge.storage.base import Storage
from bridge.storage.opening import open_storage
from bridge.storage.retention import Retention, prune_once, pruning
from bridge.storage.threads import Histories, Scope, Turn
from bridge.web.callers import digest
from tests.databases import postgres
from tests.test_ownership import ANN, BOB, SAYING, SECRET, THREAD, ask, client_of, inner

DAY = 86_400.0


async def store(storage: Storage, thread_id: str, *, days: float = 0, listed: bool = True, **key: str) -> ThreadKey:
    """A thread with a checkpoint and a turn, last touched so many days ago."""
    agent, principal = key.get("agent", "a"), key.get("principal", "me")
    thread = await storage.index.open(thread_id, agent=agent, principal=principal, listed=listed)
    await write(storage.checkpointer, thread.key.stored_id, days=days)
    await storage.index.touch(thread, at=time.time() - days * DAY)
    await storage.index.remember_turn(
        Histories(Scope(thread.principal, thread.agent), {thread_id: ""}, Turn(thread_id, None))
    )
    return thread.key


async def write(saver: Any, stored_id: str, *, days: float = 0) -> None:
    """One checkpoint, as one that was made then: its id and its time say so."""
    made = time.time() - days * DAY
    digits = f"{int(made * 10_000_000) + 0x01B21DD213814000:015x}"
    checkpoint = {
        **empty_checkpoint(),
        "id": f"{digits[:8]}-{digits[8:12]}-6{digits[12:]}-8000-000000000000",
        "ts": datetime.fromtimestamp(made, UTC).isoformat(),
    }
    await saver.aput({"configurable": {"thread_id": stored_id, "checkpoint_ns": ""}}, checkpoint, {}, {})


async def stored(storage: Storage) -> set[str]:
    return {found.config["configurable"]["thread_id"] async for found in storage.checkpointer.alist(None)}


async def left(storage: Storage) -> set[str]:
    query = text("select id from bridge_threads")
    return set(await storage.index.ask(lambda database: database.execute(query).scalars().all()))


@pytest.mark.parametrize(
    ("retention", "kept"),
    [
        (Retention(), {"new", "old", "older", "once", "once-old"}),
        (Retention(days=7), {"new", "old", "older", "once"}),
        (Retention(days=7, listed=True), {"new", "once"}),
        (Retention(count=1), {"new", "old", "older", "once"}),
        (Retention(count=0), {"new", "old", "older"}),
        (Retention(count=3, listed=True), {"new", "once", "old"}),
        (Retention(days=15, count=4, listed=True), {"new", "once", "old"}),
    ],
)
async def test_what_goes_away(db: str, retention: Retention, kept: set[str]) -> None:
    async with open_storage(db) as storage:
        keys = [
            await store(storage, "new"),
            await store(storage, "old", days=10),
            await store(storage, "older", days=20),
            await store(storage, "once", listed=False, days=1),
            await store(storage, "once-old", listed=False, days=30),
        ]
        others = await store(storage, "another's", principal="you")
        dry = await prune_once(storage, retention, {}, dry_run=True) if retention.limits else None
        assert await left(storage) == {key.thread_id for key in [*keys, others]}
        if dry is None:
            return
        pruned = await prune_once(storage, retention, {})
        assert pruned == dry
        assert {key.thread_id for key in pruned.threads} == {key.thread_id for key in keys} - kept
        assert await left(storage) == {*kept, "another's"}
        assert await stored(storage) == {key.stored_id for key in keys if key.thread_id in kept} | {others.stored_id}
        for key in keys:
            turns = await storage.index.find_turns(Scope("me", "a"), [key.thread_id])
            assert bool(turns) == (key.thread_id in kept)
        assert (await prune_once(storage, retention, {})).threads == []


async def test_what_deleted_threads_have_left_goes_away(db: str) -> None:
    async with open_storage(db) as storage:
        key = await store(storage, "kept", days=3)
        for name, days in (("deleted", 3.0), ("just-now", 0.0)):
            await write(storage.checkpointer, ThreadKey("me", "a", name).stored_id, days=days)
        await write(storage.checkpointer, "another-program's", days=300)
        assert (await prune_once(storage, Retention(days=2), {}, dry_run=True)).leftovers == 1
        assert (await prune_once(storage, Retention(days=2), {})).leftovers == 1
        now = ThreadKey("me", "a", "just-now").stored_id
        assert await stored(storage) == {key.stored_id, now, "another-program's"}


async def test_a_thread_with_a_run_stays(db: str) -> None:
    def hold(key: ThreadKey) -> Any:
        if key.thread_id == "here":
            raise ThreadBusy("there is a run")
        return nullcontext()

    async with open_storage(db) as storage:
        for name in ("here", "elsewhere", "nowhere"):
            await store(storage, name, days=10, listed=False)
        # another process's run has written, and not ended yet
        await write(storage.checkpointer, ThreadKey("me", "a", "elsewhere").stored_id)
        pruned = await prune_once(storage, Retention(days=7), {}, hold)
        assert [key.thread_id for key in pruned.threads] == ["nowhere"]
        assert await left(storage) == {"here", "elsewhere"}


async def test_a_server_prunes_while_it_is_open(tmp_path: Path) -> None:
    async with open_storage(str(tmp_path / "b.sqlite")) as storage:
        await store(storage, "old", days=10, listed=False)
        async with pruning(storage, Retention(days=7), {}, lambda key: nullcontext(), every=0.01):
            async with asyncio.timeout(10):
                while await left(storage):  # noqa: ASYNC110 - nothing says when a round is over
                    await asyncio.sleep(0.01)
                await store(storage, "again", days=10, listed=False)
                while await left(storage):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)


async def test_a_graphs_own_checkpointer_is_pruned_as_well(tmp_path: Path) -> None:
    own = InMemorySaver()
    async with open_storage(str(tmp_path / "b.sqlite")) as storage:
        agent = LangGraphAgent("a", SAYING.compile(checkpointer=own), checkpointer=storage.checkpointer)
        for principal in ("me", "anonymous"):
            key = await store(storage, "t", days=10, principal=principal)
            await write(own, agent.stored_id(key), days=10)
        assert len(own.storage) == 2
        await prune_once(storage, Retention(days=7, listed=True), {"a": agent})
        assert list(own.storage) == []


def test_the_command(db: str) -> None:
    async def prepare() -> None:
        async with open_storage(db) as storage:
            await store(storage, "once", days=10, listed=False)
            await store(storage, "old", days=10)
            await write(storage.checkpointer, ThreadKey("me", "a", "deleted").stored_id, days=10)

    asyncio.run(prepare())
    run = CliRunner().invoke
    assert run(main, ["prune", "--db", db]).exit_code == 2
    week = ["prune", "--db", db, "--retention-days", "7"]
    output = run(main, [*week, "--dry-run"]).output
    assert output == "1 threads would be deleted, and what is left of 1 deleted ones.\n"
    assert run(main, week).output == "1 threads deleted, and what is left of 1 deleted ones.\n"
    assert run(main, week).output == "0 threads deleted, and what is left of 0 deleted ones.\n"
    output = run(main, [*week[:-2]], env={"BRIDGE_RETENTION_DAYS": "7", "BRIDGE_RETENTION_LISTED": "1"}).output
    assert output.startswith("1 threads deleted")


async def test_adopting_threads(db: str) -> None:
    """Keyless threads, and those of a key that had no name, once keys have names."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
    async with client_of(db) as client:
        await ask(client, "keyless", SECRET, {})
    async with client_of(db, api_keys=("key-a",)) as client:
        await ask(client, "unnamed", SECRET, ANN)
        first = await client.post("/v1/chat/completions", json={"model": "say", "messages": messages}, headers=ANN)
        await ask(client, "both", "the old one", ANN)
    messages += [first.json()["choices"][0]["message"], {"role": "user", "content": "more"}]
    async with client_of(db, api_keys=("ann=key-a",)) as client:
        await ask(client, "both", "the new one", ANN)
        for thread in ("keyless", "unnamed"):
            assert (await client.get(f"{THREAD}{thread}/messages", headers=ANN)).status_code == 404
    run = CliRunner().invoke

    def command(*arguments: str) -> str:
        return run(main, ["adopt", *arguments, "--db", db]).output

    assert (await asyncio.to_thread(command, "anonymous", "ann")) == "1 threads are ann's now.\n"
    output = await asyncio.to_thread(command, digest("key-a"), "ann")
    assert "2 threads are ann's now." in output
    assert "'both' of agent 'say': ann has one of this name" in output
    async with client_of(db, api_keys=("ann=key-a", "bob=key-b")) as client:
        for thread in ("keyless", "unnamed"):
            assert SECRET in (await ask(client, thread, "more", ANN)).text
            assert (await client.get(f"{THREAD}{thread}/messages", headers=BOB)).status_code == 404
        second = await client.post("/v1/chat/completions", json={"model": "say", "messages": messages}, headers=ANN)
        assert second.headers["x-thread-id"] == first.headers["x-thread-id"]
        assert "the new one" in (await client.get(f"{THREAD}both/messages", headers=ANN)).text
    async with client_of(db) as client:  # who had them has them no longer
        assert (await client.get(f"{THREAD}keyless/messages")).status_code == 404
        assert SECRET not in (await ask(client, "keyless", "anew", {})).text


async def test_adopting_what_a_graph_keeps_itself(tmp_path: Path) -> None:
    own = InMemorySaver()
    db = str(tmp_path / "b.sqlite")
    agents = {"say": SAYING.compile(checkpointer=own)}
    async with client_of(db, agents) as client:
        await ask(client, "t", SECRET, {})
    async with open_storage(db) as storage:
        unnamed = await adopt_all(storage, "anonymous", "ann", {})
        assert unnamed.moved == []
        assert "name the agent" in unnamed.kept[0][1]
        agent = LangGraphAgent("say", agents["say"], checkpointer=storage.checkpointer)
        assert len((await adopt_all(storage, "anonymous", "ann", {"say": agent})).moved) == 1
    assert set(own.storage) == {ThreadKey("ann", "say", "t").stored_id}
    async with client_of(db, agents, api_keys=("ann=key-a",)) as client:
        assert SECRET in (await ask(client, "t", "more", ANN)).text


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
async def test_a_moved_thread_is_the_same(kind: str, tmp_path: Path) -> None:
    """History, subgraphs, pending writes."""
    async with AsyncExitStack() as stack:
        saver: Any = InMemorySaver()
        if kind == "sqlite":
            saver = await stack.enter_async_context(AsyncSqliteSaver.from_conn_string(str(tmp_path / "own.sqlite")))
        if kind == "postgresql":
            storage = await stack.enter_async_context(open_storage(stack.enter_context(postgres())))
            saver = storage.checkpointer
        nested = StateGraph(MessagesState).add_node(inner).add_edge(START, "inner").compile()
        graph: Any = StateGraph(MessagesState).add_node("nested", nested).add_edge(START, "nested")
        graph = graph.compile(checkpointer=saver)
        where: RunnableConfig = {"configurable": {"thread_id": "old"}}
        await graph.ainvoke({"messages": [HumanMessage("one")]}, where)
        await graph.ainvoke(Command(resume="tea"), where)
        await graph.ainvoke({"messages": [HumanMessage("two")]}, where)
        before = [held async for held in graph.aget_state_history(where)]
        assert await move_thread(saver, "old", "new") > len(before)
        moved: RunnableConfig = {"configurable": {"thread_id": "new"}}
        after = [held async for held in graph.aget_state_history(moved)]
        for one, other in zip(before, after, strict=True):
            assert (one.values, one.next, one.metadata) == (other.values, other.next, other.metadata)
            assert one.config["configurable"]["checkpoint_id"] == other.config["configurable"]["checkpoint_id"]
            assert (one.parent_config is None) == (other.parent_config is None)
        assert [interrupt.value for interrupt in (await graph.aget_state(moved)).interrupts] == ["Which?"]
        ended = await graph.ainvoke(Command(resume="coffee"), moved)
        assert ended["messages"][-1].text == "you chose coffee"
        assert [held async for held in saver.alist(where)] == []
        assert await move_thread(saver, "old", "new") == 0
