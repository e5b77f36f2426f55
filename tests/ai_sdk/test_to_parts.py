"""The table of the mapping, and the grammar that every stream of chunks keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.ai_sdk.encode import UiEncoder
from bridge.ai_sdk.to_parts import AguiToUiParts
from bridge.errors import AgentFailure
from bridge.events.event import is_token
from tests.openai_compat.test_chunks import FINISHED, STARTED, Event, arguments, call, end, say, start

RESULT: Event = {"type": "TOOL_CALL_RESULT", "messageId": "x", "toolCallId": "a", "content": '{"сделок": 2}'}
ENDED: Event = {"type": "TOOL_CALL_END", "toolCallId": "a"}
TURN: list[Event] = [
    STARTED,
    {"type": "STATE_SNAPSHOT", "snapshot": {"stage": 1}},
    start("m"),
    say("m", "Смотрю."),
    end("m"),
    call("a", "find_deals"),
    arguments("a", '{"q":'),
    arguments("a", ' "б"}'),
    ENDED,
    RESULT,
    {"type": "STATE_DELTA", "delta": [{"op": "replace", "path": "/stage", "value": 2}]},
    start("n"),
    say("n", "Вот."),
    end("n"),
    {**FINISHED, "usage": [{"inputTokens": 1}]},
]
SERVER = {"dynamic": True, "providerExecuted": True}


def parts(events: list[Event], **options: Any) -> list[dict[str, Any]]:
    made = AguiToUiParts(**options)
    return [chunk for event in events for chunk in made.feed(event)]


def test_a_turn() -> None:
    assert parts(TURN) == [
        {"type": "start", "messageId": "r", "messageMetadata": {"threadId": "t", "runId": "r"}},
        {"type": "data-state", "id": "state", "data": {"stage": 1}},
        {"type": "start-step"},
        {"type": "text-start", "id": "m"},
        {"type": "text-delta", "id": "m", "delta": "Смотрю."},
        {"type": "text-end", "id": "m"},
        {"type": "tool-input-start", "toolCallId": "a", "toolName": "find_deals", **SERVER},
        {"type": "tool-input-delta", "toolCallId": "a", "inputTextDelta": '{"q":'},
        {"type": "tool-input-delta", "toolCallId": "a", "inputTextDelta": ' "б"}'},
        {"type": "tool-input-available", "toolCallId": "a", "toolName": "find_deals", "input": {"q": "б"}, **SERVER},
        {"type": "tool-output-available", "toolCallId": "a", "output": {"сделок": 2}, **SERVER},
        {"type": "data-state", "id": "state", "data": {"stage": 2}},
        {"type": "finish-step"},
        {"type": "start-step"},
        {"type": "text-start", "id": "n"},
        {"type": "text-delta", "id": "n", "delta": "Вот."},
        {"type": "text-end", "id": "n"},
        {"type": "finish-step"},
        {"type": "finish", "messageMetadata": {"usage": [{"inputTokens": 1}]}},
    ]


def test_a_tool_of_the_page_waits_for_the_page() -> None:
    made = parts([STARTED, call("a", "paint"), ENDED, FINISHED], client_tools=["paint"], major=6)
    assert made[-3:] == [
        {"type": "tool-input-available", "toolCallId": "a", "toolName": "paint", "input": {}},
        {"type": "finish-step"},
        {"type": "finish", "finishReason": "tool-calls"},
    ]


QUESTION: Event = {"id": "i", "reason": "approval", "message": "Можно?", "responseSchema": {"type": "boolean"}}
ASKED: Event = {**FINISHED, "outcome": {"type": "interrupt", "interrupts": [{**QUESTION, "toolCallId": "a"}]}}


def test_a_question_about_a_call_is_a_request_for_approval_from_6_on() -> None:
    made = parts([STARTED, call("a", "send"), ENDED, ASKED], major=6)
    request = {"type": "tool-approval-request", "approvalId": "i", "toolCallId": "a"}
    assert request in made
    assert [chunk["type"] for chunk in made if chunk["type"].startswith("text")] == []
    assert [chunk["id"] for chunk in made if chunk["type"] == "data-interrupt"] == ["i"]


@pytest.mark.parametrize("major", [5, 6, 7])
def test_any_other_question_comes_in_words(major: int) -> None:
    asked = {**FINISHED, "outcome": {"type": "interrupt", "interrupts": [QUESTION]}}
    made = parts([STARTED, asked], major=major, language="ru")
    [text] = [chunk["delta"] for chunk in made if chunk["type"] == "text-delta"]
    assert text.startswith("Можно?")
    assert "tool-approval-request" not in [chunk["type"] for chunk in made]


def test_before_6_an_approval_comes_in_words_too() -> None:
    made = parts([STARTED, call("a", "send"), ENDED, ASKED])
    assert [chunk["type"] for chunk in made if chunk["type"] == "text-delta"] == ["text-delta"]
    assert "tool-approval-request" not in [chunk["type"] for chunk in made]


ENDS: dict[str, tuple[list[Event], list[dict[str, Any]]]] = {
    "cut at the limit": (
        [STARTED, {**FINISHED, "metadata": {"finishReason": "length"}}],
        [{"type": "finish", "finishReason": "length"}],
    ),
    "stopped": (
        [STARTED, start("m"), say("m", "а"), {**FINISHED, "outcome": {"type": "cancelled"}}],
        [{"type": "text-end", "id": "m"}, {"type": "finish-step"}, {"type": "abort"}],
    ),
    "failed": (
        [STARTED, start("m"), say("m", "а"), {"type": "RUN_ERROR", "message": "Не вышло.", "code": "server_error"}],
        [
            {"type": "text-end", "id": "m"},
            {"type": "finish-step"},
            {"type": "error", "errorText": "Не вышло."},
        ],
    ),
    "a result without a text": (
        [STARTED, {**FINISHED, "result": {"a": 1}}],
        [
            {"type": "text-delta", "id": "r:result", "delta": '{"a":1}'},
            {"type": "text-end", "id": "r:result"},
            {"type": "finish-step"},
            {"type": "finish", "finishReason": "stop"},
        ],
    ),
}


@pytest.mark.parametrize(("events", "last"), ENDS.values(), ids=ENDS)
def test_ends(events: list[Event], last: list[dict[str, Any]]) -> None:
    assert parts(events, major=6)[-len(last) :] == last


def test_what_is_of_another_kind() -> None:
    events: list[Event] = [
        STARTED,
        start("u", "user"),
        say("u", "тайна"),
        {"type": "TEXT_MESSAGE_START", "messageId": "s", "subagentRunId": "z"},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": "s", "delta": "чужое", "subagentRunId": "z"},
        {"type": "CUSTOM", "name": "progress", "value": 5},
        {"type": "ACTIVITY_SNAPSHOT", "messageId": "p", "activityType": "PLAN", "content": {"steps": []}},
        {"type": "STEP_STARTED", "stepName": "x"},
        {"type": "TOOL_CALL_RESULT", "messageId": "x", "toolCallId": "of another stream", "content": ""},
        {"type": "TEXT_MESSAGE_CHUNK", "messageId": "c", "delta": "да"},
        {"type": "TOOL_CALL_CHUNK", "toolCallId": "k", "toolCallName": "look", "delta": "{}"},
        FINISHED,
    ]
    made = parts(events)
    assert [chunk["type"] for chunk in made[1:]] == [
        *("data-progress", "data-activity-plan", "start-step", "text-start", "text-delta"),
        *("tool-input-start", "tool-input-delta", "tool-input-available", "text-end", "finish-step", "finish"),
    ]


def test_arguments_that_are_no_json_are_an_error_of_that_call() -> None:
    made = parts([STARTED, call("a"), arguments("a", "{"), ENDED, FINISHED])
    [error] = [chunk for chunk in made if chunk["type"] == "tool-input-error"]
    assert (error["input"], error["toolCallId"]) == ("{", "a")


def test_a_result_of_an_earlier_answer_is_sent_where_the_message_goes_on() -> None:
    assert "tool-output-available" in [c["type"] for c in parts([STARTED, RESULT], known_calls=["a"], continues="m1")]
    assert parts([STARTED], continues="m1")[0]["messageId"] == "m1"
    assert [chunk["type"] for chunk in parts([STARTED, RESULT])] == ["start"]


_IDS = st.sampled_from(["", "a", "b"])
_EVENTS = st.one_of(
    st.builds(start, _IDS),
    st.builds(say, _IDS, st.sampled_from(["", "да"])),
    st.builds(end, _IDS),
    st.builds(call, _IDS, st.sampled_from(["paint", "find"])),
    st.builds(arguments, _IDS, st.sampled_from(["{", "}", ""])),
    st.builds(lambda name: {**ENDED, "toolCallId": name}, _IDS),
    st.builds(lambda name: {**RESULT, "toolCallId": name}, _IDS),
    st.builds(lambda name: {"type": "REASONING_MESSAGE_CONTENT", "messageId": name, "delta": "хм"}, _IDS),
    st.just({"type": "STATE_DELTA", "delta": [{"op": "add", "path": "/x/y", "value": 1}]}),
    st.just(FINISHED),
    st.just({"type": "RUN_ERROR", "message": "Не вышло."}),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_EVENTS, max_size=12))
def test_every_prefix_can_be_ended_and_keeps_the_grammar(events: list[Event]) -> None:
    made = AguiToUiParts(client_tools=["paint"])
    chunks = [chunk for event in [STARTED, *events] for chunk in made.feed(event)]
    chunks += made.fail(AgentFailure("Оборвалось."))
    step, opened, known = False, set[str](), set[str]()
    for number, chunk in enumerate(chunks):
        kind: str = chunk["type"]
        assert (kind == "start") == (number == 0)
        match kind:
            case "start-step":
                assert not step
                step = True
            case "finish-step":
                assert step
                assert not opened
                step = False
            case "text-start" | "reasoning-start":
                assert step
                assert chunk["id"] not in opened
                opened.add(chunk["id"])
            case "text-delta" | "reasoning-delta":
                assert chunk["id"] in opened
            case "text-end" | "reasoning-end":
                opened.remove(chunk["id"])
            case "tool-input-start":
                assert step
                known.add(chunk["toolCallId"])
            case _ if kind.startswith("tool-"):
                assert chunk["toolCallId"] in known
    assert not step
    assert not opened
    assert chunks[-1]["type"] in ("finish", "abort", "error")
    assert [chunk["type"] for chunk in chunks].count(chunks[-1]["type"]) == 1


@settings(max_examples=100, deadline=None)
@given(st.lists(_EVENTS, max_size=12))
def test_the_template_of_a_token_is_the_plain_path(events: list[Event]) -> None:
    assert any(is_token(event) for event in [*events, say("a", "б")])
    plain = [json.dumps(chunk) for chunk in parts([STARTED, *events])]
    written = UiEncoder(AguiToUiParts()).encode_all([STARTED, *events]).decode()
    assert [json.dumps(json.loads(frame[6:])) for frame in written.split("\n\n")[:-1]] == plain
