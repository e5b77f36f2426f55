"""Every parameter that OpenAI's SDK knows: it reaches the graph, the bridge acts by it, or it is refused by name.

Some ask for nothing that anybody could miss, and are accepted.

The names are those of the SDK that is installed: one that a newer SDK has fails here until it is decided on.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from openai import OpenAI

from bridge.errors import InvalidRequest
from bridge.openai_compat.requests import parse_chat
from bridge.openai_compat.responses.body import parse_response_request
from graphs.request import read_request

Table = Mapping[str, Any]

CHAT_REACHES: Table = {
    "frequency_penalty": 0.5,
    "logit_bias": {"50256": -100},
    "max_completion_tokens": 7,
    "max_tokens": 7,
    "metadata": {"chat": "c"},
    "parallel_tool_calls": False,
    "presence_penalty": -0.5,
    "reasoning_effort": "low",
    "response_format": {"type": "json_object"},
    "seed": 7,
    "stop": ["x"],
    "temperature": 0.3,
    "tool_choice": "none",
    "top_p": 0.9,
    "user": "u",
    "verbosity": "low",
}
"""Parameter -> a value of it that the graph, and the sales agent's model, must get."""

CHAT_ACTS = {"messages", "model", "tools", "stream", "stream_options", "safety_identifier"}

CHAT_REFUSED: Table = {
    "audio": {"voice": "alloy", "format": "mp3"},
    "function_call": "auto",
    "functions": [{"name": "f"}],
    "logprobs": True,
    "modalities": ["audio"],
    "moderation": {"model": "omni-moderation-latest"},
    "n": 2,
    "prediction": {"type": "content", "content": "x"},
    "service_tier": "priority",
    "top_logprobs": 3,
    "web_search_options": {},
}

CHAT_ASKS_NOTHING: Table = {
    "prompt_cache_key": "k",  # a server may cache as it likes
    "prompt_cache_options": {},
    "prompt_cache_retention": "24h",
    "store": True,  # a conversation is stored in any case
}

RESPONSES_REACHES: Table = {
    "max_output_tokens": 7,
    "metadata": {"chat": "c"},
    "parallel_tool_calls": False,
    "reasoning": {"effort": "low"},
    "temperature": 0.3,
    "text": {"verbosity": "low"},
    "tool_choice": "none",
    "top_p": 0.9,
    "truncation": "auto",
    "user": "u",
}

REACHES_AS = {
    "max_output_tokens": ("max_completion_tokens", 7),
    "reasoning": ("reasoning_effort", "low"),
    "text": ("verbosity", "low"),
}
"""What a response calls differently from a chat: as the graph gets it."""

RESPONSES_ACTS = {
    *("background", "conversation", "include", "input", "instructions", "model", "previous_response_id"),
    *("safety_identifier", "store", "stream", "tools"),
}

RESPONSES_REFUSED: Table = {
    "access_programs": ["x"],
    "background_options": {},
    "context_management": [{"type": "compaction"}],
    "image": {},
    "max_tool_calls": 3,
    "moderation": {},
    "prompt": {"id": "p"},
    "service_tier": "flex",
    "top_logprobs": 3,
}

RESPONSES_ASKS_NOTHING: Table = {
    "prompt_cache_key": "k",
    "prompt_cache_options": {},
    "prompt_cache_retention": "24h",
    "stream_options": {"include_obfuscation": False},
}

OF_THE_SDK = {"extra_headers", "extra_query", "extra_body", "timeout"}
"""They are no part of the body."""


def known(create: Any) -> set[str]:
    return set(inspect.signature(create).parameters) - OF_THE_SDK


def chat(**more: Any) -> Any:
    body = {"model": "m", "messages": [{"role": "user", "content": "да"}], **more}
    return parse_chat(body, lambda: "id")


def response(**more: Any) -> Any:
    body = {"model": "m", "input": "да", **more}
    return parse_response_request(body, base="id", known={}, new_id=lambda: "id")


def test_each_is_decided_on_once() -> None:
    client = OpenAI(api_key="k")
    for create, tables in (
        (client.chat.completions.create, (CHAT_REACHES, CHAT_ACTS, CHAT_REFUSED, CHAT_ASKS_NOTHING)),
        (client.responses.create, (RESPONSES_REACHES, RESPONSES_ACTS, RESPONSES_REFUSED, RESPONSES_ASKS_NOTHING)),
    ):
        decided = [name for table in tables for name in table]
        assert sorted(decided) == sorted(known(create))


@pytest.mark.parametrize("name", CHAT_REACHES)
def test_a_chat_s_reaches_the_graph(name: str) -> None:
    assert chat(**{name: CHAT_REACHES[name]}).settings == {name: CHAT_REACHES[name]}


@pytest.mark.parametrize("name", RESPONSES_REACHES)
def test_a_response_s_reaches_the_graph(name: str) -> None:
    called, value = REACHES_AS.get(name, (name, RESPONSES_REACHES[name]))
    assert response(**{name: RESPONSES_REACHES[name]}).chat.settings == {called: value}


@pytest.mark.parametrize("name", CHAT_REACHES)
def test_and_the_sales_agent_s_model(name: str) -> None:
    """`tests.graphs.test_endpoint` has them on the wire."""
    config: RunnableConfig = {"configurable": {"model_settings": {name: CHAT_REACHES[name]}}}
    asked = read_request(config)
    bound = {**asked.model_settings, **asked.model_settings.get("extra_body", {})}
    bound |= {"tool_choice": asked.tool_choice, "parallel_tool_calls": asked.parallel_tool_calls}
    assert bound[name] == CHAT_REACHES[name]


@pytest.mark.parametrize("name", CHAT_REFUSED)
def test_a_chat_s_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        chat(**{name: CHAT_REFUSED[name]})
    assert raised.value.param == ("logprobs" if name == "top_logprobs" else name)


@pytest.mark.parametrize("name", RESPONSES_REFUSED)
def test_a_response_s_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        response(**{name: RESPONSES_REFUSED[name]})
    assert raised.value.param == name


def test_what_asks_nothing_is_accepted() -> None:
    """Also with the values that change nothing of what is refused otherwise."""
    idle = {"n": 1, "logprobs": False, "modalities": ["text"], "service_tier": "auto", "web_search_options": None}
    assert chat(**CHAT_ASKS_NOTHING, **idle).settings == {}
    assert response(**RESPONSES_ASKS_NOTHING, service_tier="default", top_logprobs=0).chat.settings == {}
