"""What `bridge serve` does about memory: a calm garbage collector, and a heap that gives back what it does not need."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
from typing import Any

_M_MMAP_THRESHOLD = -3  # malloc.h
_LARGE = 256 * 1024

EVERY = 5.0
"""Seconds between two looks at the heap."""

FREED = 128 * 1024 * 1024
"""Bytes that have to be free, beyond those that were given back, for more to be given back."""


def calm_garbage_collector() -> None:
    """What was made until now stays: never look through it again, and look less often through the rest.

    Tokens are short-lived and without cycles, yet each one allocates; with Python's defaults a fifth of a busy server's
    time goes into the collector (benchmarks/RESULTS.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def return_large_memory() -> None:
    """What was large is the system's again once it is free, where the C library is glibc.

    glibc otherwise takes the largest block that was freed (up to 32 MB) for a size to keep: after a request of 8 MB,
    the next ones are cut from the heap, and a small block that stays between them keeps all of it (mallopt(3),
    M_MMAP_THRESHOLD).
    """
    mallopt = getattr(_libc(), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


class Heap:
    """What is free in it goes back to the system now and then, where the C library is glibc (2.33 or newer).

    A hundred long answers at once leave gigabytes of small free pieces, which glibc keeps for later (malloc_trim(3)).
    """

    def __init__(self) -> None:
        libc = _libc()
        self._info: Any = getattr(libc, "mallinfo2", None)
        self._trim: Any = getattr(libc, "malloc_trim", None)
        if self._info is not None:
            self._info.restype = _Info
        self._settled = 0  # free bytes that are the system's already, or were too few

    @property
    def known(self) -> bool:
        """Whether the C library can be asked."""
        return self._info is not None and self._trim is not None

    def free(self) -> int:
        """Bytes that are free in the heap; those that were given back count too."""
        return int(self._info().fordblks)

    def look(self) -> bool:
        """Give back what is free, if that is much; whether it was."""
        free = self.free()
        self._settled = min(self._settled, free)
        if free - self._settled < FREED:
            return False
        self._trim(0)
        self._settled = self.free()
        return True

    async def watch(self) -> None:
        """Look again and again, in a thread."""
        while self.known:
            await asyncio.sleep(EVERY)
            await asyncio.to_thread(self.look)


class _Info(ctypes.Structure):
    """``struct mallinfo2``."""

    _fields_ = (
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")),
        *((name, ctypes.c_size_t) for name in ("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")),
    )


def _libc() -> Any:
    return ctypes.CDLL(None) if sys.platform == "linux" else None
