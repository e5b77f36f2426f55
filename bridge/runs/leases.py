"""Who runs in a thread: one at a time, with a fencing number.

A holder that was given up (its graph does not stop) may still be at work. Whatever it wants to write later carries its
old number, and is refused.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

from bridge.errors import ThreadBusy


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run in a thread and to write to it. ``fence`` rises with every lease of the same key."""

    key: Hashable
    fence: int


class Leases(Protocol):
    """The port: memory now (`MemoryLeases`), a database where several processes serve."""

    async def acquire(self, key: Hashable) -> Lease:
        """Take a free key. Raises `ThreadBusy` where somebody holds it."""

    def renew(self, lease: Lease) -> Lease:
        """The same key under a higher fence: from now on the old lease is nobody's."""

    def release(self, lease: Lease) -> None:
        """Give the key back; nothing happens for a lease that is no longer current."""

    def is_current(self, lease: Lease) -> bool:
        """Whether this lease still holds its key."""

    def held(self, key: Hashable) -> bool:
        """Whether somebody holds this key."""


class MemoryLeases:
    """Leases in memory, for one process and one event loop. The fence only grows."""

    def __init__(self) -> None:
        self._held: dict[Hashable, Lease] = {}
        self._fence = 0

    async def acquire(self, key: Hashable) -> Lease:
        """Take a free key. Raises `ThreadBusy` where somebody holds it."""
        if key in self._held:
            raise ThreadBusy(f"{key} is held.")
        return self._take(key)

    def _take(self, key: Hashable) -> Lease:
        self._fence += 1
        lease = self._held[key] = Lease(key, self._fence)
        return lease

    def renew(self, lease: Lease) -> Lease:
        """The same key under a higher fence."""
        return self._take(lease.key)

    def release(self, lease: Lease) -> None:
        """Give the key back."""
        if self.is_current(lease):
            del self._held[lease.key]

    def is_current(self, lease: Lease) -> bool:
        """Whether this lease still holds its key."""
        return self._held.get(lease.key) is lease

    def held(self, key: Hashable) -> bool:
        """Whether somebody holds this key."""
        return key in self._held
