"""AG-UI events -> the bytes of a UI message stream: `AguiToUiParts`, framed. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.ai_sdk.to_parts import AguiToUiParts
from bridge.errors import BridgeError
from bridge.events.event import Event, is_token
from bridge.json import dumps, dumps_unescaped, on_one_line
from bridge.web import sse


class UiEncoder:
    """``encode_all(events) -> bytes``, ``finish() -> bytes`` for the end of the stream."""

    media_type = sse.MEDIA_TYPE
    headers = sse.HEADERS | {"x-vercel-ai-ui-message-stream": "v1"}
    keep_alive = sse.KEEP_ALIVE

    def __init__(self, translator: AguiToUiParts) -> None:
        self._translator = translator
        self._live: str | None = None  # the message that the template is for
        self._before = b""

    def encode_all(self, events: Sequence[Event], first: int = 0) -> bytes:
        """The frames of several events as one piece of bytes. They carry no numbers."""
        del first
        return on_one_line(b"".join([self._frames(event) for event in events]))

    def _frames(self, event: Event) -> bytes:
        """The frames of one event, their line separators not yet escaped. A token's is cut from a template."""
        if is_token(event) and event["delta"]:
            message_id = event["messageId"]
            if message_id == self._live or self._translator.plain_text(message_id):
                if message_id != self._live:
                    self._live = message_id
                    self._before = b'data: {"type":"text-delta","id":%b,"delta":' % dumps(message_id)
                return self._before + dumps_unescaped(event["delta"]) + b"}\n\n"
        self._live = None
        return b"".join(sse.frame(dumps_unescaped(chunk)) for chunk in self._translator.feed(event))

    def framing(self, kind: str, number: int) -> tuple[bytes, bytes] | None:
        """``None``: no chunk is an event's JSON."""
        del kind, number
        return None

    def fail(self, error: BridgeError) -> bytes:
        """This reader cannot go on."""
        return b"".join(sse.frame(dumps(chunk)) for chunk in self._translator.fail(error))

    def finish(self) -> bytes:
        """``[DONE]``."""
        return sse.DONE
