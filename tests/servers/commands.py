"""How each server is started, and what of it is other than with the rest."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.http.graphs import DIARY
from tests.server import ROOT, Server, free_port

APPLICATION = "tests.servers.application:application"


@dataclass(frozen=True)
class Kind:
    """A server.

    Attributes:
        package: what is installed where it is there.
        arguments: after ``python -m``, for a port.
        workers: the option for so many processes; ``None``: it has one.
        root_path: the option for the path under which it is reached; ``None``: it has none.
    """

    package: str
    arguments: Callable[[int], list[str]]
    workers: str | None = None
    root_path: str | None = None

    @property
    def installed(self) -> bool:
        """Whether this Python has it."""
        return importlib.util.find_spec(self.package) is not None


_BRIDGE = [
    *("bridge.cli", "serve", "teller=tests.servers.application:teller", "pacer=tests.servers.application:pacer"),
    *("--keep-alive", "0.2", "--disconnect-grace", "1", "--shutdown-grace", "0.5", "--max-body-bytes", "1048576"),
]


def _uvicorn(*more: str) -> Callable[[int], list[str]]:
    return lambda port: ["uvicorn", APPLICATION, "--port", str(port), "--timeout-graceful-shutdown", "2", *more]


def _hypercorn(port: int) -> list[str]:
    return ["hypercorn", APPLICATION, "--bind", f"127.0.0.1:{port}", "--graceful-timeout", "2"]


def _gunicorn(worker: str) -> Callable[[int], list[str]]:
    return lambda port: [
        *("gunicorn", APPLICATION, "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", worker, "--graceful-timeout", "10"),
    ]


def _granian(interface: str) -> Callable[[int], list[str]]:
    return lambda port: [
        *("granian", APPLICATION, "--interface", interface, "--port", str(port)),
        *("--workers-kill-timeout", "5"),
    ]


def _daphne(port: int) -> list[str]:
    return ["daphne", APPLICATION, "--bind", "127.0.0.1", "--port", str(port)]


KINDS = {
    "bridge serve": Kind("uvicorn", lambda port: [*_BRIDGE, "--port", str(port)], root_path="--root-path"),
    "uvicorn": Kind("uvicorn", _uvicorn(), "--workers", "--root-path"),
    "uvicorn --lifespan off": Kind("uvicorn", _uvicorn("--lifespan", "off"), "--workers", "--root-path"),
    "hypercorn": Kind("hypercorn", _hypercorn, "--workers", "--root-path"),
    "daphne": Kind("daphne", _daphne, None, "--root-path"),
    "gunicorn": Kind("uvicorn_worker", _gunicorn("uvicorn_worker.UvicornWorker"), "--workers"),
    "gunicorn, own worker": Kind("uvicorn_worker", _gunicorn("tests.servers.worker.Worker"), "--workers"),
    "granian": Kind("granian", _granian("asgi"), "--workers", "--url-path-prefix"),
    "granian asginl": Kind("granian", _granian("asginl"), "--workers", "--url-path-prefix"),
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
    command = [sys.executable, "-m", *KINDS[kind].arguments(port), *more]
    log = directory / "server.log"
    return Server(f"http://127.0.0.1:{port}", directory / "bridge.sqlite", log, command, environment)


@contextlib.contextmanager
def serving(kind: str, directory: Path, *, db: str | None = None, more: tuple[str, ...] = ()) -> Iterator[Server]:
    """A server of this kind; at the end it must stop when it is asked to."""
    server = prepared(kind, directory, db=db, more=more)
    server.start()
    try:
        yield server
    finally:
        if server.process.poll() is None:
            try:
                server.terminate()
            finally:
                server.kill()
