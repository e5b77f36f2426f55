"""A run's events as a response is stored with them, and back. Pure.

What a response does not show is left out: states, steps, and what the server's tools were given and answered. Tokens
are kept as one text with the places where each ended, so that a stream read later has the events that it had.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from bridge.events.event import Event
from bridge.openai_compat.responses.whole import WholeItems

_KEPT = ("RUN_", "TEXT_MESSAGE_", "REASONING_MESSAGE_", "TOOL_CALL_")


def events_to_store(events: Sequence[Event], client_tools: Collection[str], *, whole: bool) -> list[Event]:
    """The events that matter to a response (`bridge.runs.journal.MemoryJournal.stretches`).

    ``whole``: it was not streamed; stored is what was chosen for its answer.
    """
    if whole:
        chosen = WholeItems()
        rest = [event for event in events if not chosen.take(event)]
        started, others = rest[:1], rest[1:]
        events = [*started, *chosen.events(), *others]
    answered = {event["toolCallId"] for event in events if event["type"] == "TOOL_CALL_RESULT"}
    theirs = {
        event.get("toolCallId")
        for event in events
        if event["type"] in ("TOOL_CALL_START", "TOOL_CALL_CHUNK") and event.get("toolCallName") in client_tools
    }
    return [made for event in events if (made := _kept(event, answered - theirs)) is not None]


def _kept(event: Event, hidden: Collection[str]) -> Event | None:
    kind = event["type"]
    if not kind.startswith(_KEPT) or (kind.startswith("TOOL_CALL_") and event.get("toolCallId") in hidden):
        return None
    if kind == "TOOL_CALL_RESULT":
        return {**event, "content": ""}
    return event


def as_streamed(events: Iterable[Event]) -> Iterator[Event]:
    """The stored events, each token an event of its own again."""
    for event in events:
        if "ends" in event:
            yield from _tokens(event)
        else:
            yield event


def _tokens(event: dict[str, Any]) -> Iterator[Event]:
    text, begin = event["delta"].encode("utf-8", "surrogatepass"), 0
    named = {"type": event["type"], "messageId": event["messageId"]}
    for end in event["ends"]:
        yield {**named, "delta": text[begin:end].decode("utf-8", "surrogatepass")}
        begin = end
