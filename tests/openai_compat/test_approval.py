"""Answers in words: read by the schema, or asked again; never guessed."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.openai_compat.approval import Answer, as_call, in_words, not_understood, parse_answer

YES_NO: dict[str, Any] = {"type": "boolean"}
APPROVAL: dict[str, Any] = {
    "type": "object",
    "properties": {"approved": YES_NO, "discount": {"type": "number"}, "comment": {"type": "string"}},
    "required": ["approved"],
}
COLOUR: dict[str, Any] = {"enum": ["Красный", "зелёный", 3]}
AMOUNT: dict[str, Any] = {"type": "number", "minimum": -10, "maximum": 1_000_000_000}
UNREAD = object()

YES = (
    *("да", "Да.", "ДА!", "Ок", "согласна", "Да, согласен", "да, пожалуйста", "не возражаю", "Не против!"),
    *(" yes ", "ok", "yes please", "+"),
)
NO = ("нет", "Нет!", "отмена", "не согласен", "Не надо.", "no", "No, thanks", "do not approve", "-")
UNCLEAR = (
    *("", "может быть", "да нет", "да?", "да, но позже", "нет проблем", "да, скидка 12 %", "не знаю", "1"),
    *("no problem", "я бы не сказал «да»"),
)


@pytest.mark.parametrize(
    ("said", "schema", "value"),
    [
        *((yes, YES_NO, True) for yes in YES),
        *((no, YES_NO, False) for no in NO),
        *((unclear, YES_NO, UNREAD) for unclear in UNCLEAR),
        ("да", APPROVAL, {"approved": True}),
        ("Нет", APPROVAL, {"approved": False}),
        ("да, но 12 %", APPROVAL, UNREAD),
        ('{"approved": true, "discount": 12}', APPROVAL, {"approved": True, "discount": 12}),
        ('{"discount": 12}', APPROVAL, UNREAD),
        ('{"approved": "да"}', APPROVAL, UNREAD),
        ('{"approved": true, "discount": true}', APPROVAL, UNREAD),
        ('{"approved": tru', APPROVAL, UNREAD),
        ("[1]", APPROVAL, UNREAD),
        ("красный", COLOUR, "Красный"),
        ("ЗЕЛЕНЫЙ.", COLOUR, "зелёный"),
        ("3", COLOUR, 3),
        ("синий", COLOUR, UNREAD),
        ("12", AMOUNT, 12),
        ("12,5 %", AMOUNT, 12.5),
        ("1 250 000 ₽", AMOUNT, 1_250_000),
        ("300 руб.", AMOUNT, 300),
        ("-5", AMOUNT, -5),
        ("-50", AMOUNT, UNREAD),
        ("около 12", AMOUNT, UNREAD),
        ("12", {"type": "integer"}, 12),
        ("12,5", {"type": "integer"}, UNREAD),
        ("что угодно", {"type": "string"}, "что угодно"),
        ("что угодно", None, "что угодно"),
        ("что угодно", {}, "что угодно"),
        ("да", {"anyOf": [YES_NO, {"type": "null"}]}, True),
        ("да", {"type": ["boolean", "null"]}, True),
        ("12", {"type": "object", "properties": {"discount": AMOUNT}}, {"discount": 12}),
        ("12", {"type": "object", "properties": {"a": AMOUNT, "b": AMOUNT}}, UNREAD),
        ("[1, 2]", {"type": "array"}, [1, 2]),
        ("1, 2", {"type": "array"}, UNREAD),
        ("слова", {"title": "Что угодно"}, "слова"),
    ],
)
def test_answers(said: str, schema: Any, value: Any) -> None:
    answer = parse_answer(said, schema)
    assert answer == (None if value is UNREAD else Answer(value))
    assert answer is None or type(answer.value) is type(value)


@pytest.mark.parametrize(
    ("interrupt", "words"),
    [
        ({"message": "Можно?", "responseSchema": YES_NO}, "Можно?\n\nОтветьте: да / нет"),
        ({"message": "May I?", "responseSchema": YES_NO}, "May I?\n\nPlease answer: yes / no"),
        ({"message": "Можно?", "responseSchema": APPROVAL}, "Можно?\n\nОтветьте: да / нет"),
        ({"message": "Цвет?", "responseSchema": COLOUR}, "Цвет?\n\nОтветьте: Красный / зелёный / 3"),
        ({"message": "Сколько?", "responseSchema": AMOUNT}, "Сколько?"),
        ({"message": "Сколько?"}, "Сколько?"),
        ({"reason": "input_required"}, "input_required"),
    ],
)
def test_questions(interrupt: dict[str, Any], words: str) -> None:
    assert in_words({"id": "i", **interrupt}) == words


def test_a_call_and_a_regret() -> None:
    made = as_call({"id": "i", "message": "Можно?"}, 2)
    assert (made["index"], made["id"], made["function"]["arguments"]) == (2, "i", '{"id":"i","message":"Можно?"}')
    assert not_understood({"id": "i", "message": "Можно?"}) == "Не удалось понять ответ."
    assert not_understood({"id": "i", "message": "May I?"}) == "That answer could not be read."
