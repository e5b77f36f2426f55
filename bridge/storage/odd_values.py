"""Plain values that PostgreSQL's JSON has no place for: texts with a NUL or half of a surrogate pair, NaN, Infinity.

LangGraph's saver keeps a checkpoint's plain values (texts, numbers) as JSON, and all others as bytes, by its
serializer. An odd one is made one of the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True)
class _Odd:
    """A value that is stored as bytes."""

    value: Any


def is_odd(value: Any) -> bool:
    """Whether PostgreSQL refuses this value in JSON."""
    if isinstance(value, float):
        return not math.isfinite(value)
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return "\0" in value


@cache
def taking_odd_values(saver: type[Any]) -> type[Any]:
    """LangGraph's ``AsyncPostgresSaver``, as it would be if it stored any value. What is read is what was written."""

    class Saver(saver):  # type: ignore[misc] # the class comes with an extra
        """Stores odd values as bytes."""

        async def aput(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
            """Store a checkpoint."""
            values = checkpoint["channel_values"]
            odd = {name: _Odd(value) for name, value in values.items() if is_odd(value)}
            if odd:
                checkpoint = {**checkpoint, "channel_values": {**values, **odd}}
            return await super().aput(config, checkpoint, metadata, new_versions)

        def _dump_blobs(
            self, thread_id: str, checkpoint_ns: str, values: Mapping[str, Any], versions: Mapping[str, Any]
        ) -> Any:
            plain = {name: value.value if isinstance(value, _Odd) else value for name, value in values.items()}
            return super()._dump_blobs(thread_id, checkpoint_ns, plain, versions)

    return Saver
