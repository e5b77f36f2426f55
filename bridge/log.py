"""A run's event log: numbered from 1, bounded in bytes, read by any number of readers from any number.

The log keeps the events, not their encoding: each reader has its own. Tokens are most of a log, so consecutive
deltas of one message are kept as one run of text with the ends of its pieces: about 15 bytes a token instead of 400.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Sequence

from bridge.agui.encode import dumps
from bridge.agui.events import Event
from bridge.errors import LogOverrun

_SEGMENT = 512  # tokens in one run of text; the unit that is forgotten when the log is full
_FRESH = 16  # the newest events, kept as they came for the readers that keep up; 5 KiB, all of them tokens
_OVERHEAD = 64
_END = 4  # bytes of one end in an array


class _Event:
    """One event that is not a token."""

    __slots__ = ("event", "first", "size")

    def __init__(self, first: int, event: Event) -> None:
        self.first = first
        self.event = event
        self.size = len(dumps(event)) + _OVERHEAD

    def __len__(self) -> int:
        return 1

    def events(self, start: int) -> list[Event]:
        del start
        return [self.event]

    def whole(self) -> Event:
        return self.event


class _Text:
    """Consecutive TEXT_MESSAGE_CONTENT events of one message, nothing in them but the delta."""

    __slots__ = ("ends", "first", "message_id", "text")

    def __init__(self, first: int, message_id: str) -> None:
        self.first = first
        self.message_id = message_id
        self.text = bytearray()
        self.ends = array("I")

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def size(self) -> int:
        return len(self.text) + _END * len(self.ends) + _OVERHEAD

    def append(self, delta: bytes) -> None:
        self.text += delta
        self.ends.append(len(self.text))

    def events(self, start: int) -> list[Event]:
        begin = self.ends[start - 1] if start else 0
        events: list[Event] = []
        for end in self.ends[start:]:
            events.append(self._event(begin, end))
            begin = end
        return events

    def whole(self) -> Event:
        return self._event(0, len(self.text))

    def _event(self, begin: int, end: int) -> Event:
        delta = self.text[begin:end].decode("utf-8", "surrogatepass")
        return {"type": "TEXT_MESSAGE_CONTENT", "messageId": self.message_id, "delta": delta}


class EventLog:
    """``append(events)`` by the run, ``after(number) -> events`` by the readers. Pure: who waits is `Run`'s affair.

    Past ``max_bytes`` the oldest events are forgotten; a reader that still wanted them gets `LogOverrun`.
    """

    def __init__(self, max_bytes: int = 16 * 1024 * 1024) -> None:
        self.last = 0
        self.size = 0
        """Bytes held, near enough."""
        self._max_bytes = max_bytes
        self._fresh: list[Event] = []
        self._segments: deque[_Event | _Text] = deque()

    @property
    def first(self) -> int:
        """The number of the oldest event still here; ``last + 1`` when there is none."""
        return self._segments[0].first if self._segments else self.last + 1

    def append(self, events: Sequence[Event]) -> None:
        """Number these events and keep them."""
        for event in events:
            if event["type"] == "TEXT_MESSAGE_CONTENT" and len(event) == 3:
                self._append_token(event["messageId"], event["delta"])
            else:
                self._open(_Event(self.last + 1, event))
            self.last += 1
        self._fresh += events
        if len(self._fresh) > 2 * _FRESH:
            del self._fresh[:-_FRESH]
        if self.size > self._max_bytes:
            self._forget()

    def _append_token(self, message_id: str, delta: str) -> None:
        tail = self._segments[-1] if self._segments else None
        if type(tail) is not _Text or tail.message_id != message_id or len(tail.ends) >= _SEGMENT:
            tail = _Text(self.last + 1, message_id)
            self._open(tail)
        encoded = delta.encode("utf-8", "surrogatepass")
        tail.append(encoded)
        self.size += len(encoded) + _END

    def _open(self, segment: _Event | _Text) -> None:
        self._segments.append(segment)
        self.size += segment.size

    def _forget(self) -> None:
        while self.size > self._max_bytes and len(self._segments) > 1:
            self.size -= self._segments.popleft().size
        kept = self.last + 1 - self.first
        del self._fresh[: max(0, len(self._fresh) - kept)]

    def joined(self) -> list[Event]:
        """All events, but one in place of many tokens of a message, with their text: what a fold makes is the same.

        Raises `LogOverrun` when some of the events are gone.
        """
        if self.first > 1:
            raise LogOverrun(f"Events 1 to {self.first - 1} of this run are no longer kept.")
        return [segment.whole() for segment in self._segments]

    def after(self, number: int) -> list[Event]:
        """The events numbered above ``number``, oldest first. Raises `LogOverrun` when some of them are gone."""
        if number >= self.last:
            return []
        behind = self.last - number
        if behind <= len(self._fresh):
            # a reader that keeps up gets the events themselves: 0.2 µs, where rebuilding costs 0.6 µs a token
            return self._fresh[-behind:]
        if number + 1 < self.first:
            raise LogOverrun(f"Events {number + 1} to {self.first - 1} of this run are no longer kept.")
        wanted: list[_Event | _Text] = []
        for segment in reversed(self._segments):
            wanted.append(segment)
            if segment.first <= number + 1:
                break
        events: list[Event] = []
        for segment in reversed(wanted):
            events += segment.events(max(0, number + 1 - segment.first))
        return events
