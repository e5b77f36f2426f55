"""Which types of a state can be stored, and sent as JSON: by the annotations, before there is a value. Pure."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections import deque
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from pathlib import PurePath
from typing import Annotated, Any, ForwardRef, Literal, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from langchain_core.load import Serializable
from pydantic import BaseModel

_PLAIN = (
    *(
        str,
        int,
        float,
        bool,
        bytes,
        bytearray,
        type(None),
        date,
        time,
        timedelta,
        tzinfo,
        Decimal,
        Enum,
        UUID,
        PurePath,
    ),
    *(list, tuple, set, frozenset, dict, deque, re.Pattern, BaseException, Serializable),
    *(IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network),
)
_METHODS = ("model_dump", "dict", "get_secret_value", "_asdict")
"""By these LangGraph's serializer stores an object of any other class."""

_PACKAGES = ("langgraph", "langchain_core", "numpy", "collections")
"""Whose classes are stored, or are abstract."""


def unstorable(hint: Any) -> str | None:
    """The name of a type in this annotation that no checkpoint can hold; ``None`` where all of it can be held.

    An annotation that says nothing (``Any``, ``object``, a name that cannot be resolved) holds anything.
    """
    return _unstorable(hint, set())


def _unstorable(hint: Any, seen: set[int]) -> str | None:
    if hint in (Any, object, ...) or isinstance(hint, str | ForwardRef | TypeVar) or id(hint) in seen:
        return None
    seen.add(id(hint))
    origin = get_origin(hint)
    if origin is Literal:
        return None
    if origin is Annotated:
        return _unstorable(get_args(hint)[0], seen)
    if origin is Callable or hint is Callable:
        return "a function"
    if origin is not None:
        inner = [_unstorable(one, seen) for one in get_args(hint)]
        return next((name for name in inner if name), None)
    if not isinstance(hint, type):
        supertype = getattr(hint, "__supertype__", None)  # NewType
        return None if supertype is None else _unstorable(supertype, seen)
    return _of_class(hint, seen)


def _of_class(kind: type, seen: set[int]) -> str | None:
    if dataclasses.is_dataclass(kind) or issubclass(kind, BaseModel) or typing.is_typeddict(kind):
        if issubclass(kind, Serializable):
            return None  # a message
        return next((name for one in _hints(kind).values() if (name := _unstorable(one, seen))), None)
    if issubclass(kind, _PLAIN) or kind.__module__.partition(".")[0] in _PACKAGES:
        return None
    return None if any(hasattr(kind, name) for name in _METHODS) else f"a {kind.__qualname__}"


def _hints(kind: type) -> Mapping[str, Any]:
    try:
        return get_type_hints(kind, include_extras=True)
    except (TypeError, NameError, AttributeError):
        return {}
