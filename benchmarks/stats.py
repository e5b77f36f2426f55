"""Medians and spread. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some rounds, with the least and the most."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        if not math.isfinite(self.median):
            return "none"
        digits = _digits(self.median)
        return f"{self.median:,.{digits}f} ({self.low:,.{digits}f} … {self.high:,.{digits}f})"


def spread(values: Sequence[float]) -> Spread:
    """Median, least and most of at least one value."""
    return Spread(median(values), min(values), max(values))


def ratios(over: Sequence[float], under: Sequence[float]) -> Spread:
    """``over`` divided by ``under``, round by round: what disturbed a round disturbed both."""
    return spread([a / b if b else math.inf for a, b in zip(over, under, strict=True)])


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the values do not exceed; the nearest rank, no interpolation."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def shares(values: Sequence[float]) -> dict[str, float]:
    """The percentiles that are worth sending to another process; none of nothing."""
    return {f"p{share}": percentile(values, share / 100) for share in (50, 99, 100)} if values else {}


def _digits(value: float) -> int:
    if value >= 100:
        return 0
    return 1 if value >= 10 else 2
