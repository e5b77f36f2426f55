"""Events of a response -> the response. What is not streamed, and what is stored, is the fold of the stream. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.json import joined
from bridge.openai_compat.responses.to_events import ResponseEvent

_WHOLE = frozenset(f"response.{state}" for state in ("created", "queued", "in_progress"))
_LAST = frozenset(f"response.{state}" for state in ("completed", "incomplete", "failed"))


class Fold:
    """``add`` every event; `response` is the object as it is then, finished or not."""

    def __init__(self) -> None:
        self._response: dict[str, Any] = {}
        self._output: list[dict[str, Any]] = []
        self._text: dict[int, list[str]] = {}
        self.over = False

    def add(self, event: ResponseEvent) -> None:
        """Fold one event in."""
        kind = event["type"]
        if kind in _WHOLE:
            self._response = event["response"]
        elif kind in _LAST:
            self._response, self.over = event["response"], True
        elif kind == "response.output_item.added":
            self._output.append(event["item"])
        elif kind == "response.output_item.done":
            self._output[event["output_index"]] = event["item"]
            self._text.pop(event["output_index"], None)
        elif kind.endswith(".delta"):
            self._text.setdefault(event["output_index"], []).append(event["delta"])

    def response(self) -> dict[str, Any]:
        """The response object: with the items that are done, and with what there is of the one that goes on."""
        output = [self._so_far(index, item) for index, item in enumerate(self._output)]
        return {**self._response, "output": output}

    def _so_far(self, index: int, item: dict[str, Any]) -> dict[str, Any]:
        if index not in self._text:
            return item
        text = "".join(map(joined, self._text[index]))
        match item["type"]:
            case "message":
                part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
                return {**item, "content": [part]}
            case "reasoning":
                return {**item, "summary": [{"type": "summary_text", "text": text}]}
            case _:
                return {**item, "arguments": text}


def fold(events: Iterable[ResponseEvent]) -> dict[str, Any]:
    """The response that a stream of events adds up to."""
    folded = Fold()
    for event in events:
        folded.add(event)
    return folded.response()
