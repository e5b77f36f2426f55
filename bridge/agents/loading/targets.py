"""What the command line names -> graphs, factories and other objects."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.agents.base import Agent
from bridge.agents.langgraph.factories.shape import FactoryShapeError, shape_of
from bridge.agents.langgraph.graphs import WANTED, compiled, is_builder, is_entered, is_factory, is_graph, kind_of
from bridge.agents.langgraph.project import ProjectGraph, Resource, indexed_store
from bridge.agents.load_error import LoadError
from bridge.agents.loading.dependencies import add_dependencies
from bridge.agents.loading.environment import set_environment
from bridge.agents.loading.manifest import MANIFEST, Manifest, read_manifest
from bridge.agents.loading.modules import find

logger = logging.getLogger("bridge.agents")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An agent to load: where it is, and what its project says of it."""

    place: str
    base: Path
    description: str = ""
    store: Resource | None = None
    checkpointer: Resource | None = None


def load_agents(targets: Iterable[str], here: Path | None = None) -> dict[str, Any]:
    """What these targets name, by agent name; without a target, what the ``langgraph.json`` in ``here`` does.

    Compiled graphs, `Agent` objects, and a `ProjectGraph` where it is a factory or its project says more of it. No
    factory is called. The environment and the folders that a ``langgraph.json`` names are this process's from then on.
    Raises `LoadError`.
    """
    here = here or Path.cwd()
    wanted: dict[str, _Wanted] = {}
    given = list(targets)
    if not given and not (here / MANIFEST).exists():
        raise LoadError(
            f"There is no {MANIFEST} here. Name an agent: bridge serve my_module:graph. "
            "(The sales agent is in the bridge's checkout: bridge serve, there.)"
        )
    for target in given or [MANIFEST]:
        if target.endswith(".json"):
            wanted |= _of_manifest(read_manifest(here / target))
        else:
            name, _, place = target.rpartition("=")
            wanted[name or _name_of(place)] = _Wanted(place, here)
    return {name: _load(name, one) for name, one in wanted.items()}


def _of_manifest(manifest: Manifest) -> dict[str, _Wanted]:
    for warning in (
        *manifest.warnings,
        *set_environment(manifest.env, manifest.path),
        *add_dependencies(manifest.dependencies, manifest.path),
    ):
        logger.warning("%s", warning)
    base = manifest.path.parent
    store, checkpointer = _store(manifest, base), _checkpointer(manifest, base)
    return {
        name: _Wanted(graph.place, base, graph.description, store, checkpointer)
        for name, graph in manifest.graphs.items()
    }


def _store(manifest: Manifest, base: Path) -> Resource | None:
    file = manifest.path.name
    if isinstance(place := manifest.store.get("path"), str):
        what = f"The store of {file} ('{place}')"
        return Resource("store", find(what, _with_colon(place), base), what)
    index = manifest.store.get("index")
    if not isinstance(index, dict):
        return None
    embed = index.get("embed")
    what = f"The index of {file}'s store"
    if not isinstance(embed, str):
        raise LoadError(f"{what} has no 'embed': wanted is ./file.py:function, or provider:model.")
    if ".py:" in embed:
        index = {**index, "embed": find(f"{what} ('{embed}')", embed, base)}
    try:
        return Resource("store", indexed_store(index), what)
    except Exception as error:  # a package or a key that langchain's embeddings lack
        said = " ".join(str(error).split())
        raise LoadError(f"{what} cannot embed with '{embed}': {type(error).__name__}: {said}") from error


def _checkpointer(manifest: Manifest, base: Path) -> Resource | None:
    place = manifest.checkpointer.get("path")
    if not isinstance(place, str):
        return None
    what = f"The checkpointer of {manifest.path.name} ('{place}')"
    return Resource("checkpointer", find(what, _with_colon(place), base), what)


def _with_colon(place: str) -> str:
    """LangGraph writes a module's store as ``module.attribute``."""
    return place if ":" in place else ":".join(place.rsplit(".", 1))


def _name_of(place: str) -> str:
    """An agent's name, where none was given: its attribute's, or its module's for an attribute called ``graph``."""
    module, _, attribute = place.rpartition(":")
    stem = Path(module).stem if module.endswith(".py") else module.rpartition(".")[2]
    name = stem if attribute in ("graph", "app", "agent") else attribute
    return name.replace("_", "-")


def load_object(place: str, here: Path) -> Any:
    """What ``module:attr`` (or ``path/to/file.py:attr``) names. Raises `LoadError`."""
    return find(f"'{place}'", place, here)


def _load(name: str, wanted: _Wanted) -> Any:
    found = as_graph(name, find(f"Agent '{name}'", wanted.place, wanted.base, graph=True), wanted.place)
    if isinstance(found, Agent):
        return found
    if not is_factory(found) and wanted.store is wanted.checkpointer is None and not wanted.description:
        return found
    return ProjectGraph(name, found, wanted.description, wanted.store, wanted.checkpointer)


def as_graph(name: str, found: Any, place: str = "it") -> Any:
    """What can be served: a compiled graph (an uncompiled one is compiled), a factory, or an `Agent`.

    Raises `LoadError` for anything else.
    """
    if (isinstance(found, Agent) and not isinstance(found, type)) or is_graph(found):
        return found
    if is_builder(found):
        try:
            return compiled(found)
        except Exception as error:  # a graph without an entry point, an edge to a node that is not there
            raise LoadError(f"Agent '{name}': {place} cannot be compiled: {' '.join(str(error).split())}") from error
    # a runnable is no function that makes graphs, and can be called all the same
    if not is_factory(found) or is_entered(found) or hasattr(found, "ainvoke"):
        raise LoadError(f"Agent '{name}': {place} is {kind_of(found)}, not a graph; wanted is {WANTED}.")
    try:
        shape_of(found)
    except FactoryShapeError as error:
        raise LoadError(f"Agent '{name}': {place} {error}.") from error
    return found
