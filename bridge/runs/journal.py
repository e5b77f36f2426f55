"""A run's event log: numbered from 1, bounded in bytes, read by any number of readers from any number.

The log keeps the events, not their encoding: each reader has its own. Tokens are most of a log, so consecutive
deltas of one message are kept as one run of text with the ends of its pieces: about 15 bytes a token instead of 400.
The newest tokens are as they came, for the readers that keep up, and are settled into that text many at a time: to
append and read them in batches of 64 costs 0.8 µs a token where it cost 1.6.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Sequence
from itertools import accumulate, groupby
from operator import itemgetter

from bridge.errors import LogOverrun
from bridge.events.event import Event
from bridge.json import dumps

_SEGMENT = 512  # tokens in one run of text; the unit that is forgotten when the log is full
_FRESH = 128  # tokens, at most, that are as they came: where nobody reads; two batches of a run's
_READ = 16  # tokens that a reader has had before they are settled: 5 KiB of a stream whose tokens come one by one
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

    def extend(self, deltas: Sequence[bytes]) -> None:
        lengths = map(len, deltas)
        self.ends.extend(accumulate(lengths, initial=len(self.text) + next(lengths)))
        self.text += b"".join(deltas)

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
        self._segments: deque[_Event | _Text] = deque()
        self._settled = 0  # the number of the last event in a segment; those above it are the fresh ones
        self._fresh: list[Event] = []

    @property
    def first(self) -> int:
        """The number of the oldest event still here; ``last + 1`` when there is none."""
        return self._segments[0].first if self._segments else self._settled + 1

    def append(self, events: Sequence[Event]) -> None:
        """Number these events and keep them."""
        fresh = self._fresh
        for event in events:
            if event["type"] == "TEXT_MESSAGE_CONTENT" and len(event) == 3:
                fresh.append(event)
                self.size += len(event["delta"])
            else:
                self._settle(len(fresh))
                self._settled += 1
                self._open(_Event(self._settled, event))
        self.last += len(events)
        if len(fresh) >= _FRESH:
            self._settle(_FRESH // 2)
        if self.size > self._max_bytes:
            self._settle(len(fresh))
            self._forget()

    def _settle(self, count: int) -> None:
        """Make text of the oldest of the fresh tokens."""
        tokens = self._fresh[:count]
        del self._fresh[:count]
        for message_id, group in groupby(tokens, itemgetter("messageId")):
            deltas = [token["delta"] for token in group]
            encoded = [delta.encode("utf-8", "surrogatepass") for delta in deltas]
            self.size += sum(map(len, encoded)) - sum(map(len, deltas)) + _END * len(deltas)
            while encoded:
                tail = self._segments[-1] if self._segments else None
                if type(tail) is not _Text or tail.message_id != message_id or len(tail.ends) >= _SEGMENT:
                    tail = _Text(self._settled + 1, message_id)
                    self._open(tail)
                taken = encoded[: _SEGMENT - len(tail.ends)]
                tail.extend(taken)
                self._settled += len(taken)
                encoded = encoded[len(taken) :]

    def _open(self, segment: _Event | _Text) -> None:
        self._segments.append(segment)
        self.size += segment.size

    def _forget(self) -> None:
        while self.size > self._max_bytes and len(self._segments) > 1:
            self.size -= self._segments.popleft().size

    def joined(self) -> list[Event]:
        """All events, but one in place of many tokens of a message, with their text: what a fold makes is the same.

        Raises `LogOverrun` when some of the events are gone.
        """
        if self.first > 1:
            raise LogOverrun(f"Events 1 to {self.first - 1} of this run are no longer kept.")
        self._settle(len(self._fresh))
        return [segment.whole() for segment in self._segments]

    def after(self, number: int) -> list[Event]:
        """The events numbered above ``number``, oldest first. Raises `LogOverrun` when some of them are gone."""
        if number >= self.last:
            return []
        behind, fresh = self.last - number, self._fresh
        if behind <= len(fresh):
            # a reader that keeps up gets the events themselves; the ones before them it has had
            if len(fresh) - behind >= _READ:
                self._settle(len(fresh) - behind)
            return fresh[-behind:]
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
        return events + fresh
