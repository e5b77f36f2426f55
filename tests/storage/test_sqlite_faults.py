"""A SQLite file that is full, read-only or locked; a statement that is cancelled in the middle."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from sqlalchemy import text

from bridge.agents.langgraph.checkpoints import ScopedSaver
from bridge.runs.request import ThreadKey
from bridge.web.sentences import RUSSIAN
from tests.copilotkit.live import Live, live
from tests.storage.graphs import Gated
from tests.storage.talking import TURNS, Turn, agui, contents, shown, whole

KEY = ThreadKey("me", "a", "t")
T: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}


async def set_pragma(page: Live, pragma: str) -> None:
    """On both of the bridge's connections."""
    storage = page.bridge._storage
    assert storage is not None
    checkpointer: Any = storage.checkpointer
    await checkpointer.conn.execute(f"pragma {pragma}")
    await storage.index.ask(lambda database: database.execute(text(f"pragma {pragma}")).close())


SENTENCES = {
    "storage_full": "The database has no room left",
    "storage_read_only": "The database is read-only",
    "storage_busy": "Another process keeps the database locked",
}


@asynccontextmanager
async def faulty(page: Live, db: Path, code: str) -> AsyncIterator[None]:
    """Inside the block the database is full, read-only or locked."""
    if code == "storage_busy":
        with closing(sqlite3.connect(db, isolation_level=None)) as other:
            other.execute("begin immediate")
            yield
        return
    if code == "storage_full":
        await set_pragma(page, "max_page_count = 1")
    else:
        await set_pragma(page, "query_only = on")
    yield
    await set_pragma(page, "max_page_count = 1000000")
    await set_pragma(page, "query_only = off")


def long_text(name: str) -> str:
    """A message that needs pages of its own."""
    return name + " x" * 20_000


@pytest.mark.parametrize("code", SENTENCES)
@pytest.mark.parametrize("name", TURNS)
async def test_in_the_middle_of_a_turn(tmp_path: Path, name: str, code: str) -> None:
    gated, db = Gated(long_answers=True), tmp_path / "b.sqlite"
    turn: Turn = TURNS[name]
    async with live({"default": gated.graph()}, db, storage_patience=0.1) as page:
        going = asyncio.create_task(turn(page, "one"))
        await shown(going, gated.shown)
        async with faulty(page, db, code):
            gated.gate.set()
            fault = await going
        assert fault is not None
        assert fault["code"] == "not_saved"
        english = f"The answer was shown, but it was not saved. {SENTENCES[code]}."
        assert fault["message"] == (RUSSIAN["not_saved"] if name == "copilotkit" else english)
        assert await turn(page, "two") is None
        assert [text[:8] for text in await contents(page)] == ["one", "two", "answer 2"]


@pytest.mark.parametrize("code", SENTENCES)
@pytest.mark.parametrize("name", TURNS)
async def test_before_a_turn(tmp_path: Path, name: str, code: str) -> None:
    gated, db = Gated(), tmp_path / "b.sqlite"
    gated.gate.set()
    turn: Turn = TURNS[name]
    async with live({"default": gated.graph()}, db, storage_patience=0.1) as page:
        assert await turn(page, "one") is None
        async with faulty(page, db, code):
            fault = await turn(page, long_text("two"))
        assert fault is not None
        assert fault["message"] == (
            RUSSIAN[code] if name == "copilotkit" else f"{SENTENCES[code]}; nothing was stored."
        )
        if "code" in fault:
            assert fault["code"] == code
        if turn is whole:
            assert fault["status"] == (507 if code == "storage_full" else 503)
        assert await turn(page, "three") is None
        assert await contents(page) == ["one", "answer 1", "three", "answer 3"]


async def test_a_lock_within_the_patience_is_waited_for(tmp_path: Path) -> None:
    gated, db = Gated(), tmp_path / "b.sqlite"
    async with live({"default": gated.graph()}, db, storage_patience=60) as page:
        going = asyncio.create_task(agui(page, "one"))
        await shown(going, gated.shown)
        with closing(sqlite3.connect(db, isolation_level=None)) as other:
            other.execute("begin immediate")
            gated.gate.set()
            await asyncio.wait((going,), timeout=0.2)
            assert not going.done()
        assert await going is None
        assert await contents(page) == ["one", "answer 1"]


class HeldCommit:
    """The saver's connection, whose commit waits for a ``gate``, or fails as one that is cancelled does."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.entered = asyncio.Event()
        self.gate = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def commit(self) -> None:
        self.entered.set()
        await self.gate.wait()
        await self._connection.commit()


def takes_writes(path: Path) -> bool:
    """Whether another process could write at once."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        try:
            other.execute("begin immediate")
        except sqlite3.OperationalError:
            return False
    return True


async def test_a_write_whose_run_is_stopped_is_done_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "b.sqlite"
    async with AsyncSqliteSaver.from_conn_string(str(path)) as opened:  # as an application makes its own
        await opened.setup()
        inner: Any = opened
        held = inner.conn = HeldCommit(inner.conn)
        saver = ScopedSaver(inner, KEY)
        checkpoint = empty_checkpoint()
        writing = asyncio.create_task(saver.aput(T, checkpoint, {"step": 1}, {}))
        await held.entered.wait()
        assert not takes_writes(path)
        writing.cancel()
        held.gate.set()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert takes_writes(path)
        found = await saver.aget_tuple(T)
        assert found is not None
        assert found.checkpoint["id"] == checkpoint["id"]


async def test_a_write_that_failed_leaves_no_transaction(tmp_path: Path) -> None:
    """SQLite ends a transaction itself at some errors (a full disk), and not at others."""
    path = tmp_path / "b.sqlite"
    async with AsyncSqliteSaver.from_conn_string(str(path)) as opened:  # as an application makes its own
        await opened.setup()
        inner: Any = opened
        saver = ScopedSaver(inner, KEY)
        await inner.conn.execute(
            "create trigger refusing before insert on writes when new.channel = 'second' "
            "begin select raise(fail, 'no'); end"
        )
        config: Any = {"configurable": {**T["configurable"], "checkpoint_id": empty_checkpoint()["id"]}}
        with pytest.raises(sqlite3.IntegrityError):
            await saver.aput_writes(config, [("first", 1), ("second", 2)], "task")
        assert takes_writes(path)
        await inner.conn.execute("drop trigger refusing")
        await saver.aput_writes(config, [("first", 1), ("second", 2)], "task")
