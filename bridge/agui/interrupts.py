"""LangGraph interrupts -> AG-UI interrupts, and what a client answers -> the value to resume with. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from bridge.agui.events import Event
from bridge.agui.jsonable import jsonable

Interrupt: TypeAlias = dict[str, Any]
"""One AG-UI interrupt, as its JSON object: id, reason, message, toolCallId, responseSchema, expiresAt, metadata."""

PAUSE = "pause:"
"""Prefix of ids the bridge gives to pauses by ``interrupt_before`` / ``interrupt_after``: LangGraph has no object for
them, and they are answered by going on, not by a value."""

_MESSAGES = ("message", "question", "prompt", "title", "description")
_SCHEMAS = ("response_schema", "responseSchema", "schema")
_CALLS = ("tool_call_id", "toolCallId")


def interrupt_to_agui(item: Any) -> Interrupt:
    """A LangGraph ``Interrupt`` (or the dict that ``tasks`` parts and RemoteGraph give) as AG-UI has it.

    The value itself goes along under ``metadata.value``: the front end that knows this agent draws its dialog from it.
    """
    if isinstance(item, Mapping):
        identity, value, schema = item.get("id"), item.get("value"), item.get("response_schema")
    else:
        identity, value, schema = item.id, item.value, getattr(item, "response_schema", None)
    plain = jsonable(value)
    said: Interrupt = {"id": str(identity), "reason": "input_required"}
    if isinstance(plain, dict):
        if isinstance(plain.get("reason"), str):
            said["reason"] = plain["reason"]
        message = next((plain[name] for name in _MESSAGES if isinstance(plain.get(name), str)), None)
        call = next((plain[name] for name in _CALLS if isinstance(plain.get(name), str)), None)
        schema = schema or next((plain[name] for name in _SCHEMAS if isinstance(plain.get(name), dict)), None)
        expires = plain.get("expires_at", plain.get("expiresAt"))
        if call is not None:
            said["toolCallId"] = call
        if isinstance(expires, str):
            said["expiresAt"] = expires
    else:
        message = plain if isinstance(plain, str) else None
    if message is not None:
        said["message"] = message
    if isinstance(schema, Mapping):
        said["responseSchema"] = jsonable(schema)
    said["metadata"] = {"value": plain}
    return said


def pause_to_agui(node: str, checkpoint_id: str) -> Interrupt:
    """A pause before ``node``, set by ``interrupt_before`` or ``interrupt_after``."""
    return {
        "id": f"{PAUSE}{node}:{checkpoint_id}",
        "reason": "paused",
        "message": f"Paused before '{node}'.",
        "responseSchema": {"type": "boolean"},
    }


def is_pause(interrupt_id: str) -> bool:
    """Whether this id names a pause rather than a LangGraph interrupt."""
    return interrupt_id.startswith(PAUSE)


def announcements(interrupts: Sequence[Interrupt]) -> list[Event]:
    """How front ends before AG-UI 1.0 hear of interrupts: one ``CUSTOM on_interrupt`` each, with the value itself."""
    return [
        {
            "type": "CUSTOM",
            "name": "on_interrupt",
            "value": interrupt.get("metadata", {}).get("value", interrupt.get("message")),
        }
        for interrupt in interrupts
    ]
