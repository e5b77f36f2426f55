"""LangGraph's serializer, for values that msgpack has no room for: integers beyond 64 bits, and deep nesting.

A model may call a tool with a number of 30 digits, and a client may send one: LangGraph could not store the message,
and the run failed after its answer was streamed. What is written is LangGraph's own format (constructors of ``int``,
``list`` and ``dict``), which its serializer reads without this one.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol, runtime_checkable

import ormsgpack
from langgraph.checkpoint.serde.jsonplus import (
    EXT_CONSTRUCTOR_KW_ARGS,
    EXT_CONSTRUCTOR_POS_ARGS,
    EXT_CONSTRUCTOR_SINGLE_ARG,
    EXT_PYDANTIC_V2,
    JsonPlusSerializer,
    _create_msgpack_ext_hook,
    _msgpack_enc,
)
from langgraph.types import Send

_LEVELS = 50  # containers that msgpack is given within each other; its own limit is somewhat above 100
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


_WRITTEN = {("builtins", "int"), ("builtins", "list"), ("builtins", "tuple"), ("builtins", "dict")}


class Serializer(JsonPlusSerializer):
    """`JsonPlusSerializer` that stores any integer and any depth."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if self._allowed_msgpack_modules is not True:  # strict: what is written here must be read here
            self._allowed_msgpack_modules = (self._allowed_msgpack_modules or set()) | _WRITTEN
            self._unpack_ext_hook = _create_msgpack_ext_hook(self._allowed_msgpack_modules)

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """The value's kind and bytes. Raises what LangGraph raises for an object that it does not know."""
        try:
            return super().dumps_typed(obj)
        except ormsgpack.MsgpackEncodeError:
            return "msgpack", _msgpack_enc(_storable(obj, 0))


@runtime_checkable
class _Model(Protocol):
    def model_dump(self) -> dict[str, Any]: ...


def _storable(value: Any, depth: int) -> Any:
    """The value, its large integers and deep parts as constructor calls."""
    kind = type(value)
    if kind is int:
        return value if _SMALLEST <= value <= _LARGEST else _call(int, str(value))
    if kind in (list, tuple, dict):
        deeper = 0 if depth >= _LEVELS else depth + 1
        parts: Any
        if kind is dict:
            if any(type(key) is int and not _SMALLEST <= key <= _LARGEST for key in value):
                return _call(dict, [[_storable(key, 0), _storable(item, 0)] for key, item in value.items()])
            parts = {key: _storable(item, deeper) for key, item in value.items()}
        else:
            parts = kind(_storable(item, deeper) for item in value)
        return parts if deeper else _call(kind, parts)
    if kind in (set, frozenset):
        return _call(kind, tuple(_storable(item, 0) for item in value))
    if isinstance(value, Send):
        return _extension(EXT_CONSTRUCTOR_POS_ARGS, kind, (value.node, _storable(value.arg, 0)))
    if isinstance(value, _Model):
        return _extension(EXT_PYDANTIC_V2, kind, _storable(value.model_dump(), 0), "model_validate_json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _storable(getattr(value, field.name), 0) for field in dataclasses.fields(value)}
        return _extension(EXT_CONSTRUCTOR_KW_ARGS, kind, fields)
    return value


def _call(kind: type, argument: Any) -> ormsgpack.Ext:
    return _extension(EXT_CONSTRUCTOR_SINGLE_ARG, kind, argument)


def _extension(code: int, kind: type, *more: Any) -> ormsgpack.Ext:
    return ormsgpack.Ext(code, _msgpack_enc((kind.__module__, kind.__name__, *more)))
