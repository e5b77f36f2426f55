"""Which files matter to a server that reloads."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

NEVER = frozenset(
    (".git", ".hg", ".svn", ".venv", "__pycache__", "node_modules", "site-packages", ".tox", ".idea", ".bridge")
)
"""Folders in which nothing is the developer's own. Neither is what else a tool keeps in a folder ``.…_cache``."""


def matters(path: str, also: Iterable[Path] = (), *, added: bool = False) -> bool:
    """Whether a change of this file is a reason to reload: Python, ``langgraph.json``, ``.env``.

    ``also``: files, and folders with all that is in them. ``added``: it is new. A new folder may have files already
    that nobody reports: it was not watched yet when they were written.
    """
    changed = Path(path)
    if any(changed == one or one in changed.parents for one in also):
        return True
    if any(part in NEVER or part.endswith("_cache") for part in changed.parts):
        return False
    if added and changed.is_dir():
        return any(changed.rglob("*.py"))
    return changed.suffix in (".py", ".env") or changed.name.startswith(".env") or changed.name == "langgraph.json"


def folders_of_imports(here: Path) -> list[Path]:
    """The folders outside ``here`` from which something of the developer's own was imported."""
    installed = [Path(path).resolve() for path in {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix}]
    own = Path(__file__).resolve().parents[2]  # the bridge itself
    found = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str):
            continue
        folder = Path(file).resolve().parent
        if not any(folder == one or one in folder.parents for one in (*installed, here, own)):
            found.add(folder)
    return sorted(found)
