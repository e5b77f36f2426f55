"""The steps of a run: their names, their places in the drawing, their events. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.events.event import Event


class StepNames:
    """The names of the steps that are open: a node's own, with its path or a number where that is taken.

    No two of them have one name, and opening or closing one costs the same for any number.

    ``open(task_id, ns, node) -> name``, ``close(task_id) -> name``.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._opened: set[str] = set()
        self._next: dict[str, int] = {}
        self._free: dict[str, list[int]] = {}
        self._numbers: dict[str, tuple[str, int]] = {}

    def open(self, task_id: str, ns: Sequence[str], node: str) -> str:
        """A name that is not open now: the node's own, else with its path, else counted (``Send``)."""
        name = node if node not in self._opened else self._numbered("/".join([*map(_node, ns), node]))
        self._names[task_id] = name
        self._opened.add(name)
        return name

    def close(self, task_id: str) -> str | None:
        """The name of a step that ends; ``None`` for a task that has none. The name can be given again."""
        name = self._names.pop(task_id, None)
        if name is None:
            return None
        self._opened.discard(name)
        path, number = self._numbers.pop(name, (name, 0))
        if number:
            heapq.heappush(self._free.setdefault(path, []), number)
        return name

    def _numbered(self, path: str) -> str:
        """The path with the lowest number that is free; with none at all if it is."""
        if path not in self._opened:
            return path
        free = self._free.get(path)
        while True:
            if free:
                number = heapq.heappop(free)
            else:
                number = self._next[path] = self._next.get(path, 1) + 1
            name = f"{path} #{number}"
            if name not in self._opened:  # a node may have such a name itself
                self._numbers[name] = (path, number)
                return name


class Steps:
    """The steps of a run, as events.

    Args:
        placed: whether the events say where their node is (`place_of`): clients before AG-UI 1.0 know no ``metadata``.
        clock: seconds since the epoch, for ``timestamp`` (milliseconds); ``None``: there is none.
    """

    def __init__(self, *, placed: bool, clock: Callable[[], float] | None = None) -> None:
        self._names = StepNames()
        self._placed = placed
        self._clock = clock

    def started(self, ns: Sequence[str], task: Mapping[str, Any]) -> Event:
        """STEP_STARTED of a task."""
        name = self._names.open(task["id"], ns, str(task["name"]))
        return self._event("STEP_STARTED", name, ns, task)

    def finished(self, ns: Sequence[str], task: Mapping[str, Any]) -> Event | None:
        """STEP_FINISHED; ``None`` where the task's start was not shown."""
        name = self._names.close(task["id"])
        return None if name is None else self._event("STEP_FINISHED", name, ns, task)

    def _event(self, kind: str, name: str, ns: Sequence[str], task: Mapping[str, Any]) -> Event:
        event: Event = {"type": kind, "stepName": name}
        if self._placed:
            event["metadata"] = place_of(task["id"], ns, str(task["name"]))
            if self._clock is not None:
                event["timestamp"] = int(self._clock() * 1000)
        return event


def place_of(task_id: str, ns: Sequence[str], node: str) -> dict[str, Any]:
    """A step's ``metadata``: the task, the task that it runs in, the node's place in the drawing, and which call it is.

    ``path`` is the node's `bridge.agents.structure.Node`'s own. ``call`` counts the graphs that one task calls, from 1:
    LangGraph puts a bare number into the ``ns`` of the second one and of all after it.
    """
    within = [step for step in ns if not step.isdigit()]
    numbers = [int(step) for step in ns if step.isdigit()]
    return {
        "task": task_id,
        "parent": within[-1].partition(":")[2] if within else None,
        "path": "/".join([*map(_node, within), node]),
        "call": numbers[-1] + 1 if numbers else 1,
    }


def _node(step: str) -> str:
    return step.partition(":")[0]
