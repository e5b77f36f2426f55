"""Which turn an OpenAI history comes from. OpenAI clients send the whole history each time and no thread. Pure.

When a turn ends, fingerprints of the history it makes are stored, and a request is looked for by those of its own. A
fingerprint is canonical: it is the same for the same content, however a client writes it (see `_canonical`). System
and developer messages are not part of it: some clients write the time into them.

A history may be known in four ways, the longest known beginning first:

    history    its beginning, up to an assistant message
    last       the last exchange of its beginning, where its client has cut off what came before (`Digests.tail`); or
               a question alone, as a call
    answers    the assistant's messages alone; within one chat, or one thread, only (Open WebUI sends the user's last
               message with what was found in documents, and later without)
    asked      what a turn was asked, up to the user's message: the client has dropped the answer, or has part of it
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bridge.json import JSONDecodeError, dumps_unescaped, loads
from bridge.openai_compat.to_chunks import INTERRUPT_TOOL

INSTRUCTIONS = ("system", "developer")
"""Roles of messages that are no part of the conversation."""

_TAIL = 100  # messages of a history whose digests are kept, so that a part of it is known again
_DIGEST = 12  # hexadecimal digits; a tail is compared with those of one turn, not searched for
_BOUNDARIES = 64  # how many places in a history are looked for, counted from its end

Kind = Literal["history", "last", "answers", "asked"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A turn that a history may come from.

    Attributes:
        fingerprint: what to look for.
        kind: see the module.
        covered: how many of the messages that turn would have; the others are new.
        tail: what the turn's `Digests.tail` has to end with; ``None``: that need not be looked at.
        partial: the last message covered may be the beginning of the turn's answer.
    """

    fingerprint: str
    kind: Kind
    covered: int
    tail: str | None = None
    partial: bool = False


def split(messages: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What came up to the last assistant message, and what is new after it."""
    for index in range(len(messages) - 1, -1, -1):
        if messages[index]["role"] == "assistant":
            return list(messages[: index + 1]), list(messages[index + 1 :])
    return [], list(messages)


def conversation(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages without the system's and the developer's."""
    return [message for message in messages if message["role"] not in INSTRUCTIONS]


def fingerprint(messages: Sequence[Mapping[str, Any]]) -> str:
    """A name for a history: the same for the same content, whatever the ids of its messages."""
    return Digests(messages).history()


class Digests:
    """The messages of a history, in their canonical form.

    An assistant message without content and calls does not count: some clients keep one where an answer failed.
    """

    def __init__(self, messages: Sequence[Mapping[str, Any]]) -> None:
        self._roles: list[str] = []
        self._places: list[int] = []  # of the messages in the history
        self._items: list[bytes] = []
        self._calls: list[bool] = []
        self._asks: list[bool] = []  # a question as a call: its id is of one thread alone
        for place, message in enumerate(messages):
            if message["role"] in INSTRUCTIONS or _is_empty(message):
                continue
            self._roles.append(message["role"])
            self._places.append(place)
            self._items.append(dumps_unescaped(_canonical(message)))
            called = message.get("toolCalls") or ()
            self._calls.append(bool(called))
            self._asks.append(any(call["function"]["name"] == INTERRUPT_TOOL for call in called))

    def history(self) -> str:
        """The fingerprint of the whole."""
        return _named(self._items)

    def remembered(self, *, answered: bool, chat: bool) -> dict[str, str]:
        """Fingerprint -> `tail`, of a turn that made this history. Its last message is the answer if ``answered``.

        ``chat``: also those that count within one chat or thread alone.
        """
        asked = self._items[:-1] if answered else self._items
        known = {f"asked:{_named(asked)}": ""}
        if answered:
            known[self.history()] = ""
            known[f"last:{_named(self._items[self._exchange(len(self._items) - 1) :])}"] = self.tail()
            if chat:
                known[f"answers:{_named(self._answers(len(self._items)))}"] = ""
            if self._asks[-1]:
                known[f"last:{_named(self._items[-1:])}"] = self.tail()
        return known

    def tail(self) -> str:
        """How many messages there are, and digests of the last ones."""
        return f"{len(self._items)}:{_digests(self._items[-_TAIL:])}"

    def candidates(self, *, chat: bool) -> list[Candidate]:
        """The turns that this history may come from, the longest beginning first."""
        whole, answers = _Growing(), _Growing()
        found: list[Candidate] = []
        for index, item in enumerate(self._items):
            whole.add(item)
            if chat and self._roles[index] == "assistant":
                answers.add(item)
            if len(self._items) - index <= 2 * _BOUNDARIES:
                found += self._candidates_at(index, whole.name(), answers.name() if chat else "")
        return sorted(found, key=lambda candidate: (-candidate.covered, _ORDER.index(candidate.kind)))

    def _candidates_at(self, index: int, prefix: str, answers: str) -> Iterator[Candidate]:
        after = index + 1
        if self._roles[index] == "assistant":
            covered = self._places[index] + 1
            yield Candidate(prefix, "history", covered)
            if answers:
                yield Candidate(f"answers:{answers}", "answers", covered)
            exchange = self._items[self._exchange(index) : after]
            if after <= _TAIL and (len(exchange) > 1 or self._asks[index]):
                yield Candidate(f"last:{_named(exchange)}", "last", covered, tail=_digests(self._items[:after]))
        elif after < len(self._items) and self._roles[after] != "tool" and not self._calls[after]:
            partial = self._roles[after] == "assistant"
            if not partial and "assistant" not in self._roles[:after] and "assistant" in self._roles:
                return  # a first question alone: anybody may have asked it, and what came later does not fit its thread
            covered = self._places[after if partial else index] + 1
            yield Candidate(f"asked:{prefix}", "asked", covered, partial=partial)

    def _answers(self, end: int) -> list[bytes]:
        return [item for item, role in zip(self._items[:end], self._roles, strict=False) if role == "assistant"]

    def _exchange(self, index: int) -> int:
        """Where the exchange begins that ends with this assistant message: after the one before."""
        for before in range(index - 1, -1, -1):
            if self._roles[before] == "assistant":
                return before + 1
        return 0


_ORDER: tuple[Kind, ...] = ("history", "answers", "last", "asked")


def continues(tail: str, part: str) -> bool:
    """Whether ``part`` (`Candidate.tail`) is what is left of a longer history of this `Digests.tail`."""
    count, _, digests = tail.partition(":")
    return digests.endswith(part) and int(count or 0) * _DIGEST > len(part)


class _Growing:
    """The name (`_named`) of every beginning of some items, each item looked at once."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256(b"[")
        self._empty = True

    def add(self, item: bytes) -> None:
        """One more."""
        self._digest.update(item if self._empty else b"," + item)
        self._empty = False

    def name(self) -> str:
        """Of those until now."""
        ended = self._digest.copy()
        ended.update(b"]")
        return ended.hexdigest()


def _named(items: Sequence[bytes]) -> str:
    return hashlib.sha256(b"[" + b",".join(items) + b"]").hexdigest()


def _digests(items: Sequence[bytes]) -> str:
    return "".join(hashlib.sha256(item).hexdigest()[:_DIGEST] for item in items)


def _is_empty(message: Mapping[str, Any]) -> bool:
    return message["role"] == "assistant" and not message.get("content") and not message.get("toolCalls")


# The canonical form


def _canonical(message: Mapping[str, Any]) -> list[Any]:
    """Role, content, calls and what is answered; the same for all ways in which clients write the same.

    Clients parse a call's arguments and write them again (ChatOpenAI, LangChain JS, the AI SDK, haystack), and some
    do so with a tool's answer.
    """
    content = _content(message.get("content") or "")
    if message["role"] == "tool" and isinstance(content, str):
        content = _structured(content)
    calls = [
        [call["id"], call["function"]["name"], _arguments(call["function"]["arguments"])]
        for call in message.get("toolCalls") or []
    ]
    return [message["role"], content, calls, message.get("toolCallId")]


def _content(content: Any) -> Any:
    if isinstance(content, str):
        return _text(content)
    parts = [{**part, "text": _text(part["text"])} if part.get("type") == "text" else part for part in content]
    if all(part.get("type") == "text" for part in parts):
        return _text("".join(part["text"] for part in content))
    return parts


def _text(text: str) -> str:
    """With one kind of line end, one empty line at a time, and no white space at the ends of lines and of the whole.

    Who takes a block out of a text (`bridge.openai_compat.shown_tools`) leaves the empty lines around it.
    """
    if "\n" not in text and "\r" not in text:
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    pieces: list[str] = []
    start = 0
    while start <= len(text):  # a piece at a time, up to the end of a line: a text may be millions of lines
        end = text.find("\n", start + _PIECE)
        end = len(text) if end < 0 else end
        pieces.append("\n".join([line.rstrip() for line in text[start:end].split("\n")]))
        start = end + 1
    return _EMPTY_LINES.sub("\n\n", "\n".join(pieces)).strip()


_EMPTY_LINES = re.compile("\n{3,}")
_PIECE = 65_536  # characters


def _arguments(text: str) -> Any:
    try:
        return _by_value(loads(text)) if text.strip() else {}
    except JSONDecodeError:
        return _text(text)


def _structured(text: str) -> Any:
    """A tool's answer that is a JSON object or array, by its value; else its text."""
    if not text.startswith(("{", "[")):
        return text
    try:
        return _by_value(loads(text))
    except JSONDecodeError:
        return text


def _by_value(value: Any) -> Any:
    """Numbers by value: 15.0 is 15. The order of an object's fields does not count: JavaScript moves numbers first."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _by_value(value[key]) for key in sorted(value)}
        case list():
            return [_by_value(item) for item in value]
        case _:
            return value


# Answers


def answer_message(completion_message: Mapping[str, Any]) -> dict[str, Any]:
    """The assistant's message of a completion, as it comes back in the next request."""
    answer: dict[str, Any] = {"id": "answer", "role": "assistant", "content": completion_message.get("content")}
    if completion_message.get("tool_calls"):
        answer["toolCalls"] = completion_message["tool_calls"]
    return answer
