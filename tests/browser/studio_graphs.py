"""Agents for the studio's tests: a pipeline that is forked, one that fails, one with many nodes and events."""

from __future__ import annotations

import itertools
from typing import Any

from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command


class State(MessagesState, total=False):
    city: str


async def find(state: State) -> dict[str, Any]:
    return {"city": "Kazan"}


async def idle(state: State) -> dict[str, Any]:
    return {}


async def write(state: State) -> dict[str, Any]:
    return {"messages": [AIMessage(f"Leads of {state['city']}.")]}


async def jump(state: State) -> Command[Any]:
    """Goes where no annotation says that it goes."""
    return Command(goto="land")


async def land(state: State) -> dict[str, Any]:
    return {"messages": [AIMessage("Landed.")]}


async def fail(state: State) -> dict[str, Any]:
    raise ValueError("the shop is closed")


leads = StateGraph(State).add_node(find).add_node(write).add_edge(START, "find").add_edge("find", "write").compile()
jumping = StateGraph(State).add_node(jump).add_node(land).add_edge(START, "jump").compile()
failing = StateGraph(State).add_node(find).add_node(fail).add_edge(START, "find").add_edge("find", "fail").compile()


def wide(nodes: int) -> Any:
    """A graph of so many nodes, in rows of ten."""
    builder: Any = StateGraph(State)
    for number in range(nodes):
        builder.add_node(f"node_{number}", idle)
        before = START if number < 10 else f"node_{number - 10}"
        builder.add_edge(before, f"node_{number}")
    for number in range(nodes - 10, nodes):
        builder.add_edge(f"node_{number}", END)
    return builder.compile()


LONG = GenericFakeChatModel(messages=itertools.repeat(AIMessage("word " * 5_000)))


async def speak(state: State) -> dict[str, Any]:
    return {"messages": [await LONG.ainvoke(state["messages"])]}


big = wide(150)
long = StateGraph(State).add_node(speak).add_edge(START, "speak").compile()
