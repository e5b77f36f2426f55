"""What an agent behind the bridge can do, as AG-UI 1.0 names it. Pure."""

from __future__ import annotations

from typing import Any

from bridge.agents.base import Description


def capabilities(agent: Description) -> dict[str, Any]:
    """An agent's ``AgentCapabilities``, as AG-UI 1.0 names them."""
    return {
        "identity": {"name": agent.name, "type": agent.kind, "description": agent.description},
        "transport": {"streaming": True, "resumable": True},
        "tools": {"supported": True, "clientProvided": True, "parallelCalls": True},
        "state": {"snapshots": True, "deltas": True, "memory": True, "persistentState": True},
        "reasoning": {"supported": True, "streaming": True},
        "humanInTheLoop": {"supported": True, "approvals": True, "interrupts": True},
    }
