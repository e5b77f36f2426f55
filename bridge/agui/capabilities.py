"""What an agent behind the bridge can do, as AG-UI 1.0 names it. Pure."""

from __future__ import annotations

from typing import Any

from bridge.agents.base import Description


def capabilities(agent: Description) -> dict[str, Any]:
    """An agent's ``AgentCapabilities``, as AG-UI 1.0 names them.

    What the bridge does for any agent. Files reach the agent; what its model makes of them, nobody here knows.
    """
    return {
        "identity": {"name": agent.name, "type": agent.kind, "description": agent.description},
        "transport": {"streaming": True, "resumable": True, "httpBinary": False, "websocket": False},
        "tools": {"supported": True, "clientProvided": True, "parallelCalls": True},
        "state": {"snapshots": True, "deltas": True, "memory": True, "persistentState": True},
        "reasoning": {"supported": True, "streaming": True},
        "multimodal": {"input": {"image": True, "audio": True, "video": True, "pdf": True, "file": True}},
        "humanInTheLoop": {
            "supported": True,
            "approvals": True,
            "approveWithEdits": True,
            "feedback": True,
            "interrupts": True,
        },
    }
