"""`find_fork`: the same checkpoints that a walk through the whole history finds, and few of them read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph

from bridge.agents.langgraph.fork import Fork, Shown, _walk, find_fork
from bridge.errors import InvalidRequest
from bridge.storage.opening import open_storage
from tests.databases import postgres

CONFIG: Any = {"configurable": {"thread_id": "t"}}


class Counting(InMemorySaver):
    """LangGraph's checkpointer in memory, counting what it reads."""

    read = 0

    async def alist(self, *args: Any, **kwargs: Any) -> AsyncIterator[CheckpointTuple]:
        async for found in super().alist(*args, **kwargs):
            self.read += 1
            yield found


class State(MessagesState):
    note: str


def build(checkpointer: Any, *, last: str = "tidy") -> Any:
    """A graph that works on its state without a word before and after its answer."""
    numbers = iter(range(10**6))

    async def prepare(state: State) -> Any:
        return {"note": str(len(state["messages"]))}

    async def answer(state: State) -> Any:
        number = next(numbers)
        if "дважды" in str(state["messages"][-1].content):
            return {"messages": [AIMessage("Раз.", id=f"a{number}"), AIMessage("Два.", id=f"b{number}")]}
        return {"messages": [AIMessage("Да.", id=f"a{number}")]}

    async def tidy(state: State) -> Any:
        gone = [RemoveMessage(str(state["messages"][0].id))] if "короче" in str(state["messages"][-2].content) else []
        return {"messages": gone, "note": "tidy"}

    graph: Any = StateGraph(State).add_node(prepare).add_node(answer).add_edge(START, "prepare")
    graph.add_edge("prepare", "answer")
    if last == "tidy":
        graph.add_node(tidy).add_edge("answer", "tidy")
    return graph.compile(checkpointer=checkpointer)


async def ask(graph: Any, identity: str, text: str = "?", at: str | None = None) -> None:
    where = {"thread_id": "t"} | ({} if at is None else {"checkpoint_id": at})
    await graph.ainvoke({"messages": [HumanMessage(text, id=identity)]}, {"configurable": where})


async def conversation(graph: Any) -> list[str]:
    return [message.id for message in (await graph.aget_state(CONFIG)).values["messages"]]


async def compare(graph: Any) -> None:
    """Every beginning of the conversation, and every one with an id that is not there."""
    ids = await conversation(graph)
    for length in range(1, len(ids) + 1):
        for kept in (ids[:length], [*ids[:length], "gone"]):
            for again in (False, True):
                walked = await _walk(graph, "t", kept, Shown({}), again=again)
                assert walked is not None
                assert await find_fork(graph, "t", kept, {}, again=again) == walked, (kept, again)


async def test_a_plain_thread() -> None:
    graph = build(InMemorySaver())
    for turn in range(6):
        await ask(graph, f"u{turn}")
    await compare(graph)


async def test_where_no_node_comes_after_the_answer() -> None:
    graph = build(InMemorySaver(), last="answer")
    for turn in range(5):
        await ask(graph, f"u{turn}")
    await compare(graph)
    ids = await conversation(graph)
    assert (await find_fork(graph, "t", ids[:4], {}, again=True)).length == 3


async def test_messages_that_came_together_have_no_checkpoint_between_them() -> None:
    graph = build(InMemorySaver())
    for turn in range(4):
        await ask(graph, f"u{turn}", "дважды")
    await compare(graph)


async def test_a_thread_with_branches() -> None:
    graph = build(InMemorySaver())
    for turn in range(5):
        await ask(graph, f"u{turn}")
    for round_ in range(3):
        ids = await conversation(graph)
        edited = await find_fork(graph, "t", ids[:4], {}, again=False)
        await ask(graph, f"edited{round_}", at=edited.checkpoint_id)
        await ask(graph, f"more{round_}")
        await compare(graph)
        ids = await conversation(graph)
        anew = await find_fork(graph, "t", ids[:5], {}, again=True)
        await graph.ainvoke(None, {"configurable": {"thread_id": "t", "checkpoint_id": anew.checkpoint_id}})
        await compare(graph)


async def test_a_conversation_that_was_cut_is_walked_through() -> None:
    graph = build(InMemorySaver())
    for turn in range(6):
        await ask(graph, f"u{turn}", "короче" if turn == 3 else "?")
    await compare(graph)


async def test_hidden_messages_do_not_count() -> None:
    graph = build(InMemorySaver())
    for turn in range(4):
        await ask(graph, f"u{turn}", "дважды")
    hidden = {"b1": "", "b2": ""}
    kept = [name for name in await conversation(graph) if name not in hidden][:5]
    walked = await _walk(graph, "t", kept, Shown(hidden), again=False)
    assert walked is not None
    assert walked.length == 5
    assert await find_fork(graph, "t", kept, hidden, again=False) == walked


async def test_nothing_is_kept() -> None:
    graph = build(InMemorySaver())
    with pytest.raises(InvalidRequest):
        await find_fork(graph, "t", ["u0"], {}, again=False)


async def test_few_checkpoints_of_a_long_thread_are_read() -> None:
    counting = Counting()
    graph = build(counting)
    for turn in range(120):
        await ask(graph, f"u{turn}")
    ids = await conversation(graph)
    for again in (False, True):
        counting.read = 0
        assert (await find_fork(graph, "t", ids[:5], {}, again=again)).length == 5
        assert counting.read <= 24  # of 600


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield str(tmp_path / "bridge.db")
        return
    with postgres() as url:
        yield url


async def test_databases(database: str) -> None:
    async with open_storage(database) as storage:
        graph = build(storage.checkpointer)
        for turn in range(4):
            await ask(graph, f"u{turn}")
        found: Fork = await find_fork(graph, "t", (await conversation(graph))[:4], {}, again=False)
        await ask(graph, "edited", at=found.checkpoint_id)
        await compare(graph)
