"""AG-UI events as the bridge carries them: the JSON object itself.

Inside the bridge an event is the ``dict`` that goes on the wire: camelCase keys, optional fields absent, never
``None``. Building and dumping a pydantic event costs about 16 µs, this dict and orjson about half a microsecond, and
a token is an event. Pydantic (``ag_ui.core``) stands at the edges: `wire` takes its models in, `model` gives them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, get_args

from ag_ui.core import BaseEvent, EventType
from ag_ui.core import Event as EventModel
from pydantic import TypeAdapter

Event: TypeAlias = dict[str, Any]
"""One AG-UI event, as its JSON object. ``event["type"]`` is one of `EVENT_TYPES`."""

EVENT_TYPES: frozenset[str] = frozenset(kind.value for kind in EventType)
"""The 31 event types of AG-UI 1.0."""

FIELDS: dict[str, frozenset[str]] = {
    kind.model_fields["type"].default.value: frozenset(field.alias or name for name, field in kind.model_fields.items())
    for kind in get_args(get_args(EventModel)[0])
}
"""The fields that AG-UI 1.0 knows, as they are written, for each event type; others may be there and mean nothing."""

_ADAPTER: TypeAdapter[Any] = TypeAdapter(EventModel)


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
