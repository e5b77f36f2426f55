"""Agents whose tools leave a mark each time they run: rounds of work, in every kind of graph that loops."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Send

from bridge.langchain import ClientTools
from tests.strict import Strict

FILE = "TEST_MARKS"
"""The environment's name of the file that the marks are in, one call's id a line."""

ROUNDS = 3
"""How often the model calls two tools, before it answers."""


def _leave(call: str) -> None:
    """In one write, which a kill cannot cut in two."""
    with Path(os.environ[FILE]).open("a", encoding="utf-8") as file:
        file.write(f"{call}\n")


@tool
async def mark(number: int, tool_call_id: Annotated[str, InjectedToolCallId]) -> str:
    """Leaves a mark."""
    _leave(tool_call_id)
    return f"marked {number}"


def work(messages: list[BaseMessage]) -> AIMessage | str:
    """Two calls each round, after a question to work; else a few words."""
    asked = max(index for index, message in enumerate(messages) if isinstance(message, HumanMessage))
    rounds = sum(isinstance(message, AIMessage) for message in messages[asked:])
    question = messages[asked]
    if "work" not in question.text or rounds == ROUNDS:
        return "all of this is done"
    calls: Any = [
        {"name": "mark", "args": {"number": number}, "id": f"{question.id}:{rounds}:{number}", "type": "tool_call"}
        for number in range(2)
    ]
    return AIMessage(f"Round {rounds} begins.", tool_calls=calls)


def _loop() -> Any:
    model = Strict(reply=work)

    async def agent(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    def route(state: MessagesState) -> Any:
        last = state["messages"][-1]
        calls = last.tool_calls if isinstance(last, AIMessage) else []
        return [Send("tools", [call]) for call in calls] or END

    graph = StateGraph(MessagesState)
    graph.add_node("agent", agent)
    graph.add_node("tools", ToolNode([mark]))
    graph.add_edge(START, "agent")
    graph.add_conditional_edges("agent", route, ["tools", END])
    graph.add_edge("tools", "agent")
    return graph.compile()


def marking(kind: Literal["tasks", "agent", "inner"] = "tasks") -> Any:
    """A task for each call; langchain's agent; the first one as a subgraph."""
    if kind == "agent":
        return create_agent(Strict(reply=work), tools=[mark], middleware=[ClientTools()])
    if kind == "inner":
        graph = StateGraph(MessagesState)
        graph.add_node("work", _loop())
        graph.add_edge(START, "work")
        return graph.compile()
    return _loop()
