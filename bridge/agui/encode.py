"""AG-UI event -> bytes. Encoders without opinions: ``media_type`` and ``encode(event) -> bytes``.

Cyrillic goes out as UTF-8. Non-JSON values must not reach an encoder; should one, its type's name
is sent, and the stream goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bridge.errors import BridgeError
from bridge.events.event import Event, is_token
from bridge.json import dumps, dumps_unescaped, on_one_line
from bridge.web import sse
from bridge.web.sentences import sentence


class SSEEncoder:
    """Encodes events as server-sent events: ``id: n`` where ``numbered``, then ``data: {…}``, then an empty line.

    ``language``: of the person who reads an error, ``en`` or ``ru`` (`bridge.web.sentences`). ``kept``: codes of errors
    whose own message is sent in any language.
    """

    media_type = sse.MEDIA_TYPE
    headers = sse.HEADERS
    keep_alive = sse.KEEP_ALIVE

    def __init__(self, *, numbered: bool = False, language: str = "en", kept: Collection[str] = ()) -> None:
        self._numbered = numbered
        self._language = language
        self._kept = kept
        self._message_id: str | None = None  # that the template is for; a message's id may be empty
        self._cut = b""

    def encode(self, event: Event, number: int | None = None) -> bytes:
        """One frame."""
        return on_one_line(self._frame(event, number))

    def _frame(self, event: Event, number: int | None = None) -> bytes:
        """One frame, its line separators not yet escaped: that is done once for all frames of a write.

        A token's frame is cut from a template: of a TEXT_MESSAGE_CONTENT only the delta changes. Proven equal by
        ``tests/agui/test_encode.py``.
        """
        if is_token(event):
            message_id = event["messageId"]
            if message_id != self._message_id:
                self._message_id = message_id
                self._cut = b'data: {"type":"TEXT_MESSAGE_CONTENT","messageId":%b,"delta":' % dumps(message_id)
            body = self._cut + dumps_unescaped(event["delta"]) + b"}\n\n"
        else:
            if event.get("type") == "RUN_ERROR" and event.get("code") not in self._kept:
                event = event | {"message": sentence(event.get("code"), event["message"], self._language)}
            body = b"data: " + dumps_unescaped(event) + b"\n\n"
        return body if number is None else b"id: %d\n%b" % (number, body)

    def encode_all(self, events: Sequence[Event], first: int) -> bytes:
        """Several frames as one piece of bytes, numbered from ``first``."""
        if self._numbered:
            return on_one_line(b"".join([self._frame(event, number) for number, event in enumerate(events, first)]))
        return on_one_line(b"".join([self._frame(event) for event in events]))

    def framing(self, kind: str, number: int) -> tuple[bytes, bytes] | None:
        """What stands before and after an event's JSON; ``None`` for an error, which becomes a sentence."""
        if kind == "RUN_ERROR":
            return None
        return (b"id: %d\ndata: " % number if self._numbered else b"data: "), b"\n\n"

    def finish(self) -> bytes:
        """An AG-UI stream ends with its last event; ``[DONE]`` would be a JSON error to its clients."""
        return b""

    def fail(self, error: BridgeError) -> bytes:
        """RUN_ERROR, which is legal at any time: this reader cannot go on."""
        return self.encode({"type": "RUN_ERROR", "message": error.message, "code": error.code})
