"""Finding agents: ``module:attr``, ``path/to/file.py:attr``, ``name=…``, or a ``langgraph.json``."""

from __future__ import annotations

from bridge.agents.load_error import LoadError
from bridge.agents.loading.manifest import MANIFEST
from bridge.agents.loading.targets import load_agents, load_object

__all__ = ["MANIFEST", "LoadError", "load_agents", "load_object"]
