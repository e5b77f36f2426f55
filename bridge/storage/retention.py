"""How long conversations are kept. By default for ever."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from bridge.errors import ThreadBusy
from bridge.runs.request import ThreadKey
from bridge.storage.base import Storage
from bridge.storage.checkpoint_tables import orphans
from bridge.storage.schema import THREADS

logger = logging.getLogger("bridge")

_DAY = 86_400.0  # seconds
_EVERY = 3_600.0  # seconds between two rounds of a server
_GOING = 60.0  # seconds that a run's last checkpoint may be older than the note of its end


@dataclass(frozen=True, slots=True)
class Retention:
    """Which conversations go away.

    Attributes:
        days: a thread is kept so long after its last turn; ``None``: for ever.
        count: a principal keeps so many threads with an agent, the latest ones; ``None``: all.
        listed: also those that a client lists and opens again. ``False``: only one-off ones, which nobody came back to
            (a chat window's own questions for a title or for tags), and what deleted conversations have left.
    """

    days: float | None = None
    count: int | None = None
    listed: bool = False

    @property
    def limits(self) -> bool:
        """Whether anything ever goes away."""
        return self.days is not None or self.count is not None


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted, or would be: ``threads``, and how many deleted ones had ``leftovers``."""

    threads: list[ThreadKey] = field(default_factory=list)
    leftovers: int = 0


Hold = Callable[[ThreadKey], AbstractAsyncContextManager[Any]]
"""Keeps runs off a thread. Raises `ThreadBusy` where one is going."""


def _not_held(key: ThreadKey) -> AbstractAsyncContextManager[Any]:
    del key
    return nullcontext()


async def prune_once(
    storage: Storage,
    retention: Retention,
    agents: Mapping[str, Any],
    hold: Hold = _not_held,
    *,
    dry_run: bool = False,
) -> Pruned:
    """Delete what is kept no longer, but for threads that have a run, here or (as far as it shows) elsewhere.

    Args:
        agents: those whose graphs may have a checkpointer of their own; all others' is the bridge's.
    """
    threads: list[ThreadKey] = []
    for key, updated_at in await _old(storage, retention):
        with contextlib.suppress(ThreadBusy):
            async with hold(key):
                if await _has_run(storage, agents, key, updated_at):
                    continue
                if dry_run:
                    threads.append(key)
                elif await storage.index.forget(key, unchanged_since=updated_at):
                    threads.append(key)
                    await _forget(storage, agents, key)
    left = await _leftovers(storage, retention)
    for stored_id in () if dry_run else left:
        await storage.checkpointer.adelete_thread(stored_id)
    return Pruned(threads, len(left))


async def _old(storage: Storage, retention: Retention) -> list[tuple[ThreadKey, float]]:
    """Threads beyond the limits, each with the time of its last turn."""
    place = func.row_number().over(
        partition_by=(THREADS.c.principal, THREADS.c.agent),
        order_by=(THREADS.c.updated_at.desc(), THREADS.c.key.desc()),
    )
    columns = (THREADS.c.principal, THREADS.c.agent, THREADS.c.id, THREADS.c.updated_at)
    ranked = select(*columns, place.label("place"))
    if not retention.listed:
        ranked = ranked.where(~THREADS.c.listed)
    rows = ranked.subquery()
    beyond = []
    if retention.days is not None:
        beyond.append(rows.c.updated_at < time.time() - retention.days * _DAY)
    if retention.count is not None:
        beyond.append(rows.c.place > retention.count)
    query = select(rows).where(or_(*beyond))
    found = await storage.index.ask(lambda database: database.execute(query).all())
    return [(ThreadKey(row.principal, row.agent, row.id), row.updated_at) for row in found]


async def _has_run(storage: Storage, agents: Mapping[str, Any], key: ThreadKey, updated_at: float) -> bool:
    """Whether something was written lately, and well after the thread's last turn had ended: another process's run."""
    agent = agents.get(key.agent)
    saver = getattr(agent, "checkpointer", None) or storage.checkpointer
    stored_id = agent.stored_id(key) if agent is not None and hasattr(agent, "stored_id") else key.stored_id
    head = await saver.aget_tuple({"configurable": {"thread_id": stored_id, "checkpoint_ns": ""}})
    if head is None:
        return False
    written = datetime.fromisoformat(head.checkpoint["ts"]).timestamp()
    return written > updated_at + _GOING and written > time.time() - _EVERY


async def _forget(storage: Storage, agents: Mapping[str, Any], key: ThreadKey) -> None:
    agent = agents.get(key.agent)
    if agent is None:
        await storage.checkpointer.adelete_thread(key.stored_id)
    else:
        await agent.forget(key)


async def _leftovers(storage: Storage, retention: Retention) -> list[str]:
    """Stored threads that the index does not know: what a run wrote after its thread was deleted elsewhere."""
    before = time.time() - (1.0 if retention.days is None else retention.days) * _DAY
    return await storage.index.ask(lambda database: orphans(database, _checkpoint_id(before)))


def _checkpoint_id(seconds: float) -> str:
    """The lowest id of a checkpoint made at this time: LangGraph's are UUIDs of version 6, which begin with the time in
    units of 100 ns since 1582 (RFC 9562, section 5.6).
    """
    digits = f"{int(seconds * 10_000_000) + 0x01B21DD213814000:015x}"
    return f"{digits[:8]}-{digits[8:12]}-6{digits[12:]}"


@asynccontextmanager
async def pruning(
    storage: Storage, retention: Retention, agents: Mapping[str, Any], hold: Hold, *, every: float = _EVERY
) -> AsyncIterator[None]:
    """While a server is open: prune now, and again every hour. Nothing where nothing is limited."""
    if not retention.limits:
        yield
        return
    task = asyncio.create_task(_rounds(storage, retention, agents, hold, every))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _rounds(storage: Storage, retention: Retention, agents: Mapping[str, Any], hold: Hold, every: float) -> None:
    while True:
        try:
            pruned = await prune_once(storage, retention, agents, hold)
            logger.info("pruned %d threads, and leftovers of %d", len(pruned.threads), pruned.leftovers)
        except Exception:  # a database that is away now may be back in an hour
            logger.exception("pruning failed")
        await asyncio.sleep(every)
