"""A page's messages as a history, and back; what is wrong is named."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from bridge.ai_sdk.body import major_of, parse_ui_chat
from bridge.ai_sdk.messages import messages_of, ui_messages
from bridge.errors import InvalidRequest


def ids() -> Any:
    numbers = itertools.count()
    return lambda: f"n{next(numbers)}"


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words, "state": "done"}


def tool(state: str, **more: Any) -> dict[str, Any]:
    return {"type": "tool-paint", "toolCallId": "c1", "state": state, "input": {"цвет": "красный"}, **more}


def user(*parts: Any, name: str = "u") -> dict[str, Any]:
    return {"id": name, "role": "user", "parts": list(parts)}


def assistant(*parts: Any) -> dict[str, Any]:
    return {"id": "a", "role": "assistant", "parts": list(parts)}


STEP = {"type": "step-start"}


def read(*messages: dict[str, Any]) -> list[tuple[Any, ...]]:
    found = messages_of(messages, ids(), client_tools=["paint"])
    return [
        (m["role"], m["content"], *(call["id"] for call in m.get("toolCalls", ())))
        if m["role"] != "tool"
        else (m["role"], m["toolCallId"], m.get("approve", m["content"]))
        for m in found
    ]


def test_one_message_of_a_page_is_as_many_as_it_had_answers() -> None:
    done = tool("output-available", output={"ok": True})
    server = {"type": "dynamic-tool", "toolName": "find", "toolCallId": "s", "state": "output-available", "output": 1}
    history = read(
        user(text("Сделай")),
        assistant(STEP, text("Смотрю."), server, STEP, text("Крашу."), done, STEP, text("Готово.")),
        user(text("Спасибо"), name="u2"),
    )
    assert history == [
        ("user", "Сделай"),
        ("assistant", "Смотрю.\n\nКрашу.", "c1"),
        ("tool", "c1", '{"ok":true}'),
        ("assistant", "Готово."),
        ("user", "Спасибо"),
    ]


def test_states_of_a_call() -> None:
    assert read(assistant(tool("input-available"))) == [("assistant", "", "c1")]
    assert read(assistant(tool("input-streaming"))) == []
    assert read(assistant(tool("output-error", errorText="нельзя")))[1] == ("tool", "c1", "нельзя")
    approved = {"type": "dynamic-tool", "toolName": "send", "toolCallId": "s", "state": "approval-responded"}
    answer = {"id": "i1", "approved": False, "reason": "дорого"}
    assert read(assistant(text("Спрошу."), {**approved, "approval": answer})) == [
        ("assistant", "Спрошу."),
        ("tool", "i1", False),
    ]


def test_an_approval_that_was_met_is_no_answer_any_more() -> None:
    """Where a call that was denied has no result, the page keeps its state."""
    held = {"state": "approval-responded", "approval": {"id": "q", "approved": False}}
    denied = {"type": "dynamic-tool", "toolName": "send", "toolCallId": "s", **held}
    assert read(assistant(STEP, denied, STEP, text("Нет так нет."))) == [("assistant", "Нет так нет.")]
    assert read(assistant(STEP, denied), user(text("Дальше"))) == [("user", "Дальше")]
    chat = parse_ui_chat({"id": "t", "messages": [user(text("Шли")), assistant(STEP, denied)]}, ids())
    assert [message["request"] for message in chat.answers] == ["q"]
    painted = tool("output-available", output="да")
    sent = [user(text("Шли")), assistant(STEP, painted, STEP, denied)]
    again = parse_ui_chat({"id": "t", "messages": sent, "tools": [{"name": "paint"}]}, ids())
    assert [message["toolCallId"] for message in again.answers] == ["q"]
    sent = [user(text("Шли")), assistant(STEP, painted, denied)]
    both = parse_ui_chat({"id": "t", "messages": sent, "tools": [{"name": "paint"}]}, ids())
    assert [message["toolCallId"] for message in both.answers] == ["c1", "q"]


def test_files_and_older_messages() -> None:
    image = {"type": "file", "mediaType": "image/png", "url": "data:image/png;base64,aGk=", "filename": "x.png"}
    [message] = messages_of([user(text("Что тут?"), image)], ids(), client_tools=())
    assert [part["type"] for part in message["content"]] == ["text", "image"]
    assert message["content"][1]["source"] == {"type": "data", "value": "aGk=", "mimeType": "image/png"}
    assert read({"id": "o", "role": "user", "content": "Привет"}) == [("user", "Привет")]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "id"),
    ({"id": "t"}, "messages"),
    ({"id": "t", "messages": []}, "messages"),
    ({"id": "t", "messages": "?"}, "messages"),
    ({"id": "t", "messages": ["?"]}, "messages[0]"),
    ({"id": "t", "messages": [{"role": "user"}]}, "messages[0].parts"),
    ({"id": "t", "messages": [user("?")]}, "messages[0].parts[0]"),
    ({"id": "t", "messages": [user({"type": "text"})]}, "messages[0].parts[0].text"),
    ({"id": "t", "messages": [user({"type": "file", "url": "x"})]}, "messages[0].parts[0]"),
    ({"id": "t", "messages": [{"role": "tool", "parts": []}]}, "messages[0].role"),
    ({"id": "t", "messages": [assistant({"type": "tool-paint"})]}, "messages[0].parts[0].toolCallId"),
    ({"id": "t", "messages": [assistant(tool("approval-responded"))]}, "messages[0].parts[0].approval"),
    ({"id": "t", "messages": [user(text("?"))], "tools": [{}]}, "tools[0].name"),
    ({"id": "t", "messages": [user(text("?"))], "resume": [{}]}, "resume[0].interruptId"),
    ({"id": "t", "messages": [user(text("?"))], "temperature": 9}, "temperature"),
    ({"id": 7, "messages": [user(text("?"))]}, "id"),
]


@pytest.mark.parametrize(("body", "param"), WRONG)
def test_what_is_wrong_is_named(body: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_ui_chat(body, ids())
    assert refused.value.param == param


def test_assistant_ui_names_its_tools_and_its_instructions_in_its_own_way() -> None:
    """`AssistantChatTransport` of @assistant-ui/react-ai-sdk."""
    paint = {"description": "Paint", "parameters": {"type": "object"}}
    asked = parse_ui_chat(
        {"id": "t", "messages": [user(text("?"))], "tools": {"paint": paint}, "system": "Коротко."}, ids()
    )
    assert asked.chat.tools == [{"name": "paint", **paint}]
    assert [message["role"] for message in asked.chat.messages] == ["system", "user"]
    for junk in (7, "paint"):
        with pytest.raises(InvalidRequest) as refused:
            parse_ui_chat({"id": "t", "messages": [user(text("?"))], "tools": junk}, ids())
        assert refused.value.param == "tools"


def test_the_version_is_what_somebody_says() -> None:
    said: dict[Any, int] = {6: 6, "7": 7, "6.0.326": 6, "ai-sdk/7.0.1": 7, "8": 5, (): 5, None: 5}
    assert {given: major_of(given, None) for given in said} == said
    assert major_of(None, "6.1") == 6


def test_a_thread_as_a_page_shows_it() -> None:
    call = {"id": "s", "type": "function", "function": {"name": "find", "arguments": '{"q": 1}'}}
    thread: list[dict[str, Any]] = [
        {"id": "u", "role": "user", "content": "Найди"},
        {"id": "m", "role": "assistant", "content": "Ищу.", "toolCalls": [call]},
        {"id": "t", "role": "tool", "toolCallId": "s", "content": "[1]"},
        {"id": "n", "role": "assistant", "content": "Вот."},
    ]
    assert ui_messages(thread) == [
        {"id": "u", "role": "user", "parts": [text("Найди")]},
        {
            "id": "m",
            "role": "assistant",
            "parts": [
                STEP,
                text("Ищу."),
                {
                    "type": "dynamic-tool",
                    "toolName": "find",
                    "toolCallId": "s",
                    "state": "output-available",
                    "input": {"q": 1},
                    "providerExecuted": True,
                    "output": [1],
                },
                STEP,
                text("Вот."),
            ],
        },
    ]
