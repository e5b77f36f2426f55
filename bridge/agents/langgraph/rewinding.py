"""A thread's checkpoints: reading them, copying one, and writing a changed one. By LangGraph's public methods alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.channels import BinaryOperatorAggregate
from langgraph.errors import InvalidUpdateError
from langgraph.types import Overwrite, StateUpdate

from bridge.agents.langgraph.messages import messages_to_langchain
from bridge.agents.langgraph.state import fields_of, project
from bridge.agents.langgraph.translate import snapshot
from bridge.agents.rewindable import Checkpoint, Snapshot
from bridge.errors import InvalidRequest, UnknownThread

START = "__start__"


class Rewinding:
    """The checkpoints of one thread.

    Args:
        graph: with a checkpointer that is scoped to the thread.
        thread_id: what the graph knows the thread by.
        allow: the state keys that may leave the server; ``None``: all.
    """

    def __init__(self, graph: Any, thread_id: str, allow: Sequence[str] | None) -> None:
        self._graph = graph
        self._thread_id = thread_id
        self._allow = allow

    def _where(self, checkpoint_id: str | None = None) -> RunnableConfig:
        named = {} if checkpoint_id is None else {"checkpoint_id": checkpoint_id}
        return {"configurable": {"thread_id": self._thread_id, "checkpoint_ns": "", **named}}

    async def history(self, limit: int, before: str | None) -> list[Checkpoint]:
        """See `bridge.agents.rewindable.Rewindable`."""
        older = None if before is None else self._where(before)
        listed = self._graph.aget_state_history(self._where(), before=older, limit=limit)
        return [_checkpoint(held) async for held in listed]

    async def _held(self, checkpoint_id: str | None) -> Any:
        held = await self._graph.aget_state(self._where(checkpoint_id))
        return held if held.created_at is not None else None

    async def at(self, checkpoint_id: str | None) -> Snapshot | None:
        """See `bridge.agents.rewindable.Rewindable`."""
        held = await self._held(checkpoint_id)
        return None if held is None else self._snapshot(held)

    def _snapshot(self, held: Any) -> Snapshot:
        fields = fields_of(held.values) or {}
        values = project(fields, self._allow)
        if "messages" in fields:
            values["messages"] = snapshot(list(fields["messages"]))
        return {**_checkpoint(held), "values": values}

    async def copy_to(
        self, checkpoint_id: str, new: Rewinding, values: Mapping[str, Any], as_node: str | None
    ) -> Snapshot:
        """Store a checkpoint of this thread as the first one of a new thread, under its own id; then change that."""
        held = await self._held(checkpoint_id)
        found = await self._graph.checkpointer.aget_tuple(self._where(checkpoint_id))
        if held is None or found is None:
            raise no_checkpoint(checkpoint_id)
        changes = self._changes(self._snapshot(held)["values"], values)
        nodes = await self._nodes(held, as_node) if changes else []
        stored = found.checkpoint
        await new.store(stored, {**found.metadata, "source": "fork"})
        return await new.write(await new.held(), changes, nodes)

    async def store(self, checkpoint: Any, metadata: Any) -> None:
        """Store a checkpoint as this thread's own, whatever thread it is of."""
        await self._graph.checkpointer.aput(self._where(), checkpoint, metadata, checkpoint["channel_versions"])

    async def edit(self, checkpoint_id: str | None, values: Mapping[str, Any], as_node: str | None) -> Snapshot:
        """See `bridge.agents.rewindable.Rewindable`."""
        held = await self._held(checkpoint_id)
        if held is None:
            raise no_checkpoint(checkpoint_id)
        changes = self._changes(self._snapshot(held)["values"], values)
        return await self.write(held, changes, await self._nodes(held, as_node))

    async def held(self) -> Any:
        """LangGraph's snapshot of the thread as it is now."""
        return await self._graph.aget_state(self._where())

    async def write(self, held: Any, changes: Mapping[str, Any], nodes: Sequence[str]) -> Snapshot:
        """Write a changed checkpoint after this one, as these nodes would have. Raises `InvalidRequest`."""
        if not changes:
            return self._snapshot(held)
        first, *others = nodes
        updates = [StateUpdate(dict(changes), first), *(StateUpdate({}, other) for other in others)]
        try:
            config = await self._graph.abulk_update_state(held.config, [updates])
        except (InvalidUpdateError, TypeError, ValueError) as error:
            wrong = f"The state does not take these values ({type(error).__name__})."
            raise InvalidRequest(wrong, param="values") from error
        return self._snapshot(await self._held(str(config["configurable"]["checkpoint_id"])))

    async def _nodes(self, held: Any, as_node: str | None) -> list[str]:
        nodes = [as_node] if as_node is not None else await self._writers(held)
        for node in nodes:
            if node not in (START, *self._graph.nodes):
                raise InvalidRequest(f"The graph has no node '{node[:60]}'.", param="asNode")
        return nodes

    def _changes(self, now: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
        """What differs, as the graph takes it: past the reducer, which would add it to what is there."""
        changed = {key: value for key, value in values.items() if now.get(key, now) != value}
        for key in changed:
            if key not in now and (key.startswith("_") or key not in self._graph.channels):
                raise InvalidRequest(f"The state has no key '{key[:60]}'.", param=f"values.{key[:60]}")
            if self._allow is not None and key not in self._allow and key != "messages":
                raise InvalidRequest(f"'{key[:60]}' may not be changed.", param=f"values.{key[:60]}")
        if "messages" in changed:
            changed["messages"] = _conversation(changed["messages"])
        channels = self._graph.channels
        return {
            key: Overwrite(value) if isinstance(channels.get(key), BinaryOperatorAggregate) else value
            for key, value in changed.items()
        }

    async def _writers(self, held: Any) -> list[str]:
        """The nodes that made a checkpoint: those that ran from the one before it."""
        parent = held.parent_config
        if held.metadata.get("source") == "input" or parent is None:
            raise InvalidRequest(
                "This checkpoint has not taken its input yet: choose the one after it, or name 'asNode'.",
                param="asNode",
            )
        before = await self._graph.aget_state(parent)
        names = sorted({task.name for task in before.tasks if task.name in (START, *self._graph.nodes)})
        if held.metadata.get("source") != "loop" or not names:
            raise InvalidRequest("Who wrote this checkpoint is not known: name 'asNode'.", param="asNode")
        return names


def _checkpoint(held: Any) -> Checkpoint:
    parent = (held.parent_config or {}).get("configurable", {}).get("checkpoint_id")
    return {
        "id": str(held.config["configurable"]["checkpoint_id"]),
        "parent": None if parent is None else str(parent),
        "at": held.created_at,
        "step": int(held.metadata.get("step", 0)),
        "source": held.metadata.get("source", "loop"),
        "next": list(held.next),
        "tasks": [
            {
                "id": task.id,
                "name": task.name,
                "error": None if task.error is None else type(task.error).__name__,
                "interrupts": len(task.interrupts),
            }
            for task in held.tasks
        ],
    }


def _conversation(messages: Any) -> list[Any]:
    wrong = InvalidRequest(
        "'messages' are AG-UI's messages, each with an id, a role and content.", param="values.messages"
    )
    if not isinstance(messages, list):
        raise wrong
    try:
        return messages_to_langchain(messages)
    except (AttributeError, KeyError, LookupError, TypeError, ValueError) as error:
        raise wrong from error


def no_checkpoint(checkpoint_id: str | None) -> UnknownThread:
    """The error for a checkpoint that the thread does not have."""
    return UnknownThread(f"The thread has no checkpoint '{str(checkpoint_id)[:60]}'.")
