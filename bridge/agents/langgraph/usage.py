"""What a run's model calls used, summed by provider and model. Pure; never invented: no report, no usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ag_ui.core import TokenUsage, aggregate_token_usage, token_usage_from_langchain_metadata
from langchain_core.messages import AIMessage


class UsageTally:
    """``add`` each message or chunk that carries ``usage_metadata``; `entries` are AG-UI's ``usage``."""

    def __init__(self) -> None:
        self._entries: list[TokenUsage] = []
        self.finish_reason: str | None = None

    def add(self, message: AIMessage, metadata: Mapping[str, Any]) -> None:
        """Count one message or chunk, and note how its model ended (``stop``, ``length``, …)."""
        said = message.response_metadata
        reason = said.get("finish_reason") or said.get("stop_reason") or said.get("done_reason")
        if isinstance(reason, str):
            self.finish_reason = _REASONS.get(reason, reason)
        if not message.usage_metadata:
            return
        model = said.get("model_name") or said.get("model") or metadata.get("ls_model_name")
        entry = token_usage_from_langchain_metadata(
            message.usage_metadata,
            provider=metadata.get("ls_provider") or said.get("model_provider"),
            model=model if isinstance(model, str) else None,
        )
        if entry is not None:
            self._entries.append(entry)

    def entries(self) -> list[dict[str, Any]]:
        """One JSON object for each (provider, model); an empty list when nothing was reported."""
        return [entry.model_dump(mode="json", by_alias=True) for entry in aggregate_token_usage(self._entries)]


_REASONS = {"max_tokens": "length", "MAX_TOKENS": "length", "end_turn": "stop", "tool_use": "tool_calls"}
