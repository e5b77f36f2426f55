"""Any Python value -> plain JSON value. Pure, deterministic, never raises.

A graph's state may hold anything; a client can be told JSON only. What JSON has no word for is said by its nearest
kin (a date as ISO 8601, a set as a list, a model as its fields), an object of an unknown kind by its type's name,
never by its ``repr``, which may carry a secret.
"""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Mapping, Sequence
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

_DEPTH = 64  # deeper than any state that is meant; guards against cycles


def jsonable(value: Any, depth: int = 0) -> Any:
    """The plain JSON value nearest to ``value``: dict, list, str, int, float, bool or None, all the way down."""
    match value:
        case None | bool() | str() if type(value) in _PLAIN:
            return value
        case Enum():
            return jsonable(value.value, depth + 1)
        case int():
            return int(value)
        case str():
            return str(value)
        case float():
            return float(value) if math.isfinite(value) else None
        case _ if depth > _DEPTH:
            return _name(value)
        case Mapping():
            return {_key(key): jsonable(item, depth + 1) for key, item in value.items()}
        case BaseMessage():
            return message_to_agui(value)
        case BaseModel():
            return {name: jsonable(getattr(value, name), depth + 1) for name in type(value).model_fields} | {
                name: jsonable(item, depth + 1) for name, item in (value.model_extra or {}).items()
            }
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {
                field.name: jsonable(getattr(value, field.name, None), depth + 1) for field in dataclasses.fields(value)
            }
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode("ascii")
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal() | UUID() | PurePath():
            return str(value)
        case AbstractSet():
            return sorted((jsonable(item, depth + 1) for item in value), key=_order)
        case Sequence():
            return [jsonable(item, depth + 1) for item in value]
        case _:
            return _other(value, depth)


_PLAIN = (type(None), bool, str)


def _other(value: Any, depth: int) -> Any:
    if hasattr(value, "tolist"):  # numpy arrays and scalars
        return jsonable(value.tolist(), depth + 1)
    return _name(value)


def _name(value: Any) -> str:
    kind = type(value)
    return f"<{kind.__module__}.{kind.__qualname__}>"


def _key(key: Any) -> str:
    if isinstance(key, Enum):
        key = key.value
    return key if isinstance(key, str) else str(jsonable(key))


def _order(item: Any) -> tuple[str, str]:
    return (type(item).__name__, str(item))
