"""Graphs in graphs: two deep, the same names at two levels, the same node twice at once."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Annotated, Any

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command, Send

from tests.agui.graphs.speech import replying
from tests.agui.harness import Case
from tests.agui.models import Scripted, calls, say

Saver = BaseCheckpointSaver[Any]


class Work(MessagesState, total=False):
    """A state that parent and subgraph share in part."""

    quote: dict[str, Any]
    notes: Annotated[list[str], operator.add]


class Inner(Work, total=False):
    """The subgraph's own key is not the parent's."""

    scratch: str


def _compiled(schema: Any, nodes: dict[str, Any], saver: Any = None, **more: Any) -> Any:
    graph: Any = StateGraph(schema)
    previous = START
    for name, node in nodes.items():
        graph.add_node(name, node)
        graph.add_edge(previous, name)
        previous = name
    graph.add_edge(previous, END)
    return graph.compile(checkpointer=saver, **more)


async def quoting(state: Any) -> dict[str, Any]:
    return {"quote": {"total": 1200}, "scratch": "только внутри", "notes": ["посчитано"]}


async def _last(state: Any) -> dict[str, Any]:
    return {"messages": [AIMessage("Итог.")], "notes": ["сверено"]}


def _one_deep(saver: Saver) -> Any:
    inner = _compiled(Inner, {"quoting": quoting, "agent": replying(say("Счёт ", "готов."))})
    return _compiled(Work, {"sales": inner, "closing": _last}, saver)


def _two_deep(saver: Saver) -> Any:
    innermost = _compiled(Inner, {"quoting": quoting, "agent": replying(say("Из глубины."))})
    middle = _compiled(Inner, {"before": replying(say("Начинаю.")), "deep": innermost})
    return _compiled(Work, {"sales": middle, "closing": _last}, saver)


def _same_names(saver: Saver) -> Any:
    inner = _compiled(Work, {"agent": replying(say("Внутри."))})
    return _compiled(Work, {"agent": inner, "closing": replying(say("Снаружи."))}, saver)


def _invoked(saver: Saver) -> Any:
    """A subgraph that a node calls itself, and whose state it maps."""
    inner = _compiled(Inner, {"agent": replying(say("По вызову."))})

    async def node(state: Any) -> dict[str, Any]:
        done = await inner.ainvoke({"messages": state["messages"]})
        return {"messages": [done["messages"][-1]], "quote": {"total": 7}}

    return _compiled(Work, {"sales": node}, saver)


def _twice_at_once(subgraph: bool) -> Callable[[Saver], Any]:
    def build(saver: Saver) -> Any:
        node: Any = replying(say("Один ", "из двух."))
        if subgraph:
            node = _compiled(Work, {"agent": node})

        def spread(state: Any) -> list[Send]:
            return [Send("worker", {"messages": state["messages"]}) for _ in range(3)]

        graph: Any = StateGraph(Work)
        graph.add_node("worker", node)
        graph.add_conditional_edges(START, spread, ["worker"])
        return graph.compile(checkpointer=saver)

    return build


def _branches(saver: Saver) -> Any:
    graph: Any = StateGraph(Work)
    graph.add_node("left", replying(say("Слева ", "слово.")))
    graph.add_node("right", replying(say("Справа ", "слово.")))
    graph.add_edge(START, "left")
    graph.add_edge(START, "right")
    return graph.compile(checkpointer=saver)


def _handoff(saver: Saver) -> Any:
    """A subgraph's node that sends the parent elsewhere."""
    model = Scripted(turns=[say("Передаю.")])

    async def agent(state: Any) -> Command[Any]:
        reply = await model.ainvoke("?")
        return Command(goto="marketing", graph=Command.PARENT, update={"messages": [reply], "notes": ["передано"]})

    inner = _compiled(Work, {"agent": agent})
    graph: Any = StateGraph(Work)
    graph.add_node("sales", inner, destinations=("marketing",))
    graph.add_node("marketing", replying(say("Принял.")))
    graph.add_edge(START, "sales")
    return graph.compile(checkpointer=saver)


def _remembering(saver: Saver) -> Any:
    """A subgraph with a memory of its own across runs."""
    inner = _compiled(Inner, {"agent": replying(say("Помню."), say("Помню и это."))}, True)
    return _compiled(Work, {"sales": inner}, saver)


def _tool_subgraph(saver: Saver) -> Any:
    """An agent as another agent's tool: its own talk streams, its messages stay inside."""
    from langchain.agents import create_agent  # noqa: PLC0415 - one case needs it
    from langchain_core.tools import tool  # noqa: PLC0415

    helper = create_agent(Scripted(turns=[say("Считаю ", "скидку.")]), [], name="helper")

    @tool
    async def ask_helper(question: str) -> str:
        """Ask the helper."""
        done = await helper.ainvoke({"messages": [HumanMessage(question)]})
        return str(done["messages"][-1].content)

    model = Scripted(turns=[calls((0, "c1", "ask_helper", '{"question": "?"}')), say("Скидка 10 %.")])
    return create_agent(model, [ask_helper], checkpointer=saver)


CASES = [
    Case("a subgraph", _one_deep),
    Case("subgraphs two deep", _two_deep),
    Case("the same node name at two levels", _same_names),
    Case("a subgraph that a node invokes", _invoked),
    Case("the same node three times at once", _twice_at_once(subgraph=False)),
    Case("the same subgraph three times at once", _twice_at_once(subgraph=True)),
    Case("two branches at once", _branches),
    Case("a subgraph that hands over to the parent", _handoff),
    Case("a subgraph with a memory", _remembering, [{"messages": [("user", "раз")]}, {"messages": [("user", "два")]}]),
    Case("an agent as a tool", _tool_subgraph, same_messages=False),
]
