"""A graph that does what the person at the page asks for by one word, without a model: each thing a page must bear."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import uuid4

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import interrupt

PACE = 0.02
"""Seconds between two steps that are to be seen one after the other."""


class State(MessagesState):
    """What the page shares with the agent."""

    note: str
    progress: str
    decisions: Annotated[list[str], operator.add]


def _calls(*calls: tuple[str, dict[str, Any]], text: str = "") -> dict[str, Any]:
    named = [{"name": name, "args": args, "id": f"call_{uuid4().hex[:12]}"} for name, args in calls]
    return {"messages": [AIMessage(text, tool_calls=named)]}


def _results(messages: Sequence[BaseMessage]) -> str:
    results: list[str] = []
    for message in reversed(messages):
        if not isinstance(message, ToolMessage):
            break
        results.insert(0, message.text)
    return "; ".join(results)


async def act(state: State) -> dict[str, Any]:
    """One word of the person, one deed."""
    last = state["messages"][-1]
    if isinstance(last, ToolMessage):
        return {"messages": [AIMessage(f"Готово: {_results(state['messages'])}")]}
    if not isinstance(last.content, str):
        kinds = [part["type"] for part in last.content if isinstance(part, dict)]
        return {"messages": [AIMessage(f"Вижу: {' '.join(kinds)}")]}
    match last.text.split(" ")[0].lower():
        case "двое":
            return _calls(("paint_page", {"color": "red"}), ("write_note", {"text": "вторая"}), text="Делаю оба дела.")
        case "сломай":
            return _calls(("break_page", {}))
        case "спроси":
            return _calls(("ask_person", {"question": "Продолжать?"}))
        case "заметка":
            note = state.get("note")
            return {"messages": [AIMessage(f"В заметке: {note}")]}
        case "запиши":
            return {"note": "от агента", "messages": [AIMessage("Записал.")]}
        case "беда":
            raise ConnectionError("sk-secret-123: the model's server said no")
        case _:
            return {"messages": [AIMessage(f"Вы сказали: {last.text}")]}


async def work(state: State) -> dict[str, Any]:
    """Shows how far it is, then a card of a tool between two messages."""
    del state
    writer = get_stream_writer()
    for step in ("первый шаг", "второй шаг", "третий шаг"):
        writer({"type": "STATE_DELTA", "delta": [{"op": "add", "path": "/progress", "value": step}]})
        await asyncio.sleep(PACE * 10)
    call = {"name": "look_up", "args": {"what": "лиды"}, "id": f"call_{uuid4().hex[:12]}"}
    return {
        "progress": "готово",
        "messages": [
            AIMessage("Сначала **посмотрю** в базе.", tool_calls=[call]),
            ToolMessage("найдено 7", tool_call_id=call["id"], name="look_up"),
            AIMessage("Нашёл:\n\n1. Альфа\n2. Бета"),
        ],
    }


def _ask(who: str) -> dict[str, Any]:
    options = {f"Да, {who}": {"comment": f"{who} да"}, f"Нет, {who}": {"comment": f"{who} нет"}}
    return {"reason": "decision", "message": f"Согласовать {who}?", "options": options}


def first(state: State) -> dict[str, Any]:
    """Ask about Alpha."""
    return {"decisions": [interrupt(_ask("Альфа"))["comment"]]}


def second(state: State) -> dict[str, Any]:
    """Ask about Beta."""
    return {"decisions": [interrupt(_ask("Бета"))["comment"]]}


def report(state: State) -> dict[str, Any]:
    """Say what was decided."""
    return {"messages": [AIMessage("Решено: " + "; ".join(sorted(state["decisions"])))]}


def _way(state: State) -> list[str]:
    word = state["messages"][-1].text.split(" ")[0].lower()
    return {"работай": ["work"], "решай": ["first", "second"]}.get(word, ["act"])


def _build() -> Any:
    builder = StateGraph(State)
    nodes: dict[str, Any] = {"act": act, "work": work, "first": first, "second": second, "report": report}
    for name, node in nodes.items():
        builder.add_node(name, node)
    builder.add_conditional_edges(START, _way, ["act", "work", "first", "second"])
    builder.add_edge(["first", "second"], "report")
    for name in ("act", "work", "report"):
        builder.add_edge(name, END)
    return builder.compile()


puppet = _build()
