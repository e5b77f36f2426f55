"""The strict model itself: what the two providers take, and what they refuse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from tests.strict import BadRequestError, check_anthropic, check_openai

ASK, MORE = HumanMessage("?"), HumanMessage("!")


def ai(*ids: str, text: str = "") -> AIMessage:
    return AIMessage(text, tool_calls=[{"name": "t", "args": {}, "id": name, "type": "tool_call"} for name in ids])


def result(call_id: str) -> ToolMessage:
    return ToolMessage("ok", tool_call_id=call_id)


@pytest.mark.parametrize("check", [check_openai, check_anthropic])
@pytest.mark.parametrize(
    "messages",
    [
        [ASK],
        [SystemMessage("s"), ASK, ai(text="a"), MORE],
        [ASK, ai("a", "b"), result("b"), result("a"), MORE],
        [ASK, ai("a"), result("a"), ai("a"), result("a")],
    ],
)
def test_whole_histories_are_taken(messages: Sequence[BaseMessage], check: Any) -> None:
    check(messages)


@pytest.mark.parametrize(
    ("messages", "openai", "anthropic"),
    [
        ([ASK, ai("a")], "did not have response messages: a", "without `tool_result`"),
        ([ASK, ai("a"), MORE], "did not have response messages: a", "without `tool_result`"),
        ([ASK, ai("a", "b"), result("a"), MORE], "response messages: b", "immediately after: b"),
        ([ASK, ai("a"), MORE, result("a")], "response messages: a", "immediately after: a"),
        ([ASK, result("a")], "must be a response", "unexpected `tool_use_id`"),
        ([result("a"), ASK], "must be a response", "unexpected `tool_use_id`"),
        ([ASK, ai("a"), result("a"), ai(text="x"), result("a")], "must be a response", "unexpected `tool_use_id`"),
        ([ASK, ai("a"), result("a"), result("a")], None, "single result"),
        ([ASK, ai(), MORE], None, "non-empty content"),
    ],
)
def test_broken_ones_are_refused(messages: Sequence[BaseMessage], openai: str | None, anthropic: str) -> None:
    with pytest.raises(BadRequestError, match=anthropic):
        check_anthropic(messages)
    if openai is None:
        check_openai(messages)
        return
    with pytest.raises(BadRequestError, match=openai):
        check_openai(messages)
