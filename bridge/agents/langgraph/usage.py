"""What a run's model calls used, summed by provider and model, and how the last one ended. Pure.

Never invented: no report, no usage.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ag_ui.core import TokenUsage, aggregate_token_usage, token_usage_from_langchain_metadata
from langchain_core.messages import AIMessage, AIMessageChunk

from bridge.agents.langgraph.messages import is_refusal


class UsageTally:
    """``add`` each message or chunk that carries ``usage_metadata``; `entries` are AG-UI's ``usage``."""

    def __init__(self) -> None:
        self._entries: list[TokenUsage] = []
        self._refusing: str | None = None
        self._unfinished: set[str] = set()
        self._finished: dict[str, bool] = {}
        self.finish_reason: str | None = None

    @property
    def cut(self) -> bool:
        """Whether an answer broke off: its stream ended, and nothing said how, although its server always does."""
        return bool(self._unfinished)

    def add(self, message: AIMessage, metadata: Mapping[str, Any]) -> None:
        """Count one message or chunk, and note how its model ended (``stop``, ``length``, …)."""
        if _refuses(message):
            self._refusing, self.finish_reason = message.id, "content_filter"
        reason = finish_reason_of(message)
        if reason is not None and (self._refusing is None or message.id != self._refusing):
            self.finish_reason = reason  # after a refusal OpenAI reports a plain stop
        self._follow(message, metadata, reason)
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

    def _follow(self, message: AIMessage, metadata: Mapping[str, Any], reason: str | None) -> None:
        """Note which streams have not said how they ended."""
        if not isinstance(message, AIMessageChunk) or message.id is None or self._finished.get(message.id):
            return
        if reason is not None:
            self._finished[message.id] = True
            self._unfinished.discard(message.id)
        elif message.chunk_position == "last" and _reports_end(message, metadata):
            self._unfinished.add(message.id)

    def entries(self) -> list[dict[str, Any]]:
        """One JSON object for each (provider, model); an empty list when nothing was reported."""
        return [entry.model_dump(mode="json", by_alias=True) for entry in aggregate_token_usage(self._entries)]


_REPORT_ENDS = frozenset(
    (
        *("openai", "azure", "anthropic", "deepseek", "xai", "groq", "mistralai", "mistral", "openrouter"),
        *("google_genai", "google_vertexai", "amazon_bedrock", "bedrock_converse", "ollama"),
    )
)
"""Providers, as LangChain names them, whose streams always say how an answer ended. Of any other nothing is assumed."""


def _reports_end(message: AIMessage, metadata: Mapping[str, Any]) -> bool:
    named = (metadata.get("ls_provider"), message.response_metadata.get("model_provider"))
    return not _REPORT_ENDS.isdisjoint(name for name in named if isinstance(name, str))


def finish_reason_of(message: AIMessage) -> str | None:
    """How the model ended, in OpenAI's words; ``None`` where this message or chunk does not state it."""
    response = message.response_metadata
    if not response:
        return None
    for name in ("finish_reason", "stop_reason", "stopReason", "done_reason"):
        reason = response.get(name)
        if isinstance(reason, str) and reason:
            return _REASONS.get(reason.lower(), reason)
    feedback = response.get("prompt_feedback")  # Gemini: the prompt was refused, and there is no answer at all
    if isinstance(feedback, Mapping) and feedback.get("block_reason"):
        return "content_filter"
    details = response.get("incomplete_details")  # OpenAI's Responses API
    if isinstance(details, Mapping) and isinstance(details.get("reason"), str):
        return _REASONS.get(details["reason"], details["reason"])
    return "stop" if response.get("status") == "completed" else None


def is_closing(message: AIMessage) -> bool:
    """Whether a chunk looks like the end of a message: with its usage, or how its model ended."""
    return (
        bool(message.usage_metadata)
        or getattr(message, "chunk_position", None) == "last"
        or finish_reason_of(message) is not None
    )


def _refuses(message: AIMessage) -> bool:
    if message.additional_kwargs.get("refusal"):
        return True
    return isinstance(message.content, list) and any(is_refusal(block) for block in message.content)


_WORDS = {
    "stop": ("end_turn", "stop_sequence", "complete", "completed", "eos_token", "pause_turn"),
    "length": ("max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"),
    "tool_calls": ("tool_use", "function_call"),
    "content_filter": (
        *("refusal", "content_filtered", "guardrail_intervened"),  # Anthropic, Bedrock
        *("safety", "recitation", "blocklist", "prohibited_content", "spii", "language"),  # Gemini
        *("image_safety", "image_prohibited_content", "image_recitation"),
    ),
}
"""OpenAI's finish reason -> the providers' words for it, in lower case."""

_REASONS = {word: reason for reason, words in _WORDS.items() for word in (reason, *words)}
