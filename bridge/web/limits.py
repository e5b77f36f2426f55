"""Requests a minute, of each principal."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from bridge.errors import RateLimited

RATE_HEADERS = ("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests")
"""OpenAI's names for: requests that are taken a minute, those that are left, the time until all are there again."""

ANSWER_HEADERS = "bridge.answer_headers"
"""Where a request's scope keeps headers that its answer has in any case."""

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

    def headers(self, principal: str) -> dict[str, str]:
        """What `RATE_HEADERS` say of a principal now; the time as OpenAI writes it: ``600ms``, ``12.5s``, ``1m0s``."""
        until = max(0.0, self._full_at.get(principal, 0.0) - self._clock())
        left = max(0, math.floor(self._per_minute * (1 - until / 60) + 1e-6))
        return dict(zip(RATE_HEADERS, (str(self._per_minute), str(left), _span(until)), strict=True))


def _span(seconds: float) -> str:
    milliseconds = math.ceil(seconds * 1000)
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds / 1000, 60)
    return (f"{minutes:.0f}m" if minutes else "") + f"{rest:.3f}".rstrip("0").rstrip(".") + "s"
