"""`Serializer`: what LangGraph's own cannot store, stored so that its own can read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolCall
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Interrupt, Send
from pydantic import BaseModel

from bridge.agents.langgraph.serializer import Serializer

LARGE = 2**70
CALL = ToolCall(name="f", args={"n": LARGE, "more": [-LARGE]}, id="c", type="tool_call")


@dataclass
class Deal:
    amount: int


class Lead(BaseModel):
    amount: int


def deep(levels: int, key: str | None = None) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value] if key is None else {key: value}
    return value


VALUES: dict[str, Any] = {
    "an integer": LARGE,
    "the first beyond": [2**64, -(2**63) - 1],
    "in containers": {"a": [1, {"b": LARGE}], "c": -LARGE},
    "keys": {LARGE: 1, "a": {-LARGE: LARGE}},
    "a message": [AIMessage("x", id="1", tool_calls=[CALL])],
    "a set": {1, LARGE},
    "a send": Send("node", {"n": LARGE}),
    "an interrupt": [Interrupt(value={"n": LARGE}, id="i")],
    "a dataclass": Deal(LARGE),
    "a model": Lead(amount=LARGE),
    "deep lists": deep(300),
    "deep dicts": deep(300, "a"),
    "deep and large": {"deep": deep(120), "n": LARGE},
}


@pytest.mark.parametrize("name", VALUES)
def test_there_and_back(name: str) -> None:
    value = VALUES[name]
    with pytest.raises(TypeError):
        JsonPlusSerializer().dumps_typed(value)
    stored = Serializer().dumps_typed(value)
    for reader in (Serializer(), JsonPlusSerializer()):
        read = reader.loads_typed(stored)
        assert read == value
        assert type(read) is type(value)


@pytest.mark.parametrize("name", ["an integer", "in containers", "a message", "deep lists", "deep dicts"])
def test_the_strict_one_reads_them_too(name: str) -> None:
    strict = Serializer(allowed_msgpack_modules=None)
    assert strict.loads_typed(strict.dumps_typed(VALUES[name])) == VALUES[name]


def test_all_else_is_written_as_langgraph_writes_it() -> None:
    for value in (None, b"x", {"a": [1, "x", 0.5]}, AIMessage("x", id="1"), 2**64 - 1, -(2**63)):
        assert Serializer().dumps_typed(value) == JsonPlusSerializer().dumps_typed(value)
    with pytest.raises(TypeError):
        Serializer().dumps_typed({"unknown": object()})
