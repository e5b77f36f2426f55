"""The runtime's description of itself: ``/info``. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from bridge.agents.base import Description
from bridge.agents.catalog import DEFAULT_AGENT
from bridge.agui.capabilities import capabilities


def describe(agents: Sequence[Description]) -> dict[str, Any]:
    """The ``/info`` document.

    A page whose agent id (``default``, unless it says otherwise) is not among ``agents`` dies: the first agent is
    there under its own name and as ``default``.
    """
    named = {agent.name: _entry(agent) for agent in agents}
    named.setdefault(DEFAULT_AGENT, _entry(agents[0]))
    threads = {"list": True, "inspect": True, "mutations": True, "realtimeMetadata": False}
    return {
        "version": version("agent-bridge"),
        "agents": named,
        "audioFileTranscriptionEnabled": False,
        "mode": "sse",
        "threadEndpoints": threads,
        "singleRoute": {"resourceOperations": True, "threadEndpoints": threads},
        "suggestions": True,
        "a2uiEnabled": False,
        "openGenerativeUIEnabled": False,
        "telemetryDisabled": True,
    }


def _entry(agent: Description) -> dict[str, Any]:
    return {
        "name": agent.name,
        "description": agent.description,
        "className": "LangGraphAgent",
        "capabilities": capabilities(agent),
    }
