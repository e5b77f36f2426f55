"""What an agent behind the bridge can do, as AG-UI 1.0 names it. Pure."""

from __future__ import annotations

from typing import Any


def capabilities(name: str, description: str) -> dict[str, Any]:
    """An agent's ``AgentCapabilities``, as AG-UI 1.0 names them."""
    return {
        "identity": {"name": name, "type": "langgraph", "description": description},
        "transport": {"streaming": True, "resumable": True},
        "tools": {"supported": True, "clientProvided": True, "parallelCalls": True},
        "state": {"snapshots": True, "deltas": True, "memory": True, "persistentState": True},
        "reasoning": {"supported": True, "streaming": True},
        "humanInTheLoop": {"supported": True, "approvals": True, "interrupts": True},
    }
