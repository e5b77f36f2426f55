"""A run's journal: its events, numbered from 1, read by any number of readers from any number, bounded in bytes.

`Journal` is the port. `MemoryJournal` keeps the events, not their encoding: each reader has its own. Tokens are most of
a journal, so consecutive deltas of one message are kept as one stretch of text with the ends of its pieces: about 15
bytes a token. The newest tokens are kept as they came, for the readers that keep up, and become text many at a time.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, groupby
from operator import attrgetter, itemgetter
from typing import Protocol

from bridge.errors import JournalOverrun, LeaseLost
from bridge.events.event import Event, is_token
from bridge.json import dumps, reread, write

_STRETCH = 512  # tokens in one stretch of text; the unit that is forgotten when the journal is full
_FRESH = 128  # tokens, at most, that are as they came where nobody reads: two batches of a run's
_READ = 16  # tokens that a reader has had before they become text: 5 KiB of a stream whose tokens come one by one
_OVERHEAD = 64
_END = 4  # bytes of one end in an array
_FRAME = 128  # bytes that a token takes on the wire beside its letters, near enough

UNBOUNDED = 1 << 62
"""A `Journal.read` limit that is none."""


class Journal(Protocol):
    """The port. The run appends, readers read; a reader on another process has nothing but a journal."""

    @property
    def last(self) -> int:
        """The number of the newest event; 0 when there is none."""

    @property
    def closed(self) -> bool:
        """Whether the last event is in it."""

    def append(self, events: Sequence[Event], fence: int) -> None:
        """Number these events and keep them. Raises `LeaseLost` for a fence below one that was seen."""

    def append_token(self, event: Event, fence: int) -> None:
        """`append` of one event that is known to be a token (`is_token`): most are."""

    async def read(self, after: int, limit: int) -> Sequence[Event]:
        """The events numbered above ``after``, oldest first, as many as take ``limit`` bytes on the wire, near enough.

        There is at least one where there is any; an event that is larger than that comes alone. Raises
        `JournalOverrun` when some of them are gone.
        """

    def large(self, number: int) -> str | None:
        """The type of the event of this number, where it is large: it is read in pieces."""

    def piece(self, number: int, start: int, size: int) -> bytes:
        """So many bytes of a large event's JSON; none at its end. Raises `JournalOverrun` when the event is gone."""

    def next_change(self) -> asyncio.Future[bool]:
        """A future that becomes ``True`` when something was appended, or the journal was closed.

        One wake-up for however many events were appended in between. A reader that waits on it may set it ``False``.
        """

    def close(self) -> None:
        """Nothing more will be appended."""


LARGE = 256 * 1024
"""An event whose JSON has more bytes than this can be read in pieces: a hundred slow readers of a snapshot of 8 MB hold
a hundred pieces."""


class _Other:
    """One event that is not a token."""

    __slots__ = ("_event", "_written", "first", "kind", "size")

    def __init__(self, first: int, event: Event) -> None:
        self.first = first
        self.kind: str = event["type"]
        written, easily = write(event)
        self.size = len(written) + _OVERHEAD
        self._event: Event | None = event
        self._written = b""
        if not easily and self.large:  # nobody waits twice for what is slow to write
            self._written, self._event = written, None

    @property
    def last(self) -> int:
        return self.first

    @property
    def large(self) -> bool:
        return self.size > LARGE

    def read(self, start: int, limit: int) -> tuple[list[Event], int]:
        del start, limit
        return [self.whole()], self.size

    def whole(self) -> Event:
        if self._event is not None:
            return self._event
        event: Event = reread(self._written)
        return event

    def piece(self, start: int, size: int) -> bytes:
        """A part of the event's JSON, in place of which nothing else is kept from the first such part on."""
        if self._event is not None:
            # a copy: orjson's own bytes keep the room that the longest escapes would have taken
            self._written, self._event = bytes(memoryview(dumps(self._event))), None
        return self._written[start : start + size]


class _Text:
    """Consecutive tokens of one message."""

    __slots__ = ("ends", "first", "message_id", "text")

    def __init__(self, first: int, message_id: str) -> None:
        self.first = first
        self.message_id = message_id
        self.text = bytearray()
        self.ends = array("I")

    @property
    def last(self) -> int:
        return self.first + len(self.ends) - 1

    @property
    def size(self) -> int:
        return len(self.text) + _END * len(self.ends) + _OVERHEAD

    def extend(self, deltas: Sequence[bytes]) -> None:
        lengths = map(len, deltas)
        self.ends.extend(accumulate(lengths, initial=len(self.text) + next(lengths)))
        self.text += b"".join(deltas)

    def read(self, start: int, limit: int) -> tuple[list[Event], int]:
        """Events from the one at ``start`` (0 is the stretch's first), and what they take on the wire."""
        begin = self.ends[start - 1] if start else 0
        events: list[Event] = []
        taken = 0
        for end in self.ends[start:]:
            events.append(self._event(begin, end))
            taken += end - begin + _FRAME
            begin = end
            if taken >= limit:
                break
        return events, taken

    def whole(self) -> Event:
        return self._event(0, len(self.text))

    def _event(self, begin: int, end: int) -> Event:
        delta = self.text[begin:end].decode("utf-8", "surrogatepass")
        return {"type": "TEXT_MESSAGE_CONTENT", "messageId": self.message_id, "delta": delta}


_FIRST = attrgetter("first")
_GONE = _Text(0, "")
"""In the place of what was forgotten, until the list's beginning is cut off."""


class Budget:
    """The bytes of all journals together; ``exceeded`` is called when they are more than ``limit``."""

    def __init__(self, limit: int = UNBOUNDED, exceeded: Callable[[], None] | None = None) -> None:
        self.limit = limit
        self.used = 0
        self._exceeded = exceeded

    def change(self, size: int) -> None:
        """So many bytes more, or fewer."""
        self.used += size
        if size > 0 and self.used > self.limit and self._exceeded is not None:
            self._exceeded()


class MemoryJournal:
    """A journal in this process's memory.

    It forgets nothing by itself: the run asks `full`, waits for readers that are behind where it can, and calls
    `forget_oldest`. A reader that still wanted what is gone gets `JournalOverrun`.
    """

    def __init__(self, max_bytes: int = 16 * 1024 * 1024, budget: Budget | None = None) -> None:
        self.last = 0
        self.closed = False
        self.size = 0
        """Bytes held, near enough."""
        self.max_bytes = max_bytes
        self._budget = budget or Budget()
        self._counted = 0  # what of the size the budget knows
        self._fence = 0
        self._stretches: list[_Other | _Text] = []
        self._gone = 0  # stretches at the list's beginning that were forgotten; cut off many at a time
        self._settled = 0  # the number of the last event in a stretch; those above it are the fresh ones
        self._fresh: list[Event] = []
        self._large: dict[int, _Other] = {}  # those of the stretches
        self._waiting: set[asyncio.Future[bool]] = set()

    @property
    def first(self) -> int:
        """The number of the oldest event still here; ``last + 1`` when there is none."""
        return self._stretches[self._gone].first if len(self._stretches) > self._gone else self._settled + 1

    @property
    def full(self) -> bool:
        """Whether the oldest events have to go."""
        return self.size > self.max_bytes and len(self._stretches) - self._gone > 1

    def append(self, events: Sequence[Event], fence: int = 0) -> None:
        """Number these events and keep them. Raises `LeaseLost` for a fence below one that was seen."""
        if fence != self._fence:
            self._see(fence)
        fresh = self._fresh
        for event in events:
            if is_token(event):
                fresh.append(event)
                self.size += len(event["delta"])
            else:
                if fresh:
                    self._settle(len(fresh))
                self._settled += 1
                self._open(_Other(self._settled, event))
        self.last += len(events)
        if self.last - self._settled >= _FRESH:
            self._settle(_FRESH // 2)
        if self._waiting:
            self._wake()

    def append_token(self, event: Event, fence: int = 0) -> None:
        """`append` of one event that is known to be a token."""
        if fence != self._fence:
            self._see(fence)
        self._fresh.append(event)
        self.size += len(event["delta"])
        self.last += 1
        if self.last - self._settled >= _FRESH:
            self._settle(_FRESH // 2)
        if self._waiting:
            self._wake()

    def _see(self, fence: int) -> None:
        if fence < self._fence:
            raise LeaseLost("This run was given up; it may write no more.")
        self._fence = fence

    def _settle(self, count: int) -> None:
        """Make text of the oldest of the fresh tokens."""
        tokens = self._fresh[:count]
        del self._fresh[:count]
        for message_id, group in groupby(tokens, itemgetter("messageId")):
            deltas = [token["delta"] for token in group]
            encoded = [delta.encode("utf-8", "surrogatepass") for delta in deltas]
            self.size += sum(map(len, encoded)) - sum(map(len, deltas)) + _END * len(deltas)
            while encoded:
                tail = self._stretches[-1] if len(self._stretches) > self._gone else None
                if type(tail) is not _Text or tail.message_id != message_id or len(tail.ends) >= _STRETCH:
                    tail = _Text(self._settled + 1, message_id)
                    self._open(tail)
                taken = encoded[: _STRETCH - len(tail.ends)]
                tail.extend(taken)
                self._settled += len(taken)
                encoded = encoded[len(taken) :]
        self._count()

    def _open(self, stretch: _Other | _Text) -> None:
        self._stretches.append(stretch)
        self.size += stretch.size
        if type(stretch) is _Other and stretch.large:
            self._large[stretch.first] = stretch
        self._count()

    def _count(self) -> None:
        change, self._counted = self.size - self._counted, self.size
        if change:
            self._budget.change(change)

    @property
    def oldest(self) -> int:
        """The number of the last event that `forget_oldest` would take."""
        return self._stretches[self._gone].last if len(self._stretches) > self._gone else self._settled

    def forget_oldest(self) -> bool:
        """Let the oldest stretch go: one event, or a few hundred tokens. The newest one stays: ``False``."""
        if len(self._stretches) - self._gone <= 1:
            return False
        oldest = self._stretches[self._gone]
        self.size -= oldest.size
        self._large.pop(oldest.first, None)
        self._stretches[self._gone] = _GONE
        self._gone += 1
        if self._gone * 2 > len(self._stretches):
            del self._stretches[: self._gone]
            self._gone = 0
        self._count()
        return True

    def large(self, number: int) -> str | None:
        """The type of the event of this number, where it is large."""
        found = self._large.get(number) if self._large else None
        return None if found is None else found.kind

    def piece(self, number: int, start: int, size: int) -> bytes:
        """So many bytes of a large event's JSON; none at its end. Raises `JournalOverrun` when the event is gone."""
        found = self._large.get(number)
        if found is None:
            raise JournalOverrun(f"Event {number} of this run is no longer kept.")
        return found.piece(start, size)

    def discard(self) -> None:
        """The journal is no longer kept; its bytes are nobody's."""
        self._budget.change(-self._counted)
        self._counted = 0
        self._budget = Budget()

    def whole(self) -> list[Event]:
        """All events, but one in place of many tokens of a message, with their text: what a fold makes is the same.

        Raises `JournalOverrun` when some of the events are gone.
        """
        if self.first > 1:
            raise JournalOverrun(f"Events 1 to {self.first - 1} of this run are no longer kept.")
        self._settle(len(self._fresh))
        return [stretch.whole() for stretch in self._stretches[self._gone :]]

    def stretches(self) -> list[Event]:
        """What `whole` gives; a text of many tokens has ``ends`` beside its ``delta``: where each ends, in bytes."""
        events = self.whole()
        for event, stretch in zip(events, self._stretches[self._gone :], strict=True):
            if type(stretch) is _Text:
                event["ends"] = stretch.ends.tolist()
        return events

    async def read(self, after: int, limit: int = UNBOUNDED) -> list[Event]:
        """The events above ``after``, about ``limit`` bytes of them. Raises `JournalOverrun`."""
        return self.after(after, limit)

    def after(self, number: int, limit: int = UNBOUNDED) -> list[Event]:
        """What `read` gives, without waiting."""
        if number >= self.last:
            return []
        behind, fresh = self.last - number, self._fresh
        read = number - self._settled  # of the fresh ones
        if read >= 0:
            # a reader that keeps up gets the events themselves; the ones before them it has had
            if read >= _READ:
                self._settle(read)
            return _up_to(limit, fresh[-behind:]) if limit < _FRAME * behind else fresh[-behind:]
        if number + 1 < self.first:
            raise JournalOverrun(f"Events {number + 1} to {self.first - 1} of this run are no longer kept.")
        events: list[Event] = []
        at = bisect_right(self._stretches, number + 1, lo=self._gone, key=_FIRST) - 1
        while limit > 0 and at < len(self._stretches):
            stretch = self._stretches[at]
            if events and stretch.size > limit:
                break  # a large event comes alone
            found, taken = stretch.read(max(0, number + 1 - stretch.first), limit)
            events += found
            limit -= taken
            at += 1
        return events + _up_to(limit, fresh) if limit > 0 else events

    def close(self) -> None:
        """Nothing more will be appended."""
        self.closed = True
        self._wake()

    def next_change(self) -> asyncio.Future[bool]:
        """A future that becomes ``True`` when something was appended, or the journal was closed."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        return future

    async def changed(self, number: int, timeout: float | None) -> bool:  # noqa: ASYNC109 - a timer, not a scope: one a batch
        """Wait for an event above ``number`` or the end; ``False`` when ``timeout`` seconds passed first."""
        if self.last > number or self.closed:
            return True
        future = self.next_change()
        timer = None
        if timeout is not None:
            timer = asyncio.get_running_loop().call_later(timeout, _give_up, future)
        try:
            return await future
        finally:
            self._waiting.discard(future)
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(True)


def _give_up(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(False)


def _up_to(limit: int, tokens: list[Event]) -> list[Event]:
    """As many tokens as take ``limit`` bytes on the wire; at least one."""
    for count, token in enumerate(tokens, 1):
        limit -= len(token["delta"]) + _FRAME
        if limit <= 0:
            return tokens[:count]
    return list(tokens)
