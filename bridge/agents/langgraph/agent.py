"""A LangGraph graph as an agent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from copy import copy
from typing import Any, get_args

from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.base import BaseStore
from langgraph.types import Command, Durability

from bridge.agents.base import Description, Drawing, ThreadState
from bridge.agents.langgraph.callbacks import Progress, callbacks_of
from bridge.agents.langgraph.checkpoints import ScopedSaver, Visit, guarding, keeps_its_id, leave, visit
from bridge.agents.langgraph.context import configurable, run_context
from bridge.agents.langgraph.entrypoints import Entrypoint, is_entrypoint
from bridge.agents.langgraph.fork import find_fork
from bridge.agents.langgraph.history import admitted, as_sent_before, without_subagents
from bridge.agents.langgraph.inputs import plan
from bridge.agents.langgraph.instructions import instruct
from bridge.agents.langgraph.interrupts import interrupt_to_agui, waiting_interrupts
from bridge.agents.langgraph.messages import messages_to_langchain
from bridge.agents.langgraph.model_inputs import model_inputs
from bridge.agents.langgraph.nodes import tool_names, tool_nodes, worker_nodes
from bridge.agents.langgraph.reanswer import earlier_ids, resume_on_copy
from bridge.agents.langgraph.recursion_limit import limit_of_steps
from bridge.agents.langgraph.repair import heal
from bridge.agents.langgraph.rewinding import Rewinding
from bridge.agents.langgraph.saving import PATIENCE
from bridge.agents.langgraph.serializer import Serializer
from bridge.agents.langgraph.state import fields_of, project
from bridge.agents.langgraph.state_keys import input_keys, schema_keys, visible_keys, walled_keys
from bridge.agents.langgraph.structure import structure_of, structure_of_drawing
from bridge.agents.langgraph.translate import STREAM_MODES, LangGraphToAgui, snapshot
from bridge.agents.langgraph.untaken import take, untaken_messages
from bridge.agents.rewindable import Checkpoint, Snapshot
from bridge.agents.structure import Structure
from bridge.aside import aside_if, is_large
from bridge.errors import InvalidRequest
from bridge.events.event import Event, note
from bridge.events.interrupts import Interrupt, pause_to_agui
from bridge.runs.request import ClientHistory, Principal, RunRequest, ThreadKey


class LangGraphAgent:
    """A compiled LangGraph graph as an agent.

    Args:
        name: the agent's name.
        graph: a compiled graph. Its own checkpointer is kept; without one (or with ``True`` or ``False`` for one,
            which say what a subgraph does) it gets ``checkpointer``. Each conversation sees its own part of it.
        checkpointer: where its conversations are kept; ``None``: in this process's memory.
        hidden, state_allow: as in `bridge.agui.LangGraphToAgui`. The graph's output schema narrows what may leave.
        client_keys: the state keys and ``forwardedProps`` that clients may write; ``None``: all that the graph takes,
            less what is private or hidden.
        client_history: what becomes of a client's assistant and tool messages that the thread does not hold.
        store: given to a graph that was compiled without one.
        durability: LangGraph's. With ``exit`` nothing is stored before the run's end.
        recursion_limit: the steps after which a run is ended, where the graph itself does not set a lower limit.
        storage_patience: seconds that each call of the checkpointer waits for a database that is away.
    """

    def __init__(
        self,
        name: str,
        graph: Any,
        *,
        description: str = "",
        checkpointer: BaseCheckpointSaver[Any] | None = None,
        hidden: Collection[str] = (),
        state_allow: Collection[str] | None = None,
        recursion_limit: int = 250,
        client_keys: Collection[str] | None = None,
        client_history: ClientHistory = "trust",
        store: BaseStore | None = None,
        durability: Durability = "sync",
        storage_patience: float = PATIENCE,
    ) -> None:
        self.name = name
        self.description = description or f"LangGraph agent {name}"
        own = getattr(graph, "checkpointer", None)
        self.keeps_its_own = isinstance(own, BaseCheckpointSaver) or not hasattr(graph, "checkpointer")
        self.plain_ids = self.keeps_its_own  # see `keeps_its_id`
        if not self.keeps_its_own:
            graph = graph.copy(update={"checkpointer": checkpointer or InMemorySaver(serde=Serializer())})
        if store is not None and hasattr(graph, "copy") and getattr(graph, "store", store) is None:
            graph = graph.copy(update={"store": store})
        self.graph = Entrypoint(graph) if is_entrypoint(graph) else graph
        self.hidden = tuple(hidden)
        self.client_keys = client_keys
        self.client_history: ClientHistory = client_history
        self.durability: Durability = durability
        self.storage_patience = storage_patience
        self.state_allow = visible_keys(graph, state_allow)
        self.walled = walled_keys(graph) if state_allow is None else None
        self.input_keys = input_keys(graph, allow=state_allow, client_keys=client_keys)
        self.state_keys = schema_keys(graph, "output_schema")
        self.workers, self.tool_nodes, self.tools = worker_nodes(graph), tool_nodes(graph), tool_names(graph)
        self.recursion_limit = limit_of_steps(graph, recursion_limit)
        # Only these graphs can stop without an Interrupt; for all others the state need not be read after a run.
        self.pauses = bool(getattr(graph, "interrupt_before_nodes", ()) or getattr(graph, "interrupt_after_nodes", ()))

    def describe(self) -> Description:
        """Its name, its description and its tools; the kind is ``langgraph``."""
        return Description(self.name, self.description, "langgraph", self.tools)

    async def draw(self) -> Drawing:
        """The graph as LangGraph draws it, with its subgraphs opened. A remote graph is asked over the network."""
        drawn = await asyncio.to_thread(self.graph.get_graph, xray=True)
        return Drawing(drawn.draw_mermaid())

    async def structure(self) -> Structure:
        """The graph as its builder declares it. A remote graph is asked over the network, and draws itself."""
        if hasattr(self.graph, "nodes"):
            return await asyncio.to_thread(structure_of, self.graph)
        return structure_of_drawing(await asyncio.to_thread(self.graph.get_graph))

    def run(self, request: RunRequest) -> GraphRun:
        """The graph's events, to be iterated once. The graph starts with the first one."""
        return GraphRun(self, request)

    def in_thread(self, thread: ThreadKey) -> tuple[Any, str]:
        """The graph as it stands in one conversation, and the thread id to give it.

        The client's id, where the checkpointer translates it; where the graph has none that the bridge can stand
        around (a remote graph), the stored one.
        """
        saver = self.checkpointer
        if saver is None:
            return self.graph, thread.thread_id if keeps_its_id(thread) else thread.stored_id
        scoped = ScopedSaver(saver, thread, plain=self.plain_ids, patience=self.storage_patience)
        if isinstance(self.graph, Entrypoint):
            return self.graph.copy({"checkpointer": scoped}), thread.thread_id
        graph = copy(self.graph)  # its own `copy` method looks at every node and channel again
        graph.checkpointer = scoped
        return graph, thread.thread_id

    def stored_id(self, thread: ThreadKey) -> str:
        """What the checkpointer has the thread under."""
        return thread.thread_id if self.plain_ids and keeps_its_id(thread) else thread.stored_id

    @property
    def checkpointer(self) -> BaseCheckpointSaver[Any] | None:
        """What stores the graph's conversations, under `ThreadKey.stored_id`."""
        saver = getattr(self.graph, "checkpointer", None)
        return saver if isinstance(saver, BaseCheckpointSaver) else None

    async def read(
        self,
        thread: ThreadKey,
        aliases: Mapping[str, str],
        *,
        checkpoint_id: str | None = None,
        held: bool = False,
    ) -> ThreadState:
        """What the thread holds, at its head or at a checkpoint, paused subgraphs included.

        ``held``: what was read is handed out again to the run that follows.
        """
        if held:
            visit(thread)
        else:
            leave()
        graph, thread_id = self.in_thread(thread)
        where = {"thread_id": thread_id} | ({} if checkpoint_id is None else {"checkpoint_id": checkpoint_id})
        found = await graph.aget_state({"configurable": where}, subgraphs=True)
        waiting = await untaken_messages(graph, found)
        return await aside_if(is_large(found.values), self.thread_state, found, aliases=aliases, waiting=waiting)

    async def head(self, thread: ThreadKey) -> str | None:
        """The id of the thread's latest checkpoint."""
        graph, thread_id = self.in_thread(thread)
        config: RunnableConfig = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
        if self.checkpointer is not None:
            held = await graph.checkpointer.aget_tuple(config)
            return None if held is None else str(held.config["configurable"]["checkpoint_id"])
        state = await graph.aget_state(config)
        found = (state.config or {}).get("configurable", {}).get("checkpoint_id")
        return None if found is None else str(found)

    def _rewinding(self, thread: ThreadKey) -> Rewinding:
        leave()
        if self.checkpointer is None:
            raise InvalidRequest("This agent keeps its checkpoints elsewhere.", param="agent")
        return Rewinding(*self.in_thread(thread), None if self.state_allow is None else sorted(self.state_allow))

    async def history(self, thread: ThreadKey, *, limit: int, before: str | None = None) -> list[Checkpoint]:
        """See `bridge.agents.rewindable.Rewindable`."""
        return await self._rewinding(thread).history(limit, before)

    async def at(self, thread: ThreadKey, checkpoint_id: str | None = None) -> Snapshot | None:
        """See `bridge.agents.rewindable.Rewindable`."""
        return await self._rewinding(thread).at(checkpoint_id)

    async def fork(
        self,
        thread: ThreadKey,
        checkpoint_id: str,
        new: ThreadKey,
        *,
        values: Mapping[str, Any] | None = None,
        as_node: str | None = None,
    ) -> Snapshot:
        """See `bridge.agents.rewindable.Rewindable`."""
        return await self._rewinding(thread).copy_to(checkpoint_id, self._rewinding(new), values or {}, as_node)

    async def edit(
        self, thread: ThreadKey, checkpoint_id: str | None, values: Mapping[str, Any], *, as_node: str | None = None
    ) -> Snapshot:
        """See `bridge.agents.rewindable.Rewindable`."""
        return await self._rewinding(thread).edit(checkpoint_id, values, as_node)

    async def forget(self, thread: ThreadKey) -> None:
        """Delete the thread's checkpoints."""
        graph, thread_id = self.in_thread(thread)
        if self.checkpointer is not None:
            await graph.checkpointer.adelete_thread(thread_id)

    def looked_at(self, principal: Principal | None = None) -> AbstractAsyncContextManager[LangGraphAgent]:
        """Itself: it has a graph to draw and describe, whoever asks. A factory's has one made."""
        del principal
        return nullcontext(self)

    def without_memory(self) -> Any:
        """The graph without its checkpointer: it starts from what it is given, and nothing is stored."""
        return self.graph.copy(update={"checkpointer": None}) if hasattr(self.graph, "copy") else self.graph

    def thread_state(
        self, held: Any, *, aliases: Mapping[str, str] | None = None, waiting: Sequence[BaseMessage] = ()
    ) -> ThreadState:
        """A LangGraph state snapshot (with ``subgraphs=True``) as clients see it.

        ``waiting``: messages that are stored beside it (`bridge.agents.langgraph.untaken`).
        """
        checkpoint_id = (held.config or {}).get("configurable", {}).get("checkpoint_id")
        if not held.values and checkpoint_id is None:
            return ThreadState()
        fields = fields_of(held.values) or {}
        messages = list(fields.get("messages") or [])
        there = {getattr(message, "id", None) for message in messages} if waiting else ()
        messages += [message for message in waiting if message.id not in there]
        state = project(fields, self.state_allow)
        for nested in _nested(held):
            inner = fields_of(nested.values) or {}
            known = {message.id for message in messages}
            messages += [message for message in inner.get("messages") or [] if message.id not in known]
            shown = self.state_keys or state.keys()
            state |= {key: value for key, value in project(inner, self.state_allow).items() if key in shown}
        return ThreadState(snapshot(messages, aliases), state, self._pending(held, checkpoint_id), checkpoint_id)

    def _pending(self, held: Any, checkpoint_id: str | None) -> list[Interrupt]:
        earlier = earlier_ids(held.metadata)
        waiting = [interrupt_to_agui(item, earlier) for item in waiting_interrupts(held)]
        interrupts = {made["id"]: made for made in waiting}
        if interrupts or not held.next or not self.pauses:
            return list(interrupts.values())
        return [pause_to_agui(node, str(checkpoint_id)) for node in held.next]


def _nested(held: Any) -> list[Any]:
    """The states of the subgraphs that a thread is paused in, outermost first."""
    states: list[Any] = []
    for task in held.tasks:
        inner = task.state
        if inner is not None and hasattr(inner, "values") and hasattr(inner, "tasks"):
            states += [inner, *_nested(inner)]
    return states


_OF_STEPS = ("tasks", "values")
"""The parts with which a step begins or ends; all others come while it goes on."""


class GraphRun:
    """One run of a graph, as AG-UI events: the only place where a graph is started.

    With the durability ``sync`` what a client is shown of a step is stored before: RUN_STARTED comes when the request's
    messages are stored, and what ends a step when its results are. Tokens wait for nothing.
    """

    announces = True
    """See `bridge.runs.run.Run`."""

    def __init__(self, agent: LangGraphAgent, request: RunRequest) -> None:
        self._agent = agent
        self._request = request
        self._aliases = request.aliases
        self._visit: Visit | None = None
        self._progress = Progress(agent.name)
        self._translator = LangGraphToAgui(
            request.thread_id,
            request.run_id,
            protocol_version=request.protocol_version,
            client_tools=request.client_tools,
            hidden=agent.hidden,
            state_allow=agent.state_allow,
            state_keys=agent.state_keys,
            parent_run_id=request.parent_run_id,
            aliases=request.aliases,
            walled=agent.walled,
            workers=agent.workers,
            tool_nodes=agent.tool_nodes,
            earlier=request.messages,
            clock=time.time,
        )

    async def __aiter__(self) -> AsyncIterator[Event]:
        translator = self._translator
        feed, failed = translator.feed, self._progress.failed
        yield note(aliases=translator.aliases)  # the live ones: a reader that comes late needs them in mid-run
        graph, config, given = await self._prepare()
        options = run_options(self._agent, self._request)
        stores = options.get("durability") == "sync"
        starting: Sequence[Event] = translator.start()
        large = False  # the state, when it was last seen
        if not stores:
            for event in starting:
                yield event
        stream = graph.astream(given, config, stream_mode=list(STREAM_MODES), subgraphs=True, version="v2", **options)
        async with aclosing(stream):
            async for part in stream:
                kind = part["type"]
                if kind != "messages" and stores and kind in _OF_STEPS and self._visit is not None:
                    await self._visit.settled()
                    for event in starting:
                        yield event
                    starting = ()
                if failed:
                    for attempt in self._progress.parts():
                        for event in feed(attempt):
                            yield event
                if kind != "values":
                    events = feed(part)
                else:
                    large = is_large(part["data"])
                    events = await aside_if(large, feed, part)
                for event in events:
                    yield event
        for part in await self._paused(graph, config["configurable"]["thread_id"]):
            for event in feed(part):
                yield event
        if not self._request.ephemeral:
            head = self._visit.head if self._visit is not None else None
            yield note(checkpoint_id=head or await self._agent.head(self._request.thread))
        for event in await aside_if(large, translator.finish):
            yield event

    def last_events(self, why: BaseException | None) -> list[Event]:
        """The last events of a run that failed or was stopped, with the usage until then."""
        head = self._visit.head if self._visit is not None else None
        ending = self._translator.cancel() if why is None else self._translator.fail(why)
        return [*([note(checkpoint_id=head)] if head else []), *ending]

    async def _paused(self, graph: Any, thread_id: str) -> list[dict[str, Any]]:
        """Where a graph that can pause without an Interrupt paused."""
        if not self._agent.pauses or self._request.ephemeral:
            return []
        head: RunnableConfig = {"configurable": {"thread_id": thread_id}}
        held = await graph.aget_state(head)
        if held.interrupts:
            return []
        checkpoint_id = held.config["configurable"]["checkpoint_id"]
        return [
            {"type": "paused", "ns": (), "data": {"node": node, "checkpoint_id": checkpoint_id}} for node in held.next
        ]

    async def _prepare(self) -> tuple[Any, RunnableConfig, Any]:
        """The graph, its config and its input, from the request and what the thread holds."""
        agent = self._agent
        request = without_subagents(self._request)
        large = is_large((request.messages, request.state))
        config: RunnableConfig = {
            "configurable": configurable(request, agent.graph, agent.client_keys),
            "callbacks": callbacks_of(agent.graph, self._progress, *model_inputs(request.model_called)),
            "recursion_limit": agent.recursion_limit,
        }
        if request.ephemeral:
            given = (await aside_if(large, plan, request, ThreadState(), agent.input_keys)).input
            given = instruct(given, request.instructions)
            return agent.without_memory(), *await heal(None, config, None, given, request.client_tools)
        guarding(request.holds)
        self._visit = visit(request.thread)  # from here on the thread is this run's, and is read once
        graph, config["configurable"]["thread_id"] = agent.in_thread(request.thread)
        if request.checkpoint_id is not None:
            config["configurable"]["checkpoint_id"] = request.checkpoint_id
        policy = request.client_history or agent.client_history
        if request.fresh:
            request = admitted(request, ThreadState(), policy)
            given = (await aside_if(large, plan, request, ThreadState(), agent.input_keys)).input
            given = instruct(given, request.instructions)
            return graph, *await heal(graph, config, None, given, request.client_tools)
        held = await take(graph, config, await graph.aget_state(config, subgraphs=True))
        large = large or is_large(held.values)
        thread = await aside_if(large, agent.thread_state, held, aliases=self._aliases)
        request = admitted(await as_sent_before(request, thread, graph, config), thread, policy, held.values)
        chosen = await aside_if(large, plan, request, thread, agent.input_keys)
        given = chosen.input
        back = {streamed: durable for durable, streamed in self._aliases.items() if streamed}
        if chosen.fork is not None:
            wanted = [back.get(message_id, message_id) for message_id in chosen.fork]
            texts = {
                message.id: message.content
                for message in (fields_of(held.values) or {}).get("messages") or ()
                if message.type == "human"
            }
            thread_id = config["configurable"]["thread_id"]
            fork = await find_fork(graph, thread_id, wanted, self._aliases, again=given is None, texts=texts)
            config["configurable"]["checkpoint_id"] = fork.checkpoint_id
            given = _with_earlier(given, thread, chosen.fork[fork.length :])
        known = () if chosen.fork is not None else (fields_of(held.values) or {}).get("messages") or ()
        given = instruct(given, request.instructions, known)
        if isinstance(given, Command):
            return graph, *await resume_on_copy(graph, config, given)
        if given is None and chosen.fork is None and not held.next:
            raise InvalidRequest("Nothing is left to run in this thread.", param="forwardedProps.continue")
        if chosen.fork is not None:
            held = await graph.aget_state(config)
        return graph, *await heal(graph, config, held, given, request.client_tools)


def _with_earlier(given: dict[str, Any] | None, thread: ThreadState, ids: Sequence[str]) -> dict[str, Any] | None:
    """The graph's input with these messages of the thread repeated before the new ones."""
    if not ids:
        return given
    by_id = {message["id"]: message for message in thread.messages}
    earlier = messages_to_langchain(by_id[message_id] for message_id in ids)
    return {**(given or {}), "messages": [*earlier, *(given or {}).get("messages", ())]}


def run_options(agent: LangGraphAgent, request: RunRequest) -> dict[str, Any]:
    """What ``astream`` is given beside input and config, where there is something to give."""
    options: dict[str, Any] = {}
    context = run_context(request, agent.graph, agent.client_keys)
    if context is not None:
        options["context"] = context
    if not request.ephemeral and agent.checkpointer is not None:
        options["durability"] = asked_durability(request) or agent.durability
    return options


def asked_durability(request: RunRequest) -> Durability | None:
    """``forwardedProps.durability``: what a client wants of this run. Raises `InvalidRequest` for another word."""
    asked = request.forwarded_props.get("durability")
    if asked is None or asked in get_args(Durability):
        return asked
    raise InvalidRequest("'durability' is 'sync', 'async' or 'exit'.", param="forwardedProps.durability")
