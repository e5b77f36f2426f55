"""A response over HTTP: streamed, folded into one object, or read again from the storage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

from starlette.responses import StreamingResponse

from bridge.errors import NotStored, UpstreamFailure, failure_of_event
from bridge.events.event import Event, is_token
from bridge.openai_compat.responses.conversation import find_stored, lost, translator_of
from bridge.openai_compat.responses.encode import ResponseEncoder, frame
from bridge.openai_compat.responses.fold import Fold
from bridge.openai_compat.responses.stored import as_streamed
from bridge.openai_compat.responses.to_events import AguiToResponseEvents
from bridge.service import Bridge
from bridge.storage.responses import StoredResponse
from bridge.web import sse

_AT_ONCE = 256  # events that are encoded before the client's socket has its turn
_LOOK = 1.0  # seconds between two looks at a response that another process makes


class ResponseFolding:
    """The fold of a response's events. Raises the `BridgeError` that a RUN_ERROR stands for."""

    def __init__(self, translator: AguiToResponseEvents) -> None:
        self._translator = translator
        self._fold = Fold()

    def add_event(self, event: Event) -> None:
        """Fold one event in."""
        if is_token(event) and self._translator.keep_text(event["messageId"], event["delta"]):
            return
        if event["type"] == "RUN_ERROR":
            raise failure_of_event(event)
        for made in self._translator.feed(event):
            self._fold.add(made)

    def result(self) -> dict[str, Any]:
        """The response."""
        if not self._fold.over:
            raise UpstreamFailure("The stream ended without an end.")
        return self._fold.response()


def stored_stream(bridge: Bridge, stored: StoredResponse, starting_after: int, keep_alive: float) -> StreamingResponse:
    """The events of a stored response above a number; of one that another process makes, when they are there."""
    return StreamingResponse(_wait(bridge, stored, starting_after, keep_alive), headers=sse.HEADERS)


async def _wait(bridge: Bridge, stored: StoredResponse, starting_after: int, keep_alive: float) -> AsyncIterator[bytes]:
    waited = 0.0
    while stored.events is None and not stored.lost:
        await asyncio.sleep(_LOOK)
        waited += _LOOK
        if waited >= keep_alive:
            waited = 0.0
            yield sse.KEEP_ALIVE
        try:
            stored = await find_stored(bridge, stored.id, stored.thread.principal)
        except NotStored:  # deleted meanwhile
            return
    for piece in _frames(stored, starting_after):
        yield piece


def _frames(stored: StoredResponse, starting_after: int) -> Iterator[bytes]:
    translator = translator_of(stored)
    encoder = ResponseEncoder(translator, starting_after=starting_after)
    events = as_streamed(stored.events or ())
    while batch := list(islice(events, _AT_ONCE)):
        if body := encoder.encode_all(batch):
            yield body
    for event in translator.fail(lost()):
        if event["sequence_number"] > starting_after:
            yield frame(event)
