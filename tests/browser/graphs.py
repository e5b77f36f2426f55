"""A graph that asks a person two things at once, as parallel tool calls do."""

from __future__ import annotations

import operator
from typing import Annotated, Any

from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt


class Decided(MessagesState):
    """What was decided, branch by branch."""

    decisions: Annotated[list[str], operator.add]


def _question(customer: str, total: int) -> dict[str, Any]:
    quote = {
        "customer": customer,
        "lines": [],
        "subtotal": total,
        "discount_percent": 15,
        "discount_amount": 0,
        "net": total,
        "vat_percent": 22,
        "vat": 0,
        "total": total,
        "status": "draft",
    }
    return {"reason": "discount_approval", "message": f"Скидка для {customer}?", "quote": quote}


def first(state: Decided) -> dict[str, Any]:
    """Ask about Alpha."""
    answer = interrupt(_question("Альфа", 111_000))
    return {"decisions": [f"Альфа: {answer['comment']}"]}


def second(state: Decided) -> dict[str, Any]:
    """Ask about Beta."""
    answer = interrupt(_question("Бета", 222_000))
    return {"decisions": [f"Бета: {answer['comment']}"]}


def report(state: Decided) -> dict[str, Any]:
    """Say what was decided."""
    return {"messages": [AIMessage("; ".join(sorted(state["decisions"])))]}


def _build() -> Any:
    builder = StateGraph(Decided)
    for node in (first, second, report):
        builder.add_node(node.__name__, node)
    builder.add_edge(START, "first")
    builder.add_edge(START, "second")
    builder.add_edge(["first", "second"], "report")
    return builder.compile()


two_questions = _build()
