"""A question answered again: the new answer counts, and nothing that was done before the question is done again."""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, ToolCall
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.func import entrypoint, task
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, Send, interrupt

from bridge.agents.langgraph.interrupts import waiting_interrupts
from bridge.agents.langgraph.reanswer import earlier_ids, resume_on_copy
from bridge.storage.opening import open_storage
from tests.databases import postgres


class State(MessagesState, total=False):
    """What the nodes did."""

    log: Annotated[list[Any], operator.add]


@dataclass
class Nodes:
    """Nodes that count how often they have run."""

    ran: list[str] = field(default_factory=list)
    failures: int = 0

    def work(self, state: State) -> dict[str, Any]:
        self.ran.append("work")
        return {"log": ["work"]}

    def ask(self, state: State) -> dict[str, Any]:
        return {"log": [interrupt("first")]}

    def ask_twice(self, state: State) -> dict[str, Any]:
        return {"log": [interrupt("first"), interrupt("second")]}

    def ask_other(self, state: State) -> dict[str, Any]:
        return {"log": [f"other {interrupt('other')}"]}

    def fail_once(self, state: State) -> dict[str, Any]:
        answer = interrupt("first")
        self.failures += 1
        if self.failures == 1:
            raise ValueError("once")
        return {"log": [answer]}

    def end(self, state: State) -> dict[str, Any]:
        return {"log": ["end"]}


def line(nodes: dict[str, Any], saver: Any = None, *, beside: bool = False) -> Any:
    """The nodes one after the other, or beside each other and then the last."""
    graph: Any = StateGraph(State)
    *first, last = nodes
    for name, node in nodes.items():
        graph.add_node(name, node)
    previous = START
    for name in first:
        graph.add_edge(START if beside else previous, name)
        previous = name
        if beside:
            graph.add_edge(name, last)
    if not beside:
        graph.add_edge(previous, last)
    return graph.compile(checkpointer=saver)


def tools(_: Nodes, saver: Any) -> Any:
    """An interrupt in a tool, beside a tool that has finished."""

    def pay() -> str:
        """Pay."""
        return f"paid {interrupt('first')}"

    def count() -> str:
        """Count; a node of tools runs all of them again when one of them waited."""
        return "counted"

    calls = [ToolCall(name=name, args={}, id=name, type="tool_call") for name in ("pay", "count")]
    made = {"model": lambda state: {"messages": [AIMessage("", tool_calls=calls)]}, "tools": ToolNode([pay, count])}

    def end(state: State) -> dict[str, Any]:
        return {
            "log": [next(message.text.split()[1] for message in state["messages"] if message.type == "tool"), "end"]
        }

    return line({"sub": line({**made, "end": end}), "last": lambda state: {}}, saver)


def sends(saver: Any) -> Any:
    """The same node twice at once."""
    graph: Any = StateGraph(State).add_node("ask", lambda state: {"log": [interrupt(state["name"])]})
    graph.add_conditional_edges(START, lambda state: [Send("ask", {"name": "first"}), Send("ask", {"name": "other"})])
    return graph.compile(checkpointer=saver)


GRAPHS: dict[str, Any] = {
    "a node": lambda nodes, saver: line({"work": nodes.work, "ask": nodes.ask, "end": nodes.end}, saver),
    "a subgraph": lambda nodes, saver: line(
        {"sub": line({"work": nodes.work, "ask": nodes.ask}), "end": nodes.end}, saver
    ),
    "three deep": lambda nodes, saver: line(
        {
            "outer": line({"work": nodes.work, "inner": line({"again": nodes.work, "ask": nodes.ask})}),
            "end": nodes.end,
        },
        saver,
    ),
    "in a tool": tools,
}


@asynccontextmanager
async def savers(kind: str) -> AsyncIterator[Any]:
    if kind == "memory":
        yield InMemorySaver()
    elif kind == "sqlite":
        async with AsyncSqliteSaver.from_conn_string(":memory:") as saver:
            yield saver
    else:
        with postgres() as url:
            async with open_storage(url) as storage:
                yield storage.checkpointer


@dataclass
class Thread:
    """A thread of a graph, answered at its head or at an earlier checkpoint."""

    graph: Any
    head: Any = None

    async def begin(self) -> list[str]:
        await self.graph.ainvoke({"messages": [("user", "go")]}, self.config())
        return await self.pending()

    async def answer(self, values: dict[str, Any], checkpoint_id: str | None = None) -> dict[str, Any]:
        config, given = await resume_on_copy(self.graph, self.config(checkpoint_id), Command(resume=values))
        result: dict[str, Any] = await self.graph.ainvoke(given, config)
        return result

    async def pending(self) -> list[str]:
        self.head = await self.graph.aget_state(self.config(), subgraphs=True)
        return [item.id for item in self.head.interrupts]

    @property
    def checkpoint_id(self) -> str:
        return str(self.head.config["configurable"]["checkpoint_id"])

    @staticmethod
    def config(checkpoint_id: str | None = None) -> Any:
        return {"configurable": {"thread_id": "t"} | ({"checkpoint_id": checkpoint_id} if checkpoint_id else {})}


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
@pytest.mark.parametrize("name", GRAPHS)
async def test_the_new_answer_counts(name: str, kind: str) -> None:
    nodes = Nodes()
    async with savers(kind) as saver:
        thread = Thread(GRAPHS[name](nodes, saver))
        [asked] = await thread.begin()
        origin, ran = thread.checkpoint_id, list(nodes.ran)
        for answer in ("yes", "no", "yes again"):
            log = (await thread.answer({asked: answer}, origin if answer != "yes" else None))["log"]
            assert [entry for entry in log if entry not in ("work", "end")] == [
                answer.split()[0] if name == "in a tool" else answer
            ]
            assert await thread.pending() == []
        assert nodes.ran == ran


async def test_the_second_question_of_a_node_is_answered_again_with_the_first_answer_kept() -> None:
    nodes = Nodes()
    thread = Thread(
        line({"sub": line({"work": nodes.work, "ask": nodes.ask_twice}), "end": nodes.end}, InMemorySaver())
    )
    [first] = await thread.begin()
    before_first = thread.checkpoint_id
    await thread.answer({first: "a"})
    [second] = await thread.pending()
    assert second != first
    before_second = thread.checkpoint_id
    assert (await thread.answer({second: "b"}))["log"] == ["work", "a", "b", "end"]
    assert (await thread.answer({second: "c"}, before_second))["log"] == ["work", "a", "c", "end"]
    await thread.answer({first: "d"}, before_first)
    [other] = await thread.pending()
    assert (await thread.answer({other: "e"}))["log"] == ["work", "d", "e", "end"]
    assert nodes.ran == ["work"]


@pytest.mark.parametrize("nested", [False, True])
async def test_what_finished_beside_the_question_is_kept(nested: bool) -> None:
    nodes = Nodes()
    beside = {"ask": nodes.ask, "other": nodes.ask_other, "work": nodes.work, "end": nodes.end}
    inner = line(beside, None if nested else InMemorySaver(), beside=True)
    thread = Thread(line({"sub": inner, "last": lambda state: {}}, InMemorySaver()) if nested else inner)
    await thread.begin()
    ids = {item.value: item.id for item in thread.head.interrupts}
    origin = thread.checkpoint_id
    await thread.answer({ids["first"]: "yes"})
    [other] = await thread.pending()
    between = thread.checkpoint_id
    assert sorted((await thread.answer({other: "1"}))["log"]) == ["end", "other 1", "work", "yes"]
    for checkpoint_id, waits in ((origin, ["first", "other"]), (between, ["other"])):
        held = await thread.graph.aget_state(thread.config(checkpoint_id), subgraphs=True)
        assert sorted(item.value for item in waiting_interrupts(held)) == waits
    both = {ids["first"]: "no", ids["other"]: "2"}
    assert sorted((await thread.answer(both, origin))["log"]) == ["end", "no", "other 2", "work"]
    assert nodes.ran == ["work"]


async def test_the_same_node_sent_twice() -> None:
    thread = Thread(sends(InMemorySaver()))
    one, two = await thread.begin()
    origin = thread.checkpoint_id
    assert (await thread.answer({one: 1, two: 2}))["log"] == [1, 2]
    assert (await thread.answer({one: 3, two: 4}, origin))["log"] == [3, 4]


@pytest.mark.parametrize("nested", [False, True])
async def test_an_answer_whose_run_failed_can_be_changed(nested: bool) -> None:
    nodes = Nodes()
    inner = {"work": nodes.work, "ask": nodes.fail_once}
    graph = line({"sub": line(inner), "end": nodes.end} if nested else {**inner, "end": nodes.end}, InMemorySaver())
    thread = Thread(graph)
    [asked] = await thread.begin()
    with pytest.raises(ValueError, match="once"):
        await thread.answer({asked: "yes"})
    [waiting] = await thread.pending()
    assert earlier_ids(thread.head.metadata) == {waiting: [asked]}
    assert (await thread.answer({waiting: "no"}))["log"] == ["work", "no", "end"]
    assert nodes.ran == ["work"]


def hidden(nodes: Nodes) -> Any:
    """A node that invokes a graph which LangGraph cannot see from outside."""
    held = {"graph": line({"work": nodes.work, "ask": nodes.ask})}

    async def call(state: State) -> dict[str, Any]:
        return {"log": (await held["graph"].ainvoke({"messages": state["messages"]}))["log"]}

    return line({"call": call, "end": nodes.end}, InMemorySaver())


def flow(nodes: Nodes) -> Any:
    """An entrypoint with a task before the question."""

    @task
    async def work() -> str:
        return str(nodes.work({"messages": []})["log"][0])

    @entrypoint(checkpointer=InMemorySaver())
    async def run(given: dict[str, Any]) -> dict[str, Any]:
        return {"log": [await work(), interrupt("first")]}

    return run


@pytest.mark.parametrize("build", [hidden, flow])
async def test_where_no_copy_can_be_made_the_graph_asks_again(build: Any) -> None:
    """Never the old answer: the second one is asked for anew."""
    thread = Thread(build(Nodes()))
    [asked] = await thread.begin()
    origin = thread.checkpoint_id
    assert (await thread.answer({asked: "yes"}))["log"][:2] == ["work", "yes"]
    await thread.answer({asked: "no"}, origin)
    [again] = await thread.pending()
    assert (await thread.answer({again: "no"}))["log"][:2] == ["work", "no"]
