"""The agents of that database: one answers, one asks before it answers, one keeps its conversations itself."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt


def answer(state: MessagesState) -> dict[str, Any]:
    return {"messages": [AIMessage(f"answer {len(state['messages'])}")]}


def ask(state: MessagesState) -> dict[str, Any]:
    del state
    return {"messages": [AIMessage(f"chosen: {interrupt('Which?')}")]}


def agents(own: BaseCheckpointSaver[Any]) -> dict[str, Any]:
    plain = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer")
    asking = StateGraph(MessagesState).add_node(ask).add_edge(START, "ask")
    return {"plain": plain.compile(), "asking": asking.compile(), "own": plain.compile(checkpointer=own)}


def agui(thread: str, run: str, text: str) -> dict[str, Any]:
    """A client's request that brings one message."""
    message = {"id": f"{run}-m", "role": "user", "content": text}
    return {
        "threadId": thread,
        "runId": run,
        "protocolVersion": "1.0",
        "messages": [message],
        "tools": [],
        "context": [],
    }
