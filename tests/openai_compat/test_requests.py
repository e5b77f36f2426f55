"""OpenAI bodies that are served: what they become. (Those that are refused: `tests/http/test_bad_input.py`.)"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import InvalidRequest
from bridge.openai_compat.requests import ChatRequest, parse_chat
from tests.openai_compat.strategies import ANY, TEXT

USER = {"role": "user", "content": "Привет"}


def parse(*messages: Any, **body: Any) -> ChatRequest:
    numbers = itertools.count(1)
    return parse_chat({"messages": list(messages) or [USER], **body}, lambda: f"id-{next(numbers)}")


def test_the_least() -> None:
    assert parse() == ChatRequest(None, [{"id": "id-1", "role": "user", "content": "Привет"}])


def test_everything() -> None:
    parameters = {"type": "object", "properties": {}}
    asked = parse(
        model="sales",
        stream=True,
        stream_options={"include_usage": True},
        tools=[{"type": "function", "function": {"name": "paint", "description": "d", "parameters": parameters}}],
        tool_choice="auto",
        parallel_tool_calls=False,
        temperature=0.5,
        top_p=1,
        max_completion_tokens=9,
        stop=["\n"],
        seed=7,
        response_format={"type": "json_object"},
        reasoning_effort="low",
        user="я",
        metadata={"k": "v"},
        ag_ui={"events": True, "interrupts": "tool", "thread_id": "t", "disconnect": "continue"},
        n=1,
        logprobs=False,
        functions=None,
        unknown_to_us={"ignored": True},
    )
    assert (asked.model, asked.stream, asked.include_usage, asked.extension) == ("sales", True, True, True)
    assert asked.tools == [{"name": "paint", "description": "d", "parameters": parameters}]
    assert (asked.interrupts, asked.thread_id, asked.disconnect) == ("tool", "t", "continue")
    assert asked.settings == {
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "temperature": 0.5,
        "top_p": 1,
        "max_completion_tokens": 9,
        "stop": ["\n"],
        "seed": 7,
        "response_format": {"type": "json_object"},
        "reasoning_effort": "low",
        "user": "я",
        "metadata": {"k": "v"},
    }


CALL = {"id": "c", "type": "function", "function": {"name": "paint", "arguments": '{"x":1}'}}
WORD = {"type": "text", "text": "да"}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}}


@pytest.mark.parametrize(
    ("message", "becomes"),
    [
        ({"role": "system", "content": "s"}, {"content": "s"}),
        ({"role": "developer", "content": [{"type": "text", "text": "s"}]}, {"content": "s"}),
        ({"role": "user", "content": "u", "name": "Аня"}, {"content": "u", "name": "Аня"}),
        (
            {"role": "user", "content": [{"type": "text", "text": "а"}, {"type": "text", "text": "б"}]},
            {"content": "аб"},
        ),
        (
            {"role": "user", "content": [{"type": "text", "text": "что это?"}, IMAGE]},
            {
                "content": [
                    {"type": "text", "text": "что это?"},
                    {
                        "type": "image",
                        "source": {"type": "data", "value": "AAAA", "mimeType": "image/png"},
                        "metadata": {"detail": "low"},
                    },
                ]
            },
        ),
        ({"role": "assistant", "content": None, "tool_calls": [CALL]}, {"toolCalls": [CALL]}),
        ({"role": "assistant", "content": "да", "tool_calls": [CALL]}, {"content": "да", "toolCalls": [CALL]}),
        ({"role": "assistant", "content": None, "refusal": "нет"}, {"content": "нет"}),
        ({"role": "assistant", "content": "", "audio": None}, {"content": ""}),
        ({"role": "tool", "tool_call_id": "c", "content": "42"}, {"toolCallId": "c", "content": "42"}),
    ],
)
def test_messages(message: dict[str, Any], becomes: dict[str, Any]) -> None:
    assert parse(message).messages == [{"id": "id-1", "role": message["role"], **becomes}]


NAMES = (
    *("model", "stream", "stream_options", "temperature", "stop", "tool_choice", "ag_ui", "n", "logprobs"),
    *("audio", "modalities", "functions", "max_tokens", "metadata", "response_format"),
)
MESSAGES = ANY | st.lists(st.fixed_dictionaries({"role": TEXT, "content": ANY}) | ANY, max_size=2)
TOOLS = ANY | st.lists(st.fixed_dictionaries({"type": st.just("function"), "function": ANY}), max_size=2)
BODIES = st.fixed_dictionaries({}, optional={**dict.fromkeys(NAMES, ANY), "messages": MESSAGES, "tools": TOOLS})


@settings(max_examples=200, deadline=None)
@given(BODIES)
def test_whatever_comes_is_parsed_or_refused_by_name(body: dict[str, Any]) -> None:
    named: str | None = "messages"
    try:
        parse_chat(body, lambda: "id")
    except InvalidRequest as error:
        named = error.param
    assert named
    assert named.split("[")[0].split(".")[0] in {*body, "messages"}
