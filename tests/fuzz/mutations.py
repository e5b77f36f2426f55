"""Values, and one step away from a good request: what somebody's script, or somebody's malice, may send."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

NASTY_TEXTS = (
    "",
    " ",
    "²",
    "٣",
    "-1",
    "1e999",
    "9" * 5000,
    "\x00",
    "a\x00b",
    "\ud800",
    "\udc00\ud800",
    "\u2028\u202e\x1b[31m\r\nX-Evil: 1",
    "//[",
    "/../..",
    "%00%0a",
    "null",
    "default",
    "x" * 300,
    "🦊" * 100,
    "http://[",
    "{",
    "[]",
    "anonymous",
    "bridge:0",
    "__start__",
    "messages",
    "system",
    "activity",
    "tool",
    "assistant",
    "developer",
    "reasoning",
)


def nested(depth: int) -> Any:
    """Arrays and objects within each other."""
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"x": value}
    return value


NASTY_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e308,
    2**63,
    -(2**64),
    10**400,
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"type": "text"},
    {"type": "text", "text": None},
    {"type": "binary"},
    {"type": "image", "source": {"type": "url"}},
    {"function": "x"},
    {"function": {"name": None}},
    {"resume": {"x": 1}},
    {"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {}},
    nested(150),
    nested(260),
    *NASTY_TEXTS,
)


class Mutator:
    """A source of bad requests; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self) -> str:
        """One text."""
        return self.random.choice(NASTY_TEXTS)

    def mutated(self, value: Any, steps: int) -> Any:
        """A copy with so many faults: a part replaced, left out, repeated, renamed or swapped with another."""
        value = copy.deepcopy(value)
        for _ in range(steps):
            value = self._step(value)
        return value

    def _step(self, value: Any) -> Any:
        places = list(_places(value))
        if not places or self.random.random() < 0.02:
            return self.random.choice(NASTY_VALUES)
        holder, key = self.random.choice(places)
        match self.random.randrange(6):
            case 0 | 1 | 2:
                holder[key] = copy.deepcopy(self.random.choice(NASTY_VALUES))
            case 3:
                del holder[key]
            case 4 if isinstance(holder, dict):
                holder[self.text()] = holder.pop(key)
            case 4:
                holder.extend(holder[:3])
            case _:
                other, there = self.random.choice(places)
                holder[key] = copy.deepcopy(other.get(there) if isinstance(other, dict) else other)
        return value

    def body(self, value: Any) -> bytes:
        """A body as bytes; now and then no JSON at all."""
        data = json.dumps(value, ensure_ascii=self.random.random() < 0.5).encode("utf-8", "surrogatepass")
        chance = self.random.random()
        if chance < 0.03:
            return data[: self.random.randrange(len(data) + 1)]
        if chance < 0.06:
            at = self.random.randrange(len(data))
            return data[:at] + self.random.randbytes(3) + data[at + 1 :]
        return data


def _places(value: Any) -> Any:
    """Every place in a value, as its holder and its key, not very deep."""
    level, depth = [value], 0
    while level and depth < 12:
        inner = []
        for held in level:
            keys = list(held) if isinstance(held, dict) else range(len(held)) if isinstance(held, list) else ()
            for key in keys:
                yield held, key
                inner.append(held[key])
        level, depth = inner, depth + 1
