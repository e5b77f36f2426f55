"""Messages as a remote graph yields them: dicts instead of LangChain objects. Parsed once, here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    convert_to_messages,
)

_DUMPED: dict[str, type[BaseMessage]] = {
    "ai": AIMessage,
    "human": HumanMessage,
    "system": SystemMessage,
    "tool": ToolMessage,
}
"""What LangChain dumps, by its ``type``; other dicts are a provider's or a person's own."""


def as_message(item: Any) -> BaseMessage:
    """The LangChain message for what a part holds: itself, or built from a ``RemoteGraph``'s dict.

    Raises ``ValueError`` or ``TypeError`` for what is neither.
    """
    if isinstance(item, BaseMessage):
        return item
    if not isinstance(item, Mapping):
        raise TypeError(f"a message was expected, not {type(item).__name__}")
    fields = dict(item)
    if fields.get("type") in _DUMPED:
        # not by `convert_to_messages`, which puts usage and invalid calls where nobody looks for them
        return _DUMPED[fields.pop("type")](**fields)
    kind = fields.pop("type", None) or fields.get("role")
    if kind == "AIMessageChunk":
        # `tool_calls` are derived from `tool_call_chunks`; given both, LangChain keeps the derived ones
        fields.pop("tool_calls", None)
        fields.pop("invalid_tool_calls", None)
        return AIMessageChunk(**fields)
    fields.pop("role", None)
    name = str(kind).removesuffix("MessageChunk").removesuffix("Message").lower()
    return convert_to_messages([{"role": name, **fields}])[0]


def as_conversation(value: Any) -> list[BaseMessage] | None:
    """The messages that a state value is; ``None`` where it is something else, which a state may well hold."""
    if not isinstance(value, list):
        return None
    if all(issubclass(kind, BaseMessage) for kind in set(map(type, value))):
        return list(value)  # by its few types: of a long conversation this is asked at every step
    try:
        return [as_message(item) for item in value]
    except Exception:  # LangChain's classes raise what they like, a KeyError for a tool's answer without its call
        return None
