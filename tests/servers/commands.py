"""How each server is started: the commands of ``docs/deployment.md``, and how a server is other than the rest."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.blocks import Block, blocks_of
from tests.http.graphs import DIARY
from tests.server import ROOT, Server, free_port

DEPLOYMENT = ROOT / "docs" / "deployment.md"
SERVED = "served:application"
"""What the commands of the docs serve."""


@dataclass(frozen=True)
class Kind:
    """A server.

    Attributes:
        package: what is installed where it is there.
        command: what the docs' command begins with; empty: the server is ``bridge serve``.
        more: options beside those of the docs.
        workers: the option for so many processes; ``None``: it has one.
        root_path: the option for the path under which it is reached; ``None``: it has none.
        application: the module in `tests.servers` that is served.
        scheme: how clients talk to it.
        path: below which the bridge is.
    """

    package: str
    command: str = ""
    more: tuple[str, ...] = ()
    workers: str | None = None
    root_path: str | None = None
    application: str = "application"
    scheme: str = "http"
    path: str = ""

    @property
    def installed(self) -> bool:
        """Whether this Python has it."""
        return importlib.util.find_spec(self.package) is not None

    def arguments(self, port: int) -> list[str]:
        """After ``python -m``, for a port."""
        if not self.command:
            return [*_BRIDGE, "--port", str(port)]
        words = shlex.split(documented(self.command).text.replace("8000", str(port)), comments=True)
        return [f"tests.servers.{self.application}:application" if word == SERVED else word for word in words]

    def address(self, url: str) -> str:
        """Where clients find the bridge of a server that listens at this URL."""
        return url.replace("http", self.scheme, 1) + self.path


def documented(command: str) -> Block:
    """The block of the docs that begins so."""
    found = [block for block in blocks_of(DEPLOYMENT) if block.text.startswith(command) and SERVED in block.text]
    assert len(found) == 1, f"docs/deployment.md has {len(found)} commands that begin with '{command}'"
    return found[0]


_BRIDGE = [
    *("bridge.cli", "serve", "teller=tests.servers.application:teller", "pacer=tests.servers.application:pacer"),
    *("--keep-alive", "0.2", "--disconnect-grace", "1", "--shutdown-grace", "0.5", "--max-body-bytes", "1048576"),
]

# its workers get no signal, and cancel what is left after their time
_HYPERCORN_WORKER = ("--workers", "1", "--graceful-timeout", "2")

KINDS = {
    "bridge serve": Kind("uvicorn", root_path="--root-path"),
    "uvicorn": Kind("uvicorn", "uvicorn", (), "--workers", "--root-path"),
    "uvicorn --lifespan off": Kind("uvicorn", "uvicorn", ("--lifespan", "off"), "--workers", "--root-path"),
    "hypercorn": Kind("hypercorn", "hypercorn", (), "--workers", "--root-path"),
    "hypercorn, HTTP/2": Kind("hypercorn", "hypercorn", scheme="h2c"),
    "hypercorn --workers 1": Kind("hypercorn", "hypercorn", _HYPERCORN_WORKER),
    "hypercorn --workers 1, HTTP/2": Kind("hypercorn", "hypercorn", _HYPERCORN_WORKER, scheme="h2c"),
    "daphne": Kind("daphne", "daphne", (), None, "--root-path"),
    "gunicorn, uvicorn's worker": Kind("uvicorn_worker", "gunicorn --worker-class uvicorn_worker", (), "--workers"),
    "gunicorn, its own worker": Kind("gunicorn", "gunicorn --worker-class asgi", (), "--workers", "--root-path"),
    "granian": Kind("granian", "granian --interface asgi", (), "--workers", "--url-path-prefix"),
    "granian asginl": Kind(
        "granian", "granian --interface asgi", ("--interface", "asginl"), "--workers", "--url-path-prefix"
    ),
    "in Starlette, uvicorn": Kind("uvicorn", "uvicorn", application="in_starlette", path="/agents"),
    "in FastAPI, uvicorn": Kind("uvicorn", "uvicorn", application="in_fastapi", path="/agents"),
}


def prepared(kind: str, directory: Path, *, db: str | None = None, more: tuple[str, ...] = ()) -> Server:
    """A server of this kind that was not started, all it stores in ``directory``."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "BRIDGE_"))}
    database = db or str(directory / "bridge.sqlite")
    environment = {
        **inherited,
        "PYTHONPATH": str(ROOT),
        "BRIDGE_DB": database,
        DIARY: str(directory / "diary"),
    }
    command = [sys.executable, "-m", *KINDS[kind].arguments(port), *KINDS[kind].more, *more]
    log = directory / "server.log"
    return Server(f"http://127.0.0.1:{port}", directory / "bridge.sqlite", log, command, environment)


@contextlib.contextmanager
def serving(kind: str, directory: Path, *, db: str | None = None, more: tuple[str, ...] = ()) -> Iterator[Server]:
    """A server of this kind; at the end it must stop when it is asked to."""
    server = prepared(kind, directory, db=db, more=more)
    server.start(ready=f"{KINDS[kind].path}/healthz")
    try:
        yield server
    finally:
        if server.process.poll() is None:
            try:
                server.terminate()
            finally:
                server.kill()
