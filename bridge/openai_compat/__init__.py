"""AG-UI events <-> OpenAI chat-completion chunks."""

from bridge.openai_compat.fold import fold
from bridge.openai_compat.from_chunks import ChunksToAgui
from bridge.openai_compat.to_chunks import AguiToChunks

__all__ = ["AguiToChunks", "ChunksToAgui", "fold"]
