"""The bridge in service: agents, runs and threads together, as every dialect uses them.

Routes parse a request into a `RunRequest` and send a run in their client's language; what lies between is here, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from weakref import ref

from bridge.agents.base import Agent, ThreadState
from bridge.agents.catalog import Catalog
from bridge.agents.langgraph.place import place_of
from bridge.errors import AgentFailure, InvalidRequest
from bridge.events.event import Event
from bridge.events.model_calls import ModelCall
from bridge.observe.lag import LoopWatch
from bridge.observe.logging import LogObserver
from bridge.observe.observer import Observer, Observers, RunRecord
from bridge.runs.journal import MemoryJournal
from bridge.runs.leases import Lease
from bridge.runs.registry import Runs
from bridge.runs.request import ANONYMOUS, Disconnect, Principal, RunRequest, ThreadKey
from bridge.runs.run import Limits, Run
from bridge.runs.stopping import Stopping
from bridge.runs.threads import Workers
from bridge.settings import Settings
from bridge.storage.base import Storage
from bridge.storage.binding import bound, opened
from bridge.storage.conversations import ConversationStore
from bridge.storage.opening import open_storage
from bridge.storage.quota import Quota
from bridge.storage.responses import ResponseStore
from bridge.storage.retention import Retention, pruning
from bridge.storage.scoping import settle
from bridge.storage.threads import Histories, Thread, ThreadIndex

AfterRun = Callable[[Run, list[Event]], Awaitable[None]]


class _Faults(Observer):
    """Counts what was not legal AG-UI."""

    def __init__(self) -> None:
        self.count = 0

    def fault(self, run: RunRecord, fault: str) -> None:
        """Count it; neither the run nor the text is kept."""
        del run, fault
        self.count += 1


@dataclass(frozen=True, slots=True)
class Held:
    """A thread in which nobody else can begin a run (`Bridge.hold`).

    Attributes:
        lease: the right to run in it; ``None``: the thread is new, and nobody else knows its id.
        thread: what the index has of it, since it is held; ``None``: nothing.
    """

    lease: Lease | None = None
    thread: Thread | None = None


class Bridge:
    """What the dialects share. ``agents`` are `Agent` objects, compiled graphs or graph factories by name.

    ``context`` and ``store`` are for graphs: see `bridge.create_app`; ``signals`` too.
    """

    def __init__(
        self,
        agents: Mapping[str, Any],
        settings: Settings | None = None,
        *,
        observers: Sequence[Observer] = (),
        context: Callable[[RunRequest], Awaitable[Any]] | None = None,
        store: Any = None,
        signals: bool = True,
    ) -> None:
        self._context = context
        self._store = store
        self.settings = settings or Settings()
        self.catalog = Catalog(agents)
        self._faults = _Faults()
        self.observers = Observers([LogObserver(), self._faults, *observers])
        self.runs = _runs(self.settings)
        self._limits = Limits(
            timeout=self.settings.run_timeout or None,
            stop_timeout=self.settings.stop_timeout,
            disconnect_grace=self.settings.disconnect_grace,
            slow_reader=self.settings.slow_reader,
            reveal_errors=self.settings.reveal_errors,
        )
        self.workers = None if self.settings.threads is None else Workers(self.settings.threads)
        self._storage: Storage | None = None
        self._quota: Quota | None = None
        self._responses: ResponseStore | None = None
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = Stopping(self.begin_ending) if signals else None
        self._ending: asyncio.Task[None] | None = None

    # Its life

    async def open(self) -> None:
        """Open the storage and bind the agents to it. Done by the lifespan, or by the first request where a framework
        that mounts the bridge does not pass the lifespan on. After `close` it may be opened again; also in another
        event loop, once the one before has come to its end. Raises ``RuntimeError`` while that one runs.
        """
        if self._loop is not (loop := asyncio.get_running_loop()):
            self._begin_in(loop)
        async with self._opening:
            if self._storage is not None:
                return
            if self.workers is not None:
                asyncio.get_running_loop().set_default_executor(self.workers)
            async with AsyncExitStack() as opening:
                storage = await opening.enter_async_context(
                    open_storage(self.settings.db, self.settings.storage_patience)
                )
                served = await opened(self.catalog.given, opening, self._store)
                self.catalog.open(lambda name, _: bound(name, served[name], storage, self.settings))
                await settle(storage.index, self.catalog.agents)
                await opening.enter_async_context(
                    pruning(storage, retention_of(self.settings), self.catalog.agents, self.runs.hold)
                )
                self._responses = ResponseStore(storage.index, self.settings.response_days)
                await opening.enter_async_context(self._responses.pruning())
                if self.settings.max_loop_lag:
                    watch = LoopWatch(self.settings.max_loop_lag, self.observers, place_of)
                    watch.start()
                    opening.callback(watch.stop)
                if self._stopping is not None:
                    self._stopping.watch()
                    opening.callback(self._stopping.end)
                self._stack = opening.pop_all()
            self.runs.open()
            self._ending = None
            limit = self.settings.max_stored_bytes
            self._quota = None if limit is None else Quota(storage.index, limit)
            self._storage = storage

    def _begin_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing of an earlier event loop is of use: with it ended its runs, and asyncio has closed the storage."""
        if self._loop is not None:
            if self._loop.is_running() and self._storage is not None:
                raise RuntimeError("the application is served in another event loop already: make one for each")
            self.runs = _runs(self.settings)
            self._opening = asyncio.Lock()
            self._storage = None
            self._stack = AsyncExitStack()
        self._loop = loop

    async def close(self) -> None:
        """End the runs, legally, and close the storage."""
        await self.end_runs()
        await self._stack.aclose()
        self._storage = None
        self._stack = AsyncExitStack()

    async def end_runs(self) -> None:
        """No new runs; those that go may finish within the grace, then are ended, and their streams close legally."""
        await asyncio.shield(self.begin_ending())

    @property
    def ending(self) -> bool:
        """Whether the server shuts down: no new runs begin."""
        return self._ending is not None

    def begin_ending(self) -> asyncio.Task[None]:
        """Begin what `end_runs` does: once, whoever asks first, a signal or the server."""
        if self._ending is None:
            why = AgentFailure("The server is shutting down.")
            self._ending = asyncio.create_task(self.runs.close(why, self.settings.shutdown_grace))
        return self._ending

    @property
    def index(self) -> ThreadIndex:
        """The thread index; the bridge is open."""
        if self._storage is None:
            raise RuntimeError("the bridge is not open")
        return self._storage.index

    @property
    def responses(self) -> ResponseStore:
        """The responses that are stored; the bridge is open."""
        if self._responses is None:
            raise RuntimeError("the bridge is not open")
        return self._responses

    @property
    def conversations(self) -> ConversationStore:
        """The conversations of OpenAI's API; the bridge is open."""
        return ConversationStore(self.index)

    @property
    def faults(self) -> int:
        """How many events of agents were not legal AG-UI."""
        return self._faults.count

    # Agents

    @property
    def names(self) -> list[str]:
        """The agents' names, the default one first."""
        return self.catalog.names

    def agent(self, name: str | None) -> Agent:
        """The agent of this name; no name, or ``default``, is the first. Raises `UnknownAgent`."""
        return self.catalog.find(name)[1]

    def agent_name(self, name: str | None) -> str:
        """The own name of the agent of this name. Raises `UnknownAgent`."""
        return self.catalog.find(name)[0]

    # Runs and threads

    async def start(
        self,
        request: RunRequest,
        *,
        events: AsyncIterable[Event] | None = None,
        disconnect: Disconnect | None = None,
        title: str | None = None,
        listed: bool = True,
        after: AfterRun | None = None,
        held: Held | None = None,
        caller: Principal | None = None,
        asked: Histories | None = None,
    ) -> Run:
        """Start a run of the agent, or of given ``events``. After a `ClientError` nothing ran or is stored.

        ``after`` is called with the run and its last events before any reader sees them. ``held``: the thread is the
        caller's (`hold`). ``caller``: the principal with its claims, for the agent. ``asked``: the histories
        that lead to a new thread, stored with it before the run begins.
        """
        if caller is not None and caller is not request.caller:
            request = replace(request, caller=caller)
        if request.ephemeral:
            request = await self._with_context(request)
            run = self._made(request, events, disconnect)
            await self.runs.reserve(run)
            self.runs.begin(run, _after(after))
            return run
        await self.check_quota(request.principal)
        lease = (held and held.lease) or await self.runs.acquire(request.thread)
        try:  # nobody else can begin a run in the thread from here on, nor delete it
            thread = held.thread if held is not None else await self._find(request.thread)
            if thread is None and (request.resume or _resumes(request)):
                raise InvalidRequest("No interrupt is pending on this thread.", param="resume")
            request = await self._with_context(request)
            aliases = thread.aliases if thread else {}
            run = self._made(request, events, disconnect, fresh=thread is None, aliases=aliases)
            await self.runs.reserve(run, lease)
        except BaseException:
            self.runs.leases.release(lease)
            raise
        try:
            # before the run begins: a conversation never exists without its owner, whatever kills the process
            opened = thread or await self.index.open(
                request.thread_id,
                agent=request.agent,
                principal=request.principal,
                title=title,
                listed=listed,
                asked=asked,
            )
        except BaseException:
            self.runs.release(run)
            raise

        async def ended(run: Run, ending: list[Event]) -> None:
            await self._note(run, opened, title, listed=listed)
            if after is not None:
                await after(run, ending)

        self.runs.begin(run, ended)
        return run

    async def check_quota(self, principal: str) -> None:
        """Raises `RateLimited` for a principal that has stored as much as it may."""
        if self._quota is not None:
            await self._quota.check(principal)

    async def _with_context(self, request: RunRequest) -> RunRequest:
        if self._context is None:
            return request
        return replace(request, runtime_context=await self._context(request))

    def _made(
        self, request: RunRequest, events: AsyncIterable[Event] | None, disconnect: Disconnect | None, **known: Any
    ) -> Run:
        """The run of this request, which has no place yet. ``known``: fields of the request that the thread decides."""

        def holds() -> bool:
            run = made()  # weakly: a run that its request knew would wait for the garbage collector, journal and all
            return run is not None and (run.request.ephemeral or self.runs.leases.is_current(run.lease))

        def called(call: ModelCall) -> None:
            if (run := made()) is not None:
                self.observers.model_called(run.record, call)

        request = replace(request, holds=holds, model_called=called if self.observers.want_calls else None, **known)
        run = Run(
            request,
            events if events is not None else self.agent(request.agent).run(request),
            disconnect=disconnect or self.settings.disconnect,
            limits=self._limits,
            journal=MemoryJournal(self.settings.max_journal_bytes, self.runs.budget),
            leases=self.runs.leases,
            observers=self.observers,
        )
        made = ref(run)
        return run

    @asynccontextmanager
    async def hold(self, thread: ThreadKey | None) -> AsyncIterator[Held]:
        """Keep runs off a thread while it is looked at to decide what to run: what is read is then read once.

        Raises `ThreadBusy` where a run is going. ``None``: a new thread, which nobody else knows.
        """
        if thread is None:
            yield Held()
            return
        async with self.runs.hold(thread) as lease:
            yield Held(lease, await self._find(thread))

    async def _find(self, thread: ThreadKey) -> Thread | None:
        return await self.index.find(thread.thread_id, agent=thread.agent, principal=thread.principal)

    async def _note(self, run: Run, thread: Thread, title: str | None, *, listed: bool) -> None:
        aliases = run.aliases if dict(run.aliases) != dict(thread.aliases) else None
        title = None if thread.title else title
        if aliases is None and title is None and thread.listed == listed and thread.created_at >= run.started_at:
            return  # made for this very run, with all there is to know
        await self.index.touch(thread, title=title, listed=listed or None, aliases=aliases)

    async def read(
        self, thread: ThreadKey, *, checkpoint_id: str | None = None, held: Held | None = None
    ) -> ThreadState:
        """What a thread holds; an empty state for a new one. ``held``: the caller holds it, for a run that follows."""
        agent = self.agent(thread.agent)
        found = held.thread if held is not None else await self._find(thread)
        if found is None:
            return ThreadState()
        return await agent.read(thread, found.aliases, checkpoint_id=checkpoint_id, held=held is not None)

    async def forget(self, thread: ThreadKey) -> None:
        """Delete a thread: its run, its checkpoints, its place in the index. No run begins in it meanwhile."""
        while (going := self.runs.of_thread(thread)) is not None:
            await going.stop()
        async with self.runs.hold(thread):
            await self.agent(thread.agent).forget(thread)
            await self.index.forget(thread)


def _runs(settings: Settings) -> Runs:
    """Without a limit of its own each principal has half of the places, where principals have names."""
    each = settings.max_runs_per_principal
    return Runs(
        max_running=settings.max_runs,
        max_each=max(1, settings.max_runs // 2) if each is None else each,
        shared=(ANONYMOUS,) if each is None else (),
        journal_memory=settings.journal_memory_bytes,
    )


def retention_of(settings: Settings) -> Retention:
    """How long conversations are kept."""
    return Retention(settings.retention_days, settings.retention_count, settings.retention_listed)


def _after(after: AfterRun | None) -> AfterRun:
    async def ended(run: Run, ending: list[Event]) -> None:
        if after is not None:
            await after(run, ending)

    return ended


def _resumes(request: RunRequest) -> bool:
    """Whether a client before AG-UI 1.0 answers an interrupt."""
    command = request.forwarded_props.get("command")
    return isinstance(command, Mapping) and "resume" in command
