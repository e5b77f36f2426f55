"""Any provider's stream as a legal AG-UI stream: the quirks people meet, and every prefix of them."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.agui import Verifier
from bridge.agui.encode import SSEEncoder
from bridge.events.event import Event
from bridge.openai_compat import ChunksToAgui
from tests.clients.agui_client import CLIENT_VERSIONS, ClientVersion, RecordedStream, verify

Chunk = dict[str, Any]


def delta(finish_reason: str | None = None, /, **fields: Any) -> Chunk:
    choice = {"index": 0, "delta": fields, "finish_reason": finish_reason}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt", "choices": [choice]}


def called(
    index: int | None, call_id: str | None = None, name: str | None = None, arguments: str | None = None
) -> Chunk:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    piece = {"index": index, "id": call_id, "type": "function", "function": function}
    return delta(tool_calls=[{key: value for key, value in piece.items() if value is not None}])


USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
ROLE = delta(role="assistant", content="")
COUNTED: Chunk = {"id": "c1", "model": "gpt", "choices": [], "usage": USAGE}

# name -> chunks, text, reasoning, calls (id, name, arguments)
STREAMS: dict[str, tuple[list[Chunk], str, str, list[tuple[str, str, str]]]] = {
    "openai": ([ROLE, delta(content="Да"), delta(content="."), delta("stop"), COUNTED], "Да.", "", []),
    "azure: filters first, no model": (
        [{"id": "", "model": "", "choices": [], "prompt_filter_results": []}, ROLE, delta(content="Да"), delta("stop")],
        "Да", "", [],
    ),
    "deepseek: reasoning_content, null content": (
        [
            delta(role="assistant", content=None, reasoning_content=""),
            delta(content=None, reasoning_content="хм"),
            delta(content="Да", reasoning_content=None),
            delta("stop", content=""),
        ],
        "Да", "хм", [],
    ),
    "openrouter: both names, one empty": (
        [delta(reasoning_content="", reasoning="хм"), delta(content="Да"), delta("stop")], "Да", "хм", [],
    ),
    "thoughts between texts": (
        [delta(reasoning="а"), delta(content="Раз"), delta(reasoning="б"), delta(content=" два"), delta("stop")],
        "Раз два", "аб", [],
    ),
    "ends in thought": (
        [delta(reasoning="хм"), delta("length"), delta(content="поздно"), delta("stop")], "поздно", "хм", [],
    ),
    "mistral: content as parts": (
        [
            delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "хм"}]}]),
            delta(content=[{"type": "text", "text": "Да"}]),
            delta("stop"),
        ],
        "Да", "хм", [],
    ),
    "error is null in every chunk": ([ROLE | {"error": None}, delta(content="Да"), delta("stop")], "Да", "", []),
    "a call in pieces, after text": (
        [
            delta(content="Минуту"),
            called(0, "a", "paint", ""),
            called(0, arguments='{"x"'),
            called(0, arguments=":1}"),
            delta("tool_calls"),
        ],
        "Минуту", "", [("a", "paint", '{"x":1}')],
    ),
    "two calls that interleave": (
        [
            called(0, "a", "paint"),
            called(1, "b", "paint"),
            called(1, arguments="2"),
            called(0, arguments="1"),
            delta("tool_calls"),
        ],
        "", "", [("a", "paint", "1"), ("b", "paint", "2")],
    ),
    "every call has index 0": (
        [called(0, "a", "paint", "1"), called(0, "b", "paint", "2"), delta("tool_calls")],
        "", "", [("a", "paint", "1"), ("b", "paint", "2")],
    ),
    "no index, whole, ends in stop": (
        [delta(tool_calls=[{"id": "a", "function": {"name": "paint", "arguments": "1"}}]), delta("stop")],
        "", "", [("a", "paint", "1")],
    ),
    "the id in every piece": (
        [called(0, "a", "paint"), called(0, "a", "paint", "1"), called(0, "a", None, "2"), delta("tool_calls")],
        "", "", [("a", "paint", "12")],
    ),
    "no id at all": ([called(0, None, "paint", "1"), delta("tool_calls")], "", "", [("c1:call:0", "paint", "1")]),
    "text after a call": (
        [delta(content="Раз"), called(0, "a", "paint", "1"), delta(content=" два"), delta("tool_calls")],
        "Раз два", "", [("a", "paint", "1")],
    ),
    "a refusal": ([delta(refusal="Нет."), delta("stop")], "Нет.", "", []),
    "a second answer is not ours": (
        [ROLE | {"choices": [{"index": 1, "delta": {"content": "Нет"}}]}, delta(content="Да"), delta("stop")],
        "Да", "", [],
    ),
    "usage beside the end": ([delta(content="Да"), delta("stop") | {"usage": USAGE}], "Да", "", []),
    "no delta, no choices": (
        [{"id": "c1", "choices": None}, {"id": "c1", "choices": [{"index": 0}]}, delta(content="Да"), delta("stop")],
        "Да", "", [],
    ),
}  # fmt: skip


def events_of(chunks: list[Chunk]) -> list[Event]:
    back = ChunksToAgui()
    return [*(event for one in chunks for event in back.feed(one)), *back.finish()]


def check(events: list[Event]) -> None:
    verifier = Verifier(strict=True)
    for event in events:
        verifier.feed(event)
    verifier.finish()


@pytest.mark.parametrize("name", STREAMS)
def test_quirks(name: str) -> None:
    chunks, text, reasoning, calls = STREAMS[name]
    events = events_of(chunks)
    check(events)

    received: dict[str, str] = {}
    for event in events:
        if event["type"] in ("TEXT_MESSAGE_CONTENT", "REASONING_MESSAGE_CONTENT", "TOOL_CALL_ARGS"):
            key = event["toolCallId"] if event["type"] == "TOOL_CALL_ARGS" else event["type"]
            received[key] = received.get(key, "") + event["delta"]
    made = [(event["toolCallId"], event["toolCallName"]) for event in events if event["type"] == "TOOL_CALL_START"]
    assert received.get("TEXT_MESSAGE_CONTENT", "") == text
    assert received.get("REASONING_MESSAGE_CONTENT", "") == reasoning
    assert [(call_id, tool, received.get(call_id, "")) for call_id, tool in made] == calls
    assert events[-1]["type"] == "RUN_FINISHED"
    assert events[-1]["outcome"].get("pendingToolCallIds", []) == [call_id for call_id, *_ in calls]


@pytest.mark.parametrize("name", STREAMS)
def test_every_prefix_that_breaks_off_is_legal(name: str) -> None:
    chunks = STREAMS[name][0]
    for length in range(len(chunks) + 1):
        back = ChunksToAgui(thread_id="t", run_id="r")
        events = [event for one in chunks[:length] for event in back.feed(one)]
        events += back.fail(ConnectionError("sk-123"))
        check(events)
        assert events[-1]["type"] == "RUN_ERROR"
        assert "sk-123" not in str(events[-1])
        assert back.finish() == []
    # the stream simply stops
    back = ChunksToAgui()
    events = [event for one in chunks[:1] for event in back.feed(one)] + back.finish()
    check(events)
    assert events[-1]["type"] == "RUN_ERROR"


@pytest.mark.parametrize("version", CLIENT_VERSIONS)
def test_the_official_client_reads_them(version: ClientVersion) -> None:
    encoder = SSEEncoder()
    streams = [
        RecordedStream(name, b"".join(encoder.encode(event) for event in events_of(chunks)).decode())
        for name, (chunks, *_) in STREAMS.items()
    ]
    # what waits for the application's tools is reported in 1.0's way
    known = [stream for stream in streams if version == "1.0.0" or "pendingToolCallIds" not in stream.sse]
    assert {verdict.name: verdict.error for verdict in verify(known, version) if not verdict.ok} == {}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"message": "Упало", "code": "overloaded"}, "overloaded"),
        ({"message": "Упало", "type": "t"}, "t"),
        ("Упало", None),
    ],
)
def test_an_error_frame(error: Any, code: str | None) -> None:
    for before in ([], [ROLE, delta(content="Да")], [called(0, "a", "paint")]):
        events = events_of([*before, {"error": error}, delta(content="после")])
        check(events)
        last = events[-1]
        assert (last["type"], last["message"], last.get("code")) == ("RUN_ERROR", "Упало", code)


def test_usage_and_how_it_ended() -> None:
    [*_, last] = events_of([ROLE, delta("length"), COUNTED])
    assert last["usage"] == [{"model": "gpt", "inputTokens": 3, "outputTokens": 4, "totalTokens": 7}]
    assert last["metadata"] == {"finishReason": "length"}


def test_an_empty_stream_is_an_error() -> None:
    [only] = ChunksToAgui().finish()
    assert only["code"] == "upstream_error"


@pytest.mark.parametrize("name", STREAMS)
def test_every_verb_as_an_agents_translator(name: str) -> None:
    chunks = STREAMS[name][0]
    for length in range(len(chunks) + 1):
        for ending in ("finish", "fail", "cancel"):
            back = ChunksToAgui(thread_id="t", run_id="r")
            events = back.start()
            assert back.start() == []
            events += [event for one in chunks[:length] for event in back.feed(one)]
            events += back.fail(ConnectionError("x")) if ending == "fail" else getattr(back, ending)()
            check(events)
            assert [event["type"] for event in events].count("RUN_STARTED") == 1
            assert (events[0]["threadId"], events[0]["runId"]) == ("t", "r")
            assert [*back.finish(), *back.cancel(), *back.fail(ConnectionError("x"))] == []
            if ending == "cancel":
                assert events[-1]["outcome"] == {"type": "cancelled"}
                assert (events[-1]["threadId"], events[-1]["runId"]) == ("t", "r")


def test_a_cancel_before_the_first_chunk_is_a_legal_stream() -> None:
    events = ChunksToAgui().cancel()
    check(events)
    assert [event["type"] for event in events] == ["RUN_STARTED", "RUN_FINISHED"]


def extended(event: Event) -> Chunk:
    return {"choices": [{"index": 0, "delta": {}}], "ag_ui": event}


BEGUN = extended({"type": "RUN_STARTED", "threadId": "theirs", "runId": "theirs"})
OPENED = extended({"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"})


def test_with_the_extension_the_run_keeps_the_ids_it_was_started_with() -> None:
    back = ChunksToAgui(thread_id="t", run_id="r")
    events = [*back.start(), *back.feed(BEGUN)]
    events += back.feed(extended({"type": "RUN_FINISHED", "threadId": "theirs", "runId": "theirs"}))
    check(events)
    assert {(event["threadId"], event["runId"]) for event in events} == {("t", "r")}
    assert len(events) == 2


@pytest.mark.parametrize("ending", ["finish", "cancel"])
def test_a_stream_with_the_extension_that_breaks_off_ends(ending: str) -> None:
    back = ChunksToAgui()
    events = [*back.feed(BEGUN), *back.feed(OPENED), *getattr(back, ending)()]
    check(events)
    assert events[-2]["type"] == "TEXT_MESSAGE_END"
    assert events[-1]["type"] == ("RUN_ERROR" if ending == "finish" else "RUN_FINISHED")
    assert events[-1].get("runId", "theirs") == "theirs"
