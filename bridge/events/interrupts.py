"""Interrupts as AG-UI has them, and how front ends before 1.0 learn of them. Pure."""

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


def asked_first(interrupts: Sequence[Interrupt]) -> Interrupt:
    """Of several that wait, the one to ask about where only one can be asked; at least one is given.

    The first: a stream and a stored thread list them alike, in the order of the graph's tasks.
    """
    return interrupts[0]


def value_of(interrupt: Interrupt) -> Any:
    """What the graph gave to ``interrupt()``: the value that a front end before 1.0 shows."""
    return (interrupt.get("metadata") or {}).get("value", interrupt.get("message"))


def ids_of(interrupt: Interrupt) -> list[str]:
    """The ids by which an interrupt may be answered: its own, and those it had before its run failed."""
    return [str(interrupt["id"]), *((interrupt.get("metadata") or {}).get("earlierIds") or [])]


def announcements(interrupts: Sequence[Interrupt]) -> list[Event]:
    """How front ends before AG-UI 1.0 learn of interrupts: ``CUSTOM on_interrupt`` each, with the value itself.

    Of several they show the last one (CopilotKit keeps one event), so the one that is asked first is announced last.
    When it is answered the rest are announced again: their person is asked about one after the other.
    """
    return [
        {"type": "CUSTOM", "name": "on_interrupt", "value": value_of(interrupt)} for interrupt in reversed(interrupts)
    ]


def same_value(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same after a way through another program: numbers by value, JSON in a string."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other or float(one) == float(other)  # a browser has 53 bits
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_value(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_value, one, other))
    return bool(one == other)
