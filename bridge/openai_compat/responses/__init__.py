"""AG-UI events -> the events of OpenAI's Responses API."""

from bridge.openai_compat.responses.fold import fold
from bridge.openai_compat.responses.to_events import AguiToResponseEvents

__all__ = ["AguiToResponseEvents", "fold"]
