"""Each call of a checkpointer waits for its database, and says what is wrong when it waited long enough."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, empty_checkpoint
from langgraph.checkpoint.memory import InMemorySaver

from bridge.agents.langgraph.checkpoints import ScopedSaver
from bridge.errors import StorageUnavailable
from bridge.runs.request import ThreadKey

KEY = ThreadKey("me", "a", "t")
T: RunnableConfig = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
AT: RunnableConfig = {"configurable": {**T["configurable"], "checkpoint_id": empty_checkpoint()["id"]}}

Call = Callable[[BaseCheckpointSaver[Any]], Any]

ASYNC: Mapping[str, Call] = {
    "aget_tuple": lambda saver: saver.aget_tuple(T),
    "aput": lambda saver: saver.aput(T, empty_checkpoint(), {"step": 1}, {}),
    "aput_writes": lambda saver: saver.aput_writes(AT, [("channel", 1)], "task"),
    "adelete_thread": lambda saver: saver.adelete_thread("t"),
    "aget_delta_channel_history": lambda saver: saver.aget_delta_channel_history(config=AT, channels=["channel"]),
}
IN_THREAD: Mapping[str, Call] = {
    "get_tuple": lambda saver: saver.get_tuple(T),
    "put": lambda saver: saver.put(T, empty_checkpoint(), {"step": 1}, {}),
    "put_writes": lambda saver: saver.put_writes(AT, [("channel", 1)], "task"),
    "delete_thread": lambda saver: saver.delete_thread("t"),
    "get_delta_channel_history": lambda saver: saver.get_delta_channel_history(config=AT, channels=["channel"]),
}


class Away:
    """A checkpointer whose database is away for so many calls."""

    def __init__(self, calls: int) -> None:
        self._inner = InMemorySaver()
        self.left = calls
        self.serde = self._inner.serde

    def __getattr__(self, name: str) -> Any:
        return self._asynchronous(name) if name.startswith("a") else self._synchronous(name)

    def _fail(self) -> None:
        if self.left:
            self.left -= 1
            raise ConnectionResetError("postgresql://bob:secret@db")

    def _asynchronous(self, name: str) -> Any:
        async def call(*args: Any, **options: Any) -> Any:
            self._fail()
            return await getattr(self._inner, name)(*args, **options)

        return call

    def _synchronous(self, name: str) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            self._fail()
            return getattr(self._inner, name)(*args, **options)

        return call

    async def aput_writes(self, config: Any, writes: Any, task_id: str, task_path: str = "") -> None:
        self._fail()
        await self._inner.aput_writes(config, writes, task_id, task_path)

    async def alist(self, *args: Any, **options: Any) -> Any:
        self._fail()
        async for found in self._inner.alist(*args, **options):
            yield found


def scoped(away: Away, patience: float) -> ScopedSaver:
    inner: Any = away
    return ScopedSaver(inner, KEY, patience=patience)


@pytest.mark.parametrize("name", ASYNC)
async def test_it_waits(name: str) -> None:
    away = Away(2)
    await ASYNC[name](scoped(away, 60))
    assert away.left == 0


@pytest.mark.parametrize("name", ASYNC)
async def test_and_says_what_is_wrong(name: str) -> None:
    with pytest.raises(StorageUnavailable) as raised:
        await ASYNC[name](scoped(Away(1000), 0))
    assert "secret" not in raised.value.message


@pytest.mark.parametrize("name", IN_THREAD)
async def test_in_a_thread_too(name: str) -> None:
    away = Away(2)
    await asyncio.to_thread(IN_THREAD[name], scoped(away, 60))
    assert away.left == 0
    with pytest.raises(StorageUnavailable):
        await asyncio.to_thread(IN_THREAD[name], scoped(Away(1000), 0))


async def test_a_list_that_breaks_off_says_why() -> None:
    with pytest.raises(StorageUnavailable):
        _ = [found async for found in scoped(Away(1), 60).alist(None)]


async def test_a_database_that_does_not_answer_is_not_waited_for_longer() -> None:
    class Silent(Away):
        async def aput(self, *args: Any) -> None:
            await asyncio.Event().wait()

    with pytest.raises(StorageUnavailable):
        await ASYNC["aput"](scoped(Silent(0), 0.01))
