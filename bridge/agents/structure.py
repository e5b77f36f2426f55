"""What an agent is made of, as JSON for people who look at it: nodes, edges, what cannot be known."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

from typing_extensions import TypedDict  # pydantic wants it before Python 3.12

NodeKind = Literal["start", "end", "node", "tools", "subgraph", "anywhere"]
"""``anywhere``: where edges lead of which nobody knows the ends before they are taken."""


class Node(TypedDict):
    """A node of one level.

    ``path``: its name after those of the nodes that it is within (``sales/model``). ``tools``: the names of those it
    runs. ``waits``: when the graph pauses for a person, where it was compiled so. ``graph``: the level within it.
    """

    id: str
    path: str
    kind: NodeKind
    tools: list[str]
    waits: Literal["before", "after", "both"] | None
    defer: bool
    graph: Level | None


class Edge(TypedDict):
    """An edge between two nodes of one level, by their ids.

    ``label``: what a router calls this way, where that is not the node's name. ``join``: the target waits for all
    edges of this kind that lead to it.
    """

    source: str
    target: str
    conditional: bool
    label: str | None
    join: bool


class Level(TypedDict):
    """A graph, or a subgraph. No edge crosses its border."""

    path: str
    nodes: list[Node]
    edges: list[Edge]


class Unknown(TypedDict):
    """What cannot be drawn. ``node``: its path. ``advice``: the code that would declare it, where there is some."""

    node: str
    what: str
    advice: str | None


class Structure(TypedDict):
    """An agent's graph."""

    root: Level
    unknown: list[Unknown]


@runtime_checkable
class Structured(Protocol):
    """An agent that knows what it is made of. Optional."""

    async def structure(self) -> Structure:
        """Its graph. It may take a while, and holds the event loop for none of it."""


def node(name: str, kind: NodeKind = "node", *, within: str = "") -> Node:
    """A node of which no more is known."""
    path = f"{within}/{name}" if within else name
    return {"id": name, "path": path, "kind": kind, "tools": [], "waits": None, "defer": False, "graph": None}


def one_node(name: str) -> Structure:
    """The graph of an agent that cannot say what it is made of."""
    return {"root": {"path": "", "nodes": [node(name)], "edges": []}, "unknown": []}
