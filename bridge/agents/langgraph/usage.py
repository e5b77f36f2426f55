"""What a run's model calls used, summed by provider and model. Pure.

Never invented: no report, no usage.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ag_ui.core import TokenUsage, aggregate_token_usage, token_usage_from_langchain_metadata
from langchain_core.messages import AIMessage

from bridge.agents.langgraph.ends import Ends


class UsageTally:
    """``add`` each message or chunk that carries ``usage_metadata``; `entries` are AG-UI's ``usage``.

    Attributes:
        ends: how the model calls ended.
    """

    def __init__(self) -> None:
        self._entries: list[TokenUsage] = []
        self.ends = Ends()

    def add(self, message: AIMessage, metadata: Mapping[str, Any]) -> None:
        """Count one message or chunk, and note how its model ended."""
        self.ends.add(message, metadata)
        if not message.usage_metadata:
            return
        response = message.response_metadata
        model = response.get("model_name") or response.get("model") or metadata.get("ls_model_name")
        entry = token_usage_from_langchain_metadata(
            message.usage_metadata,
            provider=metadata.get("ls_provider") or response.get("model_provider"),
            model=model if isinstance(model, str) else None,
        )
        if entry is not None:
            self._entries.append(entry)

    def entries(self) -> list[dict[str, Any]]:
        """One JSON object for each (provider, model); an empty list when nothing was reported."""
        return [entry.model_dump(mode="json", by_alias=True) for entry in aggregate_token_usage(self._entries)]
