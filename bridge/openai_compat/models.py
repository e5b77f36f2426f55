"""The shapes of chat completions, for the API's description. Requests are read by `bridge.openai_compat.requests`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class ChatMessage(TypedDict):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: NotRequired[str | list[dict[str, Any]] | None]
    tool_calls: NotRequired[list[dict[str, Any]]]
    tool_call_id: NotRequired[str]


class ChatBody(TypedDict):
    """A request for a chat completion; other parameters of OpenAI's API are served or refused by name."""

    messages: list[ChatMessage]
    model: NotRequired[str]
    stream: NotRequired[bool]
    tools: NotRequired[list[dict[str, Any]]]


class ChatAnswer(TypedDict):
    """A ``chat.completion``, or one ``chat.completion.chunk`` of a stream."""

    id: str
    object: Literal["chat.completion", "chat.completion.chunk"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: NotRequired[dict[str, Any] | None]
