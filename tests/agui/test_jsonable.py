"""`jsonable` with values that are endless, enormous or hostile: it ends, soon, and raises nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import pytest
from pydantic import BaseModel

from bridge.agents.langgraph.jsonable import MAX_CHARACTERS, MAX_DEPTH, MAX_NODES, MAX_REPEATED, jsonable
from bridge.agents.langgraph.state import project
from bridge.agents.langgraph.translate import LangGraphToAgui
from bridge.json import dumps


@dataclass
class Node:
    parent: Any = None
    children: list[Any] = field(default_factory=list)


class Raising:
    @property  # type: ignore[misc] # object's can be written
    def __class__(self) -> Any:
        raise RuntimeError

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError


class Broken(Mapping[str, int]):
    def __getitem__(self, key: str) -> int:
        raise RuntimeError

    def __iter__(self) -> Iterator[str]:
        yield "a"
        raise RuntimeError

    def __len__(self) -> int:
        return -1  # noqa: PLE0303 - that is the point


class Lying(Sequence[int]):
    """Endless, and says that it has more than an index can hold."""

    def __getitem__(self, index: Any) -> Any:
        return index

    def __len__(self) -> int:
        return 2**80


class Endless(Mapping[int, int]):
    def __getitem__(self, key: int) -> int:
        return key

    def __iter__(self) -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 1

    def __len__(self) -> int:
        return 3


class Model(BaseModel):
    name: str = "А"

    def __getattribute__(self, name: str) -> Any:
        if name == "name":
            raise RuntimeError
        return super().__getattribute__(name)


class Number(int):
    def __int__(self) -> int:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


class Tolist:
    size = 1

    def tolist(self) -> Any:
        return self


def doubling(levels: int) -> Any:
    value: Any = ["x"]
    for _ in range(levels):
        value = [value, value]
    return value


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def family() -> Any:
    root = Node()
    for _ in range(6):
        root.children = [Node(root, root.children), Node(root, root.children)]
    return root


HOSTILE: dict[str, Any] = {
    "one parent, two children": family(),
    "doubling": doubling(60),
    "deep": deep(100_000),
    "raises": [Raising(), Model(), Broken(), Tolist()],
    "lies": Lying(),
    "endless": Endless(),
    "a range": range(10**15),
    "a large array": np.zeros((4000, 4000)),
    "a long integer": [10**10_000, {10**10_000: 1}],
    "strings": ["x" * 5_000_000] * 10,
    "bytes": bytes(50_000_000),
    "a number": Number(5),
    "a million and one": list(range(MAX_NODES + 1)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_ends_and_is_json(name: str) -> None:
    begun = time.perf_counter()
    plain = jsonable(HOSTILE[name])
    assert time.perf_counter() - begun < 4.0  # 0.4 s at most on an idle machine
    written = orjson.dumps(plain)
    assert len(written) < 2 * MAX_CHARACTERS


def test_a_cycle_is_named_by_its_type_at_once() -> None:
    root = Node()
    root.children = [Node(root), Node(root)]
    name = f"<{Node.__module__}.Node>"
    child = {"parent": name, "children": []}
    assert jsonable(root) == {"parent": None, "children": [child, child]}


def test_what_is_shared_a_few_times_stays_whole() -> None:
    shared = {"a": [1, 2]}
    assert jsonable([shared, shared, {"x": shared}]) == [shared, shared, {"x": shared}]


def test_what_is_shared_too_often_is_named_by_its_type() -> None:
    shared = list(range(MAX_REPEATED))
    first, second, *others = jsonable([shared] * 5)
    assert first == shared
    assert len(second) == MAX_REPEATED
    assert others == ["<builtins.list>"] * 3


@pytest.mark.parametrize("written", [{"type": ["a"], "held": object()}, {"name": "n", "value": family()}, object()])
def test_what_a_node_writes_is_plain_in_the_event(written: Any) -> None:
    [event] = LangGraphToAgui("t", "r").feed({"type": "custom", "ns": (), "data": written})
    assert event["type"] == "CUSTOM"
    orjson.dumps(event)


def test_depth() -> None:
    assert jsonable(deep(MAX_DEPTH)) == deep(MAX_DEPTH)
    assert b"<builtins.list>" in dumps(jsonable(deep(MAX_DEPTH + 2)))


def test_one_that_raises_does_not_take_the_others_with_it() -> None:
    plain = jsonable({"bad": Broken(), "model": Model(), "raising": Raising(), "good": 1})
    assert plain["good"] == 1
    assert plain["bad"].endswith("Broken>")
    assert plain["raising"].endswith("Raising>")


def test_arrays_and_scalars() -> None:
    assert jsonable([np.arange(3), np.float64(0.5), np.int64(7), np.array(5), np.bool_(True)]) == [
        *([0, 1, 2], 0.5, 7, 5, True)
    ]
    assert jsonable(np.zeros((2000, 2000))) == "<numpy.ndarray>"


def test_large_integers_stay() -> None:
    assert jsonable({"n": [2**70, -(2**90)]}) == {"n": [2**70, -(2**90)]}


def test_the_bounds_are_those_of_a_whole_state() -> None:
    fields = {f"field{number}": list(range(MAX_NODES // 4)) for number in range(8)}
    shown = project(fields)
    assert sum(len(value) for value in shown.values() if isinstance(value, list)) <= MAX_NODES + 8
    assert shown["field0"] == fields["field0"]
    assert set(shown) == set(fields)
