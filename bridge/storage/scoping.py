"""Conversations that a graph's own checkpointer has under clients' ids, from before ids were scoped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from sqlalchemy import delete, select

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.factories.agent import FactoryAgent
from bridge.agents.langgraph.moving import move_thread
from bridge.agents.langgraph.readable_types import are_one
from bridge.runs.request import ThreadKey
from bridge.storage.schema import UNMOVED
from bridge.storage.threads import ThreadIndex


async def settle(index: ThreadIndex, agents: Mapping[str, Any]) -> None:
    """Part agents that share one checkpointer object, and move what version 1 stored there under clients' ids.

    Moving is done once for each thread; agents that are not served now keep theirs until they are.
    """
    seen: list[BaseCheckpointSaver[Any]] = []
    for agent in agents.values():
        if not isinstance(agent, LangGraphAgent | FactoryAgent) or agent.checkpointer is None:
            continue
        if agent.plain_ids and any(are_one(saver, agent.checkpointer) for saver in seen):
            agent.plain_ids = False  # the first one's threads keep their ids; two agents never have one thread
        seen.append(agent.checkpointer)
    for agent in agents.values():
        if isinstance(agent, LangGraphAgent | FactoryAgent):
            await _move_all(index, agent)


async def _move_all(index: ThreadIndex, agent: LangGraphAgent | FactoryAgent) -> None:
    query = select(UNMOVED.c.principal, UNMOVED.c.id).where(UNMOVED.c.agent == agent.name)
    for principal, thread_id in await index.ask(lambda database: database.execute(query).all()):
        key = ThreadKey(principal, agent.name, thread_id)
        stored = agent.stored_id(key)
        if agent.keeps_its_own and agent.checkpointer is not None and stored != thread_id:
            await move_thread(agent.checkpointer, thread_id, stored)
        done = delete(UNMOVED).where(UNMOVED.c.key == key.stored_id)
        await index.ask(lambda database, done=done: database.execute(done))  # type: ignore[misc]
