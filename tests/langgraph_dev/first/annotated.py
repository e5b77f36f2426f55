"""A factory whose annotations are there for type checkers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents import speaking

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph_sdk.runtime import ServerRuntime


def make_graph(settings: RunnableConfig, server: ServerRuntime) -> Any:
    """The runtime is known by its annotation, whatever the names and the order."""
    given = {"access": server.access_context, "flavor": settings["configurable"].get("flavor")}
    return speaking(lambda state, runtime: given)
