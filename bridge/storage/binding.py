"""What is given to be served -> an agent, with a place for its conversations."""

from __future__ import annotations

from typing import Any

from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.types import Durability

from bridge.agents.base import Agent
from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.readable_types import reading
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
        recursion_limit=settings.recursion_limit,
        storage_patience=settings.storage_patience,
    )


def default_store() -> BaseStore:
    """A store for graphs that were compiled without one, where the application gave none: in this process's memory."""
    return InMemoryStore()


def durability_of(name: str, wanted: tuple[str, ...]) -> Durability:
    """The durability of this agent, from ``async`` for all and ``name=exit`` for one; where none is said, ``sync``."""
    modes = {agent: mode for agent, _, mode in (entry.rpartition("=") for entry in wanted)}
    match modes.get(name, modes.get("")):
        case "sync" | "async" | "exit" as mode:
            return mode
        case _:
            return "sync"
