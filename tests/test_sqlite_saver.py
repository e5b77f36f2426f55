"""Our SQLite checkpointer stores what LangGraph's stores, row for row, and holds no transaction open."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import Checkpoint, CheckpointMetadata, empty_checkpoint
from langgraph.checkpoint.serde.types import ERROR, INTERRUPT
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from bridge.storage.grouped import connect
from bridge.storage.sqlite_saver import SqliteSaver

pytestmark = pytest.mark.anyio

METADATA: CheckpointMetadata = {"source": "loop", "step": 1, "parents": {}, "run_id": "Прогон\ud800"}


def checkpoint(number: int, value: Any) -> Checkpoint:
    """A checkpoint whose id sorts by its number."""
    return {**empty_checkpoint(), "id": f"1f0-{number:04}", "ts": "now", "channel_values": {"messages": value}}


def config(checkpoint_id: str | None = None, namespace: str = "") -> RunnableConfig:
    """The thread, or one checkpoint of it."""
    named = {} if checkpoint_id is None else {"checkpoint_id": checkpoint_id}
    return {"configurable": {"thread_id": "t", "checkpoint_ns": namespace, **named}}


@pytest.fixture
async def savers(tmp_path: Path) -> AsyncIterator[tuple[SqliteSaver, AsyncSqliteSaver]]:
    """Ours and LangGraph's, each with a file of its own."""
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(connect(tmp_path / "ours.sqlite"))
        theirs = await stack.enter_async_context(aiosqlite.connect(tmp_path / "theirs.sqlite"))
        yield SqliteSaver(ours), AsyncSqliteSaver(theirs)


def rows(path: Path) -> list[Any]:
    """All that a database holds."""
    with closing(sqlite3.connect(path)) as database:
        return [
            database.execute(f"select * from {table} order by 1, 2, 3, 4, 6").fetchall()
            for table in ("checkpoints", "writes")
        ]


async def store(saver: AsyncSqliteSaver) -> None:
    """What LangGraph stores in a turn with a subgraph, a task that waits, one that failed, and a repeated write."""
    head = await saver.aput(config(), checkpoint(1, [HumanMessage("Привет", id="1")]), METADATA, {})
    head = await saver.aput(head, checkpoint(2, [AIMessage("", id="2")]), METADATA, {"messages": "2"})
    await saver.aput(config(namespace="inner:1"), checkpoint(3, None), METADATA, {})
    await saver.aput_writes(head, [("messages", [AIMessage("a", id="3")]), ("other", 2**40)], "task", "~path")
    await saver.aput_writes(head, [("messages", "is kept as it was first written")], "task")
    await saver.aput_writes(head, [(INTERRUPT, "first"), (ERROR, "x")], "waits", "~path")
    await saver.aput_writes(head, [(INTERRUPT, "the latest counts")], "waits", "~path")
    await saver.aput_writes(head, [], "empty")


async def test_the_rows_are_langgraphs(savers: tuple[SqliteSaver, AsyncSqliteSaver], tmp_path: Path) -> None:
    for saver in savers:
        await store(saver)
    ours, theirs = rows(tmp_path / "ours.sqlite"), rows(tmp_path / "theirs.sqlite")
    assert ours == theirs
    assert len(ours[0]) == 3
    assert len(ours[1]) == 4


@pytest.mark.parametrize(
    "asked",
    [config(), config("1f0-0001"), config("1f0-0002"), config(namespace="inner:1"), config("no such")],
    ids=["head", "first", "second", "subgraph", "missing"],
)
async def test_a_checkpoint_is_read_as_langgraph_reads_it(
    savers: tuple[SqliteSaver, AsyncSqliteSaver], asked: RunnableConfig
) -> None:
    ours, theirs = savers
    assert await ours.aget_tuple(asked) is None
    await store(ours)
    await store(theirs)
    assert await ours.aget_tuple(asked) == await theirs.aget_tuple(asked)


async def test_more_writes_than_one_statement_takes(savers: tuple[SqliteSaver, AsyncSqliteSaver]) -> None:
    ours, _ = savers
    head = await ours.aput(config(), checkpoint(1, []), METADATA, {})
    await ours.aput_writes(head, [("fan_out", number) for number in range(7_000)], "task")
    found = await ours.aget_tuple(config())
    assert found is not None
    assert [value for _, _, value in found.pending_writes or ()] == list(range(7_000))


async def test_a_write_that_is_given_up_holds_nobody_back(
    savers: tuple[SqliteSaver, AsyncSqliteSaver], tmp_path: Path
) -> None:
    ours, _ = savers
    head = await ours.aput(config(), checkpoint(1, []), METADATA, {})
    for turn in range(12):  # it is stopped before, while, or after the database has it
        task = asyncio.ensure_future(ours.aput_writes(head, [("messages", turn)], f"task {turn}"))
        for _ in range(turn):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await ours.aget_tuple(config())  # the statements that were on their way are through
    assert not ours.conn.in_transaction
    with closing(sqlite3.connect(tmp_path / "ours.sqlite", timeout=0)) as another:
        another.execute("begin immediate")


async def test_what_many_runs_store_at_once_is_one_transaction(savers: tuple[SqliteSaver, AsyncSqliteSaver]) -> None:
    ours, _ = savers
    await ours.setup()
    told: list[str] = []
    await ours.conn.set_trace_callback(told.append)
    threads = [f"thread {number}" for number in range(30)]

    async def turn(thread: str) -> None:
        head = await ours.aput(
            {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}, checkpoint(1, [thread]), METADATA, {}
        )
        await ours.aput_writes(head, [("messages", thread)], "task")

    await asyncio.gather(*map(turn, threads))
    inside, alone = False, 0
    for statement in told:
        inside = statement.startswith("BEGIN") or (inside and statement != "COMMIT")
        alone += statement.startswith("INSERT") and not inside
    assert told.count("COMMIT") + alone <= 6  # for 60 statements
    for thread in threads:
        found = await ours.aget_tuple({"configurable": {"thread_id": thread, "checkpoint_ns": ""}})
        assert found is not None
        assert found.checkpoint["channel_values"] == {"messages": [thread]}
        assert found.pending_writes == [("task", "messages", thread)]
