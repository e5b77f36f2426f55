"""``dependencies`` of a ``langgraph.json``: folders that modules are found in, and packages that should be there."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement


def add_dependencies(dependencies: Iterable[str], manifest: Path) -> list[str]:
    """Put the folders on the module path. Returns a warning for each folder or package that is missing.

    A package that is missing may still not be needed: what imports it fails, and says so. Nothing is installed.
    """
    return list(_added(dependencies, manifest))


def _added(dependencies: Iterable[str], manifest: Path) -> Iterator[str]:
    for said in dependencies:
        folder = (manifest.parent / said).resolve()
        if folder.is_dir():
            if str(folder) not in sys.path:
                sys.path.append(str(folder))
        elif said.startswith((".", "/")):
            yield f"{manifest.name}: 'dependencies' names the folder {said}, which is not there."
        elif (missing := _missing(said)) is not None:
            yield f"{manifest.name}: 'dependencies' names {said}, {missing}; nothing is installed for you."


def _missing(said: str) -> str | None:
    """Why a requirement is not met; ``None`` where it is, or where nobody can say (an address without a name)."""
    try:
        wanted = Requirement(said)
    except InvalidRequirement:
        return None
    if wanted.marker is not None and not wanted.marker.evaluate():
        return None
    try:
        installed = version(wanted.name)
    except PackageNotFoundError:
        return "which is not installed"
    return None if wanted.specifier.contains(installed, prereleases=True) else f"and {installed} is installed"
