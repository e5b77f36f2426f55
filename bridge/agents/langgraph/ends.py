"""How a run's model calls ended: which reason counts for the run, and which answers broke off. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langgraph.types import Command

from bridge.agents.langgraph.broken import BROKEN, mark
from bridge.agents.langgraph.messages import is_refusal
from bridge.errors import UpstreamFailure

BROKEN_OFF = "The model's answer broke off before its end."
HALF_CALL = "The model's answer reached its limit of tokens inside a tool call; the tool was not called."


class Ends:
    """``add`` each message or chunk; `finish_reason` is the run's, `broken` whether an answer broke off."""

    def __init__(self) -> None:
        self._refusing: str | None = None
        self._broken: set[str] = set()
        self._ended: set[str] = set()
        self._reasons: dict[str, str] = {}
        self._next_step = False

    @property
    def broken(self) -> bool:
        """Whether an answer broke off: its stream ended, and nothing said how, although its server always does."""
        return bool(self._broken)

    @property
    def finish_reason(self) -> str | None:
        """How the run's answer ended, in OpenAI's words.

        Where several models answered in one step, the one that was filtered, or cut, decides, whichever was the last.
        """
        reasons = list(self._reasons.values())
        worst = next((reason for reason in ("content_filter", "length") if reason in reasons), None)
        return worst or (reasons[-1] if reasons else None)

    def step(self, *, top: bool) -> None:
        """A task begins, of the graph itself (``top``) or below. Raises `UpstreamFailure` on half an answer."""
        self._next_step = self._next_step or top
        if self._broken:
            raise UpstreamFailure(BROKEN_OFF)

    def abandon(self, message_ids: Iterable[str]) -> None:
        """The attempt failed that these messages are from; another one takes its place."""
        self._broken.difference_update(message_ids)

    def add(self, message: AIMessage, metadata: Mapping[str, Any]) -> None:
        """Note how a model ended (``stop``, ``length``, …), or that it did not report it."""
        if _refuses(message):
            self._refusing = message.id
            self._note(metadata, "content_filter")
        reason = finish_reason_of(message)
        if reason is not None and (self._refusing is None or message.id != self._refusing):
            self._note(metadata, reason)  # after a refusal OpenAI reports a plain stop
        identity = message.id
        if identity is None or identity in self._ended:
            return
        if reason is not None:
            self._ended.add(identity)
            self._broken.discard(identity)
            if reason in _FAILED:
                self._broken.add(identity)
        elif _is_last(message) and _reports_end(message, metadata):
            self._broken.add(identity)

    def _note(self, metadata: Mapping[str, Any], reason: str) -> None:
        if self._next_step:
            self._reasons.clear()
            self._next_step = False
        self._reasons[str(metadata.get("langgraph_checkpoint_ns") or "").partition("|")[0]] = reason


def mark_broken(update: Any) -> None:
    """Mark the messages in what a node returned that broke off, before they are stored.

    A stream that its node left by itself has no last chunk, and is not marked.
    """
    for message in _answers(update):
        left = isinstance(message, AIMessageChunk) and message.chunk_position != "last"
        if not left and _cut(message) == BROKEN_OFF:
            mark(message)


def cut_calls(update: Any) -> Iterator[tuple[str, str | None]]:
    """The calls of the messages in what a node returned: their ids, and why they were cut; ``None``: they were not.

    LangChain makes of half the arguments of a call a whole call: no tool may run with them.
    """
    for message in _answers(update):
        if message.tool_calls:
            cut = _cut(message)
            yield from ((str(call["id"]), cut) for call in message.tool_calls)


def _answers(update: Any) -> Iterator[AIMessage]:
    """The messages of models in what a node returned: a message, a state update, a ``Command``, or a list of these."""
    for item in update if isinstance(update, list | tuple) else (update,):
        held = item.update if isinstance(item, Command) else item
        if isinstance(held, AIMessage):
            yield held
        elif isinstance(held, Mapping):
            yield from (message for value in held.values() for message in _in_value(value))
        elif held is not None:
            yield from _in_value(getattr(held, "messages", None))  # a state that is a model or a dataclass


def _in_value(value: Any) -> Iterator[AIMessage]:
    if isinstance(value, AIMessage):
        yield value
    elif isinstance(value, list | tuple) and value and isinstance(value[-1], BaseMessage):
        yield from (message for message in value if isinstance(message, AIMessage))


def _cut(message: AIMessage) -> str | None:
    reason = finish_reason_of(message)
    if reason is None:
        return BROKEN_OFF if _reports_end(message, {}) else None
    return HALF_CALL if reason == "length" else BROKEN_OFF if reason in _FAILED else None


_REPORT_ENDS = frozenset(
    (
        *("openai", "azure", "anthropic", "deepseek", "xai", "groq", "mistralai", "mistral", "openrouter"),
        *("google_genai", "google_vertexai", "amazon_bedrock", "bedrock_converse", "ollama"),
    )
)
"""Providers, as LangChain names them, whose streams always say how an answer ended. Of any other nothing is assumed."""


_FAILED = frozenset(
    (
        *("error", "network_error", "abort", "failed", "cancelled"),  # OpenRouter, Mistral, vLLM, OpenAI's Responses
        *("insufficient_system_resource", "malformed_function_call", "unexpected_tool_call"),  # DeepSeek, Gemini
        *("malformed_model_output", "malformed_tool_use"),  # Bedrock
        BROKEN,
    )
)
"""Reasons that are no end of an answer: the server failed in its middle. In lower case."""


def _is_last(message: AIMessage) -> bool:
    """Whether nothing more comes of a message: the last chunk, or an answer in one piece whose reason is null."""
    if isinstance(message, AIMessageChunk):
        return message.chunk_position == "last"
    return message.response_metadata.get("finish_reason", "") is None


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
            word = reason.lower()
            return word if word in _FAILED else _REASONS.get(word, reason)
    feedback = response.get("prompt_feedback")  # Gemini: the prompt was refused, and there is no answer at all
    if isinstance(feedback, Mapping) and feedback.get("block_reason"):
        return "content_filter"
    details = response.get("incomplete_details")  # OpenAI's Responses API
    if isinstance(details, Mapping) and isinstance(details.get("reason"), str):
        return _REASONS.get(details["reason"], details["reason"])
    status = response.get("status")
    return "stop" if status == "completed" else status if status in ("failed", "cancelled") else None


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
