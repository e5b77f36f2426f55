"""Graphs that wait for a person: interrupts in every place, several at once, and pauses without an interrupt."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Annotated, Any

from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.func import entrypoint
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt

from tests.agui.graphs.speech import replying
from tests.agui.harness import ASKED, Case, resume
from tests.agui.models import calls, say

Saver = BaseCheckpointSaver[Any]
QUESTION = {
    "message": "Скидка 15 %. Одобрить?",
    "response_schema": {"type": "object", "properties": {"approved": {"type": "boolean"}}},
}


class Deal(MessagesState, total=False):
    """A deal that people approve."""

    approved: Annotated[list[Any], operator.add]


def _graph(nodes: dict[str, Any], saver: Any = None, *, parallel: bool = False, **more: Any) -> Any:
    graph: Any = StateGraph(Deal)
    previous = START
    for name, node in nodes.items():
        graph.add_node(name, node)
        graph.add_edge(START if parallel else previous, name)
        previous = name
    graph.add_edge(previous, END)
    return graph.compile(checkpointer=saver, **more)


async def approving(state: Any) -> dict[str, Any]:
    return {"approved": [interrupt(QUESTION)], "messages": [AIMessage("Решено.")]}


async def asking_twice(state: Any) -> dict[str, Any]:
    return {"approved": [interrupt("Первый вопрос"), interrupt("Второй вопрос")]}


@tool
def make_quote(discount: int) -> str:
    """Make a quote; a person approves it."""
    return f"{discount} %: {interrupt(QUESTION | {'reason': 'approval'})}"


def _node(saver: Saver) -> Any:
    return _graph({"agent": replying(say("Спрошу.")), "approval": approving, "end": replying(say("Готово."))}, saver)


def _in_tool(saver: Saver) -> Any:
    asks = replying(calls((0, "c1", "make_quote", '{"discount": 15}'), text="Считаю."))
    nodes = {"agent": asks, "tools": ToolNode([make_quote]), "end": replying(say("Готово."))}
    return _graph(nodes, saver)


def _two_tools(saver: Saver) -> Any:
    asks = replying(calls((0, "c1", "make_quote", '{"discount": 15}'), (1, "c2", "make_quote", '{"discount": 20}')))
    return _graph({"agent": asks, "tools": ToolNode([make_quote]), "end": replying(say("Готово."))}, saver)


def _in_subgraph(depth: int) -> Callable[[Saver], Any]:
    def build(saver: Saver) -> Any:
        inner = _graph({"agent": replying(say("Изнутри.")), "approval": approving})
        for _ in range(depth - 1):
            inner = _graph({"before": replying(say("Слой.")), "inner": inner})
        return _graph({"sales": inner, "end": replying(say("Готово."))}, saver)

    return build


def _two_at_once(saver: Saver) -> Any:
    async def other(state: Any) -> dict[str, Any]:
        return {"approved": [interrupt({"question": "А бюджет?", "reason": "budget"})]}

    return _graph({"discount": approving, "budget": other}, saver, parallel=True)


def _paused(**when: Any) -> Callable[[Saver], Any]:
    def build(saver: Saver) -> Any:
        return _graph({"agent": replying(say("Сначала.")), "risky": replying(say("Потом."))}, saver, **when)

    return build


def _entrypoint(saver: Saver) -> Any:
    @entrypoint(checkpointer=saver)
    async def flow(given: dict[str, Any]) -> dict[str, Any]:
        return {"messages": given["messages"], "answer": interrupt("Да?")}

    return flow


def _partly(pending: list[Any]) -> Any:
    return Command(resume={pending[0]["id"]: True})


CASES = [
    Case("interrupt in a node", _node, [ASKED, resume({"approved": True})]),
    Case("interrupt refused", _node, [ASKED, resume(None)]),
    Case("two interrupts in one node", lambda saver: _graph({"a": asking_twice}, saver), [ASKED, resume(1), resume(2)]),
    Case("interrupt in a tool", _in_tool, [ASKED, resume({"approved": True})]),
    Case("interrupts in two tools at once", _two_tools, [ASKED, resume(1, 2)]),
    Case("interrupts in two tools, answered in part", _two_tools, [ASKED, _partly, resume(2)]),
    Case("interrupt in a subgraph", _in_subgraph(1), [ASKED, resume({"approved": True})]),
    Case("interrupt in a subgraph three deep", _in_subgraph(3), [ASKED, resume({"approved": True})]),
    Case("two interrupts at once", _two_at_once, [ASKED, resume(True, False)]),
    Case("two interrupts at once, answered in part", _two_at_once, [ASKED, _partly, resume(False)]),
    Case("interrupt_before", _paused(interrupt_before=["risky"]), [ASKED, None]),
    Case("interrupt_after", _paused(interrupt_after=["agent"]), [ASKED, None]),
    Case("interrupt in an entrypoint", _entrypoint, [ASKED, resume("да")]),
]
