"""A graph factory as an agent: a graph for each run, for each look at a thread, and for each drawing.

No two runs share one. It lives as long as what it was made for, and is closed in the task that made it. What is needed
of an agent beside (whose conversations they are, under which ids) needs no graph: conversations are always in the
server's checkpointer, as they are with LangGraph's server. One that a factory gives its graph for each run would have
forgotten all by the next.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore

from bridge.agents.base import Description, Drawing, ThreadState
from bridge.agents.langgraph.agent import GraphRun, LangGraphAgent
from bridge.agents.langgraph.checkpoints import ScopedSaver, keeps_its_id
from bridge.agents.langgraph.context import client_values, configurable, may_write
from bridge.agents.langgraph.factories.factory import Factory
from bridge.agents.langgraph.factories.given import READS, RUNS, UPDATES, Access, Given
from bridge.agents.langgraph.rewinding import no_checkpoint
from bridge.agents.langgraph.saving import PATIENCE, read_patiently
from bridge.agents.rewindable import Checkpoint, Snapshot
from bridge.agents.structure import Structure
from bridge.errors import BridgeError, RunTimeout
from bridge.events.event import Event
from bridge.failures import run_failure
from bridge.runs.request import Principal, RunRequest, ThreadKey

logger = logging.getLogger("bridge.agents")

LOOKING = 30.0
"""Seconds that a factory has for a graph that is only looked at. One that is run has the run's own time."""

LOOKS = 32
"""Graphs of one agent that are looked at, at once: whoever asks for more waits, within `LOOKING`."""


class FactoryAgent:
    """A graph factory as an agent.

    Args:
        name: the agent's name.
        factory: called for a graph. Raises `FactoryShapeError` where nobody could know what to give it.
        bind: makes an agent of a graph that has no checkpointer and no store of its own.
        checkpointer: where the conversations are kept.
        keeps_its_own: the checkpointer is the project's own (``langgraph.json``), not the bridge's.
        store: given to every graph, in place of its own.
        client_keys, storage_patience: as in `LangGraphAgent`.
    """

    def __init__(
        self,
        name: str,
        factory: Callable[..., Any],
        *,
        bind: Callable[[Any], LangGraphAgent],
        checkpointer: BaseCheckpointSaver[Any],
        description: str = "",
        keeps_its_own: bool = False,
        store: BaseStore | None = None,
        client_keys: Collection[str] | None = None,
        storage_patience: float = PATIENCE,
    ) -> None:
        self.name = name
        self.description = description or f"LangGraph agent {name}"
        self.checkpointer = checkpointer
        self.keeps_its_own = keeps_its_own
        self.plain_ids = keeps_its_own
        self.client_keys = client_keys
        self._factory = Factory(name, factory)
        self._bind = bind
        self._store = store
        self._patience = storage_patience
        self._noticed = False
        self._looks = asyncio.Semaphore(LOOKS)

    def describe(self) -> Description:
        """Its name and description; the kind is ``langgraph``."""
        return Description(self.name, self.description, "langgraph")

    def run(self, request: RunRequest) -> FactoryRun:
        """The events of a graph made for this run, to be iterated once."""
        return FactoryRun(self, request)

    async def read(
        self, thread: ThreadKey, aliases: Any, *, checkpoint_id: str | None = None, held: bool = False
    ) -> ThreadState:
        """What the thread holds, by a graph made as for the run that wrote it.

        Raises `RunTimeout` where the factory takes longer than `LOOKING`; for what else it raises a `BridgeError` that
        says what it means, as it would in a run.
        """
        async with self._of_thread(thread, checkpoint_id) as agent:
            if agent is None:
                return ThreadState()
            return await agent.read(thread, aliases, checkpoint_id=checkpoint_id, held=held)

    async def history(self, thread: ThreadKey, *, limit: int, before: str | None = None) -> list[Checkpoint]:
        """See `bridge.agents.rewindable.Rewindable`. Raises as `read` does."""
        async with self._of_thread(thread) as agent:
            return [] if agent is None else await agent.history(thread, limit=limit, before=before)

    async def at(self, thread: ThreadKey, checkpoint_id: str | None = None) -> Snapshot | None:
        """See `bridge.agents.rewindable.Rewindable`. Raises as `read` does."""
        async with self._of_thread(thread, checkpoint_id) as agent:
            return None if agent is None else await agent.at(thread, checkpoint_id)

    async def fork(
        self,
        thread: ThreadKey,
        checkpoint_id: str,
        new: ThreadKey,
        *,
        values: Mapping[str, Any] | None = None,
        as_node: str | None = None,
    ) -> Snapshot:
        """See `bridge.agents.rewindable.Rewindable`. Raises as `read` does."""
        async with self._of_thread(thread, checkpoint_id, UPDATES) as agent:
            if agent is None:
                raise no_checkpoint(checkpoint_id)
            return await agent.fork(thread, checkpoint_id, new, values=values, as_node=as_node)

    async def edit(
        self, thread: ThreadKey, checkpoint_id: str | None, values: Mapping[str, Any], *, as_node: str | None = None
    ) -> Snapshot:
        """See `bridge.agents.rewindable.Rewindable`. Raises as `read` does."""
        async with self._of_thread(thread, checkpoint_id, UPDATES) as agent:
            if agent is None:
                raise no_checkpoint(checkpoint_id)
            return await agent.edit(thread, checkpoint_id, values, as_node=as_node)

    @asynccontextmanager
    async def _of_thread(
        self, thread: ThreadKey, checkpoint_id: str | None = None, access: Access = READS
    ) -> AsyncIterator[LangGraphAgent | None]:
        """The agent with a graph made as for the run that wrote the checkpoint; ``None``: there is no such one."""
        stored = await self.stored_values(thread, checkpoint_id)
        if stored is None:
            yield None
            return
        known = {**stored, "thread_id": thread.thread_id, "principal": thread.principal}
        given = Given(self.name, access, known, principal=Principal(thread.principal), store=self._store)
        async with self._looking(given) as agent:
            yield agent

    async def forget(self, thread: ThreadKey) -> None:
        """Delete the thread's checkpoints."""
        saver = ScopedSaver(self.checkpointer, thread, plain=self.plain_ids, patience=self._patience)
        await saver.adelete_thread(thread.thread_id)

    def stored_id(self, thread: ThreadKey) -> str:
        """What the checkpointer has the thread under."""
        return thread.thread_id if self.plain_ids and keeps_its_id(thread) else thread.stored_id

    async def stored_values(self, thread: ThreadKey, checkpoint_id: str | None = None) -> dict[str, Any] | None:
        """What a client sent with the run that wrote the thread's head, or a checkpoint; ``None``: there is none.

        LangGraph keeps the strings, numbers and truth values of ``configurable`` with each checkpoint. It is read
        beside the thread's visit: only the graph itself knows the types of its state.
        """
        at = {} if checkpoint_id is None else {"checkpoint_id": checkpoint_id}
        where: RunnableConfig = {"configurable": {"thread_id": self.stored_id(thread), "checkpoint_ns": "", **at}}
        found = await read_patiently(lambda: self.checkpointer.aget_tuple(where), self._patience)
        if found is None:
            return None
        kept = (name for name in found.metadata if name not in _OF_CHECKPOINTS and may_write(name, self.client_keys))
        return {name: found.metadata[name] for name in kept}  # type: ignore[literal-required]  # LangGraph adds to it

    def for_run(self, request: RunRequest, stored: dict[str, Any]) -> AbstractAsyncContextManager[LangGraphAgent]:
        """The agent with a graph for this run. ``stored``: what the client sent with an earlier one that it goes on."""
        sent = {**configurable(request, None, self.client_keys), "run_id": request.run_id}
        context = request.runtime_context
        given = Given(
            self.name,
            RUNS,
            {**stored, **sent},
            principal=request.who,
            context=client_values(request, self.client_keys) if context is None else context,
            store=self._store,
        )
        return self._made(given)

    def looked_at(self, principal: Principal | None = None) -> AbstractAsyncContextManager[LangGraphAgent]:
        """The agent with a graph to draw and describe, for whom it may concern. Raises as `read` does."""
        return self._looking(Given(self.name, "assistants.read", principal=principal, store=self._store))

    async def draw(self) -> Drawing:
        """A graph that is made to be drawn. Raises as `read` does."""
        async with self.looked_at() as agent:
            return await agent.draw()

    async def structure(self) -> Structure:
        """That of a graph that is made to be looked at. Raises as `read` does."""
        async with self.looked_at() as agent:
            return await agent.structure()

    @asynccontextmanager
    async def _looking(self, given: Given) -> AsyncIterator[LangGraphAgent]:
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(LOOKING) as limit:
                    await stack.enter_async_context(self._looks)
                    agent = await stack.enter_async_context(self._made(given))
            except BridgeError:
                raise
            except Exception as error:
                if limit.expired():
                    raise RunTimeout(f"The agent's graph was not made within {LOOKING:.0f} seconds.") from None
                logger.exception("the factory of agent '%s' failed (%s)", self.name, given.access)
                raise run_failure(error) from error
            yield agent

    @asynccontextmanager
    async def _made(self, given: Given) -> AsyncIterator[LangGraphAgent]:
        async with self._factory.made(given) as graph:
            agent = self._bind(self._served(graph))
            agent.plain_ids = self.plain_ids
            yield agent

    def _served(self, graph: Any) -> Any:
        """The graph with the server's checkpointer and store, as LangGraph's server gives it its own."""
        own = [name for name in ("checkpointer", "store") if getattr(graph, name, None) not in (None, True, False)]
        if own and not self._noticed:
            self._noticed = True
            logger.warning(
                "agent '%s': its factory gives the graph a %s of its own, which is not used: the server's is",
                self.name,
                " and a ".join(own),
            )
        if not hasattr(graph, "checkpointer") or not hasattr(graph, "copy"):
            return graph  # a remote one
        saver = self.checkpointer if self.keeps_its_own else None
        return graph.copy(update={"checkpointer": saver, "store": self._store})


_OF_CHECKPOINTS = frozenset({"source", "step", "writes", "parents", "score", "claims"})


class FactoryRun:
    """One run of a graph that was made for it."""

    announces = True
    """See `bridge.runs.run.Run`."""

    def __init__(self, agent: FactoryAgent, request: RunRequest) -> None:
        self._agent = agent
        self._request = request
        self._run: GraphRun | None = None

    async def __aiter__(self) -> AsyncIterator[Event]:
        request = self._request
        async with self._agent.for_run(request, await self._stored()) as agent:
            self._run = agent.run(request)
            events: Any = aiter(self._run)
            async with aclosing(events):
                async for event in events:
                    yield event

    async def _stored(self) -> dict[str, Any]:
        """What was sent with the run that this one goes on: its graph is made in the same way."""
        request = self._request
        if request.fresh or request.ephemeral or not (request.resume or request.checkpoint_id or _resumes(request)):
            return {}
        return await self._agent.stored_values(request.thread, request.checkpoint_id) or {}

    def last_events(self, why: BaseException | None) -> list[Event]:
        """The last events of a run that failed or was stopped; none where it has not got a graph yet."""
        return [] if self._run is None else self._run.last_events(why)


def _resumes(request: RunRequest) -> bool:
    command = request.forwarded_props.get("command")
    return isinstance(command, dict) and "resume" in command
