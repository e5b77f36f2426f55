"""The bridge between LangGraph agents and the chat clients people already have.

The names are imported when they are first used: a graph that imports `bridge.langchain` does not load the server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge.agui import LangGraphToAgui, Verifier
    from bridge.app import create_app
    from bridge.errors import BridgeError
    from bridge.openai_compat import AguiToChunks, ChunksToAgui, fold
    from bridge.runs.request import Principal
    from bridge.settings import Settings
    from bridge.web.runtime_context import ContextRequest

__all__ = [
    "AguiToChunks",
    "BridgeError",
    "ChunksToAgui",
    "ContextRequest",
    "LangGraphToAgui",
    "Principal",
    "Settings",
    "Verifier",
    "create_app",
    "fold",
]

_HOMES = {
    "AguiToChunks": "bridge.openai_compat",
    "BridgeError": "bridge.errors",
    "ChunksToAgui": "bridge.openai_compat",
    "ContextRequest": "bridge.web.runtime_context",
    "LangGraphToAgui": "bridge.agui",
    "Principal": "bridge.runs.request",
    "Settings": "bridge.settings",
    "Verifier": "bridge.agui",
    "create_app": "bridge.app",
    "fold": "bridge.openai_compat",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'bridge' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
