"""AG-UI events -> parts, against the capture of CopilotKit's own runtime, and closed at every prefix."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bridge.copilotkit
from bridge.copilotkit.graphql import AguiToGraphQL
from bridge.copilotkit.graphql.encode import PartEncoder
from bridge.errors import UpstreamFailure
from tests.copilotkit.graphql.pages import merged, parts_of, states, texts

Event = dict[str, Any]
MESSAGES = ["generateCopilotResponse", "messages"]
STARTED: Event = {"type": "RUN_STARTED", "threadId": "t", "runId": "r"}
FINISHED: Event = {"type": "RUN_FINISHED", "threadId": "t", "runId": "r"}


def translator(**more: Any) -> AguiToGraphQL:
    given = {"thread_id": "t", "run_id": "r", "agent_name": "sales", "created_at": "2025-08-01T00:00:00Z"}
    return AguiToGraphQL(**(given | more))


def token(delta: str, message: str = "m") -> Event:
    return {"type": "TEXT_MESSAGE_CONTENT", "messageId": message, "delta": delta}


def said(*deltas: str, message: str = "m") -> list[Event]:
    start = {"type": "TEXT_MESSAGE_START", "messageId": message, "role": "assistant"}
    return [start, *(token(delta, message) for delta in deltas), {"type": "TEXT_MESSAGE_END", "messageId": message}]


def called(name: str, *pieces: str, call: str = "c", end: bool = True) -> list[Event]:
    return [
        {"type": "TOOL_CALL_START", "toolCallId": call, "toolCallName": name, "parentMessageId": "m"},
        *({"type": "TOOL_CALL_ARGS", "toolCallId": call, "delta": piece} for piece in pieces),
        *([{"type": "TOOL_CALL_END", "toolCallId": call}] if end else []),
    ]


def result(content: str, call: str = "c") -> Event:
    return {"type": "TOOL_CALL_RESULT", "messageId": f"of {call}", "toolCallId": call, "content": content}


def calling(name: str, text: str = "") -> dict[str, Any]:
    """A message with that call, as a thread holds it."""
    call = {"id": "c", "type": "function", "function": {"name": name, "arguments": "{}"}}
    return {"id": "m", "role": "assistant", "content": text, "toolCalls": [call]}


def answer(*events: Event, **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    made = translator(**more)
    return merged([*made.start(), *(part for event in events for part in made.feed(event)), *made.finish()])


def status(answer: dict[str, Any], index: int = 0) -> str | None:
    found = answer["messages"][index].get("status")
    return None if found is None else str(found["code"])


def test_it_is_exported_beside_the_others() -> None:
    assert bridge.copilotkit.AguiToGraphQL is AguiToGraphQL


def test_text_is_what_the_node_runtime_sends() -> None:
    made = translator(extensions={"openaiAssistantAPI": None})
    created = "2025-08-01T00:00:00Z"
    opened: dict[str, Any] = {
        "__typename": "TextMessageOutput",
        "id": "m",
        "createdAt": created,
        "content": [],
        "role": "assistant",
        "parentMessageId": None,
    }
    success = {"code": "Success", "__typename": "SuccessMessageStatus"}
    assert made.start() == [
        {
            "data": {
                "generateCopilotResponse": {
                    "threadId": "t",
                    "runId": "r",
                    "extensions": {"openaiAssistantAPI": None},
                    "messages": [],
                    "metaEvents": [],
                    "__typename": "CopilotResponse",
                }
            },
            "hasNext": True,
        }
    ]
    assert made.feed(STARTED) == []
    start, first, second, end = said("При", "вет")
    assert made.feed(start) == [{"incremental": [{"items": [opened], "path": [*MESSAGES, 0]}], "hasNext": True}]
    assert made.feed(first) == [
        {"incremental": [{"items": ["При"], "path": [*MESSAGES, 0, "content", 0]}], "hasNext": True}
    ]
    assert made.feed(second) == [
        {"incremental": [{"items": ["вет"], "path": [*MESSAGES, 0, "content", 1]}], "hasNext": True}
    ]
    closed = {"data": {"status": success, "__typename": "TextMessageOutput"}, "path": [*MESSAGES, 0]}
    assert made.feed(end) == [{"incremental": [closed], "hasNext": True}]
    done = {
        "data": {
            "status": {"code": "Success", "__typename": "SuccessResponseStatus"},
            "__typename": "CopilotResponse",
        },
        "path": ["generateCopilotResponse"],
    }
    assert made.feed(FINISHED) == [{"incremental": [done], "hasNext": True}]
    assert made.finish() == [{"hasNext": False}]


def test_a_call_of_the_page_is_ready_when_it_ends_and_one_of_the_server_when_it_has_its_result() -> None:
    page, _ = answer(*called("paint", '{"color":', '"red"}'), FINISHED, client_tools=["paint"])
    call = page["messages"][0]
    assert (call["__typename"], call["id"], call["name"]) == ("ActionExecutionMessageOutput", "c", "paint")
    assert (call["arguments"], call["parentMessageId"]) == (['{"color":', '"red"}'], "m")
    assert (status(page), call["scope"]) == ("Success", "client")
    waiting, _ = answer(*called("look_up", "{}"), FINISHED)
    assert (status(waiting), waiting["messages"][0]["scope"]) == (None, "server")
    done, _ = answer(*called("look_up", "{}"), result("7"), FINISHED)
    assert (status(done), status(done, 1)) == ("Success", "Success")
    assert {name: done["messages"][1][name] for name in ("id", "result", "actionExecutionId", "actionName")} == {
        "id": "of c",
        "result": "7",
        "actionExecutionId": "c",
        "actionName": "look_up",
    }


def test_a_call_that_was_cut_off_is_never_run_by_the_page() -> None:
    stopped, _ = answer(*called("paint", '{"color":"r'), FINISHED, client_tools=["paint"])
    assert status(stopped) is None


def test_an_answer_to_a_call_of_an_earlier_turn_is_named() -> None:
    function = {"name": "make_quote", "arguments": "{}"}
    call = {
        "id": "m",
        "role": "assistant",
        "content": "",
        "toolCalls": [{"id": "c", "type": "function", "function": function}],
    }
    resumed, _ = answer(result("КП-1"), FINISHED, history=[call])
    assert resumed["messages"][0]["actionName"] == "make_quote"


def test_state_is_whole_each_time_and_says_whether_the_agent_works() -> None:
    page, _ = answer(
        {"type": "STATE_SNAPSHOT", "snapshot": {"quote": {"n": 1}, "messages": ["hidden"]}},
        {"type": "STEP_STARTED", "stepName": "model"},
        {"type": "STATE_DELTA", "delta": [{"op": "replace", "path": "/quote/n", "value": 2}]},
        {"type": "STATE_DELTA", "delta": [{"op": "replace", "path": "/no/where", "value": 2}]},
        {"type": "STEP_FINISHED", "stepName": "model"},
        FINISHED,
    )
    shown = [
        (orjson.loads(one["state"]), one["running"], one["active"], one["nodeName"], one["agentName"], one["threadId"])
        for one in states(page)
    ]
    one, two = {"quote": {"n": 1}}, {"quote": {"n": 2}}
    assert shown == [
        (one, True, False, "", "sales", "t"),
        (one, True, True, "model", "sales", "t"),
        (two, True, True, "model", "sales", "t"),
        (two, True, False, "model", "sales", "t"),
        (two, False, False, "model", "sales", "t"),
    ]
    assert len({one["id"] for one in states(page)}) == 5


def test_a_page_without_an_agent_begins_no_session() -> None:
    page, _ = answer({"type": "STATE_SNAPSHOT", "snapshot": {"a": 1}}, FINISHED, in_session=False)
    assert {one["running"] for one in states(page)} == {False}


def test_a_session_goes_on_while_a_tool_of_the_page_or_a_person_is_to_answer() -> None:
    state = {"type": "STATE_SNAPSHOT", "snapshot": {"a": 1}}
    for waiting in (called("paint", "{}"), [{"type": "CUSTOM", "name": "on_interrupt", "value": "?"}]):
        page, _ = answer(state, *waiting, FINISHED, client_tools=["paint"])
        assert states(page)[-1]["running"] is True


def test_predicted_state_grows_with_the_arguments() -> None:
    rule = [{"state_key": "draft", "tool": "write", "tool_argument": "text"}]
    predicted = {"type": "CUSTOM", "name": "PredictState", "value": rule}
    page, _ = answer(predicted, *called("write", '{"te', 'xt":"Доб', 'рый"}'), FINISHED)
    drafts = [orjson.loads(one["state"]).get("draft") for one in states(page)]
    assert drafts == ["Доб", "Добрый", "Добрый"]


@pytest.mark.parametrize(("value", "shown"), [("Да?", "Да?"), ({"message": "Да?"}, '{"message":"Да?"}')])
def test_an_interrupt_is_a_meta_event(value: Any, shown: str) -> None:
    event = {
        "type": "MetaEvent",
        "name": "LangGraphInterruptEvent",
        "value": shown,
        "__typename": "LangGraphInterruptEvent",
    }
    old, _ = answer({"type": "CUSTOM", "name": "on_interrupt", "value": value}, FINISHED)
    assert old["metaEvents"] == [event]
    interrupt = {"id": "i", "reason": "x", "metadata": {"value": value}}
    new, _ = answer(FINISHED | {"outcome": {"type": "interrupt", "interrupts": [interrupt]}})
    assert new["metaEvents"] == [event]


def test_the_list_is_sent_again_only_where_it_differs() -> None:
    user = {"id": "u", "role": "user", "content": "Крась"}
    thread = {"type": "MESSAGES_SNAPSHOT", "messages": [user, calling("paint", "Сейчас")]}
    same, _ = answer(*said("Сейчас"), *called("paint", "{}"), thread, FINISHED, client_tools=["paint"], history=[user])
    assert states(same) == []
    other, _ = answer(*said("Сейчас"), *called("paint", "{}"), thread, FINISHED, client_tools=["paint"])
    (state,) = states(other)
    assert [entry["id"] for entry in orjson.loads(state["state"])["messages"]] == ["u", "m", "c"]


def test_what_an_answer_said_before_it_was_stopped_stays_on_the_page() -> None:
    user, other = ({"id": name, "role": "user", "content": name} for name in ("u", "v"))
    stopped = {"id": "half", "role": "assistant", "content": "Полови"}
    words = {"id": "m", "role": "assistant", "content": "Да"}
    thread = {"type": "MESSAGES_SNAPSHOT", "messages": [user, other, words]}
    same, _ = answer(*said("Да"), thread, FINISHED, history=[user, stopped, other])
    assert states(same) == []
    typed = {"id": "typed", "role": "user", "content": "в никуда"}
    again, _ = answer(*said("Да"), thread, FINISHED, history=[user, stopped, typed, other])
    listed = orjson.loads(states(again)[-1]["state"])["messages"]
    assert [entry["id"] for entry in listed] == ["u", "half", "v", "m"]


def test_a_call_of_the_page_is_last_however_it_came() -> None:
    words = {"id": "n", "role": "assistant", "content": "Ещё слово"}
    thread = {"type": "MESSAGES_SNAPSHOT", "messages": [calling("paint"), words]}
    page, _ = answer(*called("paint", "{}"), *said("Ещё слово", message="n"), thread, FINISHED, client_tools=["paint"])
    listed = orjson.loads(states(page)[-1]["state"])["messages"]
    assert [entry["id"] for entry in listed] == ["n", "c"]
    assert listed[-1]["arguments"] == {}


def test_an_answer_that_broke_off_keeps_what_was_said_and_ends_in_an_error() -> None:
    made = translator()
    parts = [*made.start(), *(part for event in said("Нача", "ло")[:-1] for part in made.feed(event))]
    parts += made.feed({"type": "RUN_ERROR", "message": "Модель недоступна.", "code": "upstream_error"})
    closing, failing = parts[-2:]
    assert made.finish() == []
    page, errors = merged(parts)
    assert texts(page) == ["Начало"]
    assert page["messages"][0]["status"]["code"] == "Failed"
    assert "errors" not in closing["incremental"][0]
    assert failing["hasNext"] is False
    (error,) = errors
    assert (error["message"], error["extensions"]["code"]) == ("Модель недоступна.", "NETWORK_ERROR")
    assert page["status"]["details"]["description"] == "Модель недоступна."


def test_something_else_while_a_question_waits_brings_the_question_back() -> None:
    page, errors = answer(
        {"type": "CUSTOM", "name": "on_interrupt", "value": "Да?"},
        {"type": "RUN_ERROR", "message": "Сначала ответьте.", "code": "interrupt_pending"},
    )
    assert errors == []
    assert texts(page) == ["Сначала ответьте."]
    assert len(page["metaEvents"]) == 1


def test_a_subagent_is_no_part_of_the_answer() -> None:
    page, _ = answer(
        *(event | {"subagentRunId": "s"} for event in said("Тихо")), *said("Громко", message="n"), FINISHED
    )
    assert texts(page) == ["Громко"]


def test_shorthands_and_a_message_that_goes_on() -> None:
    page, _ = answer(
        {"type": "TEXT_MESSAGE_CHUNK", "messageId": "m", "delta": "Ко"},
        {"type": "TEXT_MESSAGE_CHUNK", "delta": "ротко"},
        *said("Раз", message="n"),
        *said(" и ещё", message="n"),
        {"type": "TOOL_CALL_CHUNK", "toolCallId": "c", "toolCallName": "paint", "delta": "{"},
        {"type": "TOOL_CALL_CHUNK", "delta": "}"},
        FINISHED,
        client_tools=["paint"],
    )
    assert texts(page) == ["Коротко", "Раз и ещё"]
    assert page["messages"][2]["arguments"] == ["{", "}"]
    assert [status(page, index) for index in range(3)] == ["Success"] * 3


TURN = [
    STARTED,
    {"type": "STATE_SNAPSHOT", "snapshot": {"a": 1}},
    {"type": "STEP_STARTED", "stepName": "model"},
    *said("При", "вет"),
    *called("look_up", "{", "}"),
    result("7"),
    *called("paint", "{", "}", call="d"),
    {"type": "STEP_FINISHED", "stepName": "model"},
    {"type": "CUSTOM", "name": "on_interrupt", "value": "?"},
]


@pytest.mark.parametrize("length", range(len(TURN) + 1))
@pytest.mark.parametrize("end", ["finish", "fail", "cancel"])
def test_every_prefix_can_be_closed(length: int, end: str) -> None:
    made = translator(client_tools=["paint"])
    parts = [*made.start(), *(part for event in TURN[:length] for part in made.feed(event))]
    parts += made.fail(UpstreamFailure("Нет модели.")) if end == "fail" else getattr(made, end)()
    page, errors = merged(parts)
    assert parts[-1]["hasNext"] is False
    assert bool(errors) == (end == "fail")
    assert page["status"]["code"] == ("Failed" if end == "fail" else "Success")
    assert all("status" in message for message in page["messages"] if message["__typename"] == "TextMessageOutput")


PIECES = st.lists(
    st.one_of(
        st.builds(token, st.text(max_size=5), st.sampled_from(["m", "n", "unknown"])),
        st.sampled_from([*said(), *said(message="n"), *called("look_up", "{"), TURN[1]]),
    ),
    max_size=30,
)


@given(PIECES, st.lists(st.integers(1, 6)), st.booleans())
def test_the_fast_path_says_what_the_plain_one_says(events: list[Event], sizes: list[int], fails: bool) -> None:
    ending = {"type": "RUN_ERROR", "message": "Нет.", "code": "x"} if fails else FINISHED
    events = [*events, ending]
    plain = answer(*events)
    encoder = PartEncoder(translator(), "en")
    body, left = encoder.start(), list(events)
    for size in [*sizes, len(events)]:
        batch, left = left[:size], left[size:]
        body += encoder.encode_all(batch, 1) + encoder.keep_alive * (size == 1)
    body += encoder.finish()
    assert merged(parts_of(body.replace(encoder.keep_alive, b""))) == plain


def test_an_idle_answer_is_kept_alive_by_a_header_of_the_next_part() -> None:
    encoder = PartEncoder(translator(), "ru")
    body = encoder.start() + encoder.keep_alive * 2 + encoder.encode_all([*said("а"), FINISHED], 1) + encoder.finish()
    heads = [piece.partition(b"\r\n\r\n")[0] for piece in body.split(b"\r\n---")]
    assert sum(head.count(b"X-Keep-Alive") for head in heads) == 2


def test_a_reader_that_cannot_go_on_ends_its_answer_in_the_pages_language() -> None:
    encoder = PartEncoder(translator(), "ru")
    body = encoder.start() + encoder.encode_all(said("а")[:2], 1) + encoder.fail(UpstreamFailure("No model."))
    page, errors = merged(parts_of(body))
    assert texts(page) == ["а"]
    assert errors[0]["message"].startswith("Модель не ответила")
    assert encoder.finish() == b""
