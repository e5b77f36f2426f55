"""A real server for tests: ``bridge serve`` in its own process, on a free port, with a database of its own."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent


_WORKERS = 8
_FIRST, _LAST = 12000, 32000
"""Below the ports that Linux gives by itself (`ip_local_port_range`): to whom connects, and to who asks for port 0."""

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
_span = (_LAST - _FIRST) // _WORKERS
_own = itertools.cycle(range(_FIRST + _worker * _span, _FIRST + (_worker + 1) * _span))
_skip = os.getpid() % _span
_ports = itertools.islice(_own, _skip, None)


def free_port() -> int:
    """A port nobody listens on now, and nobody else will be given: each process that runs tests has its own."""
    for port in itertools.islice(_ports, _span):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"no port of {_FIRST} to {_LAST} is free")


@dataclass
class Server:
    """A running server. ``log`` is what it wrote so far."""

    url: str
    db: Path
    log_path: Path
    command: list[str]
    env: dict[str, str]
    cwd: Path = ROOT
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self, *, ready: str = "/healthz") -> None:
        """Start, and wait until ``ready`` answers. Raises ``RuntimeError`` with its log when it does not."""
        self.spawn()
        self.wait_until_ready(ready)

    def spawn(self) -> None:
        """Start, and wait for nothing."""
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.cwd, env=self.env, stdout=log, stderr=log)

    def wait_until_ready(self, ready: str = "/healthz") -> None:
        """Wait until ``ready`` answers. Raises ``RuntimeError`` with its log when it does not."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{self.url}{ready}"):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        raise RuntimeError(f"the server did not start:\n{self.log}")

    def kill(self) -> None:
        """SIGKILL: no goodbye, nothing flushed."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def terminate(self) -> int:
        """SIGTERM; its exit status."""
        self.process.terminate()
        return self.process.wait(30)

    def restart(self) -> None:
        """Kill and start again, on the same port and database."""
        self.kill()
        self.start()

    @property
    def log(self) -> str:
        """What the server wrote so far."""
        return self.log_path.read_text("utf-8", "replace")


@contextlib.contextmanager
def serve_twice(directory: Path, db: str, *arguments: str) -> Iterator[tuple[Server, Server]]:
    """Two processes of ``bridge serve`` on one database, started at once: neither waits for the other."""
    with contextlib.ExitStack() as stack:
        servers = []
        for number in range(2):
            server = _server(directory / f"server-{number}.log", Path(db), [*arguments, "--db", db])
            server.spawn()
            stack.callback(server.terminate)
            servers.append(server)
        for server in servers:
            server.wait_until_ready()
        yield servers[0], servers[1]


@contextlib.contextmanager
def serve(directory: Path, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> Iterator[Server]:
    """``bridge serve`` with these arguments, keeping all it stores in ``directory``.

    The model is the built-in one, without its pace, unless ``env`` says otherwise.
    """
    db = directory / "bridge.sqlite"
    given = arguments if "--db" in arguments else (*arguments, "--db", str(db))
    server = _server(directory / "server.log", db, given, env, cwd)
    server.start()
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.terminate()


def _server(
    log: Path, db: Path, arguments: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> Server:
    port = free_port()
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("OPENAI_", "BRIDGE_", "AGENT_"))
    }
    command = [sys.executable, "-m", "bridge.cli", "serve", *arguments, "--port", str(port)]
    environment = {**inherited, "PYTHONPATH": str(ROOT), "DEMO_MODEL_DELAY": "0", **(env or {})}
    return Server(f"http://127.0.0.1:{port}", db, log, command, environment, cwd)
