"""One event, one chunk, and back: field for field, for whatever the protocol's own models can hold."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from ag_ui.core import BaseEvent, CustomEvent, EventType, TextMessageChunkEvent, ToolCallChunkEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.events.event import EVENT_TYPES
from bridge.openai_compat import AguiToChunks, ChunksToAgui
from tests.openai_compat.strategies import EVENT_MODELS, events

TOOLS = ("paint", "", "interrupt")


def translator(**more: Any) -> AguiToChunks:
    return AguiToChunks(id="chatcmpl-r", model="sales", created=7, **more)


def dump(event: BaseEvent) -> dict[str, Any]:
    return event.model_dump(mode="json", by_alias=True)


def test_the_strategies_know_every_type() -> None:
    assert {model.model_fields["type"].annotation.__args__[0].value for model in EVENT_MODELS} == EVENT_TYPES  # type: ignore[union-attr] # a Literal
    assert len(EVENT_TYPES) == 31 == len(EventType)


@settings(max_examples=100, deadline=None)
@given(st.lists(events(), min_size=1, max_size=4), st.sampled_from(["words", "tool"]), st.booleans())
def test_there_and_back(stream: list[BaseEvent], interrupts: Any, mapping: bool) -> None:
    forth, back = translator(extension=True, client_tools=TOOLS, interrupts=interrupts), ChunksToAgui()
    for event in stream:
        chunk = forth.feed(dump(event) if mapping else event)
        [returned] = back.feed(orjson.loads(orjson.dumps(chunk)))
        assert returned == dump(event)


@pytest.mark.parametrize("model", EVENT_MODELS)
def test_each_type_there_and_back(model: type[BaseEvent]) -> None:
    @settings(max_examples=20, deadline=None, database=None)
    @given(events(model))
    def check(event: BaseEvent) -> None:
        for field in ("reasoning_content", "reasoning"):
            chunk = translator(extension=True, client_tools=TOOLS, reasoning_field=field).feed(event)
            assert ChunksToAgui(reasoning_field=field).feed(chunk) == [dump(event)]

    check()


@pytest.mark.parametrize(
    "event",
    [
        CustomEvent(name="x", value=None),
        CustomEvent(name="x", value={"a": None}, raw_event={"b": None}, metadata={"c": None}),
        TextMessageChunkEvent(message_id="m"),
        TextMessageChunkEvent(message_id="m", delta=""),
        ToolCallChunkEvent(tool_call_id="c", tool_call_name="paint"),
        ToolCallChunkEvent(tool_call_id="c", tool_call_name="paint", delta=""),
        ToolCallChunkEvent(tool_call_id="c", tool_call_name="paint", delta="{}"),
    ],
)
def test_absent_empty_and_null_are_three_things(event: BaseEvent) -> None:
    chunk = translator(extension=True, client_tools=TOOLS).feed(event)
    [returned] = ChunksToAgui().feed(orjson.loads(orjson.dumps(chunk)))
    assert returned == dump(event)


@settings(max_examples=60, deadline=None)
@given(st.lists(events(), min_size=1, max_size=4), st.sets(st.sampled_from(TOOLS)))
def test_one_event_one_chunk_of_openais_shape(stream: list[BaseEvent], tools: set[str]) -> None:
    forth = translator(client_tools=tools)
    for event in stream:
        chunk = forth.feed(event)
        if event.type is EventType.RUN_ERROR:
            assert set(chunk) == {"error"}
            assert set(chunk["error"]) == {"message", "type", "param", "code"}
            continue
        assert list(chunk) == ["id", "object", "created", "model", "choices"]
        [choice] = chunk["choices"]
        assert list(choice) == ["index", "delta", "finish_reason"]
        assert (choice["finish_reason"] is not None) is (event.type is EventType.RUN_FINISHED)
        assert set(choice["delta"]) <= {"role", "content", "reasoning_content", "tool_calls"}


WITHOUT_DELTA = tuple(
    model
    for model in EVENT_MODELS
    if model.__name__.startswith(("State", "Messages", "Activity", "Step", "Subagent", "Custom", "Raw", "ToolCall"))
)


@settings(max_examples=60, deadline=None)
@given(st.lists(events(*WITHOUT_DELTA), min_size=1, max_size=4))
def test_no_byte_of_state_steps_or_server_tools_without_the_extension(stream: list[BaseEvent]) -> None:
    forth = translator()
    for event in stream:
        assert forth.feed(event)["choices"] == [{"index": 0, "delta": {}, "finish_reason": None}]


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(ValueError, match="NO_SUCH"):
        translator().feed({"type": "NO_SUCH"})
