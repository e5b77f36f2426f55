"""The table of the mapping: every row, as events in and deltas out."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import UpstreamFailure
from bridge.openai_compat import AguiToChunks

Event = dict[str, Any]
Delta = dict[str, Any]

STARTED: Event = {"type": "RUN_STARTED", "threadId": "t", "runId": "r"}
FINISHED: Event = {"type": "RUN_FINISHED", "threadId": "t", "runId": "r"}


def start(name: str, role: str | None = None) -> Event:
    return {"type": "TEXT_MESSAGE_START", "messageId": name} | ({} if role is None else {"role": role})


def say(name: str, delta: str) -> Event:
    return {"type": "TEXT_MESSAGE_CONTENT", "messageId": name, "delta": delta}


def end(name: str) -> Event:
    return {"type": "TEXT_MESSAGE_END", "messageId": name}


def chunk(**fields: Any) -> Event:
    return {"type": "TEXT_MESSAGE_CHUNK", **fields}


def call(name: str, tool: str = "paint") -> Event:
    return {"type": "TOOL_CALL_START", "toolCallId": name, "toolCallName": tool}


def arguments(name: str, delta: str) -> Event:
    return {"type": "TOOL_CALL_ARGS", "toolCallId": name, "delta": delta}


def opened(index: int, name: str, arguments: str = "") -> Delta:
    function = {"name": "paint", "arguments": arguments}
    return {"tool_calls": [{"index": index, "id": name, "type": "function", "function": function}]}


def piece(index: int, delta: str) -> Delta:
    return {"tool_calls": [{"index": index, "function": {"arguments": delta}}]}


RESULT: Event = {"type": "TOOL_CALL_RESULT", "messageId": "x", "toolCallId": "a", "content": "готово"}
QUESTION: Event = {"id": "i", "reason": "approval", "message": "Можно?", "responseSchema": {"type": "boolean"}}

TABLE: dict[str, list[tuple[Event, Delta]]] = {
    "RUN_STARTED": [(STARTED, {"role": "assistant", "content": ""})],
    "one text": [(start("m"), {}), (say("m", "да"), {"content": "да"}), (end("m"), {})],
    "an empty delta": [(start("m"), {}), (say("m", ""), {"content": ""}), (end("m"), {})],
    "two texts": [
        (start("m", "assistant"), {}),
        (say("m", "раз"), {"content": "раз"}),
        (end("m"), {}),
        (start("n"), {"content": "\n\n"}),
        (say("n", "два"), {"content": "два"}),
    ],
    "an empty text before another": [
        (start("m"), {}),
        (end("m"), {}),
        (start("n"), {}),
        (say("n", "два"), {"content": "два"}),
    ],
    "a text of another role": [
        (start("m", "user"), {}),
        (say("m", "тайна"), {}),
        (end("m"), {}),
        (start("n"), {}),
        (say("n", "да"), {"content": "да"}),
    ],
    "text chunks": [
        (chunk(messageId="m", role="assistant", delta="раз"), {"content": "раз"}),
        (chunk(delta=" два"), {"content": " два"}),
        (chunk(messageId="n", delta="три"), {"content": "\n\nтри"}),
        (chunk(messageId="u", role="user", delta="тайна"), {}),
        (chunk(delta="и ещё"), {}),
        (chunk(messageId="k"), {}),
    ],
    "reasoning": [
        ({"type": "REASONING_START", "messageId": "r"}, {}),
        ({"type": "REASONING_MESSAGE_START", "messageId": "r", "role": "reasoning"}, {}),
        ({"type": "REASONING_MESSAGE_CONTENT", "messageId": "r", "delta": "хм"}, {"reasoning_content": "хм"}),
        ({"type": "REASONING_MESSAGE_CHUNK", "delta": "м"}, {"reasoning_content": "м"}),
        ({"type": "REASONING_MESSAGE_CHUNK"}, {}),
        ({"type": "REASONING_MESSAGE_END", "messageId": "r"}, {}),
        ({"type": "REASONING_END", "messageId": "r"}, {}),
        ({"type": "REASONING_ENCRYPTED_VALUE", "subtype": "message", "entityId": "r", "encryptedValue": "?"}, {}),
    ],
    "a tool of the client": [
        (call("a"), opened(0, "a")),
        (arguments("a", '{"x"'), piece(0, '{"x"')),
        (arguments("a", ":1}"), piece(0, ":1}")),
        ({"type": "TOOL_CALL_END", "toolCallId": "a"}, {}),
        (RESULT, {}),
    ],
    "calls that interleave": [
        (call("a"), opened(0, "a")),
        (call("s", "find_leads"), {}),
        (call("b"), opened(1, "b")),
        (arguments("b", "2"), piece(1, "2")),
        (arguments("s", "тайна"), {}),
        (arguments("a", "1"), piece(0, "1")),
    ],
    "call chunks": [
        ({"type": "TOOL_CALL_CHUNK", "toolCallId": "a", "toolCallName": "paint"}, opened(0, "a")),
        ({"type": "TOOL_CALL_CHUNK", "delta": "1"}, piece(0, "1")),
        ({"type": "TOOL_CALL_CHUNK", "toolCallId": "b", "toolCallName": "paint", "delta": "2"}, opened(1, "b", "2")),
        ({"type": "TOOL_CALL_CHUNK", "toolCallId": "s", "toolCallName": "find_leads", "delta": "3"}, {}),
        ({"type": "TOOL_CALL_CHUNK", "delta": "4"}, {}),
    ],
    "a tool of the server": [
        (call("s", "find_leads"), {}),
        (arguments("s", "тайна"), {}),
        ({"type": "TOOL_CALL_END", "toolCallId": "s"}, {}),
        (RESULT | {"toolCallId": "s"}, {}),
    ],
    "everything else": [
        ({"type": "STATE_SNAPSHOT", "snapshot": {"a": 1}}, {}),
        ({"type": "STATE_DELTA", "delta": []}, {}),
        ({"type": "MESSAGES_SNAPSHOT", "messages": []}, {}),
        ({"type": "ACTIVITY_SNAPSHOT", "messageId": "a", "activityType": "plan", "content": {}}, {}),
        ({"type": "ACTIVITY_DELTA", "messageId": "a", "activityType": "plan", "patch": []}, {}),
        ({"type": "STEP_STARTED", "stepName": "s"}, {}),
        ({"type": "STEP_FINISHED", "stepName": "s"}, {}),
        ({"type": "SUBAGENT_STARTED", "subagentRunId": "s", "name": "n"}, {}),
        ({"type": "SUBAGENT_FINISHED", "subagentRunId": "s"}, {}),
        ({"type": "SUBAGENT_ERROR", "subagentRunId": "s", "message": "m"}, {}),
        ({"type": "CUSTOM", "name": "n", "value": None}, {}),
        ({"type": "RAW", "event": {}}, {}),
    ],
}  # fmt: skip


def translator(**more: Any) -> AguiToChunks:
    return AguiToChunks(id="chatcmpl-r", model="sales", created=7, client_tools=["paint"], **more)


@pytest.mark.parametrize("row", TABLE)
def test_deltas(row: str) -> None:
    forth = translator()
    for event, delta in TABLE[row]:
        assert forth.feed(event) == {
            "id": "chatcmpl-r",
            "object": "chat.completion.chunk",
            "created": 7,
            "model": "sales",
            "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
        }


def ended(*events: Event, outcome: Event | None = None, **more: Any) -> tuple[Delta, str]:
    """What RUN_FINISHED becomes after these events."""
    forth = translator(**more)
    for event in events:
        forth.feed(event)
    [choice] = forth.feed(FINISHED | ({} if outcome is None else {"outcome": outcome}))["choices"]
    return choice["delta"], choice["finish_reason"]


SUCCESS = {"type": "success"}
INTERRUPT = {"type": "interrupt", "interrupts": [QUESTION]}


def test_finish_reasons() -> None:
    assert ended() == ({}, "stop")
    assert ended(outcome=SUCCESS) == ({}, "stop")
    assert ended(call("a"), outcome=SUCCESS) == ({}, "tool_calls")
    assert ended(call("a"), RESULT, outcome=SUCCESS) == ({}, "stop")
    assert ended(call("s", "find_leads"), outcome=SUCCESS) == ({}, "stop")
    assert ended(call("a"), outcome={"type": "cancelled"}) == ({}, "stop")


@pytest.mark.parametrize("reason", ["length", "content_filter", "stop", "weather"])
def test_how_the_model_ended(reason: str) -> None:
    [choice] = translator().feed(FINISHED | {"metadata": {"finishReason": reason}})["choices"]
    assert choice["finish_reason"] == (reason if reason in ("length", "content_filter") else "stop")


def test_an_interrupt_in_words() -> None:
    words = "Можно?\n\nОтветьте: да / нет"
    assert ended(outcome=INTERRUPT) == ({"content": words}, "stop")
    assert ended(start("m"), say("m", "Так."), outcome=INTERRUPT) == ({"content": f"\n\n{words}"}, "stop")


def test_an_interrupt_as_a_call() -> None:
    delta, reason = ended(call("a"), outcome=INTERRUPT, interrupts="tool")
    assert reason == "tool_calls"
    [made] = delta["tool_calls"]
    assert (made["index"], made["id"], made["function"]["name"]) == (1, "i", "interrupt")
    declared = AguiToChunks(id="x", model="m", created=1, client_tools=["interrupt"])
    [choice] = declared.feed(FINISHED | {"outcome": INTERRUPT})["choices"]
    assert choice["finish_reason"] == "tool_calls"


def test_an_error_is_a_frame() -> None:
    frame = translator().feed({"type": "RUN_ERROR", "message": "Упало.", "code": "upstream_error"})
    assert frame == {"error": {"message": "Упало.", "type": "upstream_error", "param": None, "code": "upstream_error"}}
    own = translator().feed({"type": "RUN_ERROR", "message": "Упало.", "code": "of_the_graph"})
    assert own["error"]["type"] == "server_error"
    assert own["error"]["code"] == "of_the_graph"
    assert translator().fail(UpstreamFailure("Упало.")) == [frame]


def test_usage_only_when_asked_and_never_invented() -> None:
    usage = [
        {"model": "a", "inputTokens": 3, "outputTokens": 4, "totalTokens": 7, "cachedInputTokens": 2},
        {"model": "b", "inputTokens": 1, "outputTokens": 1},
    ]
    forth = translator()
    forth.feed(FINISHED | {"usage": usage})
    assert forth.finish() == []
    [last] = forth.finish(include_usage=True)
    assert last["choices"] == []
    assert last["usage"] == {
        "prompt_tokens": 4,
        "completion_tokens": 5,
        "total_tokens": 9,
        "prompt_tokens_details": {"cached_tokens": 2},
    }
    silent = translator()
    silent.feed(FINISHED)
    assert silent.finish(include_usage=True)[0]["usage"] is None


def test_the_reasoning_field_has_the_clients_name() -> None:
    event = {"type": "REASONING_MESSAGE_CONTENT", "messageId": "r", "delta": "хм"}
    assert translator(reasoning_field="reasoning").feed(event)["choices"][0]["delta"] == {"reasoning": "хм"}
