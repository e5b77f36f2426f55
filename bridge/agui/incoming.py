"""Messages as a remote graph yields them: dicts instead of LangChain objects. Parsed once, here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage, ToolMessage, convert_to_messages


def as_message(item: Any) -> BaseMessage:
    """The LangChain message for what a part holds: itself, or built from a ``RemoteGraph``'s dict.

    Raises ``ValueError`` or ``TypeError`` for what is neither.
    """
    if isinstance(item, BaseMessage):
        return item
    if not isinstance(item, Mapping):
        raise TypeError(f"a message was expected, not {type(item).__name__}")
    fields = dict(item)
    kind = fields.pop("type", None) or fields.get("role")
    if kind == "AIMessageChunk":
        # `tool_calls` are derived from `tool_call_chunks`; given both, LangChain keeps the derived ones
        fields.pop("tool_calls", None)
        fields.pop("invalid_tool_calls", None)
        return AIMessageChunk(**fields)
    if kind == "tool":
        return ToolMessage(**{key: value for key, value in fields.items() if key != "role"})
    fields.pop("role", None)
    name = str(kind).removesuffix("MessageChunk").removesuffix("Message").lower()
    return convert_to_messages([{"role": name, **fields}])[0]
