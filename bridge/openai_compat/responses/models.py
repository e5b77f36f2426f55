"""The shapes of the Responses API, for the API's description. Requests are read by `body.py` beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ResponseBody:
    """A request for a response; other parameters of OpenAI's API are served or refused by name."""

    input: str | list[dict[str, Any]] | None = None
    model: str | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: str | dict[str, Any] | None = None
    stream: bool | None = None
    background: bool | None = None
    store: bool | None = None
    tools: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class ResponseObject:
    """A response, as far as all have it; or, of a stream, one event with a ``type`` and a ``sequence_number``."""

    id: str
    object: Literal["response"]
    created_at: int
    status: Literal["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]
    model: str
    output: list[dict[str, Any]]
    error: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was deleted."""

    id: str
    object: str
    deleted: bool


@dataclass(frozen=True, slots=True)
class ItemList:
    """A page of items."""

    object: Literal["list"]
    data: list[dict[str, Any]]
    first_id: str
    last_id: str
    has_more: bool


@dataclass(frozen=True, slots=True)
class InputTokens:
    """How many tokens an input takes, near enough."""

    object: Literal["response.input_tokens"]
    input_tokens: int


@dataclass(frozen=True, slots=True)
class ConversationBody:
    """What a conversation begins with, or its new metadata."""

    items: list[dict[str, Any]] | None = None
    metadata: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ConversationObject:
    """A conversation."""

    id: str
    object: Literal["conversation"]
    created_at: int
    metadata: dict[str, str]
