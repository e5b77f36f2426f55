"""Finding agents: ``module:attr``, ``path/to/file.py:attr``, ``name=…``, or a ``langgraph.json``."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bridge.agents.base import Agent
from bridge.json import JSONDecodeError, loads

MANIFEST = "langgraph.json"


class LoadError(Exception):
    """An agent that cannot be loaded; the message says which and why, for the person at the command line."""


def load_agents(targets: Iterable[str], here: Path | None = None) -> dict[str, Any]:
    """The graphs that these targets name, by agent name; without a target, those of ``langgraph.json`` in ``here``.

    Raises `LoadError`.
    """
    here = here or Path.cwd()
    named: dict[str, tuple[str, Path]] = {}
    given = list(targets)
    if not given and not (here / MANIFEST).exists():
        raise LoadError(
            f"There is no {MANIFEST} here. Name an agent: bridge serve my_module:graph. "
            "(The sales agent is in the bridge's checkout: bridge serve, there.)"
        )
    for target in given or [MANIFEST]:
        if target.endswith(".json"):
            named |= _manifest(here / target)
        else:
            name, _, place = target.rpartition("=")
            named[name or _name_of(place)] = (place, here)
    return {name: _load(name, place, base) for name, (place, base) in named.items()}


def _manifest(path: Path) -> dict[str, tuple[str, Path]]:
    """The ``graphs`` of a ``langgraph.json``: names to ``path:attr``, or to an object with a ``path``."""
    try:
        manifest = loads(path.read_bytes())
    except FileNotFoundError:
        raise LoadError(f"{path.name} is not here.") from None
    except JSONDecodeError as error:
        raise LoadError(f"{path.name} is not JSON: {error}") from None
    graphs = manifest.get("graphs") if isinstance(manifest, dict) else None
    if not isinstance(graphs, dict) or not graphs:
        raise LoadError(f"{path.name} names no graphs.")
    places = {name: place.get("path") if isinstance(place, dict) else place for name, place in graphs.items()}
    return {name: (str(place), path.parent) for name, place in places.items()}


def _name_of(place: str) -> str:
    """An agent's name, where none was given: its attribute's, or its module's for an attribute called ``graph``."""
    module, _, attribute = place.rpartition(":")
    stem = Path(module).stem if module.endswith(".py") else module.rpartition(".")[2]
    name = stem if attribute in ("graph", "app", "agent") else attribute
    return name.replace("_", "-")


def load_object(place: str, here: Path) -> Any:
    """What ``module:attr`` (or ``path/to/file.py:attr``) names. Raises `LoadError`."""
    return _found(f"'{place}'", place, here)


def _load(name: str, place: str, base: Path) -> Any:
    return as_graph(name, _found(f"Agent '{name}'", place, base))


def _found(what: str, place: str, base: Path) -> Any:
    module_name, _, attribute = place.rpartition(":")
    if not module_name or not attribute:
        raise LoadError(f"{what}: '{place}' is not of the form module:attribute.")
    try:
        module = _module(module_name, base)
        return getattr(module, attribute)
    except AttributeError:
        raise LoadError(f"{what}: {module_name} has no '{attribute}'.") from None
    except (ImportError, FileNotFoundError) as error:
        raise LoadError(f"{what}: {_line(error)}") from error
    except Exception as error:  # whatever somebody's module does when it is imported
        raise LoadError(f"{what}: {module_name} failed: {type(error).__name__}: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _module(name: str, base: Path) -> Any:
    root = str(base.resolve())
    if root not in sys.path:
        sys.path.insert(0, root)
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = (base / name).resolve()
    if path.is_relative_to(base.resolve()):
        # by its dotted name, so that the file's own package and relative imports work
        return importlib.import_module(".".join(path.relative_to(base.resolve()).with_suffix("").parts))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"{name} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def as_graph(name: str, found: Any) -> Any:
    """What can be run: a compiled graph; an uncompiled one is compiled, a function without needs is called.

    Raises `LoadError` for anything else.
    """
    if hasattr(found, "astream") or isinstance(found, Agent):
        return found
    if hasattr(found, "compile"):
        return found.compile()
    if callable(found) and not inspect.iscoroutinefunction(found):
        wants_config = bool(inspect.signature(found).parameters)
        return as_graph(name, found({"configurable": {}}) if wants_config else found())
    raise LoadError(f"Agent '{name}' is {type(found).__name__}, not a LangGraph graph.")
