"""Graphs that do not stop when they are asked to, and one that fails after a tool."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage
from langgraph.graph import START, MessagesState, StateGraph


async def deaf(state: MessagesState) -> dict[str, Any]:
    """Takes no notice of being cancelled."""
    del state
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            continue


def blocking(state: MessagesState) -> dict[str, Any]:
    """Waits in its thread, which nobody can stop."""
    del state
    time.sleep(3600)
    return {"messages": [AIMessage("late")]}


def called(state: MessagesState) -> dict[str, Any]:
    """A tool of the server's ran."""
    del state
    call = {"name": "look", "args": {}, "id": "c1"}
    return {"messages": [AIMessage("", tool_calls=[call]), ToolMessage("seen", tool_call_id="c1")]}


def failed(state: MessagesState) -> dict[str, Any]:
    """And then the model failed."""
    del state
    raise ConnectionError("sk-123")


stubborn = StateGraph(MessagesState).add_node(deaf).add_edge(START, "deaf").compile()
sleeping = StateGraph(MessagesState).add_node(blocking).add_edge(START, "blocking").compile()
failing = (
    StateGraph(MessagesState)
    .add_node(called)
    .add_node(failed)
    .add_edge(START, "called")
    .add_edge("called", "failed")
    .compile()
)
