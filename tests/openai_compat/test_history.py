"""A stateless client finds its thread again, by the history that it sends."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.openai_compat.approval import resume_entries
from bridge.openai_compat.fingerprint import answer_message, fingerprint, split

Message = dict[str, Any]


def message(role: str, content: Any = None, **more: Any) -> Message:
    return {"id": "any", "role": role, "content": content, **more}


TALK = [message("user", "Привет"), message("assistant", "Здравствуйте")]
CALL = {"id": "c", "type": "function", "function": {"name": "paint", "arguments": "{}"}}


def test_split() -> None:
    assert split([message("user", "а")]) == ([], [message("user", "а")])
    assert split([*TALK, message("user", "б")]) == (TALK, [message("user", "б")])
    assert split(TALK) == (TALK, [])


@pytest.mark.parametrize(
    "same",
    [
        [message("user", "Привет", name=None), {**TALK[1], "id": "other"}],
        [message("system", "Сейчас 12:00"), *TALK],
        [message("developer", "Будь краток"), *TALK],
        [message("user", " Привет\n"), message("assistant", "Здравствуйте ")],
        [message("user", [{"type": "text", "text": "Привет"}]), TALK[1]],
        [*TALK, message("assistant", "")],
    ],
)
def test_the_same_history(same: list[Message]) -> None:
    assert fingerprint(same) == fingerprint(TALK)


@pytest.mark.parametrize(
    "other",
    [
        [],
        TALK[:1],
        TALK[::-1],
        [message("user", "Привет!"), TALK[1]],
        [message("user", "ПриветЗдравствуйте"), message("assistant", "")],
        [TALK[0], {**TALK[1], "toolCalls": [CALL]}],
        [*TALK, message("tool", "42", toolCallId="c")],
    ],
)
def test_another_history(other: list[Message]) -> None:
    assert fingerprint(other) != fingerprint(TALK)


def test_what_was_answered_comes_back_the_same() -> None:
    answer = answer_message({"role": "assistant", "content": None, "refusal": None, "tool_calls": [CALL]})
    assert fingerprint([answer]) == fingerprint([{"id": "x", "role": "assistant", "toolCalls": [CALL]}])
    assert fingerprint([answer_message({"content": "Да"})]) == fingerprint([message("assistant", "Да")])


ASK: Message = {"id": "i", "message": "Можно?", "responseSchema": {"type": "boolean"}}
OTHER: Message = {"id": "j", "message": "Сколько?", "responseSchema": {"type": "number"}}
FREE: Message = {"id": "f", "message": "Как?"}
AGAIN: Message = {"id": "k", "message": "Сколько?", "metadata": {"earlierIds": ["old"]}}
PAUSE: Message = {"id": "pause:node:1", "message": "Paused.", "responseSchema": {"type": "boolean"}}


def entry(name: str, payload: Any) -> Message:
    return {"interruptId": name, "status": "resolved", "payload": payload}


@pytest.mark.parametrize(
    ("new", "pending", "entries"),
    [
        ([message("user", "да")], [ASK], [entry("i", True)]),
        ([message("user", [{"type": "text", "text": "нет"}])], [ASK], [entry("i", False)]),
        ([message("user", "да")], [ASK, OTHER], [entry("i", True)]),
        ([message("user", "что?")], [ASK], []),
        ([message("user", "да")], [], []),
        ([message("tool", "true", toolCallId="i")], [ASK], [entry("i", True)]),
        ([message("tool", '{"approved": true}', toolCallId="i")], [ASK], []),
        ([message("tool", '{"approved": true}', toolCallId="f")], [FREE], [entry("f", {"approved": True})]),
        ([message("tool", "да", toolCallId="i")], [ASK], [entry("i", True)]),
        ([message("tool", "да", toolCallId="f")], [FREE], [entry("f", "да")]),
        ([message("tool", "3", toolCallId="j"), message("tool", "кто?", toolCallId="i")], [ASK, OTHER], []),
        ([message("tool", "3", toolCallId="old")], [AGAIN], [entry("k", 3)]),
        ([message("user", "отмена")], [OTHER], [entry("j", None) | {"status": "cancelled"}]),
        (
            [message("tool", "3", toolCallId="j"), message("tool", "true", toolCallId="i")],
            [ASK, OTHER],
            [entry("j", 3), entry("i", True)],
        ),
        ([message("tool", "да", toolCallId="unknown")], [ASK], []),
        ([message("user", "да")], [PAUSE], [entry(PAUSE["id"], True)]),
        ([message("user", "нет")], [PAUSE], []),
        ([], [ASK], []),
    ],
)
def test_answers_to_what_waits(new: list[Message], pending: list[Message], entries: list[Message]) -> None:
    assert resume_entries(new, pending)[0] == entries
