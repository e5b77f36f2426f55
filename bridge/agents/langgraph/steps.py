"""Names for the steps of a run: a node's own, with its path or a number where that name is taken. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Sequence


class StepNames:
    """The steps that are open. No two of them have one name, and opening or closing one costs the same for any number.

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


def _node(step: str) -> str:
    return step.partition(":")[0]
