"""The server's tools as text, for people who want to see what their agent does. Pure.

An OpenAI client runs any call that it is sent, so the calls of the server's own tools are not sent to it. Where a
client asks for them, each call becomes a piece of text when its result is there: a block that Open WebUI folds
(``<details type="tool_calls" …>``, as its documentation for pipes has it), or a piece of reasoning, which others fold.

The text is for the eye alone. It must not come back with the history, neither to the model nor into a fingerprint. Open
WebUI sends a block back as it was, or the block's result in its place, quoted or not. So the result stands between
two marks that nobody sees, and `without_shown_tools` takes out what stands between them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Literal, TypeAlias

from bridge.events.event import Event
from bridge.json import JSONDecodeError, dumps, loads
from bridge.openai_compat.one_by_one import SEPARATOR

Form: TypeAlias = Literal["details", "reasoning"]
"""A block, or a piece of reasoning."""

_OPEN, _CLOSE = "\u2063\u2064", "\u2064\u2063"  # invisible separator, invisible plus
_MOST = 16_384  # characters of a result, and of arguments, that are shown
_CALLS = 1_000  # calls whose arguments are kept until their results come

_BLOCK, _BLOCK_END = '<details type="tool_calls"', "</details>"
_QUOTES = ('"', "&quot;")


class ShownTools:
    """``start`` and ``add`` collect a call, ``text`` is what is shown of it when its result has come."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._calls: dict[str, tuple[str, list[str]]] = {}

    def start(self, call_id: str, name: str, arguments: str = "") -> None:
        """A call of a server's tool begins."""
        if len(self._calls) < _CALLS:
            self._calls[call_id] = (name, [arguments])

    def add(self, call_id: str, delta: str) -> None:
        """A piece of its arguments; of a call that is not the server's nothing is kept."""
        if call_id in self._calls:
            self._calls[call_id][1].append(delta)

    def text(self, event: Event) -> str:
        """What a TOOL_CALL_RESULT shows; empty where its call was not seen."""
        name, pieces = self._calls.pop(event["toolCallId"], ("", []))
        if not name:
            return ""
        arguments, result = _readable("".join(pieces)), _cut(_words(event.get("content")))
        if self.form == "reasoning":
            return f"{name} {arguments}\n→ {result}"
        marked = dumps(f"{_OPEN}{result}{_CLOSE}").decode()
        attributes = {"id": event["toolCallId"], "name": name, "arguments": arguments, "result": marked}
        written = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
        return f'<details type="tool_calls" done="true" {written}>\n<summary>Tool Executed</summary>\n</details>'


def without_shown_tools(content: Any) -> Any:
    """An assistant's content as a client sends it, less what `ShownTools` put into it.

    What stood before a block and what stood behind it are two messages of one answer, as they are without the block.
    """
    if isinstance(content, list):
        return [
            {**part, "text": without_shown_tools(part["text"])} if part.get("type") == "text" else part
            for part in content
        ]
    if not isinstance(content, str) or _OPEN not in content:
        return content
    return SEPARATOR.join(piece for piece in map(str.strip, _between(content)) if piece)


def _between(content: str) -> Iterator[str]:
    """The pieces of text around what is shown. Each character is looked at a few times at most, whoever sent them."""
    end = 0
    while (mark := content.find(_OPEN, end)) >= 0 and (close := content.find(_CLOSE, mark)) >= 0:
        block = content.rfind(_BLOCK, end, mark)
        if block >= 0 and content.find(">", block, mark) < 0:
            yield content[end:block]
            after = content.find(_BLOCK_END, close)
            end = len(content) if after < 0 else after + len(_BLOCK_END)
        else:
            yield _without_quotes(content[end:mark], str.endswith, str.removesuffix)
            end = close + len(_CLOSE)
            rest = content[end : end + 2 * max(map(len, _QUOTES))]
            end += len(rest) - len(_without_quotes(rest, str.startswith, str.removeprefix))
    yield content[end:]


def _without_quotes(text: str, has: Callable[[str, str], bool], take: Callable[[str, str], str]) -> str:
    """Less the quotes at one end, which a client may have put around a result: its own, and those of the JSON."""
    for _ in _QUOTES:
        text = next((take(text, quote) for quote in _QUOTES if has(text, quote)), text)
    return text


def _words(content: Any) -> str:
    """A result as text: AG-UI 1.0 has strings or parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(
        str(part["text"]) if part.get("type") == "text" else f"[{part.get('type')}]"
        for part in parts
        if isinstance(part, dict)
    )


def _readable(arguments: str) -> str:
    """Arguments with their letters as they are: LangChain writes Cyrillic ones as escapes."""
    if len(arguments) <= 6 * _MOST:  # an escape has six characters
        with suppress(JSONDecodeError):
            arguments = dumps(loads(arguments or "{}")).decode()
    return _cut(arguments)


def _cut(text: str) -> str:
    text = re.sub("[\u2063\u2064]", "", text)
    return text if len(text) <= _MOST else text[:_MOST] + "…"
