"""An answer that is sent whole: its text is what the run leaves in the conversation. Pure.

A stream cannot take back what it sent. A whole answer can: of a failed attempt and its retry it holds the last, of what
a node streamed and a guardrail replaced the replacement. So texts, thoughts and calls are collected, and the run's last
MESSAGES_SNAPSHOT decides. Where it holds none of them, as for graphs that stream and store nothing, all of them count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from bridge.openai_compat.one_by_one import SEPARATOR


class WholeAnswer:
    """``add_text``, ``add_thought`` and ``add_call`` collect; `text`, `thoughts` and `calls` are the answer's."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self._thoughts: dict[str, list[str]] = {}
        self._calls: dict[str, dict[str, Any]] = {}
        self._stored: dict[str, str] = {}
        self._stored_calls: set[str] = set()
        self._shown: set[str] = set()

    def show(self, name: str, text: str, *, as_thought: bool) -> None:
        """A text of its own, in its place among the texts or the thoughts; no conversation holds it."""
        self._shown.add(name)
        (self.add_thought if as_thought else self.add_text)(name, text)

    def add_text(self, message_id: str, delta: str) -> None:
        """Append a piece to a message's text; the first piece fixes the message's place in the answer."""
        self._texts.setdefault(message_id, []).append(delta)

    def add_thought(self, message_id: str, delta: str) -> None:
        """Append a piece to a message's reasoning."""
        self._thoughts.setdefault(message_id, []).append(delta)

    def add_call(self, call_id: str, delta: Mapping[str, Any]) -> None:
        """A delta of a client's tool call."""
        [piece] = delta.get("tool_calls") or [{}]
        if not piece:
            return
        call = self._calls.setdefault(
            call_id, {"id": call_id, "type": "function", "function": {"name": "", "arguments": ""}}
        )
        function, added = call["function"], piece["function"]
        function["name"] = added.get("name") or function["name"]
        function["arguments"] += added.get("arguments") or ""

    def see_snapshot(self, messages: Iterable[Mapping[str, Any]]) -> None:
        """The conversation as it is stored now."""
        self._stored, self._stored_calls = {}, set()
        for message in messages:
            if message["role"] in ("assistant", "reasoning"):
                self._stored[message["id"]] = str(message.get("content") or "")
                self._stored_calls.update(call["id"] for call in message.get("toolCalls") or ())

    def text(self) -> str:
        """The texts that the run leaves in the conversation, joined; all texts where it stores none."""
        return self._joined(self._texts)

    @property
    def spoken(self) -> bool:
        """Whether `text` has anything but what is shown of tools."""
        kept = _kept(list(self._texts), self._stored)
        return any(self._stored.get(name) or any(self._texts[name]) for name in kept if name not in self._shown)

    def thoughts(self) -> str:
        """The reasoning, chosen and joined as `text` is."""
        return self._joined(self._thoughts)

    def calls(self) -> list[dict[str, Any]]:
        """Its calls of the client's tools, numbered."""
        kept = _kept(list(self._calls), self._stored_calls)
        return [{"index": index, **self._calls[call_id]} for index, call_id in enumerate(kept)]

    def _joined(self, pieces: Mapping[str, list[str]]) -> str:
        kept = _kept(list(pieces), self._stored, self._shown)
        texts = [self._stored[name] if name in self._stored else "".join(pieces[name]) for name in kept]
        return SEPARATOR.join(text for text in texts if text)


def _kept(names: Sequence[str], stored: Collection[str], shown: Collection[str] = ()) -> Sequence[str]:
    """Those that are stored, in their order; all, where none is. Those that are ``shown`` in any case."""
    if not any(name in stored for name in names):
        return names
    return [name for name in names if name in stored or name in shown]
