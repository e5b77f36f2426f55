"""The bridge in service: agents, runs and threads together, as every route uses them.

Routes parse a request into a `RunRequest` and say a run in their client's language; what lies between is here, once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from typing import Any

from bridge.agents.base import Agent, ThreadState
from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.checkpoints import leave, visit
from bridge.agents.langgraph.inputs import refuse_answer
from bridge.errors import AgentFailure, UnknownAgent
from bridge.events.event import Event
from bridge.events.verify import Verifier
from bridge.runs.registry import Runs
from bridge.runs.request import Disconnect, RunRequest
from bridge.runs.run import Performance, Run
from bridge.settings import Settings
from bridge.storage.base import Storage
from bridge.storage.opening import open_storage
from bridge.storage.threads import Thread, ThreadIndex

logger = logging.getLogger("bridge")

DEFAULT_AGENT = "default"
"""The alias under which the first agent is always there."""


AfterRun = Callable[[Run, list[Event]], Awaitable[None]]


class Bridge:
    """What the routes share. ``agents`` are `Agent` objects, or compiled graphs by name."""

    def __init__(self, agents: Mapping[str, Any], settings: Settings | None = None) -> None:
        if not agents:
            raise ValueError("at least one agent is needed")
        self.settings = settings or Settings()
        self.faults = 0
        self.runs = Runs(max_running=self.settings.max_runs)
        self._given = dict(agents)
        self._agents: dict[str, Agent] = {}
        self._storage: Storage | None = None
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()

    # Its life

    async def open(self) -> None:
        """Open the storage and bind the agents to it. Done by the lifespan, or by the first request where a framework
        that mounts the bridge does not pass the lifespan on.
        """
        async with self._opening:
            if self._storage is not None:
                return
            async with AsyncExitStack() as opening:
                storage = await opening.enter_async_context(open_storage(self.settings.db))
                for name, agent in self._given.items():
                    self._agents[name] = agent if _is_agent(agent) else self._bind(name, agent, storage)
                self._stack = opening.pop_all()
            self._storage = storage

    async def close(self) -> None:
        """End the runs, legally, and close the storage."""
        await self.end_runs()
        await self._stack.aclose()
        self._storage = None
        self._stack = AsyncExitStack()

    async def end_runs(self) -> None:
        """No new runs; those that go may finish within the grace, then are ended, and their streams close legally."""
        await self.runs.close(AgentFailure("The server is shutting down."), self.settings.shutdown_grace)

    def _bind(self, name: str, graph: Any, storage: Storage) -> Agent:
        return LangGraphAgent(
            name,
            graph,
            checkpointer=storage.checkpointer,
            hidden=self.settings.hidden,
            state_allow=self.settings.state_allow,
            recursion_limit=self.settings.recursion_limit,
        )

    @property
    def index(self) -> ThreadIndex:
        """The thread index; the bridge is open."""
        if self._storage is None:
            raise RuntimeError("the bridge is not open")
        return self._storage.index

    # Agents

    @property
    def names(self) -> list[str]:
        """The agents' names, the default one first."""
        return list(self._given)

    def agent(self, name: str | None) -> Agent:
        """The agent of this name; no name, or ``default``, is the first. Raises `UnknownAgent`."""
        if name is None or (name == DEFAULT_AGENT and name not in self._agents):
            name = self.names[0]
        found = self._agents.get(name)
        if found is None:
            raise UnknownAgent(f"No agent '{name}' is served; there are: {', '.join(self.names)}.", param="model")
        return found

    # Runs and threads

    async def start(
        self,
        request: RunRequest,
        *,
        performance: Performance | None = None,
        disconnect: Disconnect | None = None,
        title: str | None = None,
        listed: bool = True,
        after: AfterRun | None = None,
        held: bool = False,
    ) -> Run:
        """Start a run of the agent, or of a given ``performance``. After a `ClientError` nothing ran or is stored.

        ``after`` is called with the run and its last events before any reader sees them. ``held``: the caller is
        `holding` the thread.
        """
        agent = self.agent(request.agent)
        thread: Thread | None = None
        if not request.ephemeral:
            thread = await self.index.find(request.thread_id, agent=agent.name, principal=request.principal)
            if thread is None:
                refuse_answer(request)
            request = replace(request, fresh=thread is None)
        run = Run(
            request,
            performance or agent.perform(request, thread.aliases if thread else {}),
            disconnect=disconnect or self.settings.disconnect,
            max_log_bytes=self.settings.max_log_bytes,
            timeout=self.settings.run_timeout,
            verifier=Verifier(strict=False, on_fault=self._fault),
        )

        async def finished(run: Run, ending: list[Event]) -> None:
            if thread is not None:
                await self._note(run, thread, title, listed=listed)
            if after is not None:
                await after(run, ending)

        self.runs.reserve(run, held=held)
        try:
            if thread is None and not request.ephemeral:
                # before the run begins: a conversation never exists without its owner, whatever kills the process
                thread = await self.index.open(
                    request.thread_id, agent=agent.name, principal=request.principal, title=title, listed=listed
                )
        except BaseException:
            self.runs.release(run)
            raise
        self.runs.begin(run, finished)
        return run

    @contextmanager
    def holding(self, thread_id: str | None) -> Iterator[None]:
        """Keep runs off a thread while it is looked at to decide what to run: what is read is then read once.

        Raises `ThreadBusy` where a run is going. ``None``: a new thread, which nobody else knows.
        """
        if thread_id is None:
            yield
            return
        with self.runs.hold(thread_id):
            visit(thread_id)
            try:
                yield
            finally:
                leave()

    async def _note(self, run: Run, thread: Thread, title: str | None, *, listed: bool) -> None:
        aliases = getattr(run.translator, "aliases", None) or None
        if aliases is not None and dict(aliases) == dict(thread.aliases):
            aliases = None
        title = None if thread.title else title
        if aliases is None and title is None and thread.listed == listed and thread.created_at >= run.started_at:
            return  # made for this very run, with all there is to know
        await self.index.touch(thread, title=title, listed=listed or None, aliases=aliases)

    def _fault(self, fault: str) -> None:
        self.faults += 1
        logger.warning("illegal event: %s", fault)

    async def read(
        self, agent_name: str | None, thread_id: str, principal: str, checkpoint_id: str | None = None
    ) -> ThreadState:
        """What a thread holds; an empty state for a new one. Raises `UnknownThread` for somebody else's."""
        agent = self.agent(agent_name)
        thread = await self.index.find(thread_id, agent=agent.name, principal=principal)
        if thread is None:
            return ThreadState()
        return await agent.read(thread_id, thread.aliases, checkpoint_id)

    async def forget(self, agent_name: str | None, thread: Thread) -> None:
        """Delete a thread: its run, its checkpoints, its place in the index."""
        going = self.runs.of_thread(thread.id)
        if going is not None:
            await going.stop()
        await self.agent(agent_name).forget(thread.id)
        await self.index.forget(thread.id)


def _is_agent(value: Any) -> bool:
    return hasattr(value, "perform") and hasattr(value, "read")
