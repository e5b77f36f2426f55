"""AG-UI events -> the bytes of a response's stream: `AguiToResponseEvents`, framed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bridge.errors import BridgeError
from bridge.events.event import Event, is_token
from bridge.json import dumps_unescaped, on_one_line
from bridge.openai_compat.responses.to_events import AguiToResponseEvents, ResponseEvent
from bridge.web import sse


class ResponseEncoder:
    """``encode_all(events) -> bytes``, ``finish() -> bytes`` for the end of the stream.

    ``starting_after``: of the response's events only those above this ``sequence_number`` are sent.
    """

    media_type = sse.MEDIA_TYPE
    headers = sse.HEADERS
    keep_alive = sse.KEEP_ALIVE

    def __init__(self, translator: AguiToResponseEvents, *, starting_after: int = -1) -> None:
        self._translator = translator
        self._after = starting_after
        self._live: str | None = None  # the message that the template is for
        self._template = b""
        self._keep: Callable[[bytes], None] = bytearray().extend

    def encode_all(self, events: Sequence[Event], first: int = 0) -> bytes:
        """The frames of several events as one piece of bytes. Response events have numbers of their own."""
        del first
        return on_one_line(b"".join([self._frames(event) for event in events]))

    def _frames(self, event: Event) -> bytes:
        """The frames of one event, their line separators not yet escaped.

        A token's frame is cut from a template: between two tokens of one message the number and the text change.
        Proven equal to the plain path by ``tests/openai_compat/responses/test_encode.py``.
        """
        translator = self._translator
        if is_token(event):
            message_id, delta = event["messageId"], event["delta"]
            if message_id == translator.live:
                if message_id != self._live:
                    self._cut(message_id)
                number = translator.sequence
                translator.sequence = number + 1
                written = dumps_unescaped(delta)
                self._keep(written[1:-1])
                return self._template % (number, written) if number > self._after else b""
            if translator.keep_text(message_id, delta):
                return b""
        self._live = None
        return self._framed(translator.feed(event))

    def _cut(self, message_id: str) -> None:
        """The template of the frames of a message's tokens: a number, and a delta."""
        self._live = message_id
        item_id, index, self._keep = self._translator.live_item
        kind = b"response.output_text.delta"
        body = (
            b'{"type":"%b","sequence_number":%%d,"item_id":%b,"output_index":%d,"content_index":0,'
            b'"delta":%%b,"logprobs":[]}' % (kind, dumps_unescaped(item_id).replace(b"%", b"%%"), index)
        )
        self._template = self._around(kind, body)

    @staticmethod
    def _around(kind: bytes, body: bytes) -> bytes:
        """The frame of an event that is written already."""
        return b"event: %b\ndata: %b\n\n" % (kind, body)

    def _framed(self, events: Iterable[ResponseEvent]) -> bytes:
        return b"".join(
            [
                self._around(event["type"].encode(), dumps_unescaped(event))
                for event in events
                if event["sequence_number"] > self._after
            ]
        )

    def framing(self, kind: str, number: int) -> tuple[bytes, bytes] | None:
        """``None``: no response event is an event's JSON."""
        del kind, number
        return None

    def fail(self, error: BridgeError) -> bytes:
        """This reader cannot go on: an error outside the response, which may go on by itself."""
        return self._around(b"error", dumps_unescaped(error_event(error, self._translator.sequence)))

    def finish(self) -> bytes:
        """Nothing follows the last event."""
        return b""


class LineEncoder(ResponseEncoder):
    """The same events, each on a line of its own: a WebSocket frames them itself."""

    keep_alive = b""

    @staticmethod
    def _around(kind: bytes, body: bytes) -> bytes:
        del kind
        return body + b"\n"

    def fail(self, error: BridgeError) -> bytes:
        """As `ResponseEncoder.fail`, in the form that an error has over a WebSocket."""
        return dumps_unescaped(socket_error(error, sequence_number=self._translator.sequence)) + b"\n"


def frame(event: ResponseEvent) -> bytes:
    """One event as its frame."""
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), dumps_unescaped(event))


def error_event(error: BridgeError, number: int) -> ResponseEvent:
    """The event ``error``."""
    fields = {"code": error.code, "message": error.message, "param": error.param}
    return {"type": "error", "sequence_number": number, **fields}


def socket_error(error: BridgeError, *, headers: Mapping[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    """The event ``error`` as openai-python types it for a WebSocket, with the status that HTTP would have."""
    told = error.envelope()["error"] | ({"headers": dict(headers)} if headers else {})
    return {"type": "error", "status": error.status, "error": told, **fields}
