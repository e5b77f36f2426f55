"""AG-UI events -> the bytes of an OpenAI stream: `AguiToChunks`, framed. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.errors import BridgeError
from bridge.events.event import Event, is_token
from bridge.json import dumps, dumps_unescaped, on_one_line
from bridge.openai_compat.to_chunks import AguiToChunks, Chunk
from bridge.web import sse


class ChunkEncoder:
    """``encode(event) -> bytes`` for each event, ``finish() -> bytes`` for the end of the stream."""

    media_type = sse.MEDIA_TYPE
    headers = sse.HEADERS
    keep_alive = sse.KEEP_ALIVE

    def __init__(self, translator: AguiToChunks, *, include_usage: bool = False) -> None:
        self._translator = translator
        self._include_usage = include_usage
        self._failed = False
        self._plain: str | None = None  # of this message `plain_text` is known, until the translator gets an event
        head = dumps(translator.head)[:-1]
        self._before = b'data: %b,"choices":[{"index":0,"delta":{"content":' % head
        self._after = b'},"finish_reason":null}]}\n\n'

    def encode(self, event: Event) -> bytes:
        """The frame of one event."""
        return on_one_line(self._frame(event))

    def _frame(self, event: Event) -> bytes:
        """One frame, its line separators not yet escaped: that is done once for all frames of a write.

        A token's frame is cut from a template: between two tokens of one message only the content changes. Proven
        equal to the plain path by ``tests/openai_compat/test_encode.py``.
        """
        if is_token(event):
            message_id = event["messageId"]
            if message_id == self._plain or self._translator.plain_text(message_id):
                self._plain = message_id
                return self._before + dumps_unescaped(event["delta"]) + self._after
        self._plain = None
        chunk = self._translator.feed(event)
        self._failed = "error" in chunk
        return sse.frame(dumps_unescaped(chunk))

    def encode_all(self, events: Sequence[Event], first: int) -> bytes:
        """Several frames as one piece of bytes. OpenAI's frames carry no numbers."""
        del first
        return on_one_line(b"".join([self._frame(event) for event in events]))

    def fail(self, error: BridgeError) -> bytes:
        """An error frame: this reader cannot go on."""
        self._failed = True
        return b"".join(sse.frame(dumps(frame)) for frame in self._translator.fail(error))

    def framing(self, kind: str, number: int) -> tuple[bytes, bytes] | None:
        """``None``: no chunk is an event's JSON."""
        del kind, number
        return None

    def finish(self) -> bytes:
        """The usage chunk, if asked for, and ``[DONE]``; nothing after an error frame."""
        if self._failed:
            return b""
        return b"".join(sse.frame(dumps(chunk)) for chunk in self._last()) + sse.DONE

    def _last(self) -> list[Chunk]:
        return self._translator.finish(include_usage=self._include_usage)
