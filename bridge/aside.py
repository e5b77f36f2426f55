"""Work on large values, in a thread of its own beside the event loop: everybody's streams share the loop.

Python lets the loop go on between two steps of that thread, though not within one call of a C function. Small values
stay in the loop, where nothing waits for a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

LARGE = 256 * 1024
"""What `is_large` calls large: characters, with `_VALUE` more for each value."""

_VALUE = 64
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="aside")
"""One for the process: two large values at once would only take the loop's time twice."""


async def aside(work: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
    """Call this in the thread. Cancelled, it is waited for where it has begun: nobody meets what it works on."""
    call = _THREAD.submit(copy_context().run, partial(work, *args, **kwargs))
    done = asyncio.wrap_future(call)
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        if not call.cancel():
            await asyncio.wait((done,))
            done.exception()  # it is nobody's
        raise


async def aside_if(
    large: bool, work: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Call this: in the thread where it is about something ``large``."""
    return await aside(work, *args, **kwargs) if large else work(*args, **kwargs)


def is_large(value: Any) -> bool:
    """Whether this is more than the loop should look at in one turn, near enough.

    Looks at a few thousand values at most. Of an object it looks at ``content``, as messages have it.
    """
    left = LARGE
    pending = [value]
    for held in pending:
        kind = type(held)
        left -= _VALUE
        if kind is str or kind is bytes:
            left -= len(held)
        elif kind is int:
            left -= held.bit_length()
        elif kind is dict or kind is list or kind is tuple:
            if len(held) * _VALUE > left:
                return True
            pending.extend(held.values() if kind is dict else held)
        elif held is not None and kind is not float and kind is not bool:
            content = _content(held)
            if content is not None:
                pending.append(content)
        if left < 0:
            return True
    return False


def _content(held: Any) -> Any:
    try:
        return held.content
    except Exception:  # a value may run its own code
        return None
