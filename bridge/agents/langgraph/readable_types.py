"""Which types a checkpointer may read back. LangGraph's serializer knows its own and langchain's; others it warns of
("unregistered type … will be blocked"), or, with ``LANGGRAPH_STRICT_MSGPACK=true``, does not read.
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer


def are_one(one: BaseCheckpointSaver[Any], other: BaseCheckpointSaver[Any]) -> bool:
    """Whether two checkpointers are one, or copies of one that read other types (LangGraph makes such copies too)."""
    if one is other:
        return True
    mine, its = vars(one), vars(other)
    names = mine.keys() - {"serde"}
    return (
        type(one) is type(other)
        and bool(names)
        and names == its.keys() - {"serde"}
        and all(mine[name] is its[name] for name in names)
    )


def reading(
    checkpointer: BaseCheckpointSaver[Any], graph: Any, named: Collection[str] = ()
) -> BaseCheckpointSaver[Any]:
    """The checkpointer for this graph. With ``named`` types (``module:Class``) it reads these, and no unknown ones.

    In LangGraph's strict mode the types of the graph's own schemas are read, as if it had been compiled with the
    checkpointer.
    """
    types = [(module, kind) for module, _, kind in (name.rpartition(":") for name in named)]
    own = getattr(graph, "_serde_allowlist", None) or ()
    if types and isinstance(checkpointer.serde, JsonPlusSerializer):
        clone = copy.copy(checkpointer)
        clone.serde = type(checkpointer.serde)(allowed_msgpack_modules=[*types, *own])
        return clone
    return checkpointer.with_allowlist(own) if own else checkpointer
