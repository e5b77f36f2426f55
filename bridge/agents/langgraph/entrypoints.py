"""Functional graphs (``@entrypoint``): what they keep of a conversation, as other graphs keep ``messages``.

An entrypoint's state is what it returned last. Its conversation, if it keeps one, is what it saves for its next turn
(``entrypoint.final(save=…)``, else the returned value), in a channel that ``aget_state`` does not show. LangGraph emits
all messages in it at the end of every turn, as if they were new.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.constants import CONF
from langgraph.graph.state import CompiledStateGraph
from langgraph.pregel import Pregel

from bridge.agents.langgraph.incoming import as_conversation
from bridge.agents.langgraph.state import fields_of

_PREVIOUS = "__previous__"  # langgraph._internal._constants.PREVIOUS, a reserved channel of every entrypoint


def is_entrypoint(graph: Any) -> bool:
    """Whether this is a functional graph."""
    return isinstance(graph, Pregel) and not isinstance(graph, CompiledStateGraph)


class Entrypoint:
    """A functional graph whose states have the conversation that it saves, under ``messages``.

    Its stream begins with a ``history`` part (what the thread and the input hold: not to be emitted again), and its
    last ``values`` part is the state as it is stored.
    """

    def __init__(self, graph: Any) -> None:
        self._graph = graph

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)

    def copy(self, update: dict[str, Any] | None = None) -> Entrypoint:
        """A copy, as ``Pregel.copy``."""
        return Entrypoint(self._graph.copy(update))

    async def aget_state(self, config: Any, *, subgraphs: bool = False) -> Any:
        """The state at the thread's head, or at a checkpoint."""
        return await self._with_messages(await self._graph.aget_state(config, subgraphs=subgraphs))

    async def aget_state_history(self, config: Any, **options: Any) -> AsyncIterator[Any]:
        """The states of the thread, the latest first."""
        async for held in self._graph.aget_state_history(config, **options):
            yield await self._with_messages(held)

    async def astream(self, given: Any, config: Any, **options: Any) -> AsyncGenerator[Any, None]:
        """The parts of a turn."""
        history = _conversation(given) or []
        stored = isinstance(self._graph.checkpointer, BaseCheckpointSaver)
        if stored:
            held = await self.aget_state(config)
            history = [*(_conversation(held.values) or []), *history]
        yield {"type": "history", "ns": (), "data": history}
        last: Mapping[str, Any] | None = None
        stream = self._graph.astream(given, config, **options)
        async with aclosing(stream):
            async for part in stream:
                if part["type"] == "values" and not part.get("ns"):
                    last = part
                else:
                    yield part
        if last is None:
            return
        messages: list[BaseMessage] | None = None
        if last.get("interrupts"):
            pass  # it saves nothing before its end: what it holds is the turn before, without the question
        elif stored:
            head = {CONF: {key: value for key, value in config[CONF].items() if key != "checkpoint_id"}}
            messages = _conversation((await self.aget_state(head)).values)
        else:
            messages = _conversation(last["data"])
        yield {**last, "data": _shown(last["data"], messages)}

    async def _with_messages(self, held: Any) -> Any:
        saved = None
        if held.config and held.config.get(CONF, {}).get("checkpoint_id"):
            found = await self._graph.checkpointer.aget_tuple(held.config)
            saved = None if found is None else found.checkpoint["channel_values"].get(_PREVIOUS)
        messages = _conversation(saved) or _conversation(held.values)
        values = _shown(held.values, messages)
        return held._replace(values=values if isinstance(values, dict) else {})


def _conversation(value: Any) -> list[BaseMessage] | None:
    """The conversation that a value is or has; ``None`` where it has none of both sides."""
    if not isinstance(value, list):
        value = None if isinstance(value, BaseMessage) else (fields_of(value) or {}).get("messages")
    messages = as_conversation(value) if value else None
    return messages if messages and any(isinstance(message, HumanMessage) for message in messages) else None


def _shown(value: Any, messages: list[BaseMessage] | None) -> Any:
    """A returned value with the conversation as its ``messages``; by itself where there is none."""
    if isinstance(value, BaseMessage | list):
        return value if messages is None else {"messages": messages}
    fields = fields_of(value)
    if fields is None:
        return value if messages is None else {"messages": messages}
    fields.pop("messages", None)
    return fields if messages is None else {**fields, "messages": messages}
