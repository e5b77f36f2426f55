r"""The parts of an answer as ``multipart/mixed``: `AguiToGraphQL`, framed. Pure.

The body is ``\r\n---``, then for each part its headers, an empty line, its JSON and ``\r\n---``, and at the end
``--\r\n``. A page reads a part when the boundary that follows it is there: each goes out with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.copilotkit.graphql.to_graphql import OPERATION, AguiToGraphQL, Part
from bridge.errors import BridgeError
from bridge.events.event import Event, is_token
from bridge.json import dumps
from bridge.web import sse
from bridge.web.sentences import sentence

_BOUNDARY = b"\r\n---"
_END = b"--\r\n"


def frame(body: bytes) -> bytes:
    """One part around JSON bytes, and the boundary after it."""
    head = b"\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(body)
    return head + body + _BOUNDARY


class PartEncoder:
    """What a run does, for a page that speaks GraphQL. ``language``: of the sentence that an error is."""

    headers = sse.HEADERS | {"Content-Type": 'multipart/mixed; boundary="-"'}
    keep_alive = b"\r\nX-Keep-Alive: 1"
    """A header of the part that comes next: legal between any two, and no page draws anything anew for it."""

    def __init__(self, translator: AguiToGraphQL, language: str) -> None:
        self._translator = translator
        self._language = language
        self._over = False

    def start(self) -> bytes:
        """What comes before the first event."""
        return _BOUNDARY + _framed(self._translator.start())

    def encode_all(self, events: Sequence[Event], first: int) -> bytes:
        """Several events as one part, an error as another. Tokens of one message that come together are one patch."""
        del first
        frames: list[bytes] = []
        patches: list[bytes] = []
        items: list[bytes] = []
        place, next_piece = (-1, -1), (-1, -1)
        for event in events:
            at = self._translator.next_piece(event["messageId"]) if is_token(event) else None
            if at is not None and at == next_piece:
                items.append(dumps(event["delta"]))
            else:
                if items:
                    patches.append(_pieces(items, place))
                    items = []
                if at is not None:
                    place, items = at, [dumps(event["delta"])]
                else:
                    for part in self._translator.feed(self._plain(event)):
                        if part["hasNext"]:
                            patches += [dumps(patch) for patch in part["incremental"]]
                        else:
                            frames += [*([_incremental(patches)] if patches else []), frame(dumps(part))]
                            patches = []
            next_piece = (-1, -1) if at is None else (at[0], at[1] + 1)
        if items:
            patches.append(_pieces(items, place))
        return b"".join(frames) + (_incremental(patches) if patches else b"")

    def framing(self, kind: str, number: int) -> tuple[bytes, bytes] | None:
        """``None``: where a piece goes depends on those before it."""
        del kind, number
        return None

    def finish(self) -> bytes:
        """The end of the answer; nothing after `fail`."""
        return b"" if self._over else _framed(self._translator.finish()) + _END

    def fail(self, error: BridgeError) -> bytes:
        """The end where this reader cannot go on."""
        self._over = True
        plain = type(error)(sentence(error.code, error.message, self._language))
        return _framed(self._translator.fail(plain)) + _END

    def _plain(self, event: Event) -> Event:
        if event["type"] != "RUN_ERROR":
            return event
        return event | {"message": sentence(event.get("code"), event["message"], self._language)}


def _incremental(patches: Sequence[bytes]) -> bytes:
    return frame(b'{"incremental":[%b],"hasNext":true}' % b",".join(patches))


def _framed(parts: Sequence[Part]) -> bytes:
    return b"".join(frame(dumps(part)) for part in parts)


def _pieces(items: Sequence[bytes], place: tuple[int, int]) -> bytes:
    return b'{"items":[%b],"path":["%b","messages",%d,"content",%d]}' % (b",".join(items), _NAME, *place)


_NAME = OPERATION.encode()
