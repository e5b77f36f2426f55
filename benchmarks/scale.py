"""How much is measured: in full, or quickly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of the loads. Everything here is bounded and ends by itself."""

    rounds: int = 5
    tokens: int = 2000
    many: tuple[tuple[int, int], ...] = ((50, 400), (500, 40))
    """Streams at once, and tokens of each, as fast as they go."""
    paced_seconds: int = 6
    paced: tuple[int, ...] = (50, 500)
    crowd: tuple[int, ...] = (500, 1000)
    idle: int = 5000
    memory_rounds: int = 3
    """Rounds of the memory of a stream: 100 s each, in fresh processes."""
    finished_runs: int = 10_000
    histories: tuple[int, ...] = (10, 100, 1000, 10_000)
    bodies: int = 3
    """Tries of each body; with one, at two addresses only."""
    firsts: int = 10
    """Requests in each round of the time to the first event."""


FULL = Scale()
QUICK = Scale(
    rounds=2,
    tokens=500,
    many=((50, 40),),
    paced_seconds=3,
    paced=(50,),
    crowd=(),
    idle=500,
    memory_rounds=1,
    finished_runs=1000,
    histories=(10, 100, 1000),
    bodies=1,
    firsts=5,
)
