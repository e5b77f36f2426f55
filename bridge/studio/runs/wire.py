"""A run as its clients were sent it, in several languages side by side: each AG-UI event with the chunk it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from bridge.errors import BridgeError
from bridge.events.event import Event
from bridge.json import dumps, on_one_line
from bridge.openai_compat import AguiToChunks
from bridge.openai_compat.responses import AguiToResponseEvents
from bridge.runs.run import Run
from bridge.web import sse


class WireRow(TypedDict):
    """One event. ``seq``: its number in the run, from 1. ``chunk``: OpenAI's chat-completion chunk, or its error frame.

    ``responses``: the events of OpenAI's Responses; none for most events.
    """

    seq: int
    event: Event
    chunk: Mapping[str, Any]
    responses: list[Mapping[str, Any]]


class WireEncoder:
    """Encodes a run's events as `WireRow`, by the same pure translators that its clients have.

    ``before``: the events that the reader has had, so that the translators know them.
    """

    headers = sse.HEADERS
    keep_alive = sse.KEEP_ALIVE

    def __init__(self, run: Run, before: Sequence[Event] = ()) -> None:
        created = int(run.started_at)
        tools = run.request.client_tools
        response = {"id": f"resp_{run.id}", "object": "response", "created_at": created, "status": "in_progress"}
        head = {**response, "model": run.request.agent, "error": None, "incomplete_details": None, "usage": None}
        self._chunks = AguiToChunks(
            id=f"chatcmpl-{run.id}", model=run.request.agent, created=created, client_tools=tools
        )
        self._responses = AguiToResponseEvents(head, client_tools=tools)
        for event in before:
            self._chunks.feed(event)
            self._responses.feed(event)

    def encode_all(self, events: Sequence[Event], first: int) -> bytes:
        """Server-sent events, numbered from ``first``."""
        return b"".join(self._frame(event, number) for number, event in enumerate(events, first))

    def _frame(self, event: Event, number: int) -> bytes:
        row: WireRow = {
            "seq": number,
            "event": event,
            "chunk": self._chunks.feed(event),
            "responses": list(self._responses.feed(event)),
        }
        return on_one_line(b"id: %d\ndata: %b\n\n" % (number, dumps(row)))

    def framing(self, kind: str, number: int) -> None:
        """A large event is sent whole: its chunk needs it."""

    def finish(self) -> bytes:
        """The last event ends the stream."""
        return b""

    def fail(self, error: BridgeError) -> bytes:
        """This reader cannot go on."""
        return on_one_line(b"event: error\ndata: %b\n\n" % dumps(error.envelope()))
