"""What a graph's schemas say: which state keys may leave the server, and which a client may write. Pure.

``output_schema`` is a wall: keys outside it never leave. A client may write what ``input_schema`` takes, less what is
private (an underscore, langchain's ``PrivateStateAttr`` and ``OmitFromInput``) or hidden (it may not leave either, and
no ``input_schema`` of its own takes it).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Self, get_args, get_type_hints

from langgraph.channels import BinaryOperatorAggregate

GIVEN_BY_THE_BRIDGE = frozenset({"tools", "copilotkit", "ag-ui"})
"""Input keys that the bridge fills from the request itself."""


class InputKeys(frozenset[str]):
    """The keys that a graph's input takes.

    Attributes:
        writable: those that a client may write.
        reduced: those with a reducer, through which a value is added to what is there.
    """

    writable: frozenset[str]
    reduced: frozenset[str]

    def __new__(
        cls, keys: Collection[str], writable: Collection[str] | None = None, reduced: Collection[str] = ()
    ) -> Self:
        """``writable`` are all of them, where they are not named."""
        made = super().__new__(cls, keys)
        made.writable = frozenset(keys if writable is None else writable)
        made.reduced = frozenset(reduced)
        return made


def schema_keys(graph: Any, schema: str) -> frozenset[str] | None:
    """The keys of a StateGraph's ``input_schema`` or ``output_schema``; ``None`` for a graph without schemas.

    From the builder's own table of channels: a JSON schema cannot be made of every state that LangGraph takes.
    """
    builder = getattr(graph, "builder", None)
    channels = getattr(builder, "schemas", {}).get(getattr(builder, schema, None))
    return frozenset(channels) if channels else None


def visible_keys(graph: Any, allow: Collection[str] | None) -> frozenset[str] | None:
    """The state keys that may leave the server; ``None``: all. ``allow`` narrows what the output schema has."""
    keys = schema_keys(graph, "output_schema")
    if keys is None:
        return None if allow is None else frozenset(allow)
    keys -= _omitted(getattr(graph.builder, "output_schema", None), "output")
    return keys if allow is None else keys & frozenset(allow)


def walled_keys(graph: Any) -> frozenset[str]:
    """The keys of the graph's own state that its output schema leaves out."""
    visible = visible_keys(graph, None)
    own = frozenset(getattr(getattr(graph, "builder", None), "channels", ()))
    return frozenset() if visible is None else own - visible


def input_keys(
    graph: Any, *, allow: Collection[str] | None = None, client_keys: Collection[str] | None = None
) -> InputKeys | None:
    """The graph's input, and what of it a client may write; ``None`` where neither is known.

    ``allow``: the state keys that the server shows. ``client_keys``: a setting, which only narrows.
    """
    keys = schema_keys(graph, "input_schema")
    if keys is None:
        return None if client_keys is None else InputKeys(client_keys)
    builder = graph.builder
    writable = {key for key in keys if not key.startswith("_")} - _omitted(builder.input_schema, "input")
    if builder.input_schema is builder.state_schema:
        visible = visible_keys(graph, allow)
    else:
        visible = None if allow is None else frozenset(allow)  # an input of its own names what it takes
    if visible is not None:
        writable &= visible
    if client_keys is not None:
        writable &= set(client_keys)
    return InputKeys(keys, writable - GIVEN_BY_THE_BRIDGE - {"messages"}, _reduced(builder))


def _reduced(builder: Any) -> set[str]:
    channels: Mapping[str, Any] = getattr(builder, "channels", {})
    return {key for key, channel in channels.items() if isinstance(channel, BinaryOperatorAggregate)}


def _omitted(schema: Any, side: str) -> set[str]:
    """The fields of a schema that langchain's middleware leaves out of the ``input`` or the ``output``.

    By the annotation's name and fields: langchain is no dependency of the bridge.
    """
    try:
        hints = get_type_hints(schema, include_extras=True)
    except (TypeError, NameError, AttributeError):
        return set()
    return {name for name, hint in hints.items() if _leaves_out(hint, side)}


def _leaves_out(hint: Any, side: str) -> bool:
    notes = [*getattr(hint, "__metadata__", ()), *get_args(hint)]
    if any(type(one).__name__ == "OmitFromSchema" and getattr(one, side, False) is True for one in notes):
        return True
    return any(_leaves_out(one, side) for one in get_args(hint) if hasattr(one, "__metadata__"))  # NotRequired[…]
