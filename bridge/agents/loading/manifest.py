"""``langgraph.json``, as LangGraph's command reads it: what it says, and what of it is not served here. Pure but for
reading the file.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.agents.load_error import LoadError
from bridge.json import JSONDecodeError, loads

MANIFEST = "langgraph.json"

SERVED = frozenset({"graphs", "dependencies", "env", "store", "checkpointer"})

OF_IMAGES = frozenset(
    {
        *("$schema", "python_version", "node_version", "api_version", "_INTERNAL_docker_tag", "base_image"),
        *("image_distro", "pip_config_file", "pip_installer", "source", "dockerfile_lines", "keep_pkg_tools"),
        *("project_root", "package", "build_command", "install_command", "disable_persistence"),
    }
)
"""What is about a container image of LangGraph's, or its dev server's files: nothing is lost without it here."""

INSTEAD = {
    "auth": "who may call is said by keys (--api-key) or by create_app(authenticate=…)",
    "encryption": "encrypt the disk, or the database",
    "http": "origins are --cors-origin; routes of your own go into an application that mounts create_app",
    "priority": "runs begin in the order they come",
    "ui": "components of a graph's own are not drawn",
    "ui_config": "components of a graph's own are not drawn",
    "webhooks": "no address is called when a run ends",
}
"""Keys that LangGraph's server honors and the bridge does not, and what there is."""

_PARTS = {
    ("store", "ttl"): "nothing that is stored expires",
    ("checkpointer", "ttl"): "conversations are deleted by --retention-days and --retention-count",
    ("checkpointer", "serde"): "types that may be read back are named by --serializer-type",
}

JAVASCRIPT = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx")


@dataclass(frozen=True, slots=True)
class GraphPlace:
    """Where a graph is (``path:attribute``), and one sentence on it for people."""

    place: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a ``langgraph.json`` says.

    Attributes:
        env: a file's path, or names and values; ``None``: it says nothing.
        warnings: one sentence each on what it says and the bridge does not do.
    """

    path: Path
    graphs: dict[str, GraphPlace]
    dependencies: list[str] = field(default_factory=list)
    env: str | dict[str, str] | None = None
    store: Mapping[str, Any] = field(default_factory=dict)
    checkpointer: Mapping[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def read_manifest(path: Path) -> Manifest:
    """Read a ``langgraph.json``. Raises `LoadError`."""
    try:
        said = loads(path.read_bytes())
    except FileNotFoundError:
        raise LoadError(f"{path.name} is not here.") from None
    except OSError as error:
        raise LoadError(f"{path.name} cannot be read: {error.strerror}.") from error
    except JSONDecodeError as error:
        raise LoadError(f"{path.name} is not JSON: {error}") from None
    graphs = said.get("graphs") if isinstance(said, dict) else None
    if not isinstance(graphs, dict) or not graphs:
        raise LoadError(f"{path.name} names no graphs.")
    return Manifest(
        path.resolve(),
        {name: _graph(path.name, name, graph) for name, graph in graphs.items()},
        _dependencies(path.name, said.get("dependencies")),
        _env(path.name, said.get("env")),
        _section(path.name, said, "store"),
        _section(path.name, said, "checkpointer"),
        list(_warnings(path.name, said)),
    )


def _graph(file: str, name: str, said: Any) -> GraphPlace:
    place = said.get("path") if isinstance(said, dict) else said
    if not isinstance(place, str):
        raise LoadError(f"Agent '{name}': {file} has {said!r} for it; wanted is \"path/to/file.py:attribute\".")
    if place.rpartition(":")[0].endswith(JAVASCRIPT):
        raise LoadError(f"Agent '{name}': '{place}' is JavaScript, and the bridge runs graphs in Python.")
    return GraphPlace(place, str(said.get("description") or "") if isinstance(said, dict) else "")


def _dependencies(file: str, said: Any) -> list[str]:
    if said is None:
        return []
    if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
        raise LoadError(f"{file}: 'dependencies' is a list of folders and packages, each a string.")
    return said


def _env(file: str, said: Any) -> str | dict[str, str] | None:
    if said is None or isinstance(said, str):
        return said or None
    if not isinstance(said, dict):
        raise LoadError(f"{file}: 'env' is a file's path, or an object of names and values.")
    for name, value in said.items():
        if not isinstance(value, str):
            raise LoadError(f"{file}: the value of '{name}' in 'env' is not a string.")
    return said


def _section(file: str, said: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    section = said.get(key)
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise LoadError(f"{file}: '{key}' is an object, with a 'path' for example.")
    return section


def _warnings(file: str, said: Mapping[str, Any]) -> Iterator[str]:
    for key, value in said.items():
        if key in SERVED or key in OF_IMAGES or not value:
            continue
        if key in INSTEAD:
            yield f"{file}: '{key}' is not served: {INSTEAD[key]}."
            continue
        close = difflib.get_close_matches(key, [*SERVED, *OF_IMAGES, *INSTEAD], n=1)
        yield f"{file}: '{key}' is not known{f'; is {close[0]} meant?' if close else '.'}"
    for (section, part), instead in _PARTS.items():
        if isinstance(said.get(section), dict) and said[section].get(part):
            yield f"{file}: '{section}.{part}' is not served: {instead}."
