"""How many steps a run may take. Pure.

A model that calls tools for ever ends only at LangGraph's limit, and that is no limit: 10,007 steps; ``create_agent``
and ``create_deep_agent`` set 9,999 on every graph they make.
"""

from __future__ import annotations

from typing import Any

_NOT_CHOSEN = (9_999, 10_007)
"""What langchain and LangGraph set where nobody has chosen a limit."""


def limit_of_steps(graph: Any, setting: int) -> int:
    """The ``recursion_limit`` to run a graph with: its own (``with_config``) where that is lower, else the setting."""
    own = (getattr(graph, "config", None) or {}).get("recursion_limit")
    return setting if own is None or own in _NOT_CHOSEN else min(own, setting)
