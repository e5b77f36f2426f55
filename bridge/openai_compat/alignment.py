"""What of an OpenAI history a thread has, by content: over OpenAI messages have no ids. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.errors import InvalidRequest
from bridge.openai_compat.fingerprint import Digests, split
from bridge.openai_compat.one_by_one import SEPARATOR
from bridge.openai_compat.to_chunks import INTERRUPT_TOOL

Message = Mapping[str, Any]


def align(sent: Sequence[dict[str, Any]], known: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages to run with in a thread that has the ``known`` ones.

    Only what is new, where the history sent ends as the thread does, or is none of it: some clients send what is new
    alone. Else with the thread's own messages up to where the history leaves it, by which an agent knows an edit or a
    wish for another answer.
    """
    earlier, new = split(sent)
    kept = _kept(earlier, new, known)
    if kept is None:
        return new
    count, place = kept
    rest = list(sent[count:])
    return rest if place == len(known) else [*map(dict, known[:place]), *rest]


def _kept(
    earlier: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]], known: Sequence[dict[str, Any]]
) -> tuple[int, int] | None:
    """How many messages of the history the thread has, and how many of the thread's those are."""
    theirs = list(_turns(known))
    if not earlier:
        first = theirs[0] if len(theirs) == 1 else None
        same = first is not None and len(new) == 1 and first[0] + 1 < len(known) and _same(new[0], known[first[0]])
        return (1, first[0] + 1) if same and first is not None else None
    mine = list(_turns(earlier))
    start = _start(earlier, mine, known, theirs)
    if start is None:
        return None
    count, place = mine[0][0], theirs[start][0]
    for (begin, end), (there, after) in zip(mine, theirs[start:], strict=False):
        if not _same(earlier[begin], known[there]):
            break
        if not _answers(earlier[begin + 1 : end], known[there + 1 : after]):
            count, place = begin + 1, there + 1  # an answer was edited: the question stays
            break
        count, place = end, after
    return (count, place) if count > mine[0][0] or place > theirs[start][0] else None


def _turns(messages: Sequence[Message]) -> Iterator[tuple[int, int]]:
    """Where each user's message is, and where the next one."""
    places = [place for place, message in enumerate(messages) if message["role"] == "user"]
    return zip(places, [*places[1:], len(messages)], strict=False)  # no place: no turn


def _start(
    earlier: Sequence[dict[str, Any]],
    mine: Sequence[tuple[int, int]],
    known: Sequence[dict[str, Any]],
    theirs: Sequence[tuple[int, int]],
) -> int | None:
    """The turn of the thread that the history begins with: the first one, or where a window over it begins."""
    if not mine or not theirs:
        return None
    places = [turn for turn, (there, _) in enumerate(theirs) if _same(earlier[mine[0][0]], known[there])]
    if not places or places[0] == 0:
        return places[0] if places else None
    return places[-1]


def _same(one: Message, other: Message) -> bool:
    return Digests([one]).history() == Digests([other]).history()


def _answers(mine: Sequence[Message], theirs: Sequence[Message]) -> bool:
    """Whether the client's answer is the thread's: a client has one message where the thread has several."""
    texts = [_text(message) for message in theirs if message["role"] == "assistant" and message.get("content")]
    answer = SEPARATOR.join(_text(message) for message in mine if message["role"] == "assistant" if _text(message))
    return answer == SEPARATOR.join(texts).strip() or (bool(texts) and answer == texts[-1])


def _text(message: Message) -> str:
    content = message.get("content") or ""
    return content.strip() if isinstance(content, str) else ""


def unsaved(answer: Message, known: Sequence[Message], *, whole: bool) -> list[dict[str, Any]] | None:
    """What the thread does not have of an answer whose stream broke off, as a message; ``None``: it is another answer.

    ``whole``: the thread has the answer to its end, and the client perhaps its beginning.
    """
    texts: list[str] = []
    for message in reversed(known):
        if message["role"] == "user":
            break
        if message["role"] == "assistant" and _text(message):
            texts.insert(0, _text(message))
    mine = _text(answer)
    for first in range(len(texts)):
        stored = SEPARATOR.join(texts[first:])
        if mine.startswith(stored):
            left = mine[len(stored) :].strip()
            return [{"id": answer["id"], "role": "assistant", "content": left}] if left else []
        if stored.startswith(mine) and mine:
            return []
    if whole or (texts and known[-1]["role"] == "assistant"):
        return None
    return [{"id": answer["id"], "role": "assistant", "content": mine}] if mine else []


def without_questions(messages: Sequence[dict[str, Any]], history: Sequence[Message]) -> list[dict[str, Any]]:
    """The messages as an agent is given them: less the calls of the tool ``interrupt``, and the answers to these.

    The calls are the bridge's own: a thread holds none of them, its model has no such tool, and providers refuse a call
    that nobody has answered. ``history`` is the whole that the messages are of: an answer's call may be before them.
    """
    asked = {
        call["id"]
        for message in history
        for call in message.get("toolCalls") or ()
        if call["function"]["name"] == INTERRUPT_TOOL
    }
    if not asked:
        return list(messages)
    kept: list[dict[str, Any]] = []
    for message in messages:
        if message["role"] == "tool" and message["toolCallId"] in asked:
            continue
        calls = message.get("toolCalls") or []
        left = [call for call in calls if call["id"] not in asked]
        if len(left) == len(calls):
            kept.append(message)
        elif left or message.get("content"):
            rest = {key: value for key, value in message.items() if key != "toolCalls"}
            kept.append(rest | ({"toolCalls": left} if left else {}))
    return kept


def check_tool_answers(new: Sequence[Message], known: Sequence[Message]) -> None:
    """Raises `InvalidRequest` that names the calls of an answer which were left out, where others were answered.

    An approval's calls are answered one by one.
    """
    answered = {message["toolCallId"] for message in (*known, *new) if message["role"] == "tool"}
    for message in reversed([*known, *new]):
        if message["role"] == "assistant" and message.get("toolCalls"):
            calls = [call["id"] for call in message["toolCalls"] if call["function"]["name"] != INTERRUPT_TOOL]
            missing = [call for call in calls if call not in answered]
            sent = {other["toolCallId"] for other in new if other["role"] == "tool"}
            if missing and sent.intersection(calls):
                names = ", ".join(f"'{call}'" for call in missing)
                raise InvalidRequest(f"The answers to these tool calls are missing: {names}.", param="messages")
            return
