"""What some tests need beyond Python: found, or the test is skipped with one line that says how to get it.

With `CI=true` in the environment a missing tool is a failure: a suite that skips its proof there proves
nothing.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parent.parent
OLDEST_NODE = 20


def require_node() -> str:
    """The path of a Node that is new enough."""
    found = find_node()
    return found if found is not None else give_up(f"Node {OLDEST_NODE} or newer", "install nodejs")


def require_npm(package: str) -> Path:
    """The directory of an npm package of this repository (`tests/clients`), its dependencies installed."""
    require_node()
    directory = ROOT / package
    if not (directory / "node_modules").is_dir():
        give_up(f"the packages of {package}", f"npm ci --prefix {package}")
    return directory


def require_chromium() -> str:
    """The path of a Chromium or Chrome; `CHROMIUM` in the environment names another."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    chosen = os.environ.get("CHROMIUM")
    for name in (chosen,) if chosen else names:
        if path := shutil.which(name):
            return path
    return give_up("Chromium", "apt-get install chromium, or set CHROMIUM to its path")


@functools.cache
def find_node() -> str | None:
    """The path of a Node that is new enough, or None."""
    node = shutil.which("node")
    if node is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().removeprefix("v").split(".")[0]
    return node if major.isdecimal() and int(major) >= OLDEST_NODE else None


def give_up(missing: str, remedy: str) -> NoReturn:
    """Skip the running test, or fail it in CI."""
    reason = f"{missing} is missing: {remedy}"
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
