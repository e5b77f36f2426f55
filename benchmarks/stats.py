"""Medians and spread. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

Rounds = Mapping[int, float]
"""Figures by the number of their round. Not everybody is measured in each."""


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
        if self.low == self.high:
            return f"{self.median:,.{digits}f}"
        return f"{self.median:,.{digits}f} ({self.low:,.{digits}f} … {self.high:,.{digits}f})"


def spread(values: Iterable[float]) -> Spread:
    """Median, least and most of at least one value."""
    figures = list(values)
    return Spread(median(figures), min(figures), max(figures))


def ratios(over: Rounds, under: Rounds) -> Spread:
    """``over`` divided by ``under``, round by round: what disturbed a round disturbed both.

    Two that were never measured in the same round have the ratio of their medians.
    """
    shared = [number for number in over if number in under]
    if not shared:
        return spread([median(over.values()) / median(under.values())])
    return spread(over[number] / under[number] if under[number] else math.inf for number in shared)


def percentile(values: Iterable[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the values do not exceed; the nearest rank, no interpolation."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def shares(values: list[float]) -> dict[str, float]:
    """The percentiles that are worth sending to another process; none of nothing."""
    return {f"p{share}": percentile(values, share / 100) for share in (50, 99, 100)} if values else {}


def _digits(value: float) -> int:
    if value >= 100:
        return 0
    return 1 if value >= 10 else 2
