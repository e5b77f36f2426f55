"""The bridge between LangGraph agents and the chat clients people already have."""

from bridge.agui import LangGraphToAgui, Verifier
from bridge.app import create_app
from bridge.errors import BridgeError
from bridge.openai_compat import AguiToChunks, ChunksToAgui, fold
from bridge.runs.request import Principal
from bridge.settings import Settings

__all__ = [
    "AguiToChunks",
    "BridgeError",
    "ChunksToAgui",
    "LangGraphToAgui",
    "Principal",
    "Settings",
    "Verifier",
    "create_app",
    "fold",
]
