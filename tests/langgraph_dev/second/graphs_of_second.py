"""Graphs of a project with a store and a checkpointer of its own."""

import json
import os
from typing import Any

from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime


def _built(say: Any) -> StateGraph[Any, Any, Any, Any]:
    def answer(state: MessagesState, runtime: Runtime[Any]) -> dict[str, Any]:
        return {"messages": [AIMessage(json.dumps(say(state, runtime)))]}

    graph = StateGraph(MessagesState)
    graph.add_node("answer", answer)
    graph.add_edge(START, "answer")
    return graph


def _kept(state: MessagesState, runtime: Runtime[Any]) -> Any:
    """How long the conversation is, and, from the second turn on, whether the project's checkpointer has it."""
    count = len(state["messages"])
    return [count, count == 1 or "PARITY_SAVED" in os.environ]


plain = _built(_kept).compile()


def factory() -> Any:
    return _built(_kept)


_ENV = [os.environ.get(name) for name in ("PARITY_PLAIN", "PARITY_SHELL", "PARITY_DOTENV")]

with_env = _built(lambda state, runtime: _ENV).compile()

with_store = _built(lambda state, runtime: type(runtime.store).__name__).compile()
