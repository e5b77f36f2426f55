"""How many events a run takes in one turn of the event loop."""

from __future__ import annotations

import asyncio

_BATCH = 64
"""Parts after which a run lets the others have the event loop. A graph that never waits (a model in this very process)
would else hold it to its end: nothing of it would be sent before, and nobody else served."""


_GROWING = 8
"""Turns of the event loop that a batch is given to grow in, where the one before had several parts."""


_GROWING_SECONDS = 0.005
"""And no longer than that: where hundreds of streams run, a turn takes ten milliseconds, and eight are a stutter."""


class Batch:
    """The parts that a run takes in one turn of the event loop, so that other tasks get their turns.

    A full batch gives every other task a turn. Where parts come faster than they are taken, a batch waits a few turns
    before it begins, so that it is larger: for every batch LangGraph makes a task, and every reader wakes and writes.
    A batch waits only for what is ready to run anyway. The parts of a model that is slower than the loop are taken one
    by one, and do not wait at all. For figures see "Why it is built so" in benchmarks/RESULTS.md.
    """

    def __init__(self) -> None:
        self.left = 0
        """Parts that may be taken until `begin` has to be asked again."""
        self._loop = asyncio.get_running_loop()
        self._going = False
        self._several = False

    async def begin(self) -> None:
        """There is a part to take, and no batch to take it in."""
        if self._going:  # the batch was full before the loop came round
            await asyncio.sleep(0)
        elif self._several:
            until = self._loop.time() + _GROWING_SECONDS
            for _ in range(_GROWING):
                await asyncio.sleep(0)
                if self._loop.time() >= until:
                    break
        self._going = True
        self.left = _BATCH
        self._loop.call_soon(self._end)

    def _end(self) -> None:
        self._several = _BATCH - self.left > 1
        self._going = False
        self.left = 0
