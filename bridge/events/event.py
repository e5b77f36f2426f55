"""AG-UI events as the bridge carries them: the JSON object itself.

Inside the bridge an event is the ``dict`` that goes on the wire: camelCase keys, optional fields absent, never
``None``. Building and dumping a pydantic event costs many times as much (benchmarks/RESULTS.md), and a token is an
event. Pydantic (``ag_ui.core``) stands at the edges: `wire` takes its models in, `model` gives them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, get_args

from ag_ui.core import BaseEvent, EventType
from ag_ui.core import Event as EventModel
from pydantic import TypeAdapter

Event: TypeAlias = dict[str, Any]
"""One AG-UI event, as its JSON object. ``event["type"]`` is one of `EVENT_TYPES`."""

EVENT_TYPES: frozenset[str] = frozenset(kind.value for kind in EventType)
"""The 31 event types of AG-UI 1.0."""

NOTE = "NOTE"
"""The type of what an agent's stream sends to the bridge alone: ``aliases`` (see `note`). It never leaves the server,
and has no number."""

FIELDS: dict[str, frozenset[str]] = {
    kind.model_fields["type"].default.value: frozenset(field.alias or name for name, field in kind.model_fields.items())
    for kind in get_args(get_args(EventModel)[0])
}
"""The fields that AG-UI 1.0 knows, as they are written, for each event type; others may be there and mean nothing."""

REQUIRED: dict[str, frozenset[str]] = {
    kind.model_fields["type"].default.value: frozenset(
        field.alias or name for name, field in kind.model_fields.items() if field.is_required()
    )
    for kind in get_args(get_args(EventModel)[0])
}
"""The fields without which an event of this type means nothing."""

TEXTS: dict[str, frozenset[str]] = {
    kind.model_fields["type"].default.value: frozenset(
        field.alias or name
        for name, field in kind.model_fields.items()
        if field.is_required() and field.annotation is str
    )
    for kind in get_args(get_args(EventModel)[0])
}
"""Those of them that are strings."""

SHOWN = ("TEXT_", "REASONING_", "TOOL_", "ACTIVITY_", "CUSTOM")
"""How the types of events begin that a person sees something of."""

_ADAPTER: TypeAdapter[Any] = TypeAdapter(EventModel)


def is_token(event: Mapping[str, Any]) -> bool:
    """Whether this is a piece of text and nothing else, as most events are: a type, a message's id, a delta."""
    return len(event) == 3 and event["type"] == "TEXT_MESSAGE_CONTENT"


def note(**facts: Any) -> Event:
    """A note to the bridge. ``aliases``: see `bridge.agents.base.Thread`."""
    return {"type": NOTE, **facts}


def text_message(message_id: str, pieces: Iterable[str]) -> list[Event]:
    """An assistant's message, piece by piece."""
    return [
        {"type": "TEXT_MESSAGE_START", "messageId": message_id, "role": "assistant"},
        *({"type": "TEXT_MESSAGE_CONTENT", "messageId": message_id, "delta": piece} for piece in pieces),
        {"type": "TEXT_MESSAGE_END", "messageId": message_id},
    ]


def wire(event: BaseEvent | Mapping[str, Any]) -> Event:
    """The wire form of an event: a pydantic model of ``ag_ui.core`` is dumped, a mapping is taken as it is.

    Raises ``ValueError`` for a type outside the 31.
    """
    if isinstance(event, BaseEvent):
        dumped: Event = event.model_dump(mode="json", by_alias=True)
        dumped["type"] = event.type.value
        return dumped
    if event.get("type") not in EVENT_TYPES:
        raise ValueError(f"not an AG-UI event type: {event.get('type')!r}")
    return event if isinstance(event, dict) else dict(event)


def model(event: Mapping[str, Any]) -> BaseEvent:
    """The pydantic model of a wire event; raises ``pydantic.ValidationError`` where it does not fit."""
    validated: BaseEvent = _ADAPTER.validate_python(event)
    return validated
