"""Input that was stored and that no node has taken: its run was killed, or lost its database, in between.

LangGraph stores a run's input first, under a channel of its own, and makes it part of the state in the next step. New
input would push it out: the person's message would be lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.constants import START

from bridge.agents.langgraph.incoming import as_conversation


async def untaken(graph: Any, held: Any) -> Mapping[str, Any] | None:
    """The input that waits at this state snapshot; ``None`` where none does.

    Functional graphs and remote ones have no step that takes it: theirs is the function's own.
    """
    if START not in held.next or not hasattr(graph, "builder") or not hasattr(graph.checkpointer, "aget_tuple"):
        return None
    found = await graph.checkpointer.aget_tuple(held.config)
    given = None if found is None else found.checkpoint["channel_values"].get(START)
    return given if isinstance(given, Mapping) else None


async def untaken_messages(graph: Any, held: Any) -> list[BaseMessage]:
    """The messages of that input."""
    given = await untaken(graph, held)
    return as_conversation((given or {}).get("messages")) or []


async def take(graph: Any, config: RunnableConfig, held: Any) -> Any:
    """Let the thread take what waits at its head; the snapshot of it then, with subgraphs.

    The graph itself takes the step, and stops before its first node.
    """
    if "checkpoint_id" in config["configurable"] or await untaken(graph, held) is None:
        return held
    async for _ in graph.astream(None, config, stream_mode="updates", interrupt_before="*", durability="sync"):
        pass
    return await graph.aget_state(config, subgraphs=True)
