"""``tool_choice`` and ``response_format`` of a chat: what is served, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import InvalidRequest
from bridge.openai_compat.requests import parse_chat

TOOLS = [{"type": "function", "function": {"name": "paint"}}]
SCHEMA = {"name": "deal", "schema": {"type": "object"}}
SERVED: list[dict[str, Any]] = [
    *({"tool_choice": word} for word in ("auto", "none", "required")),
    {"tool_choice": {"type": "function", "function": {"name": "paint"}}},
    {"response_format": {"type": "text"}},
    {"response_format": {"type": "json_object"}},
    {"response_format": {"type": "json_schema", "json_schema": SCHEMA}},
    {"response_format": {"type": "json_schema", "json_schema": SCHEMA | {"strict": True, "description": "д"}}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "deal"}}},
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"tool_choice": "any"}, "tool_choice"),
    ({"tool_choice": ""}, "tool_choice"),
    ({"tool_choice": {}}, "tool_choice.function.name"),
    ({"tool_choice": {"type": "function"}}, "tool_choice.function.name"),
    ({"tool_choice": {"type": "function", "function": "paint"}}, "tool_choice.function.name"),
    ({"tool_choice": {"type": "function", "function": {"name": 1}}}, "tool_choice.function.name"),
    ({"tool_choice": {"type": "function", "function": {"name": "find_deals"}}}, "tool_choice.function.name"),
    ({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}}, "tool_choice.type"),
    ({"tool_choice": {"type": "custom", "custom": {"name": "paint"}}}, "tool_choice.type"),
    ({"tool_choice": {"type": 7}}, "tool_choice.type"),
    ({"response_format": {}}, "response_format.type"),
    ({"response_format": {"type": "xml"}}, "response_format.type"),
    ({"response_format": {"type": ["json_object"]}}, "response_format.type"),
    ({"response_format": "json"}, "response_format"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.name"),
    ({"response_format": {"type": "json_schema", "json_schema": "deal"}}, "response_format.json_schema.name"),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": ""}}}, "response_format.json_schema.name"),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "d", "schema": "{}"}}},
        "response_format.json_schema.schema",
    ),
]


def parse(more: dict[str, Any]) -> Any:
    return parse_chat({"messages": [{"role": "user", "content": "?"}], "tools": TOOLS, **more}, lambda: "id")


@pytest.mark.parametrize("more", SERVED)
def test_it_reaches_the_graph(more: dict[str, Any]) -> None:
    assert parse(more).settings == more


@pytest.mark.parametrize(("more", "param"), REFUSED)
def test_junk_is_refused_by_name(more: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(more)
    assert refused.value.param == param
    assert f"'{param}'" in refused.value.message
