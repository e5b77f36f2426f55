"""Giving one principal's threads to another: a key that gets a name, or keyless threads once there are keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection, and_, delete, select, update

from bridge.agents.langgraph.moving import move_thread
from bridge.runs.request import ThreadKey
from bridge.storage.base import Storage
from bridge.storage.binding import BoundAgent
from bridge.storage.checkpoint_tables import rename
from bridge.storage.schema import CONVERSATIONS, RESPONSES, THREADS, TURNS, transaction
from bridge.storage.threads import without_key


@dataclass(frozen=True, slots=True)
class Adopted:
    """Threads by their old keys: those that were ``moved``, and those that were ``kept``, with the reason."""

    moved: list[ThreadKey] = field(default_factory=list)
    kept: list[tuple[ThreadKey, str]] = field(default_factory=list)


async def adopt_all(storage: Storage, old: str, new: str, agents: Mapping[str, BoundAgent]) -> Adopted:
    """Give all threads of the principal ``old`` to ``new``; what `adopt_all` has done already it leaves alone.

    A thread's conversation moves with it, to the id that is made of the new owner's name. Conversations that a graph
    keeps under ids of its own, beside its thread's, stay behind.

    Args:
        agents: those whose graphs have a checkpointer of their own; the conversations of all others are the bridge's.
    """
    adopted = Adopted()
    query = select(THREADS.c.agent, THREADS.c.id).where(THREADS.c.principal == old)
    for agent_name, thread_id in await storage.index.ask(lambda database: database.execute(query).all()):
        key = ThreadKey(old, agent_name, thread_id)
        why = await _adopt(storage, key, key._replace(principal=new), agents.get(agent_name))
        if why is None:
            adopted.moved.append(key)
        else:
            adopted.kept.append((key, why))
    columns = CONVERSATIONS.c
    unused = update(CONVERSATIONS).where(columns.principal == old, columns.agent.is_(None)).values(principal=new)
    await storage.index.ask(lambda database: database.execute(unused))
    return adopted


async def _adopt(storage: Storage, key: ThreadKey, to: ThreadKey, agent: BoundAgent | None) -> str | None:
    """Move one thread; why it could not be."""
    if await storage.index.find(to.thread_id, agent=to.agent, principal=to.principal) is not None:
        return f"{to.principal} has one of this name"
    elsewhere = agent is not None and agent.keeps_its_own and agent.checkpointer is not None
    if agent is not None and agent.checkpointer is not None and elsewhere:
        await move_thread(agent.checkpointer, agent.stored_id(key), agent.stored_id(to))
    return await storage.index.ask(partial(_move_rows, key=key, to=to, elsewhere=elsewhere or agent is not None))


def _move_rows(database: Connection, *, key: ThreadKey, to: ThreadKey, elsewhere: bool) -> str | None:
    old, new = key.stored_id, to.stored_id
    with transaction(database):
        if not rename(database, old, new) and not elsewhere:
            return "its conversation is not in this database; name the agent, if its graph has its own checkpointer"
        database.execute(update(THREADS).where(THREADS.c.key == old).values(key=new, principal=to.principal))
        _move_turns(database, old, to)
        made_there = update(RESPONSES).where(RESPONSES.c.thread == old)
        database.execute(made_there.values(thread=new, principal=to.principal))
        columns = CONVERSATIONS.c
        mine = (columns.id == key.thread_id, columns.principal == key.principal, columns.agent == key.agent)
        database.execute(update(CONVERSATIONS).where(*mine).values(principal=to.principal))
    return None


def _move_turns(database: Connection, old: str, to: ThreadKey) -> None:
    """The thread's turns; of histories that two clients had in common in one family the first one found."""
    keys = TURNS.primary_key.columns
    for turn in database.execute(select(TURNS).where(TURNS.c.thread == old)).all():
        this = and_(*(column == getattr(turn, column.name) for column in keys))
        moved = {"principal": to.principal, "client": without_key(turn.client)}
        there = and_(*(column == moved.get(column.name, getattr(turn, column.name)) for column in keys))
        if database.scalar(select(TURNS.c.thread).where(there)) is None:
            database.execute(update(TURNS).where(this).values(thread=to.stored_id, **moved))
        else:
            database.execute(delete(TURNS).where(this))
