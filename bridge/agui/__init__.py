"""LangGraph parts -> AG-UI events, and AG-UI in and out. The translators are pure."""

from bridge.agui.encode import SSEEncoder
from bridge.agui.from_langgraph import STREAM_MODES, LangGraphToAgui
from bridge.agui.lifecycle import OpenEntities
from bridge.agui.verify import IllegalEvent, Verifier

__all__ = ["STREAM_MODES", "IllegalEvent", "LangGraphToAgui", "OpenEntities", "SSEEncoder", "Verifier"]
