"""Answers to interrupts among the messages of an OpenAI chat. Pure.

So approval works from any chat window that speaks the OpenAI API: in words, or as a call of the tool ``interrupt``. An
answer that does not parse is asked again, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.events.interrupts import Interrupt, asked_first, ids_of, is_pause, value_of
from bridge.events.json_schema import misfit
from bridge.events.reviews import review_of
from bridge.json import JSONDecodeError, loads
from bridge.openai_compat.questions import as_call, in_words, not_understood, text_of
from bridge.openai_compat.reading import Answer, parse_answer
from bridge.openai_compat.review_answers import parse_review

Entry = dict[str, Any]
"""One entry of AG-UI's ``resume``: interruptId, status, payload."""


def read_answer(text: str, interrupt: Interrupt) -> Answer | None:
    """An answer in words to this interrupt; ``None`` when it does not parse."""
    schema = interrupt.get("responseSchema")
    review = review_of(value_of(interrupt), schema)
    return parse_answer(text, schema) if review is None else parse_review(text, review)


def resume_entries(
    new: Sequence[Mapping[str, Any]], pending: Sequence[Interrupt]
) -> tuple[list[Entry], list[Mapping[str, Any]]]:
    """The answers to pending interrupts among the new messages, and the messages that are none.

    A ``tool`` message with an interrupt's id answers it, whatever became of the call's arguments. Without any, the last
    user message answers in words the interrupt that was asked. Returns ``([], messages)`` where nothing answers, or
    where one of the answers does not parse.
    """
    waiting = {name: interrupt for interrupt in pending for name in ids_of(interrupt)}
    answers = [message for message in new if message["role"] == "tool" and message.get("toolCallId") in waiting]
    rest = [message for message in new if not (message["role"] == "tool" and message.get("toolCallId") in waiting)]
    if answers:
        entries = [_from_tool(waiting[message["toolCallId"]], message) for message in answers]
        read = [entry for entry in entries if entry is not None]
        return (read, rest) if len(read) == len(entries) else ([], list(new))
    if not pending or not new or new[-1]["role"] != "user":
        return [], rest
    asked = asked_first(pending)
    entry = _entry(asked, read_answer(text_of(new[-1]), asked))
    return ([], rest) if entry is None else ([entry], rest)


def _from_tool(interrupt: Interrupt, message: Mapping[str, Any]) -> Entry | None:
    """An answer by a tool's message: the value as JSON, else in words."""
    text = text_of(message)
    try:
        value = loads(text)
    except JSONDecodeError:
        return _entry(interrupt, read_answer(text, interrupt))
    if misfit(value, interrupt.get("responseSchema")) is None and review_of(value_of(interrupt)) is None:
        return _entry(interrupt, Answer(value))
    return _entry(interrupt, read_answer(text, interrupt))


def _entry(interrupt: Interrupt, answer: Answer | None) -> Entry | None:
    """A pause is answered by going on: nothing else is an answer to it."""
    if answer is None or (is_pause(interrupt["id"]) and answer.value is not True):
        return None
    status = "cancelled" if answer.cancelled else "resolved"
    return {"interruptId": interrupt["id"], "status": status, "payload": answer.value}


__all__ = ["Answer", "as_call", "in_words", "not_understood", "parse_answer", "read_answer", "resume_entries"]
