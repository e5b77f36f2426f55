"""Heals a thread before new input reaches it: the part of `healing` that reads and writes checkpoints.

Written through the graph's own update of its state, so that its reducers apply and its checkpointer has one more
checkpoint, which clients see. Before a resume nothing is healed: the calls that an interrupt holds are about to be
made.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.channels.last_value import LastValue
from langgraph.constants import START
from langgraph.pregel.protocol import PregelProtocol
from langgraph.types import Overwrite, StateUpdate

from bridge.agents.langgraph.healing import WENT_ON, ended, heal_messages
from bridge.agents.langgraph.incoming import as_conversation
from bridge.agents.langgraph.state import fields_of
from bridge.errors import BridgeError

logger = logging.getLogger("bridge.agents")


async def heal(
    graph: Any, config: RunnableConfig, held: Any, given: Any, client_tools: Collection[str]
) -> tuple[RunnableConfig, Any]:
    """The config and the input to run with, once the thread's history and the input are what a provider accepts.

    Args:
        graph: the graph with its checkpointer; without one only the input is healed.
        config: where the run is going to start: the thread's head, or a checkpoint of it.
        held: the state snapshot read with ``config`` and ``subgraphs=True``; ``None``: a new thread, or one without
            memory; nothing is read or written.
        given: the graph's input. What is not a dict goes on with what the thread was doing, and is left alone.
        client_tools: the tools that the client runs, by name.
    """
    if not isinstance(given, dict):
        return config, given
    arriving = given.get("messages")
    if arriving is not None and as_conversation(arriving) is None:
        return config, given
    arriving = list(arriving or ())
    if held is None:
        return config, _with_messages(given, heal_messages((), arriving, _Reasons(client_tools)).arriving)
    thread = _thread_of(graph, held, client_tools)
    if thread is None:
        return config, given
    messages = thread.messages
    if "checkpoint_id" in config["configurable"]:
        # what followed an earlier checkpoint is what the client does not want any more
        thread = replace(thread, carried=[], finished=[])
    if thread.finished:
        config = await _update(graph, config, thread.finished) or config
        messages = (await graph.aget_state(config)).values["messages"]
    below = {message.id for message in thread.carried}
    arriving = [message for message in arriving if message.id not in below]
    healed = heal_messages(messages, arriving, thread.reasons, carried=thread.carried)
    if healed.rewritten is None and not healed.added:
        return config, _with_messages(given, healed.arriving)
    update = healed.added if healed.rewritten is None else Overwrite(healed.rewritten)
    head = await _update(graph, config, [{"messages": update}])
    if head is None:  # as part of the input, then
        whole = [*messages, *healed.added] if healed.rewritten is None else healed.rewritten
        return config, given | {"messages": Overwrite([*whole, *healed.arriving])}
    return head, _with_messages(given, healed.arriving)


def _with_messages(given: dict[str, Any], messages: list[BaseMessage]) -> dict[str, Any]:
    return given | {"messages": messages} if "messages" in given else given


@dataclass(frozen=True, slots=True)
class _Reasons:
    """Why a call has no answer, as far as the checkpoint shows."""

    client_tools: Collection[str]
    last: str | None = None
    """The id of the last message that called tools: the rest is about that one."""
    left_open: bool = False
    error: str | None = None

    def __call__(self, message: AIMessage, name: str) -> str:
        last = message.id == self.last
        if name in self.client_tools or (last and self.left_open):
            return WENT_ON
        return ended(self.error if last else None)


@dataclass(frozen=True, slots=True)
class _Thread:
    """What a thread holds: its messages, those of subgraphs that were stopped, and what the finished tasks of a step
    wrote that was stopped: new input would discard it.
    """

    messages: list[BaseMessage]
    carried: list[BaseMessage]
    reasons: _Reasons
    finished: list[dict[str, Any]]


def _thread_of(graph: Any, held: Any, client_tools: Collection[str]) -> _Thread | None:
    """What the snapshot says of the thread's messages; ``None`` for a graph that keeps none, or no history of them."""
    if not hasattr(graph, "builder"):  # a remote graph, an entrypoint
        return None
    channel = graph.channels.get("messages")
    messages = as_conversation((fields_of(held.values) or {}).get("messages"))
    if channel is None or isinstance(channel, LastValue) or messages is None:
        return None
    known = {message.id for message in messages}
    carried = [message for message in _messages_below(graph, held) if message.id not in known]
    last = next((message for message in reversed([*messages, *carried]) if isinstance(message, AIMessage)), None)
    failed = next((task.error for task in held.tasks if task.error and "Cancelled" not in str(task.error)), None)
    before = getattr(graph, "interrupt_before_nodes", ())
    paused = before == "*" or any(name in before for name in held.next)
    reasons = _Reasons(
        client_tools,
        last=None if last is None else last.id,
        left_open=bool(held.interrupts) or not held.next or paused,
        error=None if failed is None else _class_of(failed),
    )
    return _Thread(messages, carried, reasons, list(_finished(held)))


def _class_of(error: Any) -> str:
    """The name of an exception's class, of the exception or its ``repr``: its text may quote a prompt or a key."""
    named = type(error).__name__ if isinstance(error, BaseException) else str(error).partition("(")[0]
    return named if named.isidentifier() else "error"


def _finished(held: Any) -> Iterator[dict[str, Any]]:
    """What finished tasks wrote while others of their step did not: a tool's result, with the state it changed."""
    for task in held.tasks:
        writes = task.result
        if not isinstance(writes, Mapping) or not writes.get("messages"):
            continue
        # LangGraph gives several writes to one channel as {"$writes": [...]}
        several = {key: value["$writes"] for key, value in writes.items() if _is_several(value)}
        yield {key: value for key, value in writes.items() if key not in several}
        for key, values in several.items():
            for value in values:
                yield {key: value}


def _is_several(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"$writes"}


def _messages_below(graph: Any, held: Any) -> list[BaseMessage]:
    """The messages of subgraphs that were at work when their run ended, outermost first.

    Only of those that are nodes: what a node's own code asks another graph is not the conversation's.
    """
    found: list[BaseMessage] = []
    for task in held.tasks:
        node = getattr(graph, "nodes", {}).get(task.name)
        inner = getattr(node, "bound", None)
        if isinstance(inner, PregelProtocol) and hasattr(task.state, "tasks"):
            messages = as_conversation((fields_of(task.state.values) or {}).get("messages")) or []
            known = {message.id for message in messages}
            below = _messages_below(inner, task.state)
            found += [*messages, *(message for message in below if message.id not in known)]
    return found


# Which node an update is written as


async def _update(graph: Any, config: RunnableConfig, updates: Sequence[dict[str, Any]]) -> RunnableConfig | None:
    """Write the updates, as one step; where the run goes on from. ``None`` where no node of the graph could write them.

    An update is written as some node, and what comes after that node becomes the next step; the run's new input
    discards it. But the node's conditional edges are asked, and they are the graph's own code: a node without any is
    taken where there is one, and if one raises, another node.
    """
    keys = {key for values in updates for key in values}
    where: RunnableConfig = {**config, "configurable": {"checkpoint_ns": "", **config["configurable"]}}
    head: RunnableConfig = {**config, "configurable": dict(config["configurable"])}
    head["configurable"].pop("checkpoint_id", None)
    for name in _writers(graph, keys):
        try:
            await graph.abulk_update_state(where, [[StateUpdate(values, name) for values in updates]])
        except BridgeError:  # no node's fault: the database is away, or the run was given up
            raise
        except Exception:  # whatever the graph's own edges raise
            logger.warning("a thread could not be healed as node '%s'", name, exc_info=True)
        else:
            return head
    return None


def _writers(graph: Any, keys: Collection[str]) -> Iterator[str]:
    """The nodes that can write these keys, those first whose writing has no consequences."""
    builder = graph.builder
    joined = {name for sources, _ in builder.waiting_edges for name in sources}
    deferred = {name for name, spec in builder.nodes.items() if getattr(spec, "defer", False)}
    leading = {source for source, target in builder.edges if target in deferred}
    into_state = set(builder.schemas.get(builder.input_schema, ()))
    quiet = [name for name in [START, *builder.nodes] if name not in joined | leading]
    able = [name for name in quiet if name != START or into_state.issuperset(keys)]
    yield from sorted(able, key=lambda name: bool(builder.branches.get(name)))
    yield from (name for name in builder.nodes if name not in quiet)
