"""A checkpointer as one conversation sees it: the client's ids outside, stored ones inside, and nothing else's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple, empty_checkpoint
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, interrupt

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.checkpoints import ScopedSaver, StaleWrite, guarding, visit
from bridge.runs.request import ThreadKey

KEY = ThreadKey("me", "a", "t")
T: RunnableConfig = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}


def configs(found: CheckpointTuple | None) -> list[str]:
    assert found is not None
    return [config["configurable"]["thread_id"] for config in (found.config, found.parent_config) if config]


async def test_ids_are_translated_both_ways() -> None:
    inner = InMemorySaver()
    saver = ScopedSaver(inner, KEY)
    first = await saver.aput(T, empty_checkpoint(), {"step": 1}, {})
    second = saver.put(first, empty_checkpoint(), {"step": 2}, {})
    assert first["configurable"]["thread_id"] == second["configurable"]["thread_id"] == "t"
    await saver.aput_writes(second, [("channel", "value")], "task", "path")
    saver.put_writes(second, [("channel", "other")], "task-2")
    assert set(inner.storage) == {KEY.stored_id}
    assert configs(await saver.aget_tuple(T)) == configs(saver.get_tuple(T)) == ["t", "t"]
    found = await saver.aget_tuple(second)
    assert found is not None
    assert sorted(value for _, _, value in found.pending_writes or ()) == ["other", "value"]
    for everything in (None, T):
        assert [configs(one)[0] for one in saver.list(everything)] == ["t", "t"]
        assert [configs(one)[0] async for one in saver.alist(everything)] == ["t", "t"]
    assert len(list(saver.list(T, before=second))) == 1
    assert len([one async for one in saver.alist(T, filter={"step": 1})]) == 1
    assert saver.get_next_version(None, None) is not None
    assert saver.serde is inner.serde
    history = await saver.aget_delta_channel_history(config=second, channels=["channel"])
    assert history == saver.get_delta_channel_history(config=second, channels=["channel"])
    await saver.adelete_thread("t")
    assert not inner.storage.get(KEY.stored_id)


async def test_whatever_id_a_graph_uses_it_stays_with_its_owner() -> None:
    inner = InMemorySaver()
    for principal in ("me", "you"):
        saver = ScopedSaver(inner, ThreadKey(principal, "a", "t"))
        for name in ("t", "shared", KEY.stored_id):
            where: RunnableConfig = {"configurable": {"thread_id": name, "checkpoint_ns": ""}}
            assert await saver.aget_tuple(where) is None
            await saver.aput(where, empty_checkpoint(), {}, {})
    assert len(inner.storage) == 6
    # and between two threads of one owner it is one
    saver = ScopedSaver(inner, ThreadKey("me", "a", "another"))
    assert saver.get_tuple({"configurable": {"thread_id": "shared"}}) is not None
    saver.delete_thread("shared")
    assert saver.get_tuple({"configurable": {"thread_id": "shared"}}) is None
    assert len([name for name, kept in inner.storage.items() if any(kept.values())]) == 5


async def test_a_saver_from_before_task_paths() -> None:
    class Old(InMemorySaver):
        async def aput_writes(  # type: ignore[override]
            self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str
        ) -> None:
            await super().aput_writes(config, writes, task_id)

    saver = ScopedSaver(Old(), KEY)
    stored = await saver.aput(T, empty_checkpoint(), {}, {})
    await saver.aput_writes(stored, [("channel", "value")], "task", "path")
    found = await saver.aget_tuple(T)
    assert found is not None
    assert len(found.pending_writes or ()) == 1


def test_a_longer_list_of_types_is_for_the_same_thread() -> None:
    inner = InMemorySaver()
    saver = ScopedSaver(inner, KEY).with_allowlist([("a.module", "Type")])
    saver.put(T, empty_checkpoint(), {}, {})
    assert set(inner.storage) == {KEY.stored_id}


async def test_a_run_that_was_given_up_writes_no_more() -> None:
    holds = True
    inner = InMemorySaver()

    async def run() -> int:
        nonlocal holds
        guarding(lambda: holds)
        saver = ScopedSaver(inner, KEY)
        stored = await saver.aput(T, empty_checkpoint(), {}, {})
        holds = False
        refused = 0
        for write in (saver.aput(T, empty_checkpoint(), {}, {}), saver.aput_writes(stored, [("c", 1)], "task")):
            with pytest.raises(StaleWrite):
                await asyncio.create_task(write)  # in a task that the run has started
            refused += 1
        with pytest.raises(StaleWrite):
            await saver.adelete_thread("t")
        assert await saver.aget_tuple(T) is not None  # it may still read
        with ThreadPoolExecutor() as threads:  # a thread that knows nothing of the run's context
            late = threads.submit(saver.put, T, empty_checkpoint(), {}, {})
            assert isinstance(late.exception(), StaleWrite)
            assert isinstance(threads.submit(saver.put_writes, stored, [("c", 1)], "task").exception(), StaleWrite)
        return refused

    assert await asyncio.create_task(run()) == 2
    assert [len(namespaces[""]) for namespaces in inner.storage.values()] == [1]
    # the guard was that run's: another one writes
    await ScopedSaver(inner, KEY).aput(T, empty_checkpoint(), {}, {})


async def test_a_graph_that_was_given_up_stores_nothing_more() -> None:
    holds, inner = True, InMemorySaver()

    def step(state: MessagesState) -> dict[str, Any]:
        nonlocal holds
        holds = False
        return {"messages": [AIMessage("too late")]}

    graph = StateGraph(MessagesState).add_node(step).add_edge(START, "step").compile(checkpointer=inner)
    agent = LangGraphAgent("a", graph)

    async def run() -> None:
        guarding(lambda: holds)
        scoped, thread_id = agent.in_thread(KEY)
        where: RunnableConfig = {"configurable": {"thread_id": thread_id}}
        await scoped.ainvoke({"messages": [HumanMessage("x")]}, where)

    with pytest.raises(StaleWrite):
        await asyncio.create_task(run())
    assert all("too late" not in str(found.checkpoint) for found in inner.list(None))


async def test_a_graphs_own_checkpointer_is_read_once_a_visit() -> None:
    reads: list[str] = []

    class Counting(InMemorySaver):
        async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
            reads.append(config["configurable"]["thread_id"])
            return await super().aget_tuple(config)

    def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage(f"answer {len(state['messages'])}")]}

    graph = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile(checkpointer=Counting())
    agent = LangGraphAgent("a", graph)
    scoped, thread_id = agent.in_thread(KEY)
    where: RunnableConfig = {"configurable": {"thread_id": thread_id}}
    await scoped.ainvoke({"messages": [HumanMessage("one")]}, where)
    visit(KEY)
    reads.clear()
    for _ in range(3):
        assert len((await agent.read(KEY, {}, held=True)).messages) == 2
    assert reads == [KEY.stored_id]
    # another's thread of the same id is not this visit's
    assert not (await agent.read(KEY._replace(principal="you"), {})).exists


async def test_inside_a_graph_nothing_shows_what_it_is_stored_under() -> None:
    inner = InMemorySaver()
    seen: list[str] = []

    def ask(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
        configurable = {name: value for name, value in config["configurable"].items() if not name.startswith("__")}
        seen.append(str((configurable, config.get("metadata"))))
        return {"messages": [AIMessage(f"you chose {interrupt('Which?')}")]}

    nested = StateGraph(MessagesState).add_node(ask).add_edge(START, "ask").compile()
    graph = StateGraph(MessagesState).add_node("nested", nested).add_edge(START, "nested").compile(checkpointer=inner)
    scoped, thread_id = LangGraphAgent("a", graph).in_thread(KEY)
    where: RunnableConfig = {"configurable": {"thread_id": thread_id}}
    await scoped.ainvoke({"messages": [HumanMessage("x")]}, where)
    held = await scoped.aget_state(where, subgraphs=True)
    assert held.tasks[0].state.config["configurable"]["thread_id"] == "t"
    assert (await scoped.ainvoke(Command(resume="tea"), where))["messages"][-1].text == "you chose tea"
    assert len(seen) == 2
    assert all("'thread_id': 't'" in one and KEY.stored_id not in one for one in seen)
    assert set(inner.storage) == {KEY.stored_id}
