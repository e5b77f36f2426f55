"""What a graph is made of, from its builder.

LangGraph's own ``get_graph`` simulates a run: behind one router without a path map all edges are lost, the declared
ones too, and some are invented (langgraph#4788, #7653). A builder has every edge as it was declared. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any

from bridge.agents.structure import Edge, Level, Node, NodeKind, Structure, Unknown, node

START, END, ANYWHERE = "__start__", "__end__", "__anywhere__"
_DEEPEST = 8
_MOST = 2_000


def structure_of(graph: Any) -> Structure:
    """The structure of a compiled graph. What it cannot say of itself is listed; nothing raises.

    Of at most 2,000 nodes, and eight levels: what is beyond is listed as unknown.
    """
    reading = _Reading()
    root = reading.level(graph, "", (id(graph),))
    return {"root": root, "unknown": reading.unknown}


def structure_of_drawing(drawing: Any) -> Structure:
    """The same of LangChain's ``Graph``, for a graph without a builder: one that is elsewhere (``RemoteGraph``)."""
    kinds: dict[str, NodeKind] = {START: "start", END: "end"}
    nodes = [node(name, kinds.get(name, "node")) for name in list(drawing.nodes)[:_MOST]]
    known = {each["id"] for each in nodes}
    edges = [
        _edge(edge.source, edge.target, conditional=edge.conditional, label=edge.data and str(edge.data))
        for edge in drawing.edges
        if {edge.source, edge.target} <= known
    ]
    return {"root": {"path": "", "nodes": nodes, "edges": edges}, "unknown": []}


class _Reading:
    """One graph that is read."""

    def __init__(self) -> None:
        self.unknown: list[Unknown] = []
        self._left = _MOST

    def level(self, graph: Any, path: str, within: tuple[int, ...]) -> Level:
        """A graph and all in it. ``within``: the graphs around it, which it may hold itself."""
        builder = getattr(graph, "builder", None)
        specs = dict(_mapping(builder, "nodes") or _mapping(graph, "nodes"))
        specs.pop(START, None)
        found: Level = {"path": path, "nodes": [], "edges": []}
        subgraphs = _subgraphs(graph)
        for name, spec in specs.items():
            if self._left == 0:
                self._note(path or name, f"only the first {_MOST} nodes are described", None)
                break
            self._left -= 1
            found["nodes"].append(self._node(graph, str(name), spec, subgraphs.get(name), path=path, within=within))
        known = {each["id"] for each in found["nodes"]} | {START, END, ANYWHERE}
        found["edges"] = [
            each for each in self._edges(builder, specs, path) if {each["source"], each["target"]} <= known
        ]
        if builder is None and specs:
            self._note(path, "a functional graph declares no edges: its tasks are seen as they run", None)
        ends = {end for each in found["edges"] for end in (each["source"], each["target"])}
        kinds: tuple[tuple[str, NodeKind], ...] = ((START, "start"), (END, "end"), (ANYWHERE, "anywhere"))
        found["nodes"] += [node(name, kind, within=path) for name, kind in kinds if name in ends]
        return found

    def _node(self, graph: Any, name: str, spec: Any, subgraph: Any, *, path: str, within: tuple[int, ...]) -> Node:
        made = node(name, within=path)
        bound = getattr(spec, "runnable", None) or getattr(spec, "bound", None)
        made["tools"] = sorted(map(str, _mapping(bound, "tools_by_name")))
        made["defer"] = bool(getattr(spec, "defer", False))
        before, after = (_pauses(graph, f"interrupt_{when}_nodes", name) for when in ("before", "after"))
        made["waits"] = "both" if before and after else "before" if before else "after" if after else None
        if made["tools"]:
            made["kind"] = "tools"
        if subgraph is not None:
            made["kind"] = "subgraph"
            if id(subgraph) in within:
                self._note(made["path"], "this subgraph holds itself: it is described once", None)
            elif len(within) == _DEEPEST:
                self._note(made["path"], f"subgraphs more than {_DEEPEST} deep are not described", None)
            else:
                made["graph"] = self.level(subgraph, made["path"], (*within, id(subgraph)))
        return made

    def _edges(self, builder: Any, specs: Mapping[str, Any], path: str) -> Iterator[Edge]:
        for source, target in sorted(getattr(builder, "edges", None) or ()):
            yield _edge(source, target)
        for sources, target in sorted(getattr(builder, "waiting_edges", None) or ()):
            yield from (_edge(source, target, join=True) for source in sources)
        for source, branches in _mapping(builder, "branches").items():
            for router, branch in branches.items():
                ends = getattr(branch, "ends", None)
                if ends is None:
                    function = router if str(router).isidentifier() else "router"
                    advice = f'graph.add_conditional_edges({source!r}, {function}, ["…"])'
                    self._note(_within(path, source), f"the router '{router}' does not say where it leads", advice)
                    yield _edge(source, ANYWHERE, conditional=True)
                    continue
                for label, target in ends.items():
                    yield _edge(source, target, conditional=True, label=None if label == target else str(label))
        for source, spec in specs.items():
            ends = getattr(spec, "ends", None) or ()
            labels = ends if isinstance(ends, Mapping) else dict.fromkeys(ends)
            for target, label in labels.items():
                said = None if label is None or label == target else str(label)
                yield _edge(source, target, conditional=True, label=said)
            if not ends and builder is not None and _goes_by_command(getattr(spec, "runnable", None)):
                function = source if str(source).isidentifier() else "step"
                advice = f'def {function}(…) -> Command[Literal["…"]]:'
                self._note(_within(path, source), "a Command says where it leads, and its annotation does not", advice)
                yield _edge(source, ANYWHERE, conditional=True)

    def _note(self, path: str, what: str, advice: str | None) -> None:
        self.unknown.append({"node": path, "what": what, "advice": advice})


def _edge(source: Any, target: Any, *, conditional: bool = False, label: str | None = None, join: bool = False) -> Edge:
    return {"source": str(source), "target": str(target), "conditional": conditional, "label": label, "join": join}


def _within(path: str, name: Any) -> str:
    return f"{path}/{name}" if path else str(name)


def _mapping(held: Any, name: str) -> Mapping[Any, Any]:
    found = getattr(held, name, None)
    return found if isinstance(found, Mapping) else {}


def _pauses(graph: Any, names: str, name: str) -> bool:
    nodes = getattr(graph, names, None) or ()
    return nodes == "*" or name in nodes


def _subgraphs(graph: Any) -> dict[str, Any]:
    """The subgraphs by their nodes, also those that a node's function calls."""
    try:
        return dict(graph.get_subgraphs())
    except Exception:  # a graph of another kind, or one whose function cannot be looked into
        return {}


def _goes_by_command(bound: Any) -> bool:
    """Whether a node's own function makes a ``Command`` with a ``goto``."""
    for name in ("func", "afunc"):
        function = getattr(bound, name, None)
        code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
        if isinstance(code, CodeType) and "Command" in code.co_names and "goto" in _words(code):
            return True
    return False


def _words(code: CodeType) -> set[Any]:
    """The constants of a function, those in tuples too: names of keyword arguments are among them."""
    inner = [each for constant in code.co_consts if isinstance(constant, tuple) for each in constant]
    return {each for each in (*code.co_consts, *inner) if isinstance(each, str)}
