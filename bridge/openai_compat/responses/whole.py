"""A response that is sent whole: its items are what the run leaves in the conversation. Pure.

As in a chat (`bridge.openai_compat.whole`): of a failed attempt and its retry it holds the last, of what a node
streamed and a guardrail replaced the replacement. What it holds is decided by the run's last MESSAGES_SNAPSHOT; where
that has none of its messages, as for graphs that stream and store nothing, all of them count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.events.event import Event

_ENDS = {
    "TEXT_MESSAGE": ("TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END", "messageId"),
    "REASONING_MESSAGE": (
        "REASONING_MESSAGE_START",
        "REASONING_MESSAGE_CONTENT",
        "REASONING_MESSAGE_END",
        "messageId",
    ),
    "TOOL_CALL": ("TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END", "toolCallId"),
}
_STEPS = ("START", "CONTENT", "ARGS", "CHUNK", "END")


class WholeItems:
    """``take`` every event; ``events`` are those that count, one message after the other."""

    def __init__(self) -> None:
        self._pieces: dict[tuple[str, str], list[str]] = {}
        self._starts: dict[tuple[str, str], Event] = {}
        self._stored: dict[str, str] = {}
        self._stored_calls: set[str] = set()
        self._last: dict[str, str] = {}
        self._results: list[Event] = []

    def take(self, event: Event) -> bool:
        """Keep a piece of a text, of reasoning or of a call, or the conversation itself; ``False`` for all others."""
        kind = event["type"]
        if kind == "MESSAGES_SNAPSHOT":
            self._see(event["messages"])
            return True
        if kind == "TOOL_CALL_RESULT":
            self._results.append(event)
            return True
        family, _, step = kind.rpartition("_")
        if family not in _ENDS or step not in _STEPS:
            return False
        named = event.get(_ENDS[family][3])
        name = self._last[family] = named if named is not None else self._last.get(family, "")
        key = (family, name)
        if key not in self._pieces:
            self._pieces[key] = []
            self._starts[key] = {k: v for k, v in event.items() if k not in ("type", "delta")}
        if event.get("delta"):
            self._pieces[key].append(event["delta"])
        return True

    def keep(self, message_id: str, delta: str) -> bool:
        """A token; ``False`` where its message is not known yet."""
        pieces = self._pieces.get(("TEXT_MESSAGE", message_id))
        if pieces is None:
            return False
        pieces.append(delta)
        return True

    def _see(self, messages: list[Mapping[str, Any]]) -> None:
        self._stored, self._stored_calls = {}, set()
        for message in messages:
            if message["role"] in ("assistant", "reasoning"):
                self._stored[message["id"]] = str(message.get("content") or "")
                self._stored_calls.update(call["id"] for call in message.get("toolCalls") or ())

    def events(self) -> list[Event]:
        """Start, content and end of each message that counts. Nothing is kept afterwards."""
        found: list[Event] = []
        for key in self._kept():
            start, content, end, field = _ENDS[key[0]]
            text = "".join(self._pieces[key])
            if key[0] != "TOOL_CALL" and self._stored.get(key[1]):
                text = self._stored[key[1]]
            begun = self._starts[key]
            if key[0] == "TOOL_CALL" and "toolCallName" not in begun:
                continue  # its beginning was not seen
            found.append({**begun, "type": start, field: key[1]})
            if text:
                found.append({"type": content, field: key[1], "delta": text})
            found.append({"type": end, field: key[1]})
        found += self._results
        self._pieces, self._starts, self._results = {}, {}, []
        return found

    def _kept(self) -> list[tuple[str, str]]:
        known = {"TEXT_MESSAGE": self._stored, "REASONING_MESSAGE": self._stored, "TOOL_CALL": self._stored_calls}
        counted = {
            family: any(name in known[family] for kind, name in self._pieces if kind == family) for family in known
        }
        return [key for key in self._pieces if key[1] in known[key[0]] or not counted[key[0]]]
