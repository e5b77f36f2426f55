"""A stored thread under another id, by any checkpointer's own methods."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple


async def move_thread(saver: BaseCheckpointSaver[Any], old: str, new: str) -> int:
    """Copy the thread ``old`` to ``new``, subgraphs and pending writes included, then delete ``old``.

    Returns how many checkpoints were moved. When it is interrupted, and done again, it loses nothing: a checkpoint
    keeps its id, so that it is stored over itself.
    """
    # the ids first: a saver may let nobody write while it lists
    ids = [found.config async for found in saver.alist({"configurable": {"thread_id": old}})]
    for config in ids:
        found = await saver.aget_tuple(config)
        if found is not None:
            await _store(saver, found, new)
    if ids:
        await saver.adelete_thread(old)
    return len(ids)


async def _store(saver: BaseCheckpointSaver[Any], found: CheckpointTuple, thread_id: str) -> None:
    namespace = found.config["configurable"].get("checkpoint_ns", "")
    parent = (found.parent_config or {}).get("configurable", {}).get("checkpoint_id")
    where: RunnableConfig = {"configurable": {"thread_id": thread_id, "checkpoint_ns": namespace}}
    if parent is not None:
        where["configurable"]["checkpoint_id"] = parent
    stored = await saver.aput(where, found.checkpoint, found.metadata, found.checkpoint["channel_versions"])
    by_task: dict[str, list[tuple[str, Any]]] = {}
    for task_id, channel, value in found.pending_writes or ():
        by_task.setdefault(task_id, []).append((channel, value))
    for task_id, writes in by_task.items():
        await saver.aput_writes(stored, writes, task_id)
