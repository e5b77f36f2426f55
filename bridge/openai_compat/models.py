"""The shapes of chat completions, for the API's description. Requests are read by `bridge.openai_compat.requests`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class ChatBody:
    """A request for a chat completion; other parameters of OpenAI's API are served or refused by name."""

    messages: list[ChatMessage]
    model: str | None = None
    stream: bool | None = None
    tools: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """A ``chat.completion``, or one ``chat.completion.chunk`` of a stream."""

    id: str
    object: Literal["chat.completion", "chat.completion.chunk"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CompletionBody:
    """A request to the old completions API."""

    prompt: str | list[str]
    model: str | None = None
    stream: bool | None = None


@dataclass(frozen=True, slots=True)
class CompletionAnswer:
    """A ``text_completion``, whole or one of a stream."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, Any] | None = None
