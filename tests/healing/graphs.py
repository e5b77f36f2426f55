"""Agents over the strict model, as people build them. What is asked for is the list of tools to call, by name.

``look`` answers at once, ``wait`` does not end by itself, ``fail`` raises, ``ask`` interrupts, ``confirm`` is the
client's.
"""

from __future__ import annotations

import asyncio
import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypedDict

from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, Send, interrupt
from pydantic import BaseModel

from bridge.langchain import ClientTools
from tests.strict import Strict

CONFIRM = {
    "name": "confirm",
    "description": "Asks the person.",
    "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}},
}
SERVER_TOOLS = ("look", "wait", "fail", "ask", "note")

_numbers = itertools.count()


def reply(messages: list[BaseMessage], repeat: bool = False) -> AIMessage | str:
    """The calls that the newest question names; after results, or without any, how long the history is."""
    last = messages[-1]
    asked = last.text.split() if isinstance(last, HumanMessage) else []
    names = [name for name in asked if name in (*SERVER_TOOLS, "confirm")]
    calls: Any = [
        {
            "name": name,
            "args": {"number": number},
            "id": f"{name}:{number}" if repeat else f"call-{next(_numbers)}",
            "type": "tool_call",
        }
        for number, name in enumerate(names)
    ]
    return AIMessage("On it.", tool_calls=calls) if calls else f"fine {len(messages)}"


def repeating(messages: list[BaseMessage]) -> AIMessage | str:
    """The same, with ids that repeat from turn to turn."""
    return reply(messages, repeat=True)


async def look(number: int) -> str:
    """Answers at once."""
    return f"seen {number}"


_entered: list[asyncio.Event] = []


def entering() -> asyncio.Event:
    """Set when a run comes to the tool ``wait`` the next time."""
    _entered.append(asyncio.Event())
    return _entered[-1]


async def wait(number: int) -> str:
    """Does not end by itself."""
    while _entered:
        _entered.pop().set()
    get_stream_writer()({"name": "entered", "value": number})
    await asyncio.Event().wait()
    return "never"


async def fail(number: int) -> str:
    """Raises."""
    raise LookupError("a secret that no client may see")


async def ask(number: int) -> str:
    """Asks a person."""
    return f"approved {interrupt({'message': 'Shall I?'})}"


TOOLS: list[Callable[..., Any]] = [look, wait, fail, ask]


def tool_node() -> ToolNode:
    return ToolNode(TOOLS, handle_tool_errors=False)


def server_calls(messages: Sequence[AnyMessage]) -> list[Any]:
    last = messages[-1]
    return [call for call in last.tool_calls if call["name"] in SERVER_TOOLS] if isinstance(last, AIMessage) else []


def after_tools(messages: Sequence[AnyMessage]) -> str:
    """Back to the model, unless a call of the client's is open."""
    last = next(message for message in reversed(messages) if isinstance(message, AIMessage))
    return END if any(call["name"] == "confirm" for call in last.tool_calls) else "agent"


class Added(TypedDict):
    """Messages that are only ever added."""

    messages: Annotated[list[AnyMessage], operator.add]
    found: Annotated[list[str], operator.add]


class Modelled(BaseModel):
    """The state as a pydantic model."""

    messages: Annotated[list[AnyMessage], operator.add] = []


def of(state: Any) -> list[AnyMessage]:
    messages: list[AnyMessage] = state["messages"] if isinstance(state, dict) else state.messages
    return messages


def looping(model: Strict, schema: Any = MessagesState, *, together: bool = False, **compiling: Any) -> Any:
    """A model and its tools, one task for each call, or all ``together`` in one."""

    async def agent(state: Any) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(of(state))]}

    def route(state: Any) -> Any:
        calls = server_calls(of(state))
        if together:
            return "tools" if calls else END
        return [Send("tools", [call]) for call in calls] or END

    def back(state: Any) -> str:
        return after_tools(of(state))

    async def some(state: Any) -> dict[str, Any]:
        made: dict[str, Any] = await tool_node().ainvoke(
            {"messages": [AIMessage("", tool_calls=server_calls(of(state)))]}
        )
        return made

    graph = StateGraph(schema)
    graph.add_node("agent", agent)
    graph.add_node("tools", some if together else tool_node())
    graph.add_edge(START, "agent")
    graph.add_conditional_edges("agent", route, ["tools", END])
    graph.add_conditional_edges("tools", back, ["agent", END])
    return graph.compile(**compiling)


def nested(model: Strict) -> Any:
    """The loop as a subgraph, behind a node that routes."""

    async def route(state: MessagesState, config: RunnableConfig) -> Command[Any]:
        return Command(goto="work")

    graph = StateGraph(MessagesState)
    graph.add_node("route", route, destinations=("work",))
    graph.add_node("work", looping(model))
    graph.add_edge(START, "route")
    return graph.compile()


def langchain(model: Strict) -> Any:
    """langchain's agent, with the package's middleware."""
    return create_agent(model, tools=TOOLS, middleware=[ClientTools()])


def deep(model: Strict) -> Any:
    """deepagents, whose own middleware heals calls too."""
    return create_deep_agent(model=model, tools=TOOLS, middleware=[ClientTools()])


def pausing(model: Strict) -> Any:
    """Pauses before its tools, without an interrupt."""
    return looping(model, interrupt_before=["tools"])


def by_node(model: Strict) -> Any:
    """All calls of a message in one task."""
    return looping(model, together=True)


def adding(model: Strict) -> Any:
    """A reducer that only adds."""
    return looping(model, Added)


def modelled(model: Strict) -> Any:
    """A pydantic state."""
    return looping(model, Modelled)


KINDS: dict[str, Callable[[Strict], Any]] = {
    "a task a call": looping,
    "a task for all": by_node,
    "langchain's agent": langchain,
    "deepagents": deep,
    "a subgraph": nested,
    "a reducer that adds": adding,
    "a pydantic state": modelled,
}


def results(messages: Sequence[Any]) -> dict[str, tuple[str, str]]:
    """Call -> the text and the status of its answer."""
    return {
        message.tool_call_id: (message.text, message.status) for message in messages if isinstance(message, ToolMessage)
    }
