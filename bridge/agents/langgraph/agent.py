"""A LangGraph graph as an agent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing
from typing import Any, get_args

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.base import BaseStore
from langgraph.types import Durability

from bridge.agents.base import Description, ThreadState
from bridge.agents.langgraph.checkpoints import Visit, leave, visit
from bridge.agents.langgraph.context import configurable, run_context
from bridge.agents.langgraph.dispatched import DispatchedToStream
from bridge.agents.langgraph.history import admitted, as_sent_before, without_subagents
from bridge.agents.langgraph.inputs import plan
from bridge.agents.langgraph.interrupts import interrupt_to_agui
from bridge.agents.langgraph.messages import messages_to_langchain
from bridge.agents.langgraph.nodes import tool_nodes, worker_nodes
from bridge.agents.langgraph.schemas import input_keys, schema_keys, visible_keys, walled_keys
from bridge.agents.langgraph.state import fields_of, project
from bridge.agents.langgraph.translate import STREAM_MODES, LangGraphToAgui, snapshot
from bridge.errors import InvalidRequest
from bridge.events.event import Event, note
from bridge.events.interrupts import Interrupt, pause_to_agui
from bridge.runs.request import ClientHistory, RunRequest, ThreadKey


class LangGraphAgent:
    """A compiled LangGraph graph as an agent.

    Args:
        name: the agent's name.
        graph: a compiled graph. Its own checkpointer is kept; without one it gets ``checkpointer``.
        checkpointer: where its conversations are kept; ``None``: in this process's memory.
        hidden, state_allow: as in `bridge.agui.LangGraphToAgui`. The graph's output schema narrows what may leave.
        client_keys: the state keys and ``forwardedProps`` that clients may write; ``None``: all that the graph takes,
            less what is private or hidden.
        client_history: what becomes of a client's assistant and tool messages that the thread does not hold.
        store: given to a graph that was compiled without one.
        durability: LangGraph's (``sync``, ``async``, ``exit``); ``None``: LangGraph's default.
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
        client_keys: Collection[str] | None = None,
        client_history: ClientHistory = "trust",
        store: BaseStore | None = None,
        durability: Durability | None = None,
    ) -> None:
        self.name = name
        self.description = description or f"LangGraph agent {name}"
        if hasattr(graph, "copy") and not getattr(graph, "checkpointer", None):
            graph = graph.copy(update={"checkpointer": checkpointer or InMemorySaver()})
        if store is not None and hasattr(graph, "copy") and getattr(graph, "store", store) is None:
            graph = graph.copy(update={"store": store})
        self.graph = graph
        self.hidden = tuple(hidden)
        self.client_keys = client_keys
        self.client_history: ClientHistory = client_history
        self.durability = durability
        self.state_allow = visible_keys(graph, state_allow)
        self.walled = walled_keys(graph) if state_allow is None else None
        self.input_keys = input_keys(graph, allow=state_allow, client_keys=client_keys)
        self.state_keys = schema_keys(graph, "output_schema")
        self.workers, self.tool_nodes = worker_nodes(graph), tool_nodes(graph)
        # Only these graphs can stop without an Interrupt; for all others the state need not be read after a run.
        self.pauses = bool(getattr(graph, "interrupt_before_nodes", ()) or getattr(graph, "interrupt_after_nodes", ()))

    def describe(self) -> Description:
        """Who it is."""
        return Description(self.name, self.description, "langgraph")

    def run(self, request: RunRequest) -> GraphRun:
        """A run of the graph."""
        return GraphRun(self, request)

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
            visit(thread.thread_id)
        else:
            leave()
        where = {"thread_id": thread.thread_id} | ({} if checkpoint_id is None else {"checkpoint_id": checkpoint_id})
        found = await self.graph.aget_state({"configurable": where}, subgraphs=True)
        return self.thread_state(found, aliases=aliases)

    async def head(self, thread_id: str) -> str | None:
        """The id of the thread's latest checkpoint."""
        checkpointer = getattr(self.graph, "checkpointer", None)
        config: RunnableConfig = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
        if isinstance(checkpointer, BaseCheckpointSaver):
            held = await checkpointer.aget_tuple(config)
            return None if held is None else str(held.config["configurable"]["checkpoint_id"])
        state = await self.graph.aget_state(config)
        found = (state.config or {}).get("configurable", {}).get("checkpoint_id")
        return None if found is None else str(found)

    async def forget(self, thread: ThreadKey) -> None:
        """Delete the thread's checkpoints."""
        checkpointer = getattr(self.graph, "checkpointer", None)
        if isinstance(checkpointer, BaseCheckpointSaver):
            await checkpointer.adelete_thread(thread.thread_id)

    def without_memory(self) -> Any:
        """The graph without its checkpointer: it starts from what it is given, and nothing is stored."""
        return self.graph.copy(update={"checkpointer": None}) if hasattr(self.graph, "copy") else self.graph

    def thread_state(self, held: Any, *, aliases: Mapping[str, str] | None = None) -> ThreadState:
        """A LangGraph state snapshot (with ``subgraphs=True``) as clients see it."""
        checkpoint_id = (held.config or {}).get("configurable", {}).get("checkpoint_id")
        if not held.values and checkpoint_id is None:
            return ThreadState()
        fields = fields_of(held.values) or {}
        messages = list(fields.get("messages") or [])
        state = project(fields, self.state_allow)
        for nested in _nested(held):
            inner = fields_of(nested.values) or {}
            known = {message.id for message in messages}
            messages += [message for message in inner.get("messages") or [] if message.id not in known]
            shown = self.state_keys or state.keys()
            state |= {key: value for key, value in project(inner, self.state_allow).items() if key in shown}
        return ThreadState(snapshot(messages, aliases), state, self._pending(held, checkpoint_id), checkpoint_id)

    def _pending(self, held: Any, checkpoint_id: str | None) -> list[Interrupt]:
        interrupts = {said["id"]: said for said in map(interrupt_to_agui, held.interrupts)}
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


class GraphRun:
    """One run of a graph, as AG-UI events: the only place where a graph is started."""

    def __init__(self, agent: LangGraphAgent, request: RunRequest) -> None:
        self._agent = agent
        self._request = request
        self._aliases = request.aliases
        self._visit: Visit | None = None
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
        )

    async def __aiter__(self) -> AsyncIterator[Event]:
        translator = self._translator
        feed = translator.feed
        for event in translator.start():
            yield event
        yield note(aliases=translator.aliases)  # the live ones: a reader that comes late needs them in mid-run
        graph, config, given = await self._prepare()
        options = run_options(self._agent, self._request)
        stream = graph.astream(given, config, stream_mode=list(STREAM_MODES), subgraphs=True, version="v2", **options)
        async with aclosing(stream):
            async for part in stream:
                for event in feed(part):
                    yield event
        for part in await self._paused(graph):
            for event in feed(part):
                yield event
        if not self._request.ephemeral:
            head = self._visit.head if self._visit is not None else None
            yield note(checkpoint_id=head or await self._agent.head(self._request.thread_id))
        for event in translator.finish():
            yield event

    def last_events(self, why: BaseException | None) -> list[Event]:
        """The last events of a run that failed or was stopped, with the usage until then."""
        head = self._visit.head if self._visit is not None else None
        ending = self._translator.cancel() if why is None else self._translator.fail(why)
        return [*([note(checkpoint_id=head)] if head else []), *ending]

    async def _paused(self, graph: Any) -> list[dict[str, Any]]:
        """Where a graph that can pause without an Interrupt paused."""
        if not self._agent.pauses or self._request.ephemeral:
            return []
        head: RunnableConfig = {"configurable": {"thread_id": self._request.thread_id}}
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
        config: RunnableConfig = {
            "configurable": configurable(request, agent.graph, agent.client_keys),
            "callbacks": [DispatchedToStream()],
        }
        if request.ephemeral:
            return agent.without_memory(), config, plan(request, ThreadState(), agent.input_keys).input
        self._visit = visit(request.thread_id)  # from here on the thread is this run's, and is read once
        if request.checkpoint_id is not None:
            config["configurable"]["checkpoint_id"] = request.checkpoint_id
        policy = request.client_history or agent.client_history
        if request.fresh:
            request = admitted(request, ThreadState(), policy)
            return agent.graph, config, plan(request, ThreadState(), agent.input_keys).input
        held = await agent.graph.aget_state(config, subgraphs=True)
        thread = agent.thread_state(held, aliases=self._aliases)
        request = admitted(await as_sent_before(request, thread, agent.graph, config), thread, policy, held.values)
        chosen = plan(request, thread, agent.input_keys)
        given = chosen.input
        back = {streamed: durable for durable, streamed in self._aliases.items() if streamed}
        if chosen.fork is not None:
            wanted = [back.get(message_id, message_id) for message_id in chosen.fork]
            checkpoint_id, found = await self._fork(wanted, again=given is None)
            config["configurable"]["checkpoint_id"] = checkpoint_id
            given = _with_earlier(given, thread, chosen.fork[found:])
        elif isinstance(given, dict) and thread.interrupts:
            # the interrupt is left unanswered, and with it its subgraph; what that has said was heard, and stays
            held_ids = {message.id for message in (fields_of(held.values) or {}).get("messages") or []}
            said = [message["id"] for message in thread.messages]
            given = _with_earlier(given, thread, [name for name in said if name not in held_ids and name not in back])
        return agent.graph, config, given

    async def _fork(self, kept: list[str], *, again: bool) -> tuple[str, int]:
        """The checkpoint whose conversation is ``kept``, or the longest beginning of it, and how long that is.

        Not every beginning of a conversation has a checkpoint: a paused subgraph's messages are its own until it has
        finished. To answer ``again``, the earliest that has a node to run, so that routing is done anew; else the
        latest, with all that was done until then. Raises `InvalidRequest` when nothing of the thread is kept.
        """
        head: RunnableConfig = {"configurable": {"thread_id": self._request.thread_id}}
        found: tuple[str, int] | None = None
        async for held in self._agent.graph.aget_state_history(head):
            messages = (fields_of(held.values) or {}).get("messages") or []
            ids = [
                message.id
                for message in messages
                if message.type in _CONVERSATION and self._aliases.get(str(message.id)) != ""  # a hidden node's
            ]
            if ids != kept[: len(ids)] or (found is not None and len(ids) < found[1]):
                continue
            whole = len(ids) == len(kept)
            if again and whole and (not held.next or "__start__" in held.next):
                continue
            if found is None or len(ids) > found[1] or again:
                found = (held.config["configurable"]["checkpoint_id"], len(ids))
            if whole and not again:
                break
        if found is None:
            raise InvalidRequest("Nothing of this conversation is kept any more.", param="messages")
        return found


def _with_earlier(given: dict[str, Any] | None, thread: ThreadState, ids: Sequence[str]) -> dict[str, Any] | None:
    """The graph's input with these messages of the thread said again before the new ones."""
    if not ids:
        return given
    by_id = {message["id"]: message for message in thread.messages}
    earlier = messages_to_langchain(by_id[message_id] for message_id in ids)
    return {**(given or {}), "messages": [*earlier, *(given or {}).get("messages", ())]}


_CONVERSATION = ("human", "ai", "tool")


def run_options(agent: LangGraphAgent, request: RunRequest) -> dict[str, Any]:
    """What ``astream`` is given beside input and config, where there is something to give."""
    options: dict[str, Any] = {}
    context = run_context(request, agent.graph, agent.client_keys)
    if context is not None:
        options["context"] = context
    durability = asked_durability(request) or agent.durability
    if durability is not None and not request.ephemeral:
        options["durability"] = durability
    return options


def asked_durability(request: RunRequest) -> Durability | None:
    """``forwardedProps.durability``: what a client wants of this run. Raises `InvalidRequest` for another word."""
    asked = request.forwarded_props.get("durability")
    if asked is None or asked in get_args(Durability):
        return asked
    raise InvalidRequest("'durability' is 'sync', 'async' or 'exit'.", param="forwardedProps.durability")
