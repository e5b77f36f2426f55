"""LangGraph parts -> AG-UI events, and AG-UI in and out. The translators are pure."""

from bridge.agents.langgraph.translate import STREAM_MODES, LangGraphToAgui
from bridge.agui.encode import SSEEncoder
from bridge.events.lifecycle import OpenEntities
from bridge.events.verify import IllegalEvent, Verifier

__all__ = ["STREAM_MODES", "IllegalEvent", "LangGraphToAgui", "OpenEntities", "SSEEncoder", "Verifier"]
