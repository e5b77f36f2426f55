"""Agents, a context and a store for a server of these tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import adispatch_custom_event
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore

from bridge import ContextRequest


@dataclass
class Tenant:
    """Who the graph works for."""

    name: str = "nobody"
    caller: str = ""


@dataclass
class Order:
    """A value that LangGraph's serializer does not know."""

    number: int


class Orders(MessagesState, total=False):
    """A state with an object in it."""

    order: Any


store = InMemoryStore()
store.put(("notes",), "k", {"text": "the server's"})


async def tenant(request: ContextRequest) -> dict[str, Any]:
    """From a header and the caller."""
    return {"name": request.headers.get("x-tenant", "none"), "caller": request.principal, "not in the schema": 1}


async def _knowing(state: MessagesState, runtime: Runtime[Tenant]) -> dict[str, Any]:
    assert runtime.store is not None
    note = await runtime.store.aget(("notes",), "k")
    context: Any = runtime.context
    return {"messages": [AIMessage(f"{context.name}, {context.caller}, {note.value['text'] if note else None}")]}


def _echoing(state: MessagesState) -> dict[str, Any]:
    return {"messages": [AIMessage(" | ".join(f"{m.type} {m.text}" for m in state["messages"]))]}


async def _dispatching(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
    message = {"message_id": "m1", "message": "Working."}
    await adispatch_custom_event("manually_emit_message", message, config=config)
    await adispatch_custom_event("manually_emit_state", {"progress": 1}, config=config)
    return {"messages": [AIMessage("Working.", id="m1"), AIMessage("Done.", id="m2")]}


def _ordering(state: Orders) -> dict[str, Any]:
    order = state.get("order")
    answer = f"{type(order).__name__}"
    return {"messages": [AIMessage(answer)], "order": Order(1)}


knowing = StateGraph(MessagesState, context_schema=Tenant).add_node("work", _knowing).add_edge(START, "work").compile()
echoing = StateGraph(MessagesState).add_node("work", _echoing).add_edge(START, "work").compile()
dispatching = StateGraph(MessagesState).add_node("work", _dispatching).add_edge(START, "work").compile()
ordering = StateGraph(Orders).add_node("work", _ordering).add_edge(START, "work").compile()
