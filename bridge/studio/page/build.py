"""Builds the page from ``studio/`` of a checkout or a source archive. Nothing but the standard library: the build hook
of the wheel runs this file before the package is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
OLDEST_NODE = 20
_NOT_SOURCES = {"node_modules", "dist", "tests"}


class NotBuilt(Exception):
    """The page cannot be built here; the message says what is missing, or what npm said."""


def sources_of(checkout: Path) -> list[Path]:
    """The files that the page is made of; none where there is no ``studio/``."""
    found: list[Path] = []
    for folder, folders, names in os.walk(checkout / "studio"):
        folders[:] = [name for name in folders if name not in _NOT_SOURCES]
        found += [Path(folder, name) for name in names]
    return found


def is_current(checkout: Path, assets: Path = ASSETS) -> bool:
    """Whether the page is built, and no file that it is made of is newer."""
    page = assets / "index.html"
    built = page.stat().st_mtime if page.is_file() else -1.0
    return built >= max((path.stat().st_mtime for path in sources_of(checkout)), default=0.0)


def build(checkout: Path, assets: Path = ASSETS) -> bool:
    """Build the page where it is not current; whether that was needed.

    A checkout without ``studio/`` has what it has. Raises `NotBuilt`.
    """
    if not sources_of(checkout) or is_current(checkout, assets):
        return False
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotBuilt(f"The studio is not built: Node {OLDEST_NODE} or newer and npm are needed.")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - what `which` found
    number = re.match(r"v(\d+)", version)
    if number is None or int(number[1]) < OLDEST_NODE:
        raise NotBuilt(
            f"The studio is not built: Node {OLDEST_NODE} or newer is needed, and this is {version.strip()}."
        )
    root = checkout / "studio"
    if not (root / "node_modules" / ".package-lock.json").is_file():
        _run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], root)
    _run([npm, "run", "--silent", "build", "--", "--logLevel", "error"], root)
    (assets / "index.html").touch()
    return True


def _run(command: list[str], where: Path) -> None:
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)  # noqa: S603 - npm, as above
    if done.returncode:
        raise NotBuilt(
            f"The studio is not built: {' '.join(command[1:3])} failed.\n{(done.stdout + done.stderr)[-2000:]}"
        )
