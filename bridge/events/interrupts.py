"""LangGraph interrupts -> AG-UI interrupts, and what a client answers -> the value to resume with. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from bridge.events.event import Event

Interrupt: TypeAlias = dict[str, Any]
"""One AG-UI interrupt, as its JSON object: id, reason, message, toolCallId, responseSchema, expiresAt, metadata."""

PAUSE = "pause:"
"""Prefix of ids the bridge gives to pauses by ``interrupt_before`` / ``interrupt_after``: LangGraph has no object for
them, and they are answered by going on, not by a value."""


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
    """Interrupts for front ends before AG-UI 1.0: one ``CUSTOM on_interrupt`` each, with the value itself."""
    return [
        {
            "type": "CUSTOM",
            "name": "on_interrupt",
            "value": interrupt.get("metadata", {}).get("value", interrupt.get("message")),
        }
        for interrupt in interrupts
    ]
