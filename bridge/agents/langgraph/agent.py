"""What can be bridged. An agent performs requests; here is the one that starts a LangGraph graph."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver

from bridge.agents.base import ThreadState
from bridge.agents.langgraph.callbacks import Progress, callbacks_of
from bridge.agents.langgraph.checkpoints import visit, visiting
from bridge.agents.langgraph.entrypoints import Entrypoint, is_entrypoint
from bridge.agents.langgraph.inputs import plan
from bridge.agents.langgraph.interrupts import interrupt_to_agui
from bridge.agents.langgraph.messages import messages_to_langchain
from bridge.agents.langgraph.state import fields_of, project
from bridge.agents.langgraph.translate import STREAM_MODES, LangGraphToAgui, snapshot
from bridge.errors import InvalidRequest
from bridge.events.interrupts import Interrupt, pause_to_agui
from bridge.runs.request import RunRequest
from bridge.runs.run import Performance


class LangGraphAgent:
    """A compiled LangGraph graph as an agent.

    Args:
        name: the agent's name.
        graph: a compiled graph. Its own checkpointer is kept; without one it gets ``checkpointer``.
        checkpointer: where its conversations are kept; ``None``: in this process's memory.
        hidden, state_allow: as in `bridge.agui.LangGraphToAgui`.
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
    ) -> None:
        self.name = name
        self.description = description or f"LangGraph agent {name}"
        if hasattr(graph, "copy") and not getattr(graph, "checkpointer", None):
            graph = graph.copy(update={"checkpointer": checkpointer or InMemorySaver()})
        self.graph = Entrypoint(graph) if is_entrypoint(graph) else graph
        self.hidden = tuple(hidden)
        self.state_allow = state_allow
        self.input_keys = _schema_keys(graph, "input_schema")
        self.state_keys = _schema_keys(graph, "output_schema")
        # Only these graphs can stop without an Interrupt; for all others the state need not be read after a run.
        self.pauses = bool(getattr(graph, "interrupt_before_nodes", ()) or getattr(graph, "interrupt_after_nodes", ()))

    def perform(self, request: RunRequest, aliases: Mapping[str, str]) -> Performance:
        """A run of the graph."""
        return _GraphRun(self, request, aliases)

    async def read(self, thread_id: str, aliases: Mapping[str, str], checkpoint_id: str | None = None) -> ThreadState:
        """What the thread holds, at its head or at a checkpoint, paused subgraphs included."""
        where = {"thread_id": thread_id} | ({} if checkpoint_id is None else {"checkpoint_id": checkpoint_id})
        held = await self.graph.aget_state({"configurable": where}, subgraphs=True)
        return self.thread_state(held, aliases=aliases)

    async def head(self, thread_id: str) -> str | None:
        """The id of the thread's latest checkpoint; after a run, in the run's own context, without reading it."""
        current = visiting(thread_id)
        if current is not None and current.head is not None:
            return current.head
        checkpointer = getattr(self.graph, "checkpointer", None)
        config: RunnableConfig = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
        if isinstance(checkpointer, BaseCheckpointSaver):
            held = await checkpointer.aget_tuple(config)
            return None if held is None else str(held.config["configurable"]["checkpoint_id"])
        state = await self.graph.aget_state(config)
        found = (state.config or {}).get("configurable", {}).get("checkpoint_id")
        return None if found is None else str(found)

    async def forget(self, thread_id: str) -> None:
        """Delete the thread's checkpoints."""
        checkpointer = getattr(self.graph, "checkpointer", None)
        if isinstance(checkpointer, BaseCheckpointSaver):
            await checkpointer.adelete_thread(thread_id)

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


def _schema_keys(graph: Any, schema: str) -> frozenset[str] | None:
    """The keys of a StateGraph's ``input_schema`` or ``output_schema``; ``None`` for a graph without schemas.

    From the builder's own table of channels: a JSON schema cannot be made of every state that LangGraph takes.
    """
    builder = getattr(graph, "builder", None)
    channels = getattr(builder, "schemas", {}).get(getattr(builder, schema, None))
    return frozenset(channels) if channels else None


class _GraphRun:
    """One run of a graph: the only place where a graph is started."""

    def __init__(self, agent: LangGraphAgent, request: RunRequest, aliases: Mapping[str, str]) -> None:
        self._agent = agent
        self._request = request
        self._aliases = aliases
        self._progress = Progress()
        self.translator = LangGraphToAgui(
            request.thread_id,
            request.run_id,
            protocol_version=request.protocol_version,
            client_tools=request.client_tools,
            hidden=agent.hidden,
            state_allow=agent.state_allow,
            state_keys=agent.state_keys,
            parent_run_id=request.parent_run_id,
            aliases=aliases,
        )

    async def parts(self) -> AsyncGenerator[Any, None]:
        """What ``astream`` yields; then, of a graph that can pause, where it paused."""
        graph, config, given = await self._prepare()
        stream = graph.astream(given, config, stream_mode=list(STREAM_MODES), subgraphs=True, version="v2")
        async with aclosing(stream):
            async for part in stream:
                if self._progress.failed:
                    for failed in self._progress.parts():
                        yield failed
                yield part
        if self._agent.pauses and not self._request.ephemeral:
            head: RunnableConfig = {"configurable": {"thread_id": self._request.thread_id}}
            held = await graph.aget_state(head)
            for node in held.next if not held.interrupts else ():
                checkpoint_id = held.config["configurable"]["checkpoint_id"]
                yield {"type": "paused", "ns": (), "data": {"node": node, "checkpoint_id": checkpoint_id}}

    async def _prepare(self) -> tuple[Any, RunnableConfig, Any]:
        """The graph, its config and its input, from the request and what the thread holds."""
        agent, request = self._agent, self._request
        config: RunnableConfig = {"configurable": {"thread_id": request.thread_id, **server_context(request)}}
        config["callbacks"] = callbacks_of(agent.graph, self._progress)
        if request.ephemeral:
            return agent.without_memory(), config, plan(request, ThreadState(), agent.input_keys).input
        visit(request.thread_id)  # from here on the thread is this run's, and is read once
        if request.checkpoint_id is not None:
            config["configurable"]["checkpoint_id"] = request.checkpoint_id
        if request.fresh:
            return agent.graph, config, plan(request, ThreadState(), agent.input_keys).input
        held = await agent.graph.aget_state(config, subgraphs=True)
        thread = agent.thread_state(held, aliases=self._aliases)
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


def server_context(request: RunRequest) -> dict[str, Any]:
    """What a graph may read in ``config["configurable"]``; nothing of it gets into a prompt by itself.

    ``client_tools`` are OpenAI function tools that the client runs, ``client_context`` what the app shares
    (``description``, ``value``), ``model_settings`` OpenAI's parameters, ``principal`` who calls.
    """
    return {
        "client_tools": [{"type": "function", "function": function_of(tool)} for tool in request.tools],
        "client_context": request.context,
        "model_settings": dict(request.model_settings),
        "principal": request.principal,
    }


def function_of(tool: Mapping[str, Any]) -> dict[str, Any]:
    """An AG-UI tool as an OpenAI function."""
    parameters = tool.get("parameters") or {"type": "object", "properties": {}}
    return {"name": tool["name"], "description": tool.get("description") or "", "parameters": parameters}
