"""Where in a thread to go back to, when its client edited an earlier message or asks for an answer anew.

Every checkpoint holds the whole state of its moment, and a thread of 300 turns has 1,200. So they are not read one by
one: a checkpoint's metadata has its ``step``, which grows by one along a branch, and its conversation only grows. The
step is found by halving, ten checkpoints are read. Where that does not hold (steps that were not stored, conversations
that were cut by a summary, a checkpointer that lists nothing) the whole history is read, as it always was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

from bridge.agents.langgraph.state import fields_of
from bridge.errors import InvalidRequest

CONVERSATION = ("human", "ai", "tool")
"""The kinds of messages that clients know by their ids."""


@dataclass(frozen=True, slots=True)
class Fork:
    """A checkpoint and how many messages of the conversation it has."""

    checkpoint_id: str
    length: int


async def find_fork(
    graph: Any,
    thread_id: str,
    kept: Sequence[str],
    aliases: Mapping[str, str],
    *,
    again: bool,
    texts: Mapping[str, Any] | None = None,
) -> Fork:
    """The checkpoint whose conversation is ``kept``, or the longest beginning of it.

    Not every beginning of a conversation has a checkpoint: a paused subgraph's messages are its own until it has
    finished. To answer ``again``, the earliest that has a node to run, so that routing is done anew; else the latest,
    with all that was done until then. ``kept`` are the checkpoints' ids, ``aliases`` tells hidden nodes' messages.
    ``texts`` are the contents of the user's messages, by id: one that was edited under its id is another message on
    the branch that was left. Raises `InvalidRequest` when nothing of the thread is kept.
    """
    kept, shown = list(kept), Shown(aliases, texts or {})
    checkpointer = getattr(graph, "checkpointer", None)
    found: Fork | None = None
    if isinstance(checkpointer, BaseCheckpointSaver) and kept:
        search = _Search(graph, checkpointer, thread_id, kept, shown)
        found = await (search.earliest() if again else search.latest())
    if found is None:
        found = await _walk(graph, thread_id, kept, shown, again=again)
    if found is None:
        raise InvalidRequest("Nothing of this conversation is kept any more.", param="messages")
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a checkpoint's messages clients know: see `find_fork`."""

    aliases: Mapping[str, str]
    texts: Mapping[str, Any] = field(default_factory=dict)

    def ids(self, messages: Any) -> list[str | None]:
        """The ids of a conversation, less a hidden node's messages; ``None`` for one that reads otherwise now."""
        return [
            message.id if self.texts.get(str(message.id), message.content) == message.content else None
            for message in messages or ()
            if message.type in CONVERSATION and self.aliases.get(str(message.id)) != ""
        ]


async def _walk(graph: Any, thread_id: str, kept: list[str], shown: Shown, *, again: bool) -> Fork | None:
    """By the whole history, latest first."""
    found: Fork | None = None
    async for held in graph.aget_state_history({"configurable": {"thread_id": thread_id}}):
        ids = shown.ids((fields_of(held.values) or {}).get("messages"))
        if ids != kept[: len(ids)] or (found is not None and len(ids) < found.length):
            continue
        whole = len(ids) == len(kept)
        if again and whole and not _can_run(held):
            continue
        if found is None or len(ids) > found.length or again:
            found = Fork(held.config["configurable"]["checkpoint_id"], len(ids))
        if whole and not again:
            break
    return found


def _can_run(held: Any) -> bool:
    """Whether a node of the graph comes next, and not the input that was given."""
    return bool(held.next) and "__start__" not in held.next


@dataclass(frozen=True, slots=True)
class _Probe:
    """What the checkpoints of one step have of the conversation: of several branches' the one that has most of it.

    ``grown``: some checkpoint of the step has all that is kept and more.
    """

    fork: Fork | None
    grown: bool


class _Unclear(Exception):
    """The thread is not as halving needs it."""


class _Search:
    """Looks for a step by halving. Its answers are None where the history has to be read."""

    def __init__(
        self,
        graph: Any,
        checkpointer: BaseCheckpointSaver[Any],
        thread_id: str,
        kept: list[str],
        shown: Shown,
    ) -> None:
        self._graph = graph
        self._checkpointer = checkpointer
        self._kept = kept
        self._shown = shown
        self._where: RunnableConfig = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
        self._probes: dict[int, _Probe] = {}

    async def latest(self) -> Fork | None:
        """The latest checkpoint with all that is kept, else with most of it."""
        whole = len(self._kept)
        try:
            step, _ = await self._first(lambda probe: probe.grown and _length(probe) != whole)
            return (await self._probe(step - 1)).fork
        except (_Unclear, NotImplementedError):
            return None

    async def earliest(self) -> Fork | None:
        """The earliest checkpoint with all that is kept and a node to run, else with most of it."""
        whole = len(self._kept)
        try:
            first, last = await self._first(lambda probe: probe.grown or _length(probe) == whole)
            for step in range(first, last + 1):
                fork = (await self._probe(step)).fork
                if fork is None or fork.length != whole:
                    break
                if _can_run(await self._graph.aget_state(self._at(fork.checkpoint_id))):
                    return fork
            most = _length(await self._probe(first - 1))
            step, _ = await self._first(lambda probe: probe.grown or _length(probe) >= most)
            return (await self._probe(step)).fork
        except (_Unclear, NotImplementedError):
            return None

    async def _first(self, is_beyond: Callable[[_Probe], bool]) -> tuple[int, int]:
        """The first step that is beyond what is looked for (one after the last, if none is), and the last step."""
        head = await self._checkpointer.aget_tuple(self._where)
        last = head.metadata.get("step") if head is not None else None
        if not isinstance(last, int):
            raise _Unclear
        low, high = -1, last + 1
        while low < high:
            middle = (low + high) // 2
            if is_beyond(await self._probe(middle)):
                high = middle
            else:
                low = middle + 1
        return low, last

    async def _probe(self, step: int) -> _Probe:
        """Raises `_Unclear` where no checkpoint of this step shows on which side of the fork it is."""
        known = self._probes.get(step)
        if known is None:
            known = self._probes[step] = await self._read(step)
        if known.fork is None and not known.grown:
            raise _Unclear
        return known

    async def _read(self, step: int) -> _Probe:
        fork: Fork | None = None
        grown = False
        listed: Any = self._checkpointer.alist(self._where, filter={"step": step})
        async with aclosing(listed):
            tuples: list[CheckpointTuple] = [found async for found in listed]
        for found in tuples:
            checkpoint_id = str(found.config["configurable"]["checkpoint_id"])
            ids = await self._ids(found, checkpoint_id)
            if ids == self._kept[: len(ids)]:
                if fork is None or len(ids) > fork.length:
                    fork = Fork(checkpoint_id, len(ids))
            elif ids[: len(self._kept)] == self._kept:
                grown = True
        return _Probe(fork, grown)

    async def _ids(self, found: CheckpointTuple, checkpoint_id: str) -> list[str | None]:
        messages = found.checkpoint["channel_values"].get("messages", ())
        if not isinstance(messages, list | tuple) or not all(isinstance(one, BaseMessage) for one in messages):
            held = await self._graph.aget_state(self._at(checkpoint_id))  # a channel that stores its value in pieces
            messages = (fields_of(held.values) or {}).get("messages")
        return self._shown.ids(messages)

    def _at(self, checkpoint_id: str) -> RunnableConfig:
        return {"configurable": {**self._where["configurable"], "checkpoint_id": checkpoint_id}}


def _length(probe: _Probe) -> int:
    return -1 if probe.fork is None else probe.fork.length
