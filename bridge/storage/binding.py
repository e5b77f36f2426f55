"""What is given to be served -> an agent, with a place for its conversations."""

from __future__ import annotations

from typing import Any

from bridge.agents.base import Agent
from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.settings import Settings
from bridge.storage.base import Storage


def bound(name: str, given: Any, storage: Storage, settings: Settings) -> Agent:
    """A compiled graph as an agent whose conversations are kept in this storage."""
    return LangGraphAgent(
        name,
        given,
        checkpointer=storage.checkpointer,
        hidden=settings.hidden,
        state_allow=settings.state_allow,
        recursion_limit=settings.recursion_limit,
    )
