"""What is asked of a contender, and what came back. The same for the graph alone and for every server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from benchmarks.stats import percentile


@dataclass(frozen=True, slots=True)
class Load:
    """Streams that start at the same moment, each of ``tokens`` tokens.

    ``pace`` is the milliseconds between two of them; 0: they are all there at once; ``turn``: as soon as the event loop
    comes round (`benchmarks.graph`).

    ``threads`` names the conversation of each stream; new ones where it is empty. ``deadline`` seconds after the start
    everything is abandoned, so that no load runs for ever; what came until then counts.
    """

    streams: int = 1
    tokens: int = 2000
    pace: float | Literal["turn"] = 0
    threads: list[str] = field(default_factory=list)
    deadline: float = 120.0
    history: int = 0
    """User and assistant messages to send before the question."""
    gaps: bool = False
    """Measure the gaps between tokens. It costs a look at the clock and a number for each, so only where they are
    wanted: never where the floor's own cost, or its memory, is compared."""
    hold: bool = False
    """The last token is held back, longer than the deadline: so that all streams stand at the same token."""

    ramp: float = 0.0
    """Seconds over which the streams begin one after the other; 0: all at the same moment."""

    @property
    def question(self) -> str:
        """What the model is asked."""
        return f"{self.tokens} {self.pace}{' hold' if self.hold else ''}"


@dataclass(slots=True)
class Outcome:
    """Times in seconds, since the request was sent; ``None`` for what never came."""

    seconds: float
    tokens: int
    size: int
    first_event: list[float | None]
    first_token: list[float | None]
    gaps: dict[str, float]
    """Between two reads that brought tokens, over all streams: the percentiles ``p50``, ``p99`` and ``p100``; nothing
    where the load did not ask."""
    errors: list[str]
    cpu: float = 0.0
    """Seconds of processor time that the contender's process took meanwhile."""

    @property
    def per_token(self) -> float:
        """Microseconds of wall clock per token."""
        return self.seconds / max(self.tokens, 1) * 1e6

    @property
    def cpu_per_token(self) -> float:
        """Microseconds of processor time per token."""
        return self.cpu / max(self.tokens, 1) * 1e6

    def wait(self, share: float, *, event: bool = False) -> float:
        """Milliseconds to the first token (or event): the percentile ``share`` over the streams."""
        times = self.first_event if event else self.first_token
        return percentile([time if time is not None else float("inf") for time in times], share) * 1000

    def gap(self, share: str) -> float:
        """Milliseconds between tokens, of these percentiles."""
        return self.gaps.get(share, float("nan")) * 1000

    @classmethod
    def from_json(cls, answer: dict[str, Any]) -> Outcome:
        """What a measuring process wrote."""
        return cls(**answer)
