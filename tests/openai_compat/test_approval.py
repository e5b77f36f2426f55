"""Answers in words: read by the schema, or asked again; never guessed."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.openai_compat.questions import as_call, in_words, not_understood
from bridge.openai_compat.reading import Answer, parse_answer
from bridge.openai_compat.words import language_of
from graphs.approval import discount_schema

YES_NO: dict[str, Any] = {"type": "boolean"}
APPROVAL: dict[str, Any] = {
    "type": "object",
    "properties": {"approved": YES_NO, "discount": {"type": "number", "maximum": 30}, "comment": {"type": "string"}},
    "required": ["approved"],
}
COLOUR: dict[str, Any] = {"enum": ["Красный", "зелёный", 3]}
COMPANY: dict[str, Any] = {"enum": ["Acme Inc.", "Yes!", "Other"]}
AMOUNT: dict[str, Any] = {"type": "number", "minimum": -10, "maximum": 1_000_000_000}
ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "size": {"enum": ["S", "M"]},
        "amount": {"type": ["integer", "null"], "minimum": 1, "title": "Количество / Amount"},
        "colour": COLOUR,
    },
    "required": ["size", "colour"],
}
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
        ("да, но 12 %", APPROVAL, {"approved": True, "discount": 12, "comment": "но 12 %"}),
        ("да, но не больше 12 %", APPROVAL, {"approved": True, "discount": 12, "comment": "но не больше 12 %"}),
        ("согласен на 12 %", APPROVAL, {"approved": True, "discount": 12}),
        ("одобряю скидку 12,5 %", APPROVAL, {"approved": True, "discount": 12.5, "comment": "скидку 12,5 %"}),
        ("approve it", APPROVAL, {"approved": True}),
        ("ok, up to 12%", APPROVAL, {"approved": True, "discount": 12, "comment": "up to 12%"}),
        ("нет, слишком дорого", APPROVAL, {"approved": False, "comment": "слишком дорого"}),
        ("нет, максимум 12 %", APPROVAL, {"approved": False, "comment": "максимум 12 %"}),
        ("да, но 99 %", APPROVAL, UNREAD),
        ("да, но не 12 %", APPROVAL, UNREAD),
        ("да, до 5 июня", APPROVAL, UNREAD),
        ("да, 1,000 %", APPROVAL, UNREAD),
        ("да, а сколько?", APPROVAL, UNREAD),
        ("да, нет, не знаю", APPROVAL, UNREAD),
        ("да, но нет", APPROVAL, UNREAD),
        ("да, не больше 12 %", APPROVAL, {"approved": True, "discount": 12, "comment": "не больше 12 %"}),
        ("нет, не тому", APPROVAL, {"approved": False, "comment": "не тому"}),
        ("да нет наверное", APPROVAL, UNREAD),
        ("не больше 12 %", APPROVAL, UNREAD),
        ("отмена", APPROVAL, {"approved": False}),
        ("approved: yes, discount: 12", APPROVAL, {"approved": True, "discount": 12}),
        ("discount=12\napproved=нет", APPROVAL, {"approved": False, "discount": 12}),
        ("approved: maybe", APPROVAL, UNREAD),
        ("approved: yes but later", APPROVAL, UNREAD),
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
        ("1,000", AMOUNT, UNREAD),
        ("1.000", AMOUNT, UNREAD),
        ("0,125", AMOUNT, 0.125),
        ("1,000.50", AMOUNT, 1000.5),
        ("1.000,50", AMOUNT, 1000.5),
        ("1,234,567", AMOUNT, 1_234_567),
        ("согласен на 12 %", AMOUNT, 12),
        ("не согласен на 12 %", AMOUNT, UNREAD),
        ("٣", AMOUNT, UNREAD),
        ("999", {"type": "integer", "maximum": 10}, UNREAD),
        ("11", {"type": "integer", "multipleOf": 5}, UNREAD),
        ("ab", {"type": "string", "minLength": 3}, UNREAD),
        ("Acme Inc.", COMPANY, "Acme Inc."),
        ("acme inc", COMPANY, "Acme Inc."),
        ("Yes!", COMPANY, "Yes!"),
        ("да", {"enum": [True, "maybe"]}, True),
        ("a", {"enum": ["A", "a."]}, UNREAD),
        ("a.", {"enum": ["A", "a."]}, "a."),
        ("красный", {"$ref": "#/$defs/Colour", "$defs": {"Colour": COLOUR}}, "Красный"),
        ("12", {"anyOf": [{"type": "string"}, {"type": "number"}]}, 12),
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
        (
            {"message": "Можно?", "responseSchema": APPROVAL},
            "Можно?\n\nОтветьте: да / нет\nМожно указать: discount (до 30, необязательно); comment (необязательно)",
        ),
        (
            {"message": "Which?", "responseSchema": ORDER},
            (
                'Which?\n\nPlease give ("size: value"): size (S / M); Amount (from 1, optional); '
                "colour (Красный / зелёный / 3)"
            ),
        ),
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
    assert not_understood({"id": "i", "message": "Можно?"}) == RUSSIAN
    assert not_understood({"id": "i", "message": "May I?"}) == ENGLISH
    assert not_understood({"id": "i", "message": "May I?"}, "ru") == RUSSIAN
    assert not_understood({"id": "pause:a:b", "message": "Paused."}) == "That answer could not be read."


RUSSIAN = "Не удалось понять ответ. Чтобы отказаться, ответьте «отмена»."
ENGLISH = 'That answer could not be read. To refuse, answer "cancel".'


@pytest.mark.parametrize("schema", [AMOUNT, COLOUR, {"type": "string"}, {"type": "array"}, ORDER])
@pytest.mark.parametrize("said", ["отмена", "Отмена.", "cancel", "Cancel, please"])
def test_the_way_out(said: str, schema: Any) -> None:
    assert parse_answer(said, schema) == Answer(None, cancelled=True)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", "Можно указать: Скидка, % (от 0 до 30, необязательно); Комментарий (необязательно)"),
        ("en", "You can also give: Discount, % (from 0 to 30, optional); Comment (optional)"),
    ],
)
def test_the_fields_are_named_in_the_language_of_the_conversation(language: Any, words: str) -> None:
    assert in_words({"id": "i", "message": "?", "responseSchema": discount_schema(language)}, language).endswith(words)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Approve a discount of 15 % for ООО «Мед-Вектор»?", "en"),
        ("Make a quote for «Мед-Вектор»: 10 CRM Business licenses", "en"),
        ("Сделай КП на Enterprise Suite Professional for Teams со скидкой", "ru"),
        ("Утвердить скидку?", "ru"),
        ("ООО «Мед-Вектор»", "ru"),
        ("OK", "en"),
        ("15 %", None),
        ("", None),
    ],
)
def test_a_name_in_other_letters_does_not_change_the_language(text: str, language: str | None) -> None:
    assert language_of(text) == language
