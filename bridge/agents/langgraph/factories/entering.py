"""What a factory gives, entered and left: a value, a coroutine, a context manager of either kind.

All in the task that asks, and in the event loop, as LangGraph's server does it: connections belong to a loop, and the
task groups of MCP clients are left by the task that entered them. A plain function that blocks keeps everybody waiting;
the log names it.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

logger = logging.getLogger("bridge.agents")

CLOSING = 10.0
"""Seconds that a context manager has to close what it opened."""


class Entered:
    """An async context manager of what ``make`` gives.

    A failure inside is never hidden: what a context manager raises when it is told of it takes the failure's place, and
    where it raises nothing the failure goes on. A run that is stopped is stopped, whatever closing it raises.
    """

    def __init__(self, make: Callable[[], Any], what: str) -> None:
        self._make = make
        self._what = what
        self._leave: Callable[..., Any] | None = None

    async def __aenter__(self) -> Any:
        made = self._make()
        if hasattr(made, "__aenter__") and hasattr(made, "__aexit__"):
            entered = await made.__aenter__()
            self._leave = made.__aexit__
            return entered
        if hasattr(made, "__enter__") and hasattr(made, "__exit__"):
            entered = made.__enter__()
            self._leave = made.__exit__
            return entered
        return await made if inspect.isawaitable(made) else made

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._leave is None:
            return
        try:
            async with asyncio.timeout(CLOSING):
                left = self._leave(kind, error, trace)
                if isinstance(left, Awaitable):
                    await left
        except Exception as failure:
            if failure is error:
                return
            if error is None or isinstance(error, Exception):
                raise
            logger.warning("%s failed while it was closed", self._what, exc_info=failure)
