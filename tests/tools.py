"""What some tests need beyond Python: found, or the test is skipped with one line that says how to get it.

With `CI=true` in the environment a missing tool is a failure: a suite that skips its proof there proves
nothing.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

ROOT = Path(__file__).parent.parent
OLDEST_NODE = 20
USUAL_POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"


def require_node() -> str:
    """The path of a Node that is new enough."""
    found = find_node()
    return found if found is not None else give_up(f"Node {OLDEST_NODE} or newer", "install nodejs")


def require_npm(package: str) -> Path:
    """The directory of an npm package of this repository (`tests/clients`), its dependencies installed."""
    require_node()
    directory = ROOT / package
    # npm writes this file last: without it an install was begun and not finished.
    if not (directory / "node_modules" / ".package-lock.json").is_file():
        give_up(f"what npm installs for {package}", f"npm ci --prefix {package}")
    return directory


def require_client(name: str) -> Path:
    """The Python of a client's own environment, which `make clients` makes."""
    python = ROOT / "tests" / "clients" / f".venv-{name}" / "bin" / "python"
    return python if python.exists() else give_up(f"{name}, in an environment of its own", "make clients")


def require_module(name: str, package: str) -> None:
    """A Python module that only the development environment has."""
    if importlib.util.find_spec(name) is None:
        give_up(f"the package {package}", "make .venv/.dev-installed")


def require_chromium() -> str:
    """The path of a Chromium or Chrome; `CHROMIUM` in the environment names another."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    chosen = os.environ.get("CHROMIUM")
    for name in (chosen,) if chosen else names:
        if path := shutil.which(name):
            return path
    return give_up("Chromium", "apt-get install chromium, or set CHROMIUM to its path")


def require_postgres() -> str:
    """The URL (`postgresql://…`) of a PostgreSQL database that answers and that tests may write to.

    `BRIDGE_TEST_POSTGRES` in the environment names another than the usual local one. Tests share it: make
    a schema of your own in it.
    """
    url = os.environ.get("BRIDGE_TEST_POSTGRES", USUAL_POSTGRES)
    fault = try_postgres(url)
    if fault is None:
        return url
    return give_up(f"PostgreSQL at {url} ({fault})", "start it, or set BRIDGE_TEST_POSTGRES to a database's URL")


@functools.cache
def try_postgres(url: str) -> str | None:
    """What keeps us from using that database, in a few words, or None."""

    async def connect() -> None:
        address = make_url(url).set(drivername="postgresql+psycopg")
        engine = create_async_engine(address, connect_args={"connect_timeout": 5})
        try:
            async with engine.connect() as connection:
                await connection.execute(text("select 1"))
        finally:
            await engine.dispose()

    # A loop of its own, in a thread of its own: the caller may already be inside one.
    with ThreadPoolExecutor(1) as executor:
        fault = executor.submit(asyncio.run, connect()).exception()
    return None if fault is None else f"{type(fault).__name__}: {fault}".splitlines()[0]


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
