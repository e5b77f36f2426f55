"""What is given to be served -> an agent, with a place for its conversations."""

from __future__ import annotations

from typing import Any

from langgraph.store.base import BaseStore
from langgraph.types import Durability

from bridge.agents.base import Agent
from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.types import reading
from bridge.settings import Settings
from bridge.storage.base import Storage


def bound(name: str, given: Any, storage: Storage, settings: Settings, store: BaseStore | None = None) -> Agent:
    """A compiled graph as an agent whose conversations are kept in this storage."""
    return LangGraphAgent(
        name,
        given,
        checkpointer=reading(storage.checkpointer, given, settings.serializer_types),
        hidden=settings.hidden,
        state_allow=settings.state_allow,
        client_keys=settings.client_keys,
        client_history=settings.client_history,
        store=store,
        durability=durability_of(name, settings.durability),
    )


def durability_of(name: str, wanted: tuple[str, ...]) -> Durability | None:
    """The durability of this agent, from ``sync`` for all and ``name=exit`` for one; ``None``: LangGraph's default."""
    found: str | None = None
    for entry in wanted:
        agent, _, mode = entry.rpartition("=")
        if agent == name:
            return _durability(mode)
        if not agent:
            found = mode
    return None if found is None else _durability(found)


def _durability(mode: str) -> Durability:
    match mode:
        case "sync" | "async" | "exit":
            return mode
        case _:
            raise ValueError(f"durability is sync, async or exit, not {mode!r}")
