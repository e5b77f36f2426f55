"""A graph as its project (``langgraph.json``) describes it, with the project's own store and checkpointer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore
from langgraph.store.base.embed import ensure_embeddings
from langgraph.store.memory import InMemoryStore

from bridge.agents.langgraph.factories.entering import Entered
from bridge.agents.langgraph.factories.factory import Factory
from bridge.agents.langgraph.factories.given import Given
from bridge.agents.langgraph.graphs import is_entered, is_factory, kind_of
from bridge.agents.load_error import LoadError

Result = TypeVar("Result")

_KINDS: dict[str, tuple[type, str]] = {
    "store": (BaseStore, "a BaseStore"),
    "checkpointer": (BaseCheckpointSaver, "a BaseCheckpointSaver"),
}


class Resource:
    """A store or a checkpointer, or what makes one: a function, a coroutine function, a context manager of either kind.

    Opened for an event loop, as LangGraph's server does it.

    Args:
        kind: ``store`` or ``checkpointer``.
        value: what the project's module has.
        what: for a person, where it is.

    Raises `LoadError` for a value that can be neither.
    """

    def __init__(self, kind: str, value: Any, what: str) -> None:
        self._type, self._wanted = _KINDS[kind]
        self._value = value
        self._what = what
        self._make = value if callable(value) and not is_entered(value) else lambda: value
        if not (isinstance(value, self._type) or callable(value) or is_entered(value)):
            raise LoadError(f"{what} is {kind_of(value)}; wanted is {self._wanted}, or a function that returns one.")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Any]:
        """The store or checkpointer, until the end of the ``async with``. Raises `LoadError`."""
        value = self._value
        if isinstance(value, self._type):
            yield value
            return
        async with AsyncExitStack() as stack:
            try:
                found = await stack.enter_async_context(Entered(self._make, self._what))
            except Exception as error:  # whatever somebody's function does
                raise LoadError(f"{self._what} failed: {_said(error)}") from error
            if not isinstance(found, self._type):
                raise LoadError(f"{self._what} gave {kind_of(found)}; wanted is {self._wanted}.")
            yield found


@dataclass(frozen=True, slots=True)
class ProjectGraph:
    """A graph, or a graph factory, of a project.

    Attributes:
        name: the agent's.
        graph: a compiled graph, or a factory.
        description: one sentence for people.
        store, checkpointer: the project's own.
    """

    name: str
    graph: Any
    description: str = ""
    store: Resource | None = None
    checkpointer: Resource | None = None

    def looked_at(self) -> AbstractAsyncContextManager[Any]:
        """A compiled graph to draw or describe: of a factory, one that knows that it is not run (``assistants.read``).

        It has a store that holds nothing. Raises what the factory raises.
        """
        if not is_factory(self.graph):
            return nullcontext(self.graph)
        return Factory(self.name, self.graph).made(Given(self.name, "assistants.read", store=InMemoryStore()))

    def look(self, use: Callable[[Any], Result]) -> Result:
        """What ``use`` makes of the graph, where no event loop runs. Raises `LoadError` for a factory that fails."""

        async def looked() -> Result:
            async with AsyncExitStack() as stack:
                try:
                    graph = await stack.enter_async_context(self.looked_at())
                except Exception as error:  # whatever somebody's factory does
                    said = " ".join(str(error).split())
                    raise LoadError(
                        f"Agent '{self.name}': its factory failed: {type(error).__name__}: {said}"
                    ) from error
                return use(graph)

        return asyncio.run(looked())

    def get_graph(self, **options: Any) -> Any:
        """The drawing, as a compiled graph's own ``get_graph``. Raises as `look` does."""
        return self.look(lambda graph: graph.get_graph(**options))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def indexed_store(index: dict[str, Any]) -> BaseStore:
    """A store in this process's memory that is searched by meaning.

    ``index``: ``dims``, ``embed`` (a function, an ``Embeddings``, or ``provider:model`` for langchain) and ``fields``.
    """
    given: Any = {**index, "embed": ensure_embeddings(index["embed"])}
    return InMemoryStore(index=given)
