"""Which thread an OpenAI request belongs to. OpenAI clients send the whole history each time and no thread. Pure.

A fingerprint of the messages up to and including the last assistant message is stored when a turn ends; a
history that begins with them comes from that turn. System prompts do not count: some clients write the time into them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from bridge.json import dumps_unescaped


def split(messages: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What was said up to the last assistant message, and what is new after it."""
    for index in range(len(messages) - 1, -1, -1):
        if messages[index]["role"] == "assistant":
            return list(messages[: index + 1]), list(messages[index + 1 :])
    return [], list(messages)


def fingerprint(messages: Sequence[Mapping[str, Any]]) -> str:
    """A name for a history: the same for the same words, whatever the ids of its messages."""
    said = [_heard(message) for message in messages if message["role"] not in ("system", "developer")]
    return hashlib.sha256(dumps_unescaped(said)).hexdigest()


def _heard(message: Mapping[str, Any]) -> list[Any]:
    content = message.get("content") or ""
    if isinstance(content, str):
        content = content.strip()
    calls = [
        [call["id"], call["function"]["name"], call["function"]["arguments"]] for call in message.get("toolCalls") or []
    ]
    return [message["role"], content, calls, message.get("toolCallId")]


def answer_message(completion_message: Mapping[str, Any]) -> dict[str, Any]:
    """The assistant's message of a completion, as it comes back in the next request."""
    said: dict[str, Any] = {"id": "answer", "role": "assistant", "content": completion_message.get("content")}
    if completion_message.get("tool_calls"):
        said["toolCalls"] = completion_message["tool_calls"]
    return said
