"""`parse_input` beside pydantic's own verdict, and with 8 MiB of every shape."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from ag_ui.core import RunAgentInput
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.agui.requests import parse_input
from bridge.agui.validation import check_input
from bridge.errors import InvalidRequest
from bridge.openai_compat.requests import parse_chat

SIZE = 8 * 1024 * 1024
BASE: dict[str, Any] = {"threadId": "t", "runId": "r", "messages": []}


def many(item: Any, size: int) -> list[Any]:
    """Items that fill a body; ``size`` is one item's in bytes."""
    return [item] * (SIZE // size)


def user(**fields: Any) -> dict[str, Any]:
    return {"id": "1", "role": "user", "content": "x"} | fields


TEXT = {"type": "text", "text": ""}
CALL = {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
BARE = {"type": "image", "source": {"type": "url"}}
WRONG = CALL | {"id": 5}
IMAGE = {"type": "image", "source": {"type": "url", "value": ""}}

SHAPES: dict[str, dict[str, Any]] = {
    "empty messages": {"messages": many({}, 3)},
    "numbers for messages": {"messages": many(1, 2)},
    "messages of no role": {"messages": many({"role": "x"}, 13)},
    "messages": {"messages": many(user(), 40)},
    "messages, then none": {"messages": [*many(user(), 40), {}]},
    "messages with more": {"messages": many(user(name="x", extra=1), 60)},
    "calls of a user": {"messages": many(user(toolCalls=[1]), 60)},
    "empty parts": {"messages": [user(content=many({}, 3))]},
    "text parts": {"messages": [user(content=many(TEXT, 24))]},
    "images": {"messages": [user(content=many(IMAGE, 55))]},
    "text parts, then none": {"messages": [user(content=[*many(TEXT, 24), {}])]},
    "parts of an assistant": {"messages": [user(role="assistant", content=many(TEXT, 24))]},
    "empty calls": {"messages": [user(role="assistant", toolCalls=many({}, 3))]},
    "calls": {"messages": [user(role="assistant", toolCalls=many(CALL, 66))]},
    "calls of numbers": {"messages": [user(role="assistant", toolCalls=many({"id": 1}, 9))]},
    "empty tools": {"tools": many({}, 3)},
    "tools": {"tools": many({"name": "", "description": ""}, 28)},
    "empty context": {"context": many({}, 3)},
    "context": {"context": many({"description": "", "value": ""}, 29)},
    "empty answers": {"resume": many({}, 3)},
    "answers": {"resume": many({"interruptId": "", "status": "resolved"}, 39)},
    "answers of no status": {"resume": many({"interruptId": "", "status": "x"}, 32)},
    "wide metadata": {"messages": [user(metadata={str(number): 1 for number in range(SIZE // 11)})]},
    "a wide message": {"messages": [user(**{str(number): [] for number in range(SIZE // 11)})]},
    "a wide body": {str(number): {} for number in range(SIZE // 11)},
    "a wide state": {"state": {str(number): [] for number in range(SIZE // 11)}},
    "a long role": {"messages": [user(role="x" * SIZE)]},
    "a long id": {"threadId": "x" * SIZE},
    "a long text": {"messages": [user(content="x" * SIZE)]},
}


@pytest.mark.parametrize("name", SHAPES)
def test_eight_mebibytes(name: str) -> None:
    body = BASE | SHAPES[name]
    begun, refusal = time.perf_counter(), ""
    try:
        parse_input(body, agent="a", principal="p")
    except InvalidRequest as error:
        refusal = error.message
    assert len(refusal) < 1000
    assert time.perf_counter() - begun < 2.5  # 0.3 s at most on an idle machine; 32 s before


CHATS: dict[str, dict[str, Any]] = {
    "empty messages": {"messages": many({}, 3)},
    "messages": {"messages": many({"role": "user", "content": ""}, 29)},
    "messages, then none": {"messages": [*many({"role": "user", "content": ""}, 29), {}]},
    "parts": {"messages": [{"role": "user", "content": many(TEXT, 24)}]},
    "empty parts": {"messages": [{"role": "user", "content": many({}, 3)}]},
    "calls": {"messages": [{"role": "assistant", "tool_calls": many(CALL, 66)}]},
    "tools": {"messages": [user()], "tools": many({"type": "function", "function": {"name": "f"}}, 45)},
    "a long role": {"messages": [{"role": "x" * SIZE}]},
    "a list for a role": {"messages": [{"role": many(1, 2)}]},
    "a list for a part": {"messages": [{"role": "user", "content": [{"type": many(1, 2)}]}]},
}


@pytest.mark.parametrize("name", CHATS)
def test_eight_mebibytes_of_chat(name: str) -> None:
    numbers: Iterator[int] = count()
    begun, refusal = time.perf_counter(), ""
    try:
        parse_chat(CHATS[name], lambda: str(next(numbers)))
    except InvalidRequest as error:
        refusal = error.message
    assert len(refusal) < 1000
    assert time.perf_counter() - begun < 2.5


VALUE: st.SearchStrategy[Any] = st.sampled_from([None, "x", 5, [], {}, [{}], True])
PART = st.one_of(
    st.just(TEXT), st.just(IMAGE),
    st.builds(lambda **fields: fields, type=st.sampled_from(["text", "image", "y", 1]), text=VALUE),
    st.just({"type": "document", "source": {"type": "data", "value": "x", "mimeType": "a/b"}}), VALUE,
)  # fmt: skip
MADE_CALL = st.one_of(
    st.just(CALL), st.just({**CALL, "type": "x"}), st.builds(lambda a: {**CALL, "function": a}, VALUE), VALUE
)
ROLES = st.sampled_from(["user", "assistant", "system", "developer", "tool", "activity", "reasoning", "robot"])
MESSAGE = st.one_of(
    st.builds(user),
    st.builds(
        lambda role, content, calls, more: {"id": "1", "role": role, "content": content, "toolCalls": calls} | more,
        ROLES,
        st.one_of(st.just("x"), st.lists(PART, max_size=3), VALUE),
        st.one_of(st.none(), st.lists(MADE_CALL, max_size=2), VALUE),
        st.dictionaries(
            st.sampled_from(["toolCallId", "name", "metadata", "activityType", "id", "extra"]), VALUE, max_size=3
        ),
    ),
    VALUE,
)
ITEM = st.dictionaries(
    st.sampled_from(["name", "description", "parameters", "metadata", "value", "interruptId", "status", "payload"]),
    st.one_of(VALUE, st.just("resolved")), max_size=4,
)  # fmt: skip
BODIES = st.builds(
    lambda **fields: {key: value for key, value in fields.items() if value != "absent"},
    threadId=st.sampled_from(["t", "t", "t", 5, "absent"]),
    runId=st.just("r"),
    messages=st.one_of(st.lists(MESSAGE, max_size=3), st.lists(MESSAGE, max_size=3), VALUE),
    tools=st.one_of(st.just("absent"), st.lists(ITEM | VALUE, max_size=2), VALUE),
    context=st.one_of(st.just("absent"), st.lists(ITEM | VALUE, max_size=2)),
    resume=st.one_of(st.just("absent"), st.lists(ITEM | VALUE, max_size=2)),
    state=VALUE,
)


def _calls_of_others(body: dict[str, Any]) -> bool:
    """Whether somebody else than the assistant calls tools."""
    messages = body.get("messages")
    return isinstance(messages, list) and any(
        isinstance(message, dict) and message.get("toolCalls") and message.get("role") != "assistant"
        for message in messages
    )


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(BODIES)
def test_the_verdict_is_pydantics(body: dict[str, Any]) -> None:
    assume(not _calls_of_others(body))  # stricter than pydantic, which takes any field beside those it knows
    try:
        RunAgentInput.model_validate(body, by_alias=True, by_name=False)
    except ValidationError:
        with pytest.raises(InvalidRequest):
            check_input(body)
    else:
        check_input(body)


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"messages": [user(), {}]}, "messages.1"),
        ({"messages": [user(content=[TEXT, {"type": "text"}])]}, "messages.0.content.1.text"),
        ({"messages": [user(content=[IMAGE, BARE])]}, "messages.0.content.1.source.value"),
        ({"messages": [user(), user(role="assistant", toolCalls=[CALL, WRONG])]}, "messages.1.toolCalls.1.id"),
        ({"tools": [{"name": "a", "description": "b"}, {"name": "a"}]}, "tools.1.description"),
        ({"context": [{"description": "b", "value": 5}]}, "context.0.value"),
        ({"resume": [{"interruptId": "i", "status": "maybe"}]}, "resume.0.status"),
        ({"forwardedProps": {"toolChoice": {"function": "x"}}}, "forwardedProps.toolChoice"),
        ({"forwardedProps": {"toolChoice": [1]}}, "forwardedProps.toolChoice"),
        ({"forwardedProps": {"toolChoice": {"function": {"name": 5}}}}, "forwardedProps.toolChoice"),
    ],
)  # fmt: skip
def test_the_field_at_fault_is_named(more: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_input(BASE | more, agent="a", principal="p")
    assert caught.value.param == param


def test_tool_choices_that_are_ones() -> None:
    for choice in ("auto", "none", {"type": "function", "function": {"name": "f"}}, {"type": "auto"}):
        request = parse_input(BASE | {"forwardedProps": {"toolChoice": choice}}, agent="a", principal="p")
        assert request.model_settings == {"tool_choice": choice}


@pytest.mark.parametrize("calls", [5, "x", [1], [{}], {"a": 1}])
def test_calls_of_a_user_mean_nothing(calls: Any) -> None:
    request = parse_input(BASE | {"messages": [user(toolCalls=calls)]}, agent="a", principal="p")
    assert request.messages == [user()]
