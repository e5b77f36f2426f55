"""Reviews of tool calls, as LangChain's middleware and agent-inbox ask for them, answered in words."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.agents.langgraph.interrupts import interrupt_to_agui
from bridge.events.json_schema import misfit
from bridge.openai_compat.approval import read_answer
from bridge.openai_compat.questions import in_words

MAIL = {"name": "send_mail", "args": {"to": "a@b.c", "copies": 2}, "description": "Mail to the customer"}
PAY = {"name": "pay", "args": {"sum": 10}}
ALL = ["approve", "edit", "reject", "respond"]


def interrupt(value: Any, schema: Any = None) -> dict[str, Any]:
    return interrupt_to_agui({"id": "i", "value": value, "response_schema": schema})


def batched(*requests: Any, allowed: Any = None) -> dict[str, Any]:
    configs = [{"action_name": one["name"], "allowed_decisions": allowed or ALL} for one in requests]
    return interrupt({"action_requests": list(requests), "review_configs": configs})


ONE, TWO = batched(MAIL), batched(MAIL, PAY)
STRICT = batched(MAIL, allowed=["approve", "reject"])
ASKING = batched(MAIL, allowed=["respond"])
SINGLE = interrupt(
    {"type": "tool_approval", "tool_call_id": "c", "name": "pay", "args": {"sum": 10}, "description": "Pay"},
    {"oneOf": [{"properties": {"type": {"const": kind}}, "required": ["type"]} for kind in ("approve", "reject")]},
)
CONFIG = {"allow_accept": True, "allow_edit": True, "allow_ignore": True, "allow_respond": True}
INBOX = interrupt([{"action_request": {"action": "pay", "args": {"sum": 10}}, "config": CONFIG, "description": "Pay?"}])
UNREAD = object()


def decisions(*made: dict[str, Any]) -> dict[str, Any]:
    return {"decisions": list(made)}


def edit(**args: Any) -> dict[str, Any]:
    return {"type": "edit", "edited_action": {"name": "send_mail", "args": {"to": "a@b.c", "copies": 2} | args}}


YES, NO = {"type": "approve"}, {"type": "reject"}


@pytest.mark.parametrize(
    ("asked", "text", "value"),
    [
        (ONE, "yes", decisions(YES)),
        (ONE, "да", decisions(YES)),
        (ONE, "approve it", decisions(YES)),
        (ONE, "нет", decisions(NO)),
        (ONE, "нет, не тому", decisions(NO | {"message": "не тому"})),
        (ONE, "reject: wrong person", decisions(NO | {"message": "wrong person"})),
        (ONE, "да, но позже", UNREAD),
        (ONE, "да?", UNREAD),
        (ONE, "may I?", UNREAD),
        (ONE, "отмена", decisions(NO)),
        (ONE, 'edit {"to": "x@y.z"}', decisions(edit(to="x@y.z"))),
        (ONE, "изменить to=x@y.z, copies=3", decisions(edit(to="x@y.z", copies=3))),
        (ONE, "edit who=x", UNREAD),
        (ONE, "edit", UNREAD),
        (ONE, "ответ: уже послано", decisions({"type": "respond", "message": "уже послано"})),
        (ONE, "respond", UNREAD),
        (ONE, '{"decisions": [{"type": "approve"}]}', decisions(YES)),
        (ONE, '{"type": "reject", "message": "no"}', decisions(NO | {"message": "no"})),
        (ONE, '{"decisions": []}', UNREAD),
        (ONE, '{"type": "explode"}', UNREAD),
        (STRICT, 'edit {"to": "x@y.z"}', UNREAD),
        (STRICT, "respond: hello", UNREAD),
        (STRICT, '{"type": "edit", "edited_action": {"name": "send_mail", "args": {}}}', UNREAD),
        (ASKING, "Tuesday would be fine", decisions({"type": "respond", "message": "Tuesday would be fine"})),
        (ASKING, "cancel", UNREAD),
        (TWO, "да", decisions(YES, YES)),
        (TWO, "1 да, 2 нет", decisions(YES, NO)),
        (TWO, "1: approve\n2: reject, too much", decisions(YES, NO | {"message": "too much"})),
        (TWO, "1 да", UNREAD),
        (TWO, "1 да, 1 нет", UNREAD),
        (TWO, "1 да, 3 нет", UNREAD),
        (TWO, 'edit {"to": "x"}', UNREAD),
        (SINGLE, "да", YES),
        (SINGLE, "respond: x", UNREAD),
        (SINGLE, "нет, дорого", NO | {"message": "дорого"}),
        (INBOX, "да", [{"type": "accept", "args": None}]),
        (INBOX, "нет", [{"type": "ignore", "args": None}]),
        (INBOX, "нет, дорого", [{"type": "response", "args": "дорого"}]),
        (INBOX, "edit sum=5", [{"type": "edit", "args": {"action": "pay", "args": {"sum": 5}}}]),
        (INBOX, '[{"type": "accept"}]', [{"type": "accept", "args": None}]),
    ],
)
def test_decisions(asked: dict[str, Any], text: str, value: Any) -> None:
    answer = read_answer(text, asked)
    assert (UNREAD if answer is None else answer.value) == value
    if answer is not None:
        assert misfit(answer.value, asked.get("responseSchema")) is None


@pytest.mark.parametrize("wrong", ["yes", None, {"decisions": []}, decisions(YES, YES), decisions({"type": "respond"})])
def test_what_the_middleware_cannot_read_does_not_fit(wrong: Any) -> None:
    assert misfit(wrong, ONE["responseSchema"]) is not None


@pytest.mark.parametrize(
    ("asked", "language", "words"),
    [
        (
            ONE,
            "en",
            (
                "Mail to the customer\n\nsend_mail\nto: a@b.c\ncopies: 2\n\n"
                'Please answer: yes / no, reason / edit {"argument": "value"} / respond: text'
            ),
        ),
        (STRICT, "ru", "Mail to the customer\n\nsend_mail\nto: a@b.c\ncopies: 2\n\nОтветьте: да / нет, причина"),
        (
            batched(MAIL, PAY, allowed=["approve", "reject"]),
            "ru",
            (
                "1. Mail to the customer\n\nsend_mail\nto: a@b.c\ncopies: 2\n\n2. pay\nsum: 10\n\n"
                "Ответьте: да / нет, причина. По одному: 1 да, 2 нет."
            ),
        ),
        (
            INBOX,
            "ru",
            'Pay?\n\npay\nsum: 10\n\nОтветьте: да / нет, причина / изменить {"аргумент": "значение"} / ответ: текст',
        ),
    ],
)
def test_questions(asked: dict[str, Any], language: Any, words: str) -> None:
    assert in_words(asked, language) == words


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Да?", "Да?"),
        ({"message": "Да?", "steps": [1]}, "Да?"),
        ({"steps": ["найти", "послать"]}, "steps:\n- найти\n- послать"),
        ({"steps": [{"do": "find", "on": True}], "reason": "plan"}, "steps: - do: find, on: true"),
        ({"sum": 1.5, "to": "Acme", "schema": {"type": "boolean"}}, "sum: 1.5\nto: Acme"),
        ({"__copilotkit_interrupt_value__": "Как вас зовут?", "__copilotkit_messages__": []}, "Как вас зовут?"),
        ({"__copilotkit_interrupt_value__": {"action": "pay", "args": {"sum": 1}}}, 'action: pay\nargs: {"sum":1}'),
        ([1, 2], "- 1\n- 2"),
        (7, "7"),
        (None, None),
        ({}, None),
    ],
)
def test_any_question_says_what_it_holds(value: Any, message: str | None) -> None:
    made = interrupt(value)
    assert made.get("message") == message
    assert made["metadata"]["value"] == value
