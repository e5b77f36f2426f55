"""Responses of OpenAI's Responses API, stored until they are deleted, too old, or their thread is deleted.

Stored is what a response is made of: what it began with (``head``), and the events of its run, with where each token
ended. So a stream that is asked for again has the same events under the same numbers. A response in the background is
stored when it begins, without events: its process says now and then that it is alive (`ALIVE`), and where it no longer
does the response is lost. All others are stored when they end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from bridge.json import JSONDecodeError, dumps_unescaped, loads, reread
from bridge.runs.request import ThreadKey
from bridge.storage.schema import CONVERSATIONS, ITEMS, RESPONSES
from bridge.storage.threads import ThreadIndex

logger = logging.getLogger("bridge")

ALIVE = 15.0
"""Seconds after which a process says again that a run goes on."""

LOST = 4 * ALIVE
"""Seconds without that, after which the run is taken for lost."""

_DAY = 86_400.0  # seconds
_EVERY = 3_600.0  # seconds between two rounds
_CLOSING = 2.0  # seconds for the last question of a server that closes


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """One response. Times are seconds since the epoch.

    Attributes:
        checkpoint_id: where its thread stood when it ended.
        head: the response object before anything had come of it.
        items: its input, as the API's items.
        facts: what else its translation and the responses that follow it need.
        events: those of its run that matter; ``None``: it has not ended.
    """

    id: str
    thread: ThreadKey
    head: Mapping[str, Any]
    items: list[dict[str, Any]] = field(default_factory=list)
    facts: Mapping[str, Any] = field(default_factory=dict)
    checkpoint_id: str | None = None
    events: list[dict[str, Any]] | None = None
    created_at: float = 0.0
    completed_at: float | None = None
    alive_at: float = 0.0

    @property
    def lost(self) -> bool:
        """Whether its run has not ended and goes on nowhere."""
        return self.events is None and self.alive_at < time.time() - LOST


class ResponseStore:
    """Responses by their id and owner. ``days``: how long one is kept; ``None`` or 0: as long as its thread."""

    def __init__(self, index: ThreadIndex, days: float | None) -> None:
        self._index = index
        self._days = days
        self._going: dict[str, StoredResponse] = {}

    def begin(self, response: StoredResponse) -> None:
        """A response that is stored when it ends; until then it is known to this process, which makes it."""
        self._going[response.id] = response

    def over(self, response_id: str) -> bool:
        """It has ended, or was deleted; whether it was neither before."""
        return self._going.pop(response_id, None) is not None

    async def find(self, response_id: str, principal: str) -> StoredResponse | None:
        """This principal's response; ``None`` where there is none, or it is no longer kept."""
        going = self._going.get(response_id)
        if going is not None and going.thread.principal == principal:
            return replace(going, alive_at=time.time())
        return (await self.find_all([response_id], principal)).get(response_id)

    async def find_all(self, ids: Collection[str], principal: str) -> dict[str, StoredResponse]:
        """Those of these ids that there are."""
        columns = RESPONSES.c
        possible = [name for name in ids if "\0" not in name]  # PostgreSQL has no NUL
        wanted = select(RESPONSES).where(columns.id.in_(possible), columns.principal == principal)
        if self._days:
            wanted = wanted.where(columns.created_at >= time.time() - self._days * _DAY)

        def read(database: Connection) -> dict[str, StoredResponse]:
            return {row.id: _stored(row) for row in database.execute(wanted).all()}

        return await self._index.ask(read)

    async def add(self, response: StoredResponse) -> None:
        """Store one."""
        key = response.thread
        values = {
            "id": response.id,
            "principal": key.principal,
            "agent": key.agent,
            "thread": key.stored_id,
            "thread_id": key.thread_id,
            "checkpoint_id": response.checkpoint_id,
            "head": dumps_unescaped(response.head),
            "input": dumps_unescaped(response.items),
            "facts": dumps_unescaped(response.facts),
            "events": None if response.events is None else dumps_unescaped(response.events),
            "created_at": response.created_at,
            "completed_at": response.completed_at,
            "alive_at": response.alive_at,
        }
        await self._index.note(lambda database: database.execute(insert(RESPONSES).values(values)))

    async def end(self, response: StoredResponse) -> None:
        """Store how one ended that was added before; one that was deleted meanwhile stays deleted."""
        ending = {
            "checkpoint_id": response.checkpoint_id,
            "events": dumps_unescaped(response.events or []),
            "completed_at": response.completed_at,
        }
        change = update(RESPONSES).where(RESPONSES.c.id == response.id).values(ending)
        await self._index.note(lambda database: database.execute(change))

    async def touch(self, response_id: str) -> None:
        """Its run goes on."""
        change = update(RESPONSES).where(RESPONSES.c.id == response_id).values(alive_at=time.time())
        await self._index.ask(lambda database: database.execute(change))

    async def delete(self, response_id: str, principal: str) -> bool:
        """Delete one; whether it was there."""
        if await self.find(response_id, principal) is not None and self.over(response_id):
            return True
        columns = RESPONSES.c
        gone = delete(RESPONSES).where(columns.id == response_id, columns.principal == principal).returning(columns.id)
        return await self._index.ask(lambda database: database.execute(gone).first()) is not None

    async def prune(self) -> None:
        """Delete those that are no longer kept, and conversations of that age in which there was no response."""
        if not self._days:
            return
        before = time.time() - self._days * _DAY

        def forget(database: Connection) -> None:
            database.execute(delete(RESPONSES).where(RESPONSES.c.created_at < before))
            columns = CONVERSATIONS.c
            database.execute(delete(CONVERSATIONS).where(columns.agent.is_(None), columns.created_at < before))
            database.execute(delete(ITEMS).where(ITEMS.c.conversation.not_in(select(columns.id))))

        await self._index.ask(forget)

    @asynccontextmanager
    async def pruning(self, every: float = _EVERY) -> AsyncIterator[None]:
        """While a server is open: prune now, and again every hour.

        What is asked of the database when the server closes may come to its end: its connection is then closed.
        """
        closing = asyncio.Event()
        task = asyncio.create_task(self._rounds(every, closing)) if self._days else None
        try:
            yield
        finally:
            closing.set()
            if task is not None:
                await asyncio.wait((task,), timeout=_CLOSING)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _rounds(self, every: float, closing: asyncio.Event) -> None:
        while not closing.is_set():
            try:
                await self.prune()
            except Exception:  # a database that is away now may be back in an hour
                logger.exception("pruning responses failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every):
                    await closing.wait()


def _value(written: bytes) -> Any:
    try:
        return loads(written)
    except JSONDecodeError:  # what fits a body may be too deep here, with what is around it
        return reread(written)


def _stored(row: Row[Any]) -> StoredResponse:
    return StoredResponse(
        id=row.id,
        thread=ThreadKey(row.principal, row.agent, row.thread_id),
        head=_value(row.head),
        items=_value(row.input),
        facts=_value(row.facts),
        checkpoint_id=row.checkpoint_id,
        events=None if row.events is None else _value(row.events),
        created_at=row.created_at,
        completed_at=row.completed_at,
        alive_at=row.alive_at,
    )
