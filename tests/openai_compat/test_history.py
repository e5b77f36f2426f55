"""A stateless client finds its thread again, by what it says was said."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.openai_compat.approval import resume_entries
from bridge.openai_compat.fingerprint import answer_message, fingerprint, split

Message = dict[str, Any]


def said(role: str, content: Any = None, **more: Any) -> Message:
    return {"id": "any", "role": role, "content": content, **more}


TALK = [said("user", "Привет"), said("assistant", "Здравствуйте")]
CALL = {"id": "c", "type": "function", "function": {"name": "paint", "arguments": "{}"}}


def test_split() -> None:
    assert split([said("user", "а")]) == ([], [said("user", "а")])
    assert split([*TALK, said("user", "б")]) == (TALK, [said("user", "б")])
    assert split(TALK) == (TALK, [])


@pytest.mark.parametrize(
    "same",
    [
        [said("user", "Привет", name=None), {**TALK[1], "id": "other"}],
        [said("system", "Сейчас 12:00"), *TALK],
        [said("developer", "Будь краток"), *TALK],
        [said("user", " Привет\n"), said("assistant", "Здравствуйте ")],
        [said("user", [{"type": "text", "text": "Привет"}]), TALK[1]],
        [*TALK, said("assistant", "")],
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
        [said("user", "Привет!"), TALK[1]],
        [said("user", "ПриветЗдравствуйте"), said("assistant", "")],
        [TALK[0], {**TALK[1], "toolCalls": [CALL]}],
        [*TALK, said("tool", "42", toolCallId="c")],
    ],
)
def test_another_history(other: list[Message]) -> None:
    assert fingerprint(other) != fingerprint(TALK)


def test_what_was_answered_comes_back_the_same() -> None:
    told = answer_message({"role": "assistant", "content": None, "refusal": None, "tool_calls": [CALL]})
    assert fingerprint([told]) == fingerprint([{"id": "x", "role": "assistant", "toolCalls": [CALL]}])
    assert fingerprint([answer_message({"content": "Да"})]) == fingerprint([said("assistant", "Да")])


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
        ([said("user", "да")], [ASK], [entry("i", True)]),
        ([said("user", [{"type": "text", "text": "нет"}])], [ASK], [entry("i", False)]),
        ([said("user", "да")], [ASK, OTHER], [entry("i", True)]),
        ([said("user", "что?")], [ASK], []),
        ([said("user", "да")], [], []),
        ([said("tool", "true", toolCallId="i")], [ASK], [entry("i", True)]),
        ([said("tool", '{"approved": true}', toolCallId="i")], [ASK], []),
        ([said("tool", '{"approved": true}', toolCallId="f")], [FREE], [entry("f", {"approved": True})]),
        ([said("tool", "да", toolCallId="i")], [ASK], [entry("i", True)]),
        ([said("tool", "да", toolCallId="f")], [FREE], [entry("f", "да")]),
        ([said("tool", "3", toolCallId="j"), said("tool", "кто?", toolCallId="i")], [ASK, OTHER], []),
        ([said("tool", "3", toolCallId="old")], [AGAIN], [entry("k", 3)]),
        ([said("user", "отмена")], [OTHER], [entry("j", None) | {"status": "cancelled"}]),
        (
            [said("tool", "3", toolCallId="j"), said("tool", "true", toolCallId="i")],
            [ASK, OTHER],
            [entry("j", 3), entry("i", True)],
        ),
        ([said("tool", "да", toolCallId="unknown")], [ASK], []),
        ([said("user", "да")], [PAUSE], [entry(PAUSE["id"], True)]),
        ([said("user", "нет")], [PAUSE], []),
        ([], [ASK], []),
    ],
)
def test_answers_to_what_waits(new: list[Message], pending: list[Message], entries: list[Message]) -> None:
    assert resume_entries(new, pending)[0] == entries
