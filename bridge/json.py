"""JSON as the bridge reads and writes it: the only user of orjson."""

from __future__ import annotations

from typing import Any

import orjson

JSONDecodeError = orjson.JSONDecodeError
loads = orjson.loads


def dumps(value: Any) -> bytes:
    """JSON as UTF-8 bytes. Integers beyond 64 bits, lone surrogates and unknown objects are survived."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return _dumps_odd(value)


def _dumps_odd(value: Any) -> bytes:
    """The slow way, for what orjson refuses."""
    import json  # noqa: PLC0415 - only on the rare path

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=lambda odd: type(odd).__qualname__)
    return text.encode("utf-8", "replace")
