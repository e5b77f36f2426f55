"""A graph factory: it makes a graph, and closes it when it is no longer needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from langchain_core.runnables.config import var_child_runnable_config

from bridge.agents.langgraph.factories.entering import Entered
from bridge.agents.langgraph.factories.given import Given
from bridge.agents.langgraph.factories.shape import FactoryShapeError, shape_of
from bridge.agents.langgraph.graphs import WANTED, advice_for, compiled, kind_of
from bridge.errors import AgentFailure


class Factory:
    """A graph factory of an agent. Raises `FactoryShapeError` where nobody could know what to give it."""

    def __init__(self, agent: str, function: Callable[..., Any]) -> None:
        self._agent = agent
        self._function = function
        try:
            self._shape = shape_of(function)
        except FactoryShapeError as error:
            raise FactoryShapeError(f"the factory of agent '{agent}' {error}") from None

    @asynccontextmanager
    async def made(self, given: Given) -> AsyncIterator[Any]:
        """A compiled graph, until the end of the ``async with``.

        Raises what the factory raises, and `AgentFailure` where it gives no graph.
        """
        making = Entered(
            lambda: self._function(**self._shape.arguments(given.config, given.runtime)),
            f"the factory of agent '{self._agent}'",
        )
        async with AsyncExitStack() as stack:
            # where `get_config` and `get_store` look; the graph's own runs must not inherit it
            token = var_child_runnable_config.set(given.config)
            try:
                made = await stack.enter_async_context(making)
            finally:
                var_child_runnable_config.reset(token)
            graph = compiled(made)
            if graph is None:
                raise AgentFailure(
                    f"The agent '{self._agent}' has no graph for this: its factory gave {kind_of(made)}"
                    f"{advice_for(made)}. Wanted is {WANTED}."
                )
            yield graph
