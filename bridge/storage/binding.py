"""What is given to be served -> an agent, with a place for its conversations."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.types import Durability

from bridge.agents.base import Agent
from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.factories.agent import FactoryAgent
from bridge.agents.langgraph.graphs import WANTED, compiled, is_factory, kind_of
from bridge.agents.langgraph.project import ProjectGraph, Resource
from bridge.agents.langgraph.readable_types import reading
from bridge.settings import Settings
from bridge.storage.base import Storage

BoundAgent = LangGraphAgent | FactoryAgent
"""An agent of a graph: it has a checkpointer, and knows the ids that its conversations are kept under."""


@dataclass(frozen=True, slots=True)
class Served:
    """A graph, or a graph factory, with what its project says of it.

    Attributes:
        graph: a compiled graph, or a factory.
        store: for graphs that were compiled without one, and for all of a factory's.
        description: one sentence for people.
        checkpointer: the project's own; ``None``: the bridge's.
    """

    graph: Any
    store: BaseStore
    description: str = ""
    checkpointer: BaseCheckpointSaver[Any] | None = None


async def opened(given: Mapping[str, Any], stack: AsyncExitStack, store: BaseStore | None = None) -> dict[str, Any]:
    """What is given to be served, with the stores and checkpointers of its projects opened, each once.

    ``store``: the application's, for all; without it each project's, and for what has none one in this process's
    memory.
    """
    resources: dict[int, Any] = {}
    otherwise = store if store is not None else InMemoryStore()

    async def of(resource: Resource | None) -> Any:
        if resource is None:
            return None
        if id(resource) not in resources:
            resources[id(resource)] = await stack.enter_async_context(resource.open())
        return resources[id(resource)]

    served: dict[str, Any] = {}
    for name, one in given.items():
        if isinstance(one, Agent):
            served[name] = one
        elif isinstance(one, ProjectGraph):
            own = None if store is not None else await of(one.store)
            chosen = otherwise if own is None else own
            served[name] = Served(one.graph, chosen, one.description, await of(one.checkpointer))
        else:
            served[name] = Served(one, otherwise)
    return served


def bound(name: str, served: Served, storage: Storage, settings: Settings) -> BoundAgent:
    """A compiled graph, or a factory, as an agent whose conversations are kept in this storage."""
    graph, saver = served.graph, served.checkpointer
    if not is_factory(graph):
        graph = compiled(graph)
    if graph is None:
        raise TypeError(f"agent '{name}' is {kind_of(served.graph)}, not a graph; wanted is {WANTED}")

    def of_graph(graph: Any) -> LangGraphAgent:
        return LangGraphAgent(
            name,
            graph,
            description=served.description,
            checkpointer=reading(storage.checkpointer, graph, settings.serializer_types),
            hidden=settings.hidden,
            state_allow=settings.state_allow,
            client_keys=settings.client_keys,
            client_history=settings.client_history,
            store=served.store,
            durability=durability_of(name, settings.durability),
            recursion_limit=settings.recursion_limit,
            storage_patience=settings.storage_patience,
        )

    if is_factory(graph):
        return FactoryAgent(
            name,
            graph,
            bind=of_graph,
            checkpointer=reading(saver or storage.checkpointer, None, settings.serializer_types),
            description=served.description,
            keeps_its_own=saver is not None,
            store=served.store,
            client_keys=settings.client_keys,
            storage_patience=settings.storage_patience,
        )
    if saver is not None and hasattr(graph, "copy") and getattr(graph, "checkpointer", saver) in (None, True, False):
        graph = graph.copy(update={"checkpointer": reading(saver, graph, settings.serializer_types)})
    return of_graph(graph)


def durability_of(name: str, wanted: tuple[str, ...]) -> Durability:
    """The durability of this agent, from ``async`` for all and ``name=exit`` for one; where none is said, ``sync``."""
    modes = {agent: mode for agent, _, mode in (entry.rpartition("=") for entry in wanted)}
    match modes.get(name, modes.get("")):
        case "sync" | "async" | "exit" as mode:
            return mode
        case _:
            return "sync"
