"""Chunks -> one chat completion. Non-streaming is the fold of streaming; there is no second path. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bridge.errors import UpstreamFailure, failure_of_code, failure_of_event
from bridge.events.event import Event, is_token
from bridge.json import joined
from bridge.openai_compat.from_chunks import ChunksToAgui
from bridge.openai_compat.to_chunks import AguiToChunks

_REASONING_FIELDS = ("reasoning_content", "reasoning")


class Fold:
    """``add`` every chunk; `completion` is the answer. Raises the `BridgeError` that an error frame stands for."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._text: list[str] = []
        self._reasoning: dict[str, list[str]] = {}
        self._calls: dict[int, dict[str, Any]] = {}
        self._finish_reason: str | None = None
        self._usage: Any = None
        self._events: list[dict[str, Any]] = []
        self._back = ChunksToAgui()

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Fold one chunk in."""
        if chunk.get("error"):
            error = chunk["error"]
            raise failure_of_code(error.get("code"), error["message"])
        if not self._head:
            self._head = {key: chunk[key] for key in ("id", "created", "model") if key in chunk}
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        if "ag_ui" in chunk:
            self._events += self._back.feed(chunk)
        for choice in chunk.get("choices") or []:
            self._delta(choice.get("delta") or {})
            self._finish_reason = choice.get("finish_reason") or self._finish_reason

    def add_event(self, event: Event, translator: AguiToChunks) -> None:
        """Fold in the chunk of one event.

        A token is its text and nothing else: no chunk need be built for it. Proven equal by
        ``tests/openai_compat/test_fold.py``.
        """
        if is_token(event):
            if translator.keep_text(event["messageId"], event["delta"]):
                return
            if translator.plain_text(event["messageId"]):
                self._text.append(event["delta"])
                return
        if event["type"] == "RUN_ERROR":
            raise failure_of_event(event)  # its frame has no place for the seconds to wait
        self.add(translator.feed(event))

    def _delta(self, delta: Mapping[str, Any]) -> None:
        if isinstance(delta.get("content"), str):
            self._text.append(delta["content"])
        for name in _REASONING_FIELDS:
            if isinstance(delta.get(name), str):
                self._reasoning.setdefault(name, []).append(delta[name])
        for piece in delta.get("tool_calls") or []:
            call = self._calls.setdefault(piece["index"], {"id": "", "type": "function", "function": {}})
            call["id"] = piece.get("id") or call["id"]
            function = piece.get("function") or {}
            known = call["function"]
            known["name"] = function.get("name") or known.get("name", "")
            known["arguments"] = known.get("arguments", "") + (function.get("arguments") or "")

    def message(self) -> dict[str, Any]:
        """The assistant's message: ``content`` is null only where there are tool calls and no text."""
        # each delta as it was streamed: half an emoji is U+FFFD there, and the client sends back what it was given
        text = "".join(self._text)
        if joined(text) is not text:
            text = "".join(map(joined, self._text))
        message: dict[str, Any] = {"role": "assistant", "content": text if text or not self._calls else None}
        message["refusal"] = None
        message |= {name: "".join(parts) for name, parts in self._reasoning.items()}
        if self._calls:
            message["tool_calls"] = [call for _, call in sorted(self._calls.items())]
        return message

    def completion(self) -> dict[str, Any]:
        """The ``chat.completion`` object. Raises `UpstreamFailure` where the stream had no finish_reason."""
        if self._finish_reason is None:
            raise UpstreamFailure("The stream ended without a finish_reason.")
        choice = {
            "index": 0,
            "message": self.message(),
            "logprobs": None,
            "finish_reason": self._finish_reason,
        }
        completion = {"object": "chat.completion", **self._head, "choices": [choice]}
        if self._usage is not None:
            completion["usage"] = self._usage
        if self._events:
            completion["ag_ui"] = {"events": self._events}
        return completion


def fold(chunks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The ``chat.completion`` that a stream of chunks adds up to; raises a `BridgeError` at an error frame."""
    folded = Fold()
    for chunk in chunks:
        folded.add(chunk)
    return folded.completion()
