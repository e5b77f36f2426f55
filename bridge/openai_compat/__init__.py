"""AG-UI events <-> OpenAI chat-completion chunks."""

from bridge.openai_compat.chunks import AguiToChunks
from bridge.openai_compat.events import ChunksToAgui
from bridge.openai_compat.fold import fold

__all__ = ["AguiToChunks", "ChunksToAgui", "fold"]
