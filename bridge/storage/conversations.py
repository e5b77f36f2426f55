"""Conversations of OpenAI's API: a name for a thread, and the items that it has had and will have."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from bridge.json import dumps_unescaped, loads
from bridge.storage.schema import CONVERSATIONS, ITEMS
from bridge.storage.threads import ThreadIndex

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation. ``agent``: whose thread it is since its first response; ``None`` before that."""

    id: str
    principal: str
    agent: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: float = 0.0


class ConversationStore:
    """Conversations by their id and owner, and their items in order."""

    def __init__(self, index: ThreadIndex) -> None:
        self._index = index

    async def add(self, conversation: Conversation, items: Sequence[Item]) -> None:
        """Store a new one."""
        values = {
            "id": conversation.id,
            "principal": conversation.principal,
            "agent": conversation.agent,
            "metadata": dumps_unescaped(conversation.metadata),
            "created_at": conversation.created_at,
        }

        def store(database: Connection) -> None:
            database.execute(insert(CONVERSATIONS).values(values))
            _append(database, conversation.id, items, given=False)

        await self._index.ask(store)

    async def find(self, conversation_id: str, principal: str) -> Conversation | None:
        """This principal's conversation."""
        if "\0" in conversation_id:
            return None  # PostgreSQL has no NUL
        columns = CONVERSATIONS.c
        wanted = select(CONVERSATIONS).where(columns.id == conversation_id, columns.principal == principal)
        row = await self._index.ask(lambda database: database.execute(wanted).first())
        return (
            None if row is None else Conversation(row.id, row.principal, row.agent, loads(row.metadata), row.created_at)
        )

    async def change(self, conversation_id: str, metadata: Mapping[str, str]) -> None:
        """Give it other metadata."""
        change = update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id)
        written = dumps_unescaped(metadata)
        await self._index.ask(lambda database: database.execute(change.values(metadata=written)))

    async def take(self, conversation_id: str, agent: str) -> None:
        """Its first response is this agent's."""
        columns = CONVERSATIONS.c
        change = update(CONVERSATIONS).where(columns.id == conversation_id, columns.agent.is_(None)).values(agent=agent)
        await self._index.ask(lambda database: database.execute(change))

    async def release(self, conversation_id: str) -> None:
        """Its first response could not begin: it is nobody's again."""
        change = update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id).values(agent=None)
        await self._index.ask(lambda database: database.execute(change))

    async def delete(self, conversation_id: str) -> None:
        """Delete it and its items."""

        def forget(database: Connection) -> None:
            database.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id))
            database.execute(delete(ITEMS).where(ITEMS.c.conversation == conversation_id))

        await self._index.ask(forget)

    # Items

    async def append(self, conversation_id: str, items: Sequence[Item], *, given: bool) -> None:
        """Add items at its end. ``given``: the agent has had them."""
        await self._index.note(lambda database: _append(database, conversation_id, items, given=given))

    async def give(self, conversation_id: str, ids: Collection[str]) -> None:
        """The agent has had these."""
        change = update(ITEMS).where(ITEMS.c.conversation == conversation_id, ITEMS.c.id.in_(ids)).values(given=True)
        await self._index.note(lambda database: database.execute(change))

    async def items(self, conversation_id: str, *, waiting: bool = False) -> list[Item]:
        """All of them in order, or those that the agent has not had."""
        wanted = select(ITEMS.c.item).where(ITEMS.c.conversation == conversation_id).order_by(ITEMS.c.position)
        if waiting:
            wanted = wanted.where(~ITEMS.c.given)
        rows = await self._index.ask(lambda database: database.execute(wanted).all())
        return [loads(row.item) for row in rows]

    async def item(self, conversation_id: str, item_id: str) -> tuple[Item, bool] | None:
        """One of them, and whether the agent has had it."""
        if "\0" in item_id:
            return None
        wanted = select(ITEMS.c.item, ITEMS.c.given).where(
            ITEMS.c.conversation == conversation_id, ITEMS.c.id == item_id
        )
        row = await self._index.ask(lambda database: database.execute(wanted).first())
        return None if row is None else (loads(row.item), row.given)

    async def remove(self, conversation_id: str, item_id: str) -> None:
        """Take one out."""
        gone = delete(ITEMS).where(ITEMS.c.conversation == conversation_id, ITEMS.c.id == item_id)
        await self._index.ask(lambda database: database.execute(gone))


def _append(database: Connection, conversation_id: str, items: Sequence[Item], *, given: bool) -> None:
    """Those that are new: an item that is referred to may be here already."""
    mine = ITEMS.c.conversation == conversation_id
    ids = [item["id"] for item in items]
    there = {row.id for row in database.execute(select(ITEMS.c.id).where(mine, ITEMS.c.id.in_(ids)))}
    new = {item["id"]: item for item in items if item["id"] not in there}
    position = time.time_ns()
    rows = [
        {
            "conversation": conversation_id,
            "id": name,
            "position": position + number,
            "given": given,
            "item": dumps_unescaped(item),
        }
        for number, (name, item) in enumerate(new.items())
    ]
    if rows:
        database.execute(insert(ITEMS), rows)
