"""The graph's state, as clients see it: one STATE_SNAPSHOT, then STATE_DELTAs. Pure.

The state shown is the graph's own, less ``messages`` (they have their own snapshot), less what an allow-list leaves
out, with the values of subgraphs at work laid over it: a quote that a subgraph's tool just made is on the screen before
the subgraph has finished. JSON Patch (RFC 6902) by the jsonpatch library.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

import jsonpatch
from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from bridge.agents.langgraph.jsonable import jsonable_fields
from bridge.agents.langgraph.paths import Paths
from bridge.events.event import Event
from bridge.json import dumps

_LARGE = 1024  # bytes; a patch above this is sent only if it is smaller than the state itself


def fields_of(state: Any) -> dict[str, Any] | None:
    """The fields of a dict, pydantic or dataclass state, not converted; ``None`` where the state has no fields."""
    if isinstance(state, Mapping):
        return dict(state)
    if isinstance(state, BaseModel):
        return {name: getattr(state, name) for name in type(state).model_fields}
    if dataclasses.is_dataclass(state) and not isinstance(state, type):
        return {field.name: getattr(state, field.name, None) for field in dataclasses.fields(state)}
    return None


def is_messages(value: Any) -> bool:
    """Whether a state value is a conversation: a non-empty list of LangChain messages."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, BaseMessage) for item in value)


def project(fields: Mapping[str, Any], allow: Collection[str] | None = None) -> dict[str, Any]:
    """The part of a state that clients see, as plain JSON.

    ``allow`` names the keys that may leave the server (``None``: all). Keys that start with an underscore are the
    graph's own, and ``messages`` and other conversations are not state.
    """
    return jsonable_fields(
        {
            key: value
            for key, value in fields.items()
            if isinstance(key, str)
            and key != "messages"
            and not key.startswith("_")
            and (allow is None or key in allow)
            and not is_messages(value)
        }
    )


class StateView:
    """Follows the state of one run and says what changed.

    ``keys`` are the keys of the graph's own state (a subgraph's other keys are not shown while it works).
    """

    def __init__(self, *, allow: Collection[str] | None = None, keys: Collection[str] | None = None) -> None:
        self._allow = allow
        self._keys = keys
        self._base: dict[str, Any] = {}
        self._overlays: Paths[dict[str, Any]] = Paths()
        self._shown: dict[str, Any] | None = None

    @property
    def shown(self) -> dict[str, Any]:
        """The state as clients have it now."""
        return self._shown or {}

    def allows(self, key: str) -> bool:
        """Whether this key may leave the server."""
        return self._allow is None or key in self._allow

    def top(self, fields: Mapping[str, Any]) -> list[Event]:
        """The whole graph's state after a step."""
        self._base = project(fields, self._allow)
        return self._changes()

    def nested(self, ns: tuple[str, ...], fields: Mapping[str, Any]) -> list[Event]:
        """A subgraph's state after a step of its own; ``ns`` is its path."""
        known = self._keys if self._keys is not None else self._base.keys()
        overlay = {key: value for key, value in project(fields, self._allow).items() if key in known}
        before = self._overlays.get(ns)
        self._overlays.set(ns, overlay)
        # of thousands of subgraphs at work almost none changes what its parent shows
        nothing_new = self._shown is not None and before == overlay
        return [] if nothing_new else self._changes()

    def closed(self, ns: tuple[str, ...]) -> None:
        """The task at this path ended and what it wrote is in its parent's next state; forget its overlay."""
        self._overlays.remove_under(ns)

    def forget(self) -> None:
        """The graph emitted a state of its own. What the client shows is unknown: the next change is a snapshot."""
        self._shown = None

    def _changes(self) -> list[Event]:
        state = dict(self._base)
        for overlay in self._overlays.outermost_first():
            state.update(overlay)
        before, self._shown = self._shown, state
        if before is None:
            return [{"type": "STATE_SNAPSHOT", "snapshot": state}]
        if before == state:
            return []
        patch = [operation for key in _changed(before, state) for operation in _patch(before, state, key)]
        size = len(dumps(patch))
        if size > _LARGE and size > len(dumps(state)):
            return [{"type": "STATE_SNAPSHOT", "snapshot": state}]
        return [{"type": "STATE_DELTA", "delta": patch}]


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The keys to diff, so that a large part of the state that did not change costs one comparison."""
    return [key for key in {**before, **after} if key not in before or key not in after or before[key] != after[key]]


def _patch(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    old = {key: before[key]} if key in before else {}
    new = {key: after[key]} if key in after else {}
    operations: list[dict[str, Any]] = jsonpatch.make_patch(old, new).patch
    return operations
