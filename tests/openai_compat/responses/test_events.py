"""The table of the mapping, and what holds for every stream: typed, numbered, closable at every prefix, folded."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState

from bridge.errors import AgentFailure, UpstreamRateLimited
from bridge.openai_compat.responses import AguiToResponseEvents, fold
from bridge.openai_compat.responses.body import head_of, parse_response_request
from tests.agui.random_streams import legal_streams
from tests.openai_compat.responses.typed import check_event, check_response, check_stream
from tests.openai_compat.test_chunks import FINISHED, QUESTION, RESULT, STARTED, arguments, call, chunk, end, say, start

Event = dict[str, Any]

PAINT = {"type": "function", "name": "paint", "parameters": {"type": "object"}}
USAGE = [{"model": "m", "inputTokens": 3, "outputTokens": 4, "totalTokens": 7, "cacheWriteInputTokens": 2}]


def head(**body: Any) -> dict[str, Any]:
    asked = {"input": "Привет", "tools": [PAINT], **body}
    request = parse_response_request(asked, base="r", known={}, new_id=lambda: "m")
    return head_of(request, response_id="resp_r", model="sales", created_at=7)


def translator(*, body: dict[str, Any] | None = None, **more: Any) -> AguiToResponseEvents:
    return AguiToResponseEvents(head(**(body or {})), client_tools=["paint"], **more)


def events_of(*events: Event, **more: Any) -> list[Event]:
    forth = translator(**more)
    return [made for event in events for made in forth.feed(event)]


def kinds_of(events: list[Event]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


def think(kind: str, delta: str | None = None) -> Event:
    return {"type": f"REASONING_MESSAGE_{kind}", "messageId": "t"} | ({} if delta is None else {"delta": delta})


TEXT = ["output_item.added", "content_part.added"]
TEXT_DONE = ["output_text.done", "content_part.done", "output_item.done"]
CALL_DONE = ["function_call_arguments.done", "output_item.done"]
THOUGHT = ["output_item.added", "reasoning_summary_part.added"]
THOUGHT_DONE = ["reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done"]

TABLE: dict[str, tuple[list[Event], list[str]]] = {
    "one text": (
        [start("m"), say("m", "да"), say("m", "!"), end("m")],
        [*TEXT, "output_text.delta", "output_text.delta", *TEXT_DONE],
    ),
    "a text without any": ([start("m"), say("m", ""), end("m")], []),
    "a text of another role": ([start("m", "user"), say("m", "тайна"), end("m")], []),
    "two texts that interleave come one after the other": (
        [start("m"), say("m", "раз"), start("n"), say("n", "uno"), say("m", " два"), end("n"), end("m")],
        [*TEXT, *["output_text.delta"] * 2, *TEXT_DONE, *TEXT, "output_text.delta", *TEXT_DONE],
    ),
    "text chunks": (
        [chunk(messageId="m", delta="раз"), chunk(delta=" два"), chunk(messageId="n", delta="три")],
        [*TEXT, *["output_text.delta"] * 2, *TEXT_DONE, *TEXT, "output_text.delta"],
    ),
    "a call": (
        [call("a"), arguments("a", '{"x"'), arguments("a", ":1}"), {"type": "TOOL_CALL_END", "toolCallId": "a"}],
        ["output_item.added", *["function_call_arguments.delta"] * 2, *CALL_DONE],
    ),
    "calls that interleave": (
        [call("a"), call("b"), arguments("b", "2"), arguments("a", "1"), {"type": "TOOL_CALL_END", "toolCallId": "a"}],
        [
            *["output_item.added", "function_call_arguments.delta", *CALL_DONE],
            *["output_item.added", "function_call_arguments.delta"],
        ],
    ),
    "a tool of the server": (
        [call("s", "find_leads"), arguments("s", "тайна"), {"type": "TOOL_CALL_END", "toolCallId": "s"}, RESULT],
        [],
    ),
    "reasoning": (
        [think("START"), think("CONTENT", "хм"), think("CONTENT", "м"), think("END")],
        [*THOUGHT, *["reasoning_summary_text.delta"] * 2, *THOUGHT_DONE],
    ),
    "a subagent": ([{**start("m"), "subagentRunId": "s"}, say("m", "тайна"), end("m")], []),
    "everything else": (
        [
            {"type": "STATE_SNAPSHOT", "snapshot": {"a": 1}},
            {"type": "STEP_STARTED", "stepName": "s"},
            {"type": "CUSTOM", "name": "n", "value": None},
            {"type": "MESSAGES_SNAPSHOT", "messages": []},
        ],
        [],
    ),
}


@pytest.mark.parametrize("row", TABLE)
def test_rows(row: str) -> None:
    events, wanted = TABLE[row]
    made = events_of(STARTED, *events)
    assert kinds_of(made) == ["created", "in_progress", *wanted]
    for event in made:
        check_event(event)
    check_stream([*made, *_rest(events)])


def _rest(events: list[Event]) -> list[Event]:
    forth = translator()
    for event in (STARTED, *events):
        forth.feed(event)
    return forth.feed(FINISHED)


def test_an_item_and_its_text() -> None:
    made = events_of(STARTED, start("m"), say("m", "да"), end("m"), {**FINISHED, "usage": USAGE, "timestamp": 9500})
    added, done = made[2], made[-2]
    assert added["item"] == {
        "id": "msg_r_0",
        "type": "message",
        "role": "assistant",
        "status": "in_progress",
        "content": [],
    }
    part = {"type": "output_text", "text": "да", "annotations": [], "logprobs": []}
    assert done["item"] == {**added["item"], "status": "completed", "content": [part]}
    [delta] = [event for event in made if event["type"].endswith("text.delta")]
    assert delta == {
        "type": "response.output_text.delta",
        "sequence_number": 4,
        "item_id": "msg_r_0",
        "output_index": 0,
        "content_index": 0,
        "delta": "да",
        "logprobs": [],
    }
    whole = made[-1]["response"]
    assert whole == {
        **head(),
        "status": "completed",
        "output": [done["item"]],
        "completed_at": 9,
        "usage": {
            "input_tokens": 3,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 2},
            "output_tokens": 4,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 7,
        },
    }


def test_usage_is_true_or_absent() -> None:
    assert events_of(STARTED, FINISHED)[-1]["response"]["usage"] is None
    assert events_of(STARTED, {**FINISHED, "usage": []})[-1]["response"]["usage"] is None
    failed = events_of(STARTED, {"type": "RUN_ERROR", "message": "m", "usage": USAGE})
    assert failed[-1]["response"]["usage"]["total_tokens"] == 7


def test_in_the_background_it_is_queued_first() -> None:
    made = events_of(STARTED, FINISHED, body={"background": True})
    assert kinds_of(made) == ["created", "queued", "in_progress", "completed"]
    assert [event["response"]["status"] for event in made] == ["queued", "queued", "in_progress", "completed"]
    check_stream(made)


@pytest.mark.parametrize(
    ("reason", "kind", "details"),
    [
        ("stop", "completed", None),
        ("length", "incomplete", {"reason": "max_output_tokens"}),
        ("content_filter", "incomplete", {"reason": "content_filter"}),
    ],
)
def test_how_an_answer_ended(reason: str, kind: str, details: Any) -> None:
    made = events_of(STARTED, start("m"), say("m", "да"), {**FINISHED, "metadata": {"finishReason": reason}})
    check_stream(made)
    assert made[-1]["type"] == f"response.{kind}"
    response = made[-1]["response"]
    assert (response["status"], response["incomplete_details"]) == (kind, details)
    assert response["output"][0]["status"] == kind


def test_a_cancelled_response_says_so() -> None:
    made = events_of(STARTED, start("m"), say("m", "да"), {**FINISHED, "outcome": {"type": "cancelled"}})
    check_stream(made)
    assert made[-1]["type"] == "response.incomplete"
    assert made[-1]["response"]["status"] == "cancelled"
    assert made[-1]["response"]["output"][0]["status"] == "incomplete"


@pytest.mark.parametrize(
    ("code", "openai_code"),
    [
        ("upstream_rate_limited", "rate_limit_exceeded"),
        ("context_length_exceeded", "invalid_prompt"),
        ("upstream_error", "server_error"),
        ("no such code", "server_error"),
    ],
)
def test_a_failure(code: str, openai_code: str) -> None:
    made = events_of(STARTED, start("m"), say("m", "да"), {"type": "RUN_ERROR", "message": "Упало.", "code": code})
    check_stream(made)
    assert made[-1]["type"] == "response.failed"
    error = made[-1]["response"]["error"]
    assert (error["code"], error["message"]) == (openai_code, "Упало.")


def test_fail_says_what_happened_and_no_secret() -> None:
    forth = translator()
    made = forth.fail(RuntimeError("a secret"))
    check_stream(made)
    assert "secret" not in str(made)
    assert forth.fail(RuntimeError("again")) == forth.cancel() == forth.feed(FINISHED) == []
    assert translator().fail(UpstreamRateLimited("Позже."))[-1]["response"]["error"]["type"] == "upstream_rate_limited"
    assert translator().finish()[-1]["type"] == "response.failed"
    with pytest.raises(ValueError, match="not an AG-UI event"):
        translator().feed({"type": "NONE"})


def test_what_only_the_end_knows() -> None:
    result = events_of(STARTED, {**FINISHED, "result": {"градусы": 3}})
    assert result[-1]["response"]["output"][0]["content"][0]["text"] == '{"градусы":3}'
    after_text = events_of(STARTED, start("m"), say("m", "да"), end("m"), {**FINISHED, "result": "нет"})
    assert len(after_text[-1]["response"]["output"]) == 1
    structured = {**FINISHED, "result": {"a": 1}, "metadata": {"structuredResponse": True}}
    both = events_of(STARTED, start("m"), say("m", "да"), end("m"), structured)
    assert [item["content"][0]["text"] for item in both[-1]["response"]["output"]] == ["да", '{"a":1}']
    for made in (result, after_text, both):
        check_stream(made)


ASKED: Event = {**FINISHED, "outcome": {"type": "interrupt", "interrupts": [QUESTION]}}
SERVER_CALL = [call("s", "send"), arguments("s", '{"to":1}'), {"type": "TOOL_CALL_END", "toolCallId": "s"}]


def test_a_question_in_words() -> None:
    made = events_of(STARTED, start("m"), say("m", "Вот."), end("m"), ASKED)
    check_stream(made)
    texts = [item["content"][0]["text"] for item in made[-1]["response"]["output"]]
    assert texts == ["Вот.", "Можно?\n\nОтветьте: да / нет"]


def test_a_question_as_a_call() -> None:
    made = events_of(STARTED, *SERVER_CALL, ASKED, interrupts="tool")
    check_stream(made)
    [item] = made[-1]["response"]["output"]
    assert (item["type"], item["call_id"], item["name"]) == ("function_call", "i", "interrupt")


def test_a_question_about_a_tool_of_the_server() -> None:
    made = events_of(STARTED, *SERVER_CALL, ASKED)
    check_stream(made)
    words, request = made[-1]["response"]["output"]
    assert words["content"][0]["text"].startswith("Можно?")
    assert request == {
        "id": "mcpr_r_i",
        "type": "mcp_approval_request",
        "server_label": "sales",
        "name": "send",
        "arguments": '{"to":1}',
    }
    assert len(events_of(STARTED, *SERVER_CALL, ASKED, interrupts="words")[-1]["response"]["output"]) == 1


def test_which_questions_are_no_requests_for_approval() -> None:
    """Neither yes nor no would be an answer; nobody knows which call is meant; the call has its answer."""
    free = {**ASKED, "outcome": {"type": "interrupt", "interrupts": [{**QUESTION, "responseSchema": {"enum": [1]}}]}}
    other = call("x", "find_leads")
    answered = {**RESULT, "toolCallId": "s"}
    for stream in ([*SERVER_CALL, free], [*SERVER_CALL, other, ASKED], [*SERVER_CALL, answered, ASKED], [ASKED]):
        made = events_of(STARTED, *stream)
        assert [item["type"] for item in made[-1]["response"]["output"]] == ["message"]
    named = {**ASKED, "outcome": {"type": "interrupt", "interrupts": [{**QUESTION, "toolCallId": "x"}]}}
    made = events_of(STARTED, *SERVER_CALL, other, named)
    assert made[-1]["response"]["output"][1]["name"] == "find_leads"


def test_a_review_of_several_calls() -> None:
    value = {"action_requests": [{"name": "a", "args": {"x": 1}}, {"name": "b", "args": {}}]}
    review = {"id": "i", "reason": "input_required", "metadata": {"value": value}}
    made = events_of(STARTED, {**FINISHED, "outcome": {"type": "interrupt", "interrupts": [review]}})
    check_stream(made)
    requests = [item for item in made[-1]["response"]["output"] if item["type"] == "mcp_approval_request"]
    assert [(item["id"], item["name"], item["arguments"]) for item in requests] == [
        ("mcpr_r_i.0", "a", '{"x":1}'),
        ("mcpr_r_i.1", "b", "{}"),
    ]


def test_half_an_emoji_is_what_was_streamed() -> None:
    made = events_of(STARTED, start("m"), say("m", "\ud83d"), say("m", "\ude00"), end("m"), FINISHED)
    assert fold(made)["output"][0]["content"][0]["text"] == "\ufffd\ufffd"
    whole = events_of(STARTED, start("m"), say("m", "\ud83d\ude00"), end("m"), FINISHED)
    assert fold(whole)["output"][0]["content"][0]["text"] == "😀"


# Whole answers


def test_a_whole_answer_is_what_the_run_leaves() -> None:
    stored = [
        {"id": "q", "role": "user", "content": "?"},
        {"id": "n", "role": "assistant", "content": "замена", "toolCalls": []},
    ]
    events = [STARTED, start("m"), say("m", "попытка"), end("m"), start("n"), say("n", "черновик"), end("n")]
    made = events_of(*events, {"type": "MESSAGES_SNAPSHOT", "messages": stored}, FINISHED, whole=True)
    check_stream(made)
    assert [item["content"][0]["text"] for item in fold(made)["output"]] == ["замена"]
    nothing_stored = events_of(*events, FINISHED, whole=True)
    assert [item["content"][0]["text"] for item in fold(nothing_stored)["output"]] == ["попытка", "черновик"]


def test_a_whole_answer_has_no_call_that_was_answered() -> None:
    made = events_of(STARTED, *SERVER_CALL, {**RESULT, "toolCallId": "s"}, ASKED, whole=True)
    assert [item["type"] for item in fold(made)["output"]] == ["message"]


# Every stream


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """One run."""
    events: list[Event] = draw(legal_streams())
    ends = [place for place, event in enumerate(events) if event["type"] in ("RUN_FINISHED", "RUN_ERROR")]
    return events[: ends[0] + 1]


@settings(deadline=None, max_examples=60)
@given(streams(), st.booleans(), st.sampled_from([["paint"], ["tool"]]), st.data())
def test_every_stream(stream: list[Event], whole: bool, tools: list[str], data: st.DataObject) -> None:
    names = [event["toolCallName"] for event in stream if "toolCallName" in event]
    forth = AguiToResponseEvents(head(), client_tools=[*tools, *names[:1]], whole=whole)
    made = [one for event in stream for one in forth.feed(event)]
    check_stream(made)
    assert fold(made) == made[-1]["response"]
    check_response(fold(made))
    if made[-1]["type"] == "response.completed":
        assert _by_the_sdk(made) == fold(made)
    place = data.draw(st.integers(0, len(stream) - 1))
    for stop in ("fail", "cancel"):
        forth = AguiToResponseEvents(head(), client_tools=[*tools, *names[:1]], whole=whole)
        part = [one for event in stream[:place] for one in forth.feed(event)]
        check_response(fold(part)) if part else None
        part += forth.fail(AgentFailure("Упало.")) if stop == "fail" else forth.cancel()
        check_stream(part)
        assert fold(part) == part[-1]["response"]


def _by_the_sdk(events: list[Event]) -> dict[str, Any]:
    state: Any = ResponseStreamState(input_tools=omit, text_format=omit)
    for event in events:
        state.handle_event(check_event(event))
    completed: dict[str, Any] = state._completed_response.to_dict()
    assert completed["output"] is not None
    for item in completed["output"]:
        item.pop("parsed_arguments", None)
        for part in item.get("content") or ():
            part.pop("parsed", None)
    return completed


@settings(deadline=None, max_examples=40)
@given(streams())
def test_a_prefix_folds_to_what_was_sent(stream: list[Event]) -> None:
    forth = translator()
    texts: dict[str, str] = {}
    sent: list[Event] = []
    for event in stream[:-1]:
        for made in forth.feed(event):
            sent.append(made)
            if made["type"] == "response.output_text.delta":
                texts[made["item_id"]] = texts.get(made["item_id"], "") + made["delta"]
    if sent:
        found = {
            item["id"]: item["content"][0]["text"]
            for item in fold(sent)["output"]
            if item["type"] == "message" and item["content"]
        }
        assert found == texts
