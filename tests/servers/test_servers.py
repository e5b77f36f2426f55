"""The bridge under the servers of the development environment; ``make servers`` tries the others too."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import postgres
from tests.docs.blocks import blocks_of
from tests.server import Server
from tests.servers.checks import CHECKS, ending, ending_beside_a_client_that_does_not_read, prefix
from tests.servers.commands import DEPLOYMENT, KINDS, documented, serving
from tests.tools import give_up

DEVELOPMENT = (
    "bridge serve",
    "uvicorn",
    "uvicorn --lifespan off",
    "hypercorn",
    "hypercorn, HTTP/2",
    "hypercorn --workers 1",
    "daphne",
    "in Starlette, uvicorn",
    "in FastAPI, uvicorn",
)


def _require(kind: str) -> None:
    if not KINDS[kind].installed:
        give_up(f"the server {KINDS[kind].package}", "make test, or pip install --group dev")


@pytest.fixture(scope="module", params=DEVELOPMENT)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Server]]:
    """Where clients find the bridge, and its server."""
    _require(request.param)
    with serving(request.param, tmp_path_factory.mktemp("server")) as server:
        yield KINDS[request.param].address(server.url), server


@pytest.mark.parametrize("check", CHECKS)
def test_holds(running: tuple[str, Server], check: str) -> None:
    CHECKS[check](*running)


@pytest.mark.parametrize("kind", [name for name in DEVELOPMENT if KINDS[name].root_path is not None])
def test_below_a_prefix(tmp_path: Path, kind: str) -> None:
    """Its proxy takes the prefix off."""
    _require(kind)
    with serving(kind, tmp_path, more=(str(KINDS[kind].root_path), "/ai")) as running:
        prefix(running.url, running)


@pytest.mark.parametrize("kind", [name for name in DEVELOPMENT if KINDS[name].workers is not None])
def test_first_start_of_several_processes(tmp_path: Path, kind: str) -> None:
    """On an empty database; and all of them end."""
    _require(kind)
    with postgres() as url, serving(kind, tmp_path, db=url, more=(str(KINDS[kind].workers), "4")) as running:
        CHECKS["idle"](running.url, running)
        assert "Traceback" not in running.log, running.log
        if kind != "hypercorn":  # its first worker that ends takes the others with it: docs/deployment.md says so
            ending(running.url, running)


def test_ctrl_c(tmp_path: Path) -> None:
    """uvicorn alone would wait for the streams of a page that is open somewhere."""
    with serving("uvicorn", tmp_path) as running:
        ending(running.url, running, signal.SIGINT)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("bridge serve", ()),
        ("uvicorn", ("--timeout-graceful-shutdown", "1")),
        ("daphne", ()),
    ],
)
def test_a_client_that_does_not_read(tmp_path: Path, kind: str, more: tuple[str, ...]) -> None:
    """For it servers have a patience of their own: its stream cannot end legally. hypercorn waits for it without limit,
    whatever it serves: docs/deployment.md says so.
    """
    _require(kind)
    with serving(kind, tmp_path, more=more) as running:
        ending_beside_a_client_that_does_not_read(running.url, running)


def test_below_the_prefix_of_a_proxy(tmp_path: Path) -> None:
    """It takes off what it names."""
    with serving("bridge serve", tmp_path) as running:
        prefix(running.url, running, {"X-Forwarded-Prefix": "/ai"})


def test_each_command_of_the_docs_is_run() -> None:
    written = {block.text for block in blocks_of(DEPLOYMENT) if block.mark == "server"}
    assert written
    assert written <= {documented(kind.command).text for kind in KINDS.values() if kind.command}
