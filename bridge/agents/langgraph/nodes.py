"""What kind of node a graph's nodes are, by the graph's own structure. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def worker_nodes(graph: Any) -> frozenset[str]:
    """The nodes whose work always goes on to another node and comes back from there: a supervisor's workers.

    By the graph's edges. A node that the graph may end after is no worker: its text is the answer.
    """
    builder = getattr(graph, "builder", None)
    nodes = getattr(builder, "nodes", {})
    if not nodes:
        return frozenset()
    fixed: dict[str, set[str]] = {name: set() for name in nodes}
    for start, end in getattr(builder, "edges", ()):
        if start in fixed:
            fixed[start].add(end)
    after = {name: set(ends) for name, ends in fixed.items()}
    for name, node in nodes.items():
        ends: Iterable[str] = getattr(node, "ends", None) or ()
        after[name] |= set(ends)
        for branch in getattr(builder, "branches", {}).get(name, {}).values():
            after[name] |= set((getattr(branch, "ends", None) or {}).values())
    branching = set(getattr(builder, "branches", {}))
    return frozenset(
        name
        for name, ends in fixed.items()
        if ends and name not in branching and "__end__" not in ends and _reaches(after, ends, name)
    )


def _reaches(after: Mapping[str, set[str]], begin: Iterable[str], wanted: str) -> bool:
    seen: set[str] = set()
    waiting = list(begin)
    while waiting:
        name = waiting.pop()
        if name == wanted:
            return True
        if name not in seen:
            seen.add(name)
            waiting += after.get(name, ())
    return False


def tool_nodes(graph: Any) -> frozenset[str]:
    """The nodes of a graph and its subgraphs that are LangGraph's ``ToolNode``."""
    return frozenset(name for name, _ in _tool_nodes(graph))


def tool_names(graph: Any) -> frozenset[str]:
    """The names of the tools that those nodes run."""
    return frozenset(str(tool) for _, tools in _tool_nodes(graph) for tool in tools)


def _tool_nodes(graph: Any) -> Iterator[tuple[str, Iterable[str]]]:
    for name, node in (getattr(graph, "nodes", None) or {}).items():
        bound = getattr(node, "bound", None)
        tools: Iterable[str] | None = getattr(bound, "tools_by_name", None)
        if tools is not None:
            yield str(name), tools
        elif getattr(bound, "nodes", None) and bound is not graph:
            yield from _tool_nodes(bound)
