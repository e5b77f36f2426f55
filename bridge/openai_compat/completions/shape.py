"""A chat's chunk or completion -> that of the old completions API. Pure: one chunk, one chunk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.events.event import Event
from bridge.json import dumps_unescaped
from bridge.openai_compat.encode import ChunkEncoder
from bridge.web import sse


def as_text(chunk: Mapping[str, Any]) -> dict[str, Any]:
    """A ``text_completion`` of a chunk or of a completion; an error frame as it is. Reasoning has no place in one."""
    if "error" in chunk:
        return dict(chunk)
    identity = str(chunk["id"]).replace("chatcmpl-", "cmpl-", 1)
    made = {**chunk, "id": identity, "object": "text_completion"}
    made["choices"] = [
        {
            "text": (choice.get("delta") or choice.get("message") or {}).get("content") or "",
            "index": choice["index"],
            "logprobs": None,
            "finish_reason": choice["finish_reason"],
        }
        for choice in chunk["choices"]
    ]
    return made


class TextEncoder(ChunkEncoder):
    """The chunks of a stream, each as a ``text_completion``."""

    def _frame(self, event: Event) -> bytes:
        chunk = self._translator.feed(event)
        self._failed = "error" in chunk
        return sse.frame(dumps_unescaped(as_text(chunk)))

    def _last(self) -> list[dict[str, Any]]:
        return [as_text(chunk) for chunk in super()._last()]
