"""Values of the subgraphs at work, by their paths in the graph. Pure."""

from __future__ import annotations

from typing import Generic, TypeVar

Path = tuple[str, ...]
"""Where a task runs: ``("node:task id", "node of the subgraph:task id", …)``."""

T = TypeVar("T")


class Paths(Generic[T]):
    """A dict by path that forgets all that lies under a path in time linear in what it forgets.

    When one of 2,000 parallel tasks ends, the other 1,999 are not looked at.
    """

    def __init__(self) -> None:
        self._values: dict[Path, T] = {}
        self._under: dict[Path, dict[Path, None]] = {}

    def __contains__(self, path: Path) -> bool:
        return path in self._values

    def get(self, path: Path) -> T | None:
        """The value at this path."""
        return self._values.get(path)

    def set(self, path: Path, value: T) -> None:
        """Set the value at this path."""
        if path not in self._values:
            for length in range(1, len(path) + 1):
                self._under.setdefault(path[:length], {})[path] = None
        self._values[path] = value

    def remove_under(self, path: Path) -> None:
        """Forget this path and all under it."""
        for held in list(self._under.get(path, ())):
            del self._values[held]
            for length in range(1, len(held) + 1):
                paths = self._under[held[:length]]
                del paths[held]
                if not paths:
                    del self._under[held[:length]]

    def outermost_first(self) -> list[T]:
        """The values, those of outer paths first."""
        return [self._values[path] for path in sorted(self._values, key=len)]
