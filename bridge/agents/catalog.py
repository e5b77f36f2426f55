"""The agents that are served, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridge.agents.base import Agent
from bridge.errors import UnknownAgent

DEFAULT_AGENT = "default"
"""The alias under which the first agent is always there."""


class Catalog:
    """Agents by name; the first one is the default. What is given is bound by `open`: a graph needs its storage."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        if not given:
            raise ValueError("at least one agent is needed")
        self._given = dict(given)
        self._agents: dict[str, Agent] = {}

    @property
    def names(self) -> list[str]:
        """The agents' names, the default one first."""
        return list(self._given)

    @property
    def given(self) -> Mapping[str, Any]:
        """What was given to be served, by name."""
        return self._given

    @property
    def agents(self) -> Mapping[str, Agent]:
        """Name -> agent; empty until `open` has bound them."""
        return self._agents

    def open(self, bind: Callable[[str, Any], Agent]) -> None:
        """Make agents of what was given: ``bind(name, given)`` makes one of what is no `Agent` yet."""
        self._agents = {
            name: given if isinstance(given, Agent) else bind(name, given) for name, given in self._given.items()
        }

    def find(self, name: str | None) -> tuple[str, Agent]:
        """The agent of this name, under its own name; no name, or ``default``, is the first. Raises `UnknownAgent`."""
        if name is None or (name == DEFAULT_AGENT and name not in self._agents):
            name = self.names[0]
        found = self._agents.get(name)
        if found is None:
            raise UnknownAgent(f"No agent '{name}' is served; there are: {', '.join(self.names)}.", param="model")
        return name, found
