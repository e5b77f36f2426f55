"""Any Python value -> plain JSON value. Pure, deterministic, never raises, and ends in bounded time and space.

A graph's state may hold anything; a client can be sent JSON only. What JSON has no word for becomes its nearest kin (a
date as ISO 8601, a set as a list, a model as its fields), an object of an unknown kind its type's name, never its
``repr``, which may carry a secret. So does what is too much: a container within itself, one that is too deep, one that
comes again and again, and whatever comes after the bounds are reached.
"""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from bridge.agents.langgraph.messages import message_to_agui
from bridge.json import name_of

MAX_DEPTH = 64
"""Containers within each other; deeper than any state that is meant."""

MAX_NODES = 1_000_000
"""Values in one value, all levels together: about a second of work."""

MAX_REPEATED = 50_000
"""Values in containers that stood elsewhere in the same value already. Two references to one parent double at every
level."""

MAX_CHARACTERS = 16 * 1024 * 1024
"""Characters of all strings together: what a run's journal holds."""

_MAX_BITS = 14_000  # of an integer: Python writes 4,300 digits


def jsonable(value: Any) -> Any:
    """The plain JSON value nearest to ``value``: dict, list, str, int, float, bool or None, all the way down."""
    return _Conversion().convert(value, 0)


def jsonable_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The plain JSON values of several fields, within the bounds of one value."""
    conversion = _Conversion()
    return {key: conversion.convert(value, 0) for key, value in fields.items()}


class _Conversion:
    """One value being converted, with what is left of its bounds."""

    def __init__(self) -> None:
        self._nodes = MAX_NODES
        self._repeated = MAX_REPEATED
        self._characters = MAX_CHARACTERS
        self._within: set[int] = set()
        self._seen: dict[int, Any] = {}  # the values themselves, so that no id is used again meanwhile
        self._in_repeat = 0

    def convert(self, value: Any, depth: int) -> Any:
        """The value, plain."""
        kind = type(value)
        if kind is str:
            return self._text(value)
        self._nodes -= 1
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if -_LARGE < value < _LARGE else self._integer(value)
        if kind is float:
            return value if math.isfinite(value) else None
        try:
            if kind is not dict and kind is not list:
                scalar = self._scalar(value, depth)
                if scalar is not _NONE:
                    return scalar
            return self._container(value, depth)
        except Exception:  # a value may run its own code: properties, iteration, `__len__`
            return name_of(value)

    def _text(self, text: str) -> str:
        self._nodes -= 1
        self._characters -= len(text)
        return text if self._characters >= 0 else "<builtins.str>"

    def _integer(self, value: int) -> Any:
        return value if value.bit_length() <= _MAX_BITS else name_of(value)

    def _scalar(self, value: Any, depth: int) -> Any:
        """What is one value; `_NONE` for a container."""
        match value:
            case Enum():
                return self.convert(value.value, depth + 1) if depth < MAX_DEPTH else name_of(value)
            case int():
                return self._integer(int.__int__(value))
            case str():
                return self._text(str.__str__(value))
            case float():
                return float.__float__(value) if math.isfinite(value) else None
            case bytes() | bytearray() | memoryview():
                return self._bytes(value)
            case datetime() | date() | time():
                return self._text(value.isoformat())
            case timedelta():
                return value.total_seconds()
            case Decimal() | UUID() | PurePath():
                return self._text(str(value))
            case _:
                return _NONE

    def _bytes(self, value: bytes | bytearray | memoryview) -> str:
        size = memoryview(value).nbytes
        return self._text(base64.b64encode(value).decode("ascii")) if size <= self._characters else name_of(value)

    def _container(self, value: Any, depth: int) -> Any:
        identity = id(value)
        if depth > MAX_DEPTH or identity in self._within or self._is_full():
            return name_of(value)
        repeat = identity in self._seen
        if repeat and not self._repeated:
            return name_of(value)
        self._seen[identity] = value
        self._within.add(identity)
        self._in_repeat += repeat
        try:
            return self._parts(value, depth + 1)
        finally:
            self._in_repeat -= repeat
            self._within.discard(identity)

    def _is_full(self) -> bool:
        if self._in_repeat and self._repeated:
            self._repeated -= 1
        return self._nodes <= 0 or self._characters < 0 or (self._in_repeat > 0 and not self._repeated)

    def _parts(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is dict:  # nearly all containers are one of the two: the others cost a look at each kind below
            return self._fields(value, value.items(), depth)
        if kind is list:
            return self._items(value, depth)
        match value:
            case Mapping():
                return self._fields(value, value.items(), depth)
            case BaseMessage():
                return self.convert(message_to_agui(value), depth)
            case BaseModel():
                names = [*type(value).model_fields, *(value.model_extra or ())]
                return self._fields(value, ((name, _Field(value, name)) for name in names), depth)
            case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
                fields = ((field.name, _Field(value, field.name)) for field in dataclasses.fields(value))
                return self._fields(value, fields, depth)
            case AbstractSet():
                return sorted(self._items(value, depth), key=_order)
            case Sequence():
                return self._items(value, depth)
            case _:
                return self._other(value, depth)

    def _items(self, values: Iterable[Any], depth: int) -> list[Any]:
        convert, items = self.convert, list[Any]()
        for item in values:
            if self._nodes <= 0 or self._characters < 0 or (self._in_repeat and self._is_full()):
                items.append(name_of(values))
                break
            items.append(convert(item, depth))
        return items

    def _fields(self, held: Any, pairs: Iterable[tuple[Any, Any]], depth: int) -> dict[str, Any]:
        convert, fields = self.convert, dict[str, Any]()
        for key, item in pairs:
            name = key if type(key) is str else self._key(key)
            if self._nodes <= 0 or self._characters < 0 or (self._in_repeat and self._is_full()):
                fields[name] = name_of(held)
                break
            self._characters -= len(name)
            fields[name] = item.read(convert, depth) if type(item) is _Field else convert(item, depth)
        return fields

    def _key(self, key: Any) -> str:
        if isinstance(key, Enum):
            key = key.value
        if isinstance(key, str):
            return str.__str__(key)
        plain = self.convert(key, MAX_DEPTH)
        return plain if isinstance(plain, str) else str(plain)

    def _other(self, value: Any, depth: int) -> Any:
        if isinstance(value, type) or not hasattr(value, "tolist"):
            return name_of(value)
        # numpy arrays and scalars, and what imitates them; a tensor's `size` is a method
        size = value.numel() if callable(getattr(value, "size", None)) else getattr(value, "size", 1)
        return self.convert(value.tolist(), depth) if 0 <= size <= self._nodes else name_of(value)


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    """An attribute that is read when its turn comes: one that raises does not take the others with it."""

    holder: Any
    name: str

    def read(self, convert: Callable[[Any, int], Any], depth: int) -> Any:
        """The attribute, plain; the holder's name where it cannot be read, ``None`` where there is none."""
        try:
            return convert(getattr(self.holder, self.name, None), depth)
        except Exception:  # as in `convert`
            return name_of(self.holder)


_NONE = object()
_LARGE = 2**63


def _order(item: Any) -> tuple[str, str]:
    return (type(item).__name__, str(item))
