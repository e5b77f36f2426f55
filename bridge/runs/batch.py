"""How many events a run takes in one turn of the event loop."""

from __future__ import annotations

import asyncio

_BATCH = 64
"""Events after which a run lets the others have the event loop. A graph that never waits (a model in this very process)
would else hold it to its end: nothing of it would be sent before, and nobody else served."""


_GROWING = 32
"""Turns of the event loop, at most, that a batch is given to grow in."""

_GROWING_SECONDS = 0.005
"""And no longer than that: where hundreds of streams run, a turn takes ten milliseconds, and eight are a stutter."""


class Batch:
    """The parts that a run takes in one turn of the event loop, so that other tasks get their turns.

    A full batch gives every other task a turn. Where tokens come faster than they are taken, a batch waits some turns
    before it begins, so that it is larger: for every batch LangGraph makes a task, and every reader wakes and writes.
    It waits twice as many turns as the one before had tokens: a model that gives the loop a turn before each fills
    the batches soon, and one that sends a few at a time is not waited for in vain. The tokens of a model that is slower
    than the loop are taken one by one, and do not wait at all. For figures see "Why it is built so" in
    benchmarks/RESULTS.md.

    ``seconds``: how long a batch waits, at most.
    """

    def __init__(self, seconds: float = _GROWING_SECONDS) -> None:
        self.left = 0
        """Events that may be taken until `begin` has to be asked again."""
        self.others = 0
        """Those of the batch that are no tokens. One part of a graph may be several of them."""
        self._loop = asyncio.get_running_loop()
        self._going = False
        self._turns = 0
        self._seconds = seconds

    async def begin(self) -> None:
        """There is an event to take, and no batch to take it in."""
        if self._going:  # the batch was full before the loop came round
            await asyncio.sleep(0)
        elif self._turns:
            until = self._loop.time() + self._seconds
            for _ in range(self._turns):
                await asyncio.sleep(0)
                if self._loop.time() >= until:
                    break
        self._going = True
        self.left, self.others = _BATCH, 0
        self._loop.call_soon(self._end)

    def _end(self) -> None:
        tokens = _BATCH - self.left - self.others
        self._turns = min(2 * tokens, _GROWING) if tokens > 1 else 0
        self._going = False
        self.left = 0
