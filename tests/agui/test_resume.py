"""Interrupts answered through `plan`, from what the stream sends to what the graph gets, for new and old front ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

from bridge.agents.base import ThreadState
from bridge.agents.langgraph.inputs import plan
from bridge.agents.langgraph.interrupts import waiting_interrupts
from bridge.agents.langgraph.translate import STREAM_MODES, LangGraphToAgui
from bridge.errors import InvalidRequest
from bridge.events.event import Event
from bridge.events.interrupts import value_of
from bridge.runs.request import RunRequest
from tests.agui.graphs import CASES
from tests.agui.harness import ASKED

CONFIG: Any = {"configurable": {"thread_id": "t"}}


class Talk:
    """A thread of a graph, spoken to as a client does."""

    def __init__(self, case: str, version: str | None) -> None:
        self.graph = next(item for item in CASES if item.name == case).build(InMemorySaver())
        self.version = version
        self.pending: list[dict[str, Any]] = []

    async def run(self, given: Any) -> list[Event]:
        translator = LangGraphToAgui("t", "r", protocol_version=self.version)
        events = translator.start()
        async for part in self.graph.astream(
            given, CONFIG, stream_mode=list(STREAM_MODES), subgraphs=True, version="v2"
        ):
            events += translator.feed(part)
        events += translator.finish()
        self.pending = translator.interrupts
        return events

    async def answer(self, **request: Any) -> list[Event]:
        asked = RunRequest(agent="a", thread_id="t", run_id="r", **request)
        return await self.run(plan(asked, ThreadState([], {}, self.pending, "c")).input)

    async def approved(self) -> Any:
        return (await self.graph.aget_state(CONFIG)).values.get("approved")


def entry(interrupt: Mapping[str, Any], payload: Any, status: str = "resolved") -> dict[str, Any]:
    return {"interruptId": interrupt["id"], "status": status, "payload": payload}


async def test_a_new_client_receives_the_outcome_and_answers_by_id() -> None:
    talk = Talk("interrupt in a node", "1.0")
    *before, last = await talk.run(ASKED)
    assert last["outcome"]["type"] == "interrupt"
    assert not [event for event in before if event["type"] == "CUSTOM"]
    [asked] = last["outcome"]["interrupts"]
    assert asked["message"] == "Скидка 15 %. Одобрить?"
    assert asked["responseSchema"]["properties"] == {"approved": {"type": "boolean"}}

    assert (await talk.answer(resume=[entry(asked, {"approved": True})]))[-1]["outcome"] == {"type": "success"}
    assert await talk.approved() == [{"approved": True}]


@pytest.mark.parametrize("value", [{"approved": True}, '{"approved": true}'])
async def test_an_old_client_receives_on_interrupt_and_answers_by_command(value: Any) -> None:
    talk = Talk("interrupt in a node", None)
    events = await talk.run(ASKED)
    [custom] = [event for event in events if event["type"] == "CUSTOM"]
    assert custom["name"] == "on_interrupt"
    assert custom["value"]["message"] == "Скидка 15 %. Одобрить?"
    assert "outcome" not in events[-1]

    await talk.answer(forwarded_props={"command": {"resume": value}})
    assert await talk.approved() == [{"approved": True}]


async def test_an_answer_in_part_leaves_the_rest_pending() -> None:
    talk = Talk("two interrupts at once", "1.0")
    await talk.run(ASKED)
    budget = next(item for item in talk.pending if item["reason"] == "budget")
    other = next(item for item in talk.pending if item["reason"] != "budget")

    with pytest.raises(InvalidRequest, match=other["id"]):
        await talk.answer(resume=[entry(budget, 5)])
    *_, last = await talk.answer(resume=[entry(budget, 5)], one_by_one=True)
    assert [item["id"] for item in last["outcome"]["interrupts"]] == [other["id"]]
    *_, last = await talk.answer(resume=[entry(other, {"approved": True})])
    assert last["outcome"] == {"type": "success"}
    assert 5 in await talk.approved()
    assert {"approved": True} in await talk.approved()


async def test_a_cancelled_entry_reaches_the_node_as_none() -> None:
    talk = Talk("interrupt in a node", "1.0")
    await talk.run(ASKED)
    await talk.answer(resume=[entry(talk.pending[0], "не важно", "cancelled")])
    assert await talk.approved() == [None]


async def test_an_interrupt_three_deep_is_emitted_once() -> None:
    talk = Talk("interrupt in a subgraph three deep", "1.0")
    *_, last = await talk.run(ASKED)
    assert len(last["outcome"]["interrupts"]) == 1
    events = await talk.answer(resume=[entry(talk.pending[0], {"approved": True})])
    texts = [event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT"]
    assert texts == ["Решено.", "Готово."]


@pytest.mark.parametrize("nested", [False, True], ids=["two nodes", "in a subgraph"])
async def test_questions_stand_in_the_order_of_the_stored_thread_however_their_tasks_end(nested: bool) -> None:
    asked_second = asyncio.Event()

    async def first(state: MessagesState) -> dict[str, Any]:
        await asked_second.wait()
        return {"messages": [AIMessage(interrupt("first?"))]}

    async def second(state: MessagesState) -> dict[str, Any]:
        asked_second.set()
        return {"messages": [AIMessage(interrupt("second?"))]}

    builder = StateGraph(MessagesState)
    for node in (first, second):
        builder.add_node(node.__name__, node)
        builder.add_edge(START, node.__name__)
    inner: Any = builder.compile()
    outer = StateGraph(MessagesState)
    outer.add_node("inner", inner)
    outer.add_edge(START, "inner")
    graph: Any = (outer if nested else builder).compile(checkpointer=InMemorySaver())
    translator = LangGraphToAgui("t", "r", protocol_version=None)
    stream = graph.astream(ASKED, CONFIG, stream_mode=list(STREAM_MODES), subgraphs=True, version="v2")
    events = [event async for part in stream for event in translator.feed(part)] + translator.finish()
    streamed = [value_of(one) for one in translator.interrupts]
    assert streamed == [item.value for item in waiting_interrupts(await graph.aget_state(CONFIG))]
    assert nested or streamed == ["first?", "second?"]
    assert [event["value"] for event in events if event["type"] == "CUSTOM"] == streamed[::-1]
