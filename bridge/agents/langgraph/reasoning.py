"""What a model thought, out of the places where providers' packages put it. Pure.

Content blocks (``reasoning``, ``thinking``, Bedrock's ``reasoning_content``, the summary parts of OpenAI's Responses
API) or ``additional_kwargs`` (DeepSeek, Ollama). A thought may come in several parts; they are separated by a blank
line, the same in a stream and in a whole message: `ReasoningJoiner` reads both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langchain_core.messages import BaseMessage

SEPARATOR = "\n\n"
_KINDS = ("reasoning", "thinking", "reasoning_content")


class ReasoningJoiner:
    """``feed(block) -> delta``: the reasoning in one content block, with what separates it from the part before."""

    __slots__ = ("_any", "_interrupted", "_part")

    def __init__(self) -> None:
        self._any = False
        self._interrupted = False
        self._part: Any = None

    def interrupt(self) -> None:
        """Something else than reasoning came; what is thought after it is another part."""
        self._interrupted = self._any

    def feed(self, block: Any) -> str:
        """The delta of one block; an empty string where it holds no reasoning."""
        return "".join(self.add(part, text) for part, text in _parts_of(block))

    def add(self, part: Any, text: str) -> str:
        """The delta of a piece of text of this part."""
        if not text:
            return ""
        other = self._interrupted or (part is not None and self._part is not None and part != self._part)
        separator = SEPARATOR if self._any and other else ""
        self._any, self._interrupted, self._part = True, False, part
        return separator + text


def reasoning_text(message: BaseMessage) -> str:
    """What the model thought, of a whole message or a chunk."""
    thought = ""
    if isinstance(message.content, list):
        joiner = ReasoningJoiner()
        pieces = []
        for block in message.content:
            piece = joiner.feed(block)
            if not piece and _is_text(block):
                joiner.interrupt()
            pieces.append(piece)
        thought = "".join(pieces)
    return thought or reasoning_in_kwargs(message, ReasoningJoiner())


def has_reasoning(content: Any) -> bool:
    """Whether one of a message's content blocks is reasoning."""
    return isinstance(content, list) and any(
        isinstance(block, Mapping) and block.get("type") in _KINDS for block in content
    )


def reasoning_in_kwargs(message: BaseMessage, joiner: ReasoningJoiner) -> str:
    """What is kept beside the content: ``reasoning_content``, or ``reasoning`` as text or as a block."""
    if not message.additional_kwargs:
        return ""
    for name in ("reasoning_content", "reasoning"):
        held = message.additional_kwargs.get(name)
        if isinstance(held, str):
            return joiner.add(None, held)
        if isinstance(held, Mapping):
            return joiner.feed({"type": "reasoning", **held})
    return ""


def _is_text(block: Any) -> bool:
    return isinstance(block, str) or (isinstance(block, Mapping) and bool(block.get("text") or block.get("refusal")))


def _parts_of(block: Any) -> Iterator[tuple[Any, str]]:
    """The parts of a block's reasoning: a key that tells parts apart (``None``: unknown), and the text."""
    if not isinstance(block, Mapping) or block.get("type") not in _KINDS:
        return
    key = block.get("index") if block.get("index") is not None else block.get("id")
    for name in ("reasoning", "thinking", "text", "reasoning_content"):
        held = block.get(name)
        if isinstance(held, Mapping):  # Bedrock Converse: {"text": …, "signature": …}
            held = held.get("text")
        if isinstance(held, str):
            yield key, held
            return
    summary = block.get("summary")  # OpenAI's Responses API
    for position, item in enumerate(summary if isinstance(summary, list) else ()):
        if isinstance(item, Mapping):
            yield (key, item.get("index", position)), str(item.get("text") or "")
