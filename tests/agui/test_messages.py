"""LangChain messages and AG-UI messages, both ways, and any value as JSON."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from ag_ui.core import Message as MessageModel
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel, TypeAdapter

from bridge.agents.langgraph.incoming import as_message
from bridge.agents.langgraph.jsonable import jsonable
from bridge.agents.langgraph.messages import message_to_agui, message_to_langchain, messages_to_agui

OFFICIAL: TypeAdapter[Any] = TypeAdapter(MessageModel)
CALL = {"id": "c1", "name": "find", "args": {"name": "А"}, "type": "tool_call"}
PNG = {"type": "image", "source": {"type": "data", "value": "iVBO", "mimeType": "image/png"}}

BOTH_WAYS: list[dict[str, Any]] = [
    {"id": "1", "role": "user", "content": "Привет"},
    {"id": "1", "role": "user", "content": "Привет", "name": "Анна"},
    {"id": "1", "role": "user", "content": [{"type": "text", "text": "Что это?"}, PNG]},
    {
        "id": "1",
        "role": "user",
        "content": [{"type": "image", "source": {"type": "url", "value": "https://x.invalid/a"}}],
    },
    {"id": "1", "role": "user", "content": [PNG | {"type": "audio"}]},
    {"id": "1", "role": "user", "content": [PNG | {"type": "video"}]},
    {"id": "1", "role": "user", "content": [PNG | {"type": "document"}]},
    {"id": "1", "role": "assistant", "content": "Да"},
    {
        "id": "1",
        "role": "assistant",
        "toolCalls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"name":"А"}'}}],
    },
    {
        "id": "1",
        "role": "assistant",
        "content": "Ищу",
        "toolCalls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"name":'}}],
    },
    {"id": "1", "role": "tool", "toolCallId": "c1", "content": "готово"},
    {"id": "1", "role": "tool", "toolCallId": "c1", "content": "упало", "error": "упало"},
    {"id": "1", "role": "tool", "toolCallId": "c1", "content": [{"type": "text", "text": "вот"}, PNG]},
    {"id": "1", "role": "system", "content": "Отвечай кратко"},
    {"id": "1", "role": "developer", "content": "Отвечай кратко"},
]


@pytest.mark.parametrize("message", BOTH_WAYS, ids=lambda message: str(message)[:60])
def test_a_message_comes_back_as_it_went(message: dict[str, Any]) -> None:
    assert message_to_agui(message_to_langchain(message)) == message
    OFFICIAL.validate_python(message)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (HumanMessage([{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}], id="1"), [PNG]),
        (HumanMessage([{"type": "image_url", "image_url": "data:image/png;base64,iVBO"}], id="1"), [PNG]),
        (
            HumanMessage([{"type": "input_audio", "input_audio": {"data": "UklG", "format": "mp3"}}], id="1"),
            [{"type": "audio", "source": {"type": "data", "value": "UklG", "mimeType": "audio/mp3"}}],
        ),
        (
            HumanMessage([{"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE"}}], id="1"),
            [{"type": "document", "source": {"type": "data", "value": "JVBE", "mimeType": "application/pdf"}}],
        ),
        (AIMessage([{"type": "text", "text": "Да"}, {"type": "tool_use", "id": "c", "name": "n", "input": {}}]), "Да"),
        (ToolMessage([{"type": "text", "text": "раз "}, {"type": "text", "text": "два"}], tool_call_id="c"), "раз два"),
    ],
)
def test_providers_own_spellings_are_understood(message: BaseMessage, expected: Any) -> None:
    assert message_to_agui(message)["content"] == expected


def test_reasoning_is_a_message_of_its_own_before_its_answer() -> None:
    content: list[str | dict[Any, Any]] = [
        {"type": "thinking", "thinking": "Раз."},
        {"type": "text", "text": "Да"},
        {"type": "reasoning", "reasoning": "Два."},
    ]
    assert messages_to_agui([AIMessage(content, id="a")]) == [
        {"id": "a:reasoning", "role": "reasoning", "content": "Раз.\n\nДва."},
        {"id": "a", "role": "assistant", "content": "Да"},
    ]


_TEXT = st.one_of(st.text(max_size=5), st.just([{"type": "text", "text": "part"}]))
_ID = st.one_of(st.text(max_size=3), st.just("m"))


@given(
    st.one_of(
        st.builds(HumanMessage, content=_TEXT, id=_ID, name=st.sampled_from([None, "", "Анна"])),
        st.builds(
            AIMessage,
            content=_TEXT,
            id=_ID,
            name=st.sampled_from([None, "", "seller"]),
            tool_calls=st.sampled_from([[], [{"id": "c", "name": "find", "args": {"city": "Казань"}}]]),
            additional_kwargs=st.sampled_from([{}, {"refusal": None}]),
        ),
        st.builds(AIMessageChunk, content=st.text(max_size=5), id=_ID),
    )
)
def test_plain_messages_the_short_way_are_the_same(message: BaseMessage) -> None:
    assert messages_to_agui([message]) == [message_to_agui(message)]


def test_system_prompts_stay_on_the_server_unless_asked_for() -> None:
    messages = [SystemMessage("секрет", id="s"), HumanMessage("?", id="u")]
    assert [message["id"] for message in messages_to_agui(messages)] == ["u"]
    assert [message["id"] for message in messages_to_agui(messages, system=True)] == ["s", "u"]


@pytest.mark.parametrize(
    "message",
    [
        HumanMessage("?", id="1"),
        AIMessage("да", id="1", tool_calls=[CALL]),
        AIMessage("да", id="1", usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}),
        AIMessageChunk(content="д", id="1", tool_call_chunks=[{"name": "f", "args": "{", "id": "c", "index": 0}]),
        AIMessageChunk(content="", id="1", chunk_position="last"),
        ToolMessage("готово", tool_call_id="c1", id="1"),
        SystemMessage("кратко", id="1"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_remote_graphs_dicts_are_the_same_messages(message: BaseMessage) -> None:
    assert as_message(message.model_dump(mode="json")) == message


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"role": "assistant", "content": "да"}, AIMessage("да")),
        ({"role": "user", "content": "?"}, HumanMessage("?")),
        ({"role": "tool", "content": "готово", "tool_call_id": "c1"}, ToolMessage("готово", tool_call_id="c1")),
    ],
)
def test_dicts_of_other_makes_are_messages_too(item: Any, expected: BaseMessage) -> None:
    assert as_message(item) == expected


@pytest.mark.parametrize("item", [None, 7, "текст"])
def test_what_is_no_message_is_refused(item: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        as_message(item)


# Any value as JSON


class Lead(BaseModel):
    name: str = "А"
    score: Decimal = Decimal("0.5")


@dataclasses.dataclass
class Deal:
    lead: Lead
    stage: str = "new"


class Opaque:
    def __repr__(self) -> str:
        return "password=hunter2"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Lead(), {"name": "А", "score": "0.5"}),
        (Deal(Lead()), {"lead": {"name": "А", "score": "0.5"}, "stage": "new"}),
        ({1: {"b", "a"}, None: (1, 2)}, {"1": ["a", "b"], "None": [1, 2]}),
        (dt.date(2025, 3, 1), "2025-03-01"),
        (float("inf"), None),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (b"\x00\xff", "AP8="),
        (HumanMessage("?", id="u"), {"id": "u", "role": "user", "content": "?"}),
    ],
)
def test_values_become_their_nearest_kin(value: Any, expected: Any) -> None:
    assert jsonable(value) == expected


def test_an_unknown_object_is_named_by_its_type_and_nothing_else() -> None:
    shown = jsonable({"held": Opaque()})
    assert shown["held"].endswith("Opaque>")
    assert "hunter2" not in str(shown)


def test_a_cycle_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    orjson.dumps(jsonable(loop))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
    )
)
def test_json_stays_as_it_is(value: Any) -> None:
    assert jsonable(value) == value
