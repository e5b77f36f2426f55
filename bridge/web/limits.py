"""Requests a minute, of each principal."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from bridge.errors import RateLimited

_MANY = 10_000  # principals that are remembered; those who have all their requests left need not be


class RequestRate:
    """A bucket for each principal: ``per_minute`` requests at once, then one each ``60 / per_minute`` seconds."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._full_at: dict[str, float] = {}  # when a principal's bucket is full again

    def take(self, principal: str) -> None:
        """One request of this principal. Raises `RateLimited`."""
        now, each = self._clock(), 60 / self._per_minute
        full_at = max(self._full_at.get(principal, now), now) + each
        late = full_at - now - 60
        if late > 1e-6:
            raise RateLimited(
                f"{self._per_minute} requests a minute are taken (requests_per_minute); wait a little.",
                retry_after=math.ceil(late),
            )
        if len(self._full_at) >= _MANY:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
        self._full_at[principal] = full_at
