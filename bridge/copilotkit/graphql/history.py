"""AG-UI messages -> the list that a page keeps: one entry each text, call, result and image. Pure.

A page tells entries apart by the keys they have: ``content``, ``arguments``, ``result``, ``format`` and ``bytes``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from bridge.events.interrupts import Interrupt, asked_first
from bridge.events.messages import plain_content
from bridge.json import JSONDecodeError, loads

Entry: TypeAlias = dict[str, Any]
"""One entry of a page's history, as its JSON object."""

QUESTION = "interrupt:"
"""Prefix of the id of an entry that is no message: the question that waits for an answer, in words."""

IMAGE = ":image:"
"""In the id of an image that is part of another message."""

_FORMATS = ("jpeg", "png", "webp", "gif")  # a page throws on any other
PENDING = {"code": "Pending"}


def is_made_here(entry_id: str) -> bool:
    """Whether an entry of this id is of no message of its own, and says nothing when it comes back."""
    return entry_id.startswith(QUESTION) or IMAGE in entry_id


def entries_of(messages: Sequence[Mapping[str, Any]], *, waiting: Collection[str] | None = None) -> list[Entry]:
    """The history. System messages, reasoning and activities are no part of it.

    ``waiting``: names of the tools that the page runs; given, calls of other tools without a result are pending, and
    the page leaves them alone.
    """
    answered = {message["toolCallId"] for message in messages if message["role"] == "tool"}
    names: dict[str, str] = {}
    entries: list[Entry] = []
    for message in messages:
        match message["role"]:
            case "user":
                entries += _of_user(message)
            case "assistant":
                text = _text(message.get("content"))
                if text:
                    entries.append({"id": message["id"], "role": "assistant", "content": text})
                for call in message.get("toolCalls") or ():
                    entry = _call(call, message["id"])
                    names[entry["id"]] = entry["name"]
                    if waiting is not None and entry["id"] not in answered and entry["name"] not in waiting:
                        entry["status"] = PENDING
                    entries.append(entry)
            case "tool":
                call_id = message["toolCallId"]
                result = plain_content(message["content"])
                entries.append(
                    {
                        "id": message["id"],
                        "actionExecutionId": call_id,
                        "actionName": names.get(call_id, ""),
                        "result": result,
                    }
                )
            case _:
                pass
    return entries


def question_of(interrupts: Sequence[Interrupt]) -> list[Entry]:
    """The question that waits, as a text of the agent: a reloaded page has no other way to learn of it."""
    if not interrupts:
        return []
    asked = asked_first(interrupts)
    message = asked.get("message")
    if not isinstance(message, str) or not message:
        return []
    return [{"id": f"{QUESTION}{asked['id']}", "role": "assistant", "content": message}]


def _of_user(message: Mapping[str, Any]) -> list[Entry]:
    content = message.get("content")
    text = _text(content)
    images = [image for part in content if (image := _image(part)) is not None] if isinstance(content, list) else []
    entries: list[Entry] = [{"id": message["id"], "role": "user", "content": text}] if text or not images else []
    for number, image in enumerate(images):
        identity = message["id"] if not entries else f"{message['id']}{IMAGE}{number}"
        entries.append({"id": identity, "role": "user", **image})
    return entries


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if part.get("type") == "text")
    return content if isinstance(content, str) else ""


def _image(part: Mapping[str, Any]) -> dict[str, Any] | None:
    source = part.get("source") or {}
    kind = str(source.get("mimeType") or "").removeprefix("image/")
    if part.get("type") != "image" or source.get("type") != "data" or kind not in _FORMATS or not source.get("value"):
        return None
    return {"format": kind, "bytes": source["value"]}


def _call(call: Mapping[str, Any], message_id: str) -> Entry:
    function = call["function"]
    return {
        "id": call["id"],
        "name": function["name"],
        "arguments": _arguments(function.get("arguments")),
        "parentMessageId": message_id,
    }


def _arguments(text: Any) -> Mapping[str, Any]:
    try:
        value = loads(text or "{}")
    except JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
