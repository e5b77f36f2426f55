r"""Server-sent events: framing, both ways, pure.

Frames end in LF LF. A CRLF would break CopilotKit's client, which splits on ``\n\n`` only; the decoder
accepts all three line endings that the WHATWG specification allows.
https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

from dataclasses import dataclass

DONE = b"data: [DONE]\n\n"
"""The end of an OpenAI stream. Not JSON: never sent to an AG-UI client."""

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment, ignored by every client; keeps proxies from closing an idle stream."""

MEDIA_TYPE = "text/event-stream; charset=utf-8"

HEADERS: dict[str, str] = {
    "Content-Type": MEDIA_TYPE,
    "Cache-Control": "no-cache, no-transform",
    "Connection": "keep-alive",
    "X-Accel-Buffering": "no",
}
"""Headers of every stream: no cache, no recompression, no buffering in nginx."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded server-sent event. ``data`` is the joined ``data:`` lines, ``id`` the last id seen."""

    data: str
    event: str = "message"
    id: str | None = None


_BOM = b"\xef\xbb\xbf"


class SSEDecoder:
    """Bytes in, frames out. Any split of the bytes gives the same frames.

    ``feed(data) -> list[Frame]``; ``finish()`` drops an unfinished frame, as the specification asks.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._data: list[str] = []
        self._event = ""
        self._id: str | None = None
        self._after_cr = False
        self._begun = False

    def feed(self, data: bytes) -> list[Frame]:
        """Decode what is complete; keep the rest."""
        frames: list[Frame] = []
        if not self._begun:
            data, self._buffer = self._buffer + data, b""
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._buffer = data  # too few bytes to decide
                return frames
            self._begun = True
            data = data.removeprefix(_BOM)
        if self._after_cr and data:
            # a CR ended the last line; a LF that follows belongs to it
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if data.endswith(b"\r"):
            self._after_cr = True
        lines = (self._buffer + data).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._buffer = lines.pop()
        for line in lines:
            frame = self._line(line.decode("utf-8", "replace"))
            if frame is not None:
                frames.append(frame)
        return frames

    def finish(self) -> list[Frame]:
        """End of the bytes: an incomplete frame is not dispatched."""
        self._buffer = b""
        self._data = []
        return []

    def _line(self, line: str) -> Frame | None:
        if not line:
            if not self._data:
                self._event = ""
                return None
            frame = Frame("\n".join(self._data), self._event or "message", self._id)
            self._data, self._event = [], ""
            return frame
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
            case "event":
                self._event = value
            case "id" if "\0" not in value:
                self._id = value
            case _:
                pass  # comments, retry, unknown fields
        return None


def frame(data: bytes, *, number: int | None = None) -> bytes:
    """One ``data:`` frame around JSON bytes (JSON has no raw line ends), with an ``id:`` line when numbered."""
    if number is None:
        return b"data: %b\n\n" % data
    return b"id: %d\ndata: %b\n\n" % (number, data)
