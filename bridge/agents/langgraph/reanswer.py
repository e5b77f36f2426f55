"""An answer to an interrupt runs on a copy of the checkpoint that asks, so that the question can be answered again.

LangGraph keeps an answer as a pending write of the checkpoint that asked. A second answer from there is ignored: the
node reads the first one. So each answer gets a copy of its own: the checkpoint, those of the subgraphs that wait in it,
and the writes of what has already finished beside it. The original stays as it was when the question was asked, and a
fork to it goes back to before the first answer.

The ids of tasks, of the subgraphs' namespaces and of the interrupts derive from the checkpoint's id, so they change in
the copy. Its metadata lists by which ids a question was known before (`ASKED`), for a client that answers again after
its run has failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    copy_checkpoint,
)
from langgraph.checkpoint.base.id import uuid6
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, Interrupt

ASKED = "bridge_asked"
"""Key in a copy's metadata: interrupt id -> the ids under which the same question was asked before, oldest first."""

_INTERRUPT, _RESUME = "__interrupt__", "__resume__"
_NO_TASK = "00000000-0000-0000-0000-000000000000"


class NotCopied(Exception):
    """The checkpoint holds something whose ids in a copy are not known: calls inside an ``@entrypoint``, a graph that
    a tool invokes.
    """


async def resume_on_copy(graph: Any, config: RunnableConfig, given: Any) -> tuple[RunnableConfig, Any]:
    """The config and the input for ``astream`` so that this answer counts, whatever was answered before.

    ``given`` that is no answer by interrupt id comes back as it is, and so does one to a graph without a checkpointer
    of ours. Where no copy can be made, a first answer goes to the checkpoint itself, and a later one makes the graph
    ask again.
    """
    saver = getattr(graph, "checkpointer", None)
    resume = given.resume if isinstance(given, Command) else None
    if not isinstance(saver, BaseCheckpointSaver) or not isinstance(resume, Mapping) or not resume:
        return config, given
    wanted = config["configurable"]
    where = {"thread_id": wanted["thread_id"], "checkpoint_ns": ""}
    if wanted.get("checkpoint_id"):
        where["checkpoint_id"] = wanted["checkpoint_id"]
    held = await saver.aget_tuple({"configurable": where})
    if held is None:
        return config, given
    copy = _Copy(graph, saver, str(config["configurable"]["thread_id"]), frozenset(resume))
    try:
        await copy.make(held, "")
    except NotCopied:
        if _is_fresh(held):
            return config, given
        # LangGraph replays a checkpoint that it is pointed to without its answers: the graph asks again
        return _pointed(config, str(held.checkpoint["id"])), None
    await copy.store()
    answers = {copy.renamed.get(name, name): value for name, value in resume.items()}
    return _pointed(config, None), replace(given, resume=answers)


def earlier_ids(metadata: Mapping[str, Any] | None) -> Mapping[str, list[str]]:
    """Interrupt id -> the ids under which it was asked before, from a checkpoint's metadata."""
    return (metadata or {}).get(ASKED) or {}


def _is_fresh(held: CheckpointTuple) -> bool:
    """Whether the tasks that ask have written nothing yet: then the checkpoint itself can take the answer."""
    writes = held.pending_writes or []
    asking = {task for task, channel, _ in writes if channel == _INTERRUPT}
    return all(channel == _INTERRUPT for task, channel, _ in writes if task in asking)


def _pointed(config: RunnableConfig, checkpoint_id: str | None) -> RunnableConfig:
    where = {key: value for key, value in config["configurable"].items() if key != "checkpoint_id"}
    return {**config, "configurable": where | ({} if checkpoint_id is None else {"checkpoint_id": checkpoint_id})}


@dataclass(frozen=True, slots=True)
class _Level:
    """What to store of one namespace: the checkpoint, and its writes by (task, task's path)."""

    ns: str
    parent: str | None
    checkpoint: Checkpoint
    metadata: dict[str, Any]
    writes: dict[str, list[tuple[str, Any]]]


@dataclass(slots=True)
class _Copy:
    """A copy of a waiting checkpoint with its waiting subgraphs; `make` decides on it, `store` stores it."""

    graph: Any
    saver: BaseCheckpointSaver[Any]
    thread_id: str
    wanted: frozenset[str]
    renamed: dict[str, str] = field(default_factory=dict)
    levels: list[_Level] = field(default_factory=list)
    checkpoints: dict[str, str] = field(default_factory=dict)

    async def make(self, held: CheckpointTuple, new_ns: str) -> bool:
        """Copy one level and those below it; whether a wanted question waits there. Raises `NotCopied`."""
        ns = str(held.config["configurable"].get("checkpoint_ns") or "")
        if held.metadata.get("counters_since_delta_snapshot"):
            raise NotCopied  # its values are spread over its ancestors
        checkpoint = copy_checkpoint(held.checkpoint)
        checkpoint["id"], checkpoint["ts"] = str(uuid6()), datetime.now(UTC).isoformat()
        self.checkpoints[new_ns] = checkpoint["id"]
        tasks = await self._tasks(held, checkpoint, ns, new_ns)
        writes = _by_task(held.pending_writes or [])
        if writes.keys() - tasks.keys() - {_NO_TASK}:
            raise NotCopied
        kept = {_NO_TASK: writes[_NO_TASK]} if _NO_TASK in writes else {}
        waits = False
        for task, (old_ns, task_ns) in tasks.items():
            below = await self._below(old_ns, task_ns)
            own, mine = self._own(writes.get(task, []), old_ns, task_ns, below=below)
            waits = waits or mine
            kept[task_ns.rpartition(":")[2]] = own
        metadata: dict[str, Any] = {**held.metadata, "source": "fork", "parents": dict(self._parents(new_ns))}
        parent = (held.parent_config or {}).get("configurable", {}).get("checkpoint_id")
        parent = parent if ns == new_ns else None
        before = earlier_ids(held.metadata)
        if not ns:
            metadata[ASKED] = {new: [*before.get(old, []), old] for old, new in self.renamed.items()}
        self.levels.append(_Level(new_ns, parent, checkpoint, metadata, kept))
        return waits

    def _parents(self, ns: str) -> Iterator[tuple[str, str]]:
        """The checkpoints of the namespaces around this one, as LangGraph lists them in the metadata."""
        for around, checkpoint_id in self.checkpoints.items():
            if around != ns and (not around or ns.startswith(f"{around}|")):
                yield around, checkpoint_id

    async def _tasks(
        self, held: CheckpointTuple, checkpoint: Checkpoint, ns: str, new_ns: str
    ) -> dict[str, tuple[str, str]]:
        """The tasks of a checkpoint by id: their namespace, and the one they have in its copy.

        Which tasks a checkpoint has, LangGraph finds out; it is asked about both, in memory.
        """
        scratch = InMemorySaver()
        graph = self.graph.copy(update={"checkpointer": scratch})
        found = []
        for where, one in ((ns, held.checkpoint), (new_ns, checkpoint)):
            config: RunnableConfig = {"configurable": {"thread_id": self.thread_id, "checkpoint_ns": where}}
            await scratch.aput(config, copy_checkpoint(one), held.metadata, one["channel_versions"])
            try:
                found.append((await graph.aget_state(config)).tasks)
            except ValueError as unknown:  # no subgraph of this name: somebody invoked it from a function
                raise NotCopied from unknown
        before, after = found
        if [(task.name, task.path) for task in before] != [(task.name, task.path) for task in after]:
            raise NotCopied
        return {
            old.id: (_task_ns(ns, old.name, old.id), _task_ns(new_ns, new.name, new.id))
            for old, new in zip(before, after, strict=True)
        }

    async def _below(self, old_ns: str, new_ns: str) -> bool:
        """Copy the subgraph of a task, where it has begun; whether a wanted question waits there."""
        held = await self.saver.aget_tuple(
            {"configurable": {"thread_id": self.thread_id, "checkpoint_ns": old_ns, "checkpoint_id": ""}}
        )
        return held is not None and await self.make(held, new_ns)

    def _own(
        self, writes: Sequence[tuple[str, Any]], old_ns: str, new_ns: str, *, below: bool
    ) -> tuple[list[tuple[str, Any]], bool]:
        """The writes of a task in the copy: its questions under their new ids; less its answers from the wanted one on.

        Second, whether a wanted question waits in it, or ``below`` it.
        """
        written: Any = next((value for channel, value in writes if channel == _RESUME), [])
        answers: list[Any] = list(written) if isinstance(written, list) else [written]
        given: int | None = None
        kept: list[tuple[str, Any]] = []
        for channel, value in writes:
            if channel != _INTERRUPT:
                kept.append((channel, value))
                continue
            asked = []
            for interrupt in value:
                for number in range(len(answers) + 1):
                    if Interrupt.from_ns(None, _slot(old_ns, number)).id == interrupt.id:
                        self.renamed[interrupt.id] = Interrupt.from_ns(None, _slot(new_ns, number)).id
                        given = number if interrupt.id in self.wanted else given
                if interrupt.id not in self.renamed:
                    raise NotCopied
                asked.append(
                    Interrupt(interrupt.value, self.renamed[interrupt.id], response_schema=interrupt.response_schema)
                )
            kept.append((channel, asked))
        if given is None and not below:
            return kept, False
        kept = [(channel, value) for channel, value in kept if channel == _INTERRUPT]
        return [*kept, *([(_RESUME, answers[:given])] if given else [])], True

    async def store(self) -> None:
        """Store the copy, the outermost level last: a thread never has a head that lacks its subgraphs."""
        for level in sorted(self.levels, key=lambda level: level.ns == ""):
            config: RunnableConfig = {"configurable": {"thread_id": self.thread_id, "checkpoint_ns": level.ns}}
            if level.parent is not None:
                config["configurable"]["checkpoint_id"] = level.parent
            stored = await self.saver.aput(
                config,
                level.checkpoint,
                cast("CheckpointMetadata", level.metadata),
                level.checkpoint["channel_versions"] if level.ns else {},  # the thread has the values already
            )
            for task, writes in level.writes.items():
                if writes:
                    await self.saver.aput_writes(stored, writes, task)


def _by_task(writes: Iterable[tuple[str, str, Any]]) -> dict[str, list[tuple[str, Any]]]:
    by_task: dict[str, list[tuple[str, Any]]] = {}
    for task, channel, value in writes:
        by_task.setdefault(task, []).append((channel, value))
    return by_task


def _task_ns(ns: str, name: str, task: str) -> str:
    return f"{ns}|{name}:{task}" if ns else f"{name}:{task}"


def _slot(ns: str, number: int) -> str:
    """What the id of a task's question is made from: the namespace, and how many answers came before."""
    return f"{ns}|{number}" if number else ns
