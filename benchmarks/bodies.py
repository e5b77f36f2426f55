"""Bodies of eight megabytes, of every shape: how long does the event loop stand still for each of them?

Each shape goes to each address that takes a body in its language. A pause is the time between two turns of the loop, as
`benchmarks.kept` sees it from within; of each shape the best of a few tries counts, because other processes take the
machine at times, and what holds the loop itself does so every time.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks import shapes
from benchmarks.contenders import OFFLINE, Arena
from benchmarks.processes import Process, free_port
from benchmarks.report import Table
from benchmarks.scale import Scale

WORST = 12
"""Rows of the table: the worst shapes of all addresses."""

Wrap = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Address:
    """A route that takes a body: its path, how it wraps a shape, and whether it speaks AG-UI."""

    path: str
    agui: bool = True
    wrap: Wrap = str


def _in(method: str) -> Wrap:
    return lambda body: shapes.envelope(method, body)


def _adapted(body: str) -> str:
    return body.replace('"stream":true,', "", 1)


ADDRESSES = (
    Address("/agui/tokens"),
    Address("/v1/chat/completions", agui=False),
    Address("/v1/chat/completions", agui=False, wrap=_adapted),
    Address("/api/copilotkit/agent/tokens/run"),
    Address("/api/copilotkit/agent/tokens/connect"),
    Address("/api/copilotkit/agent/tokens/suggest"),
    Address("/api/copilotkit/agent/tokens/stop/THREAD"),
    Address("/api/copilotkit", wrap=_in("agent/run")),
    Address("/api/copilotkit-streaming", wrap=_in("agent/connect")),
    Address("/api/copilotkit-streaming", agui=False),
    Address("/api/copilotkit-adapter", agui=False),
    Address("/api/test-copilotkit"),
)
FEW = ADDRESSES[:2]


@dataclass(slots=True)
class Server:
    """The server that is measured, and its probe."""

    process: Process
    port: int
    probe: Any

    def worst(self) -> dict[str, Any]:
        """The longest pause since the last time, in milliseconds."""
        self.probe.write(b"\n")
        self.probe.flush()
        found: dict[str, Any] = json.loads(self.probe.readline())
        return found

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """The status and the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def serving() -> Iterator[Server]:
    """``bridge serve`` with the graph that keeps everything, and its probe."""
    port, probe = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        code = "from bridge.cli import main; main()"
        options = ["--host", "127.0.0.1", "--port", str(port), "--db", str(Path(home) / "bridge.db")]
        env = OFFLINE | {"BENCH_PROBE": str(probe)}
        process = Process([sys.executable, "-c", code, "serve", "tokens=benchmarks.kept:graph", *options], env=env)
        try:
            process.wait_for(port)
            server = Server(process, port, None)
            for address in FEW:  # what is made at first is made, and the probe begins
                server.post(address.path, named(body_of(address, '"x"')))
            process.wait_for(probe)
            with socket.create_connection(("127.0.0.1", probe)) as connection, connection.makefile("rwb") as lines:
                server.probe = lines
                yield server
        finally:
            process.stop()


def body_of(address: Address, content: str) -> str:
    """A small body for this address."""
    messages = f'[{{"id":"m","role":"user","content":{content}}}]'
    return address.wrap((shapes.run_input if address.agui else shapes.chat)("messages", messages))


def named(body: str) -> bytes:
    """A body with a thread and a run of its own."""
    return body.replace("THREAD", uuid4().hex).replace("RUNID", uuid4().hex).encode()


def measure(arena: Arena, scale: Scale) -> Iterator[Table]:
    """The worst shapes, and how many there are."""
    del arena
    bodies: Mapping[bool, Mapping[str, shapes.Filling]] = {True: shapes.agui_shapes(), False: shapes.chat_shapes()}
    found: list[tuple[dict[str, Any], str, str, str, float]] = []
    addresses = ADDRESSES if scale.bodies > 1 else FEW
    with serving() as server:
        for address in addresses:
            for name, made in bodies[address.agui].items():
                pause, status, seconds = _tried(server, address, address.wrap(made()), scale.bodies)
                found.append((pause, address.path, name, status, seconds))
    found.sort(key=lambda row: -row[0]["wall"])
    table = Table(
        "bodies",
        f"{len(found)} bodies of up to 8 MiB at {len(addresses)} addresses: the longest pauses of the event loop, ms",
        ("", "pause", "CPU of the process in a pause", "CPU of the loop in a pause", "the request took, s", "answer"),
    )
    for pause, path, name, status, seconds in found[:WORST]:
        figures = (f"{pause[which]:.0f}" for which in ("wall", "cpu", "loop"))
        table.add(f"{path}, {name}", *figures, f"{seconds:.1f}", status)
    table.record("worst", "pause", [found[0][0]["wall"]])
    table.record("worst", "cpu", [max(pause["cpu"] for pause, *_ in found)])
    table.notes.append(f"where the loop was in the longest: {found[0][0]['at'][:300]}")
    failed = [f"{path}, {name}: {status}" for _, path, name, status, _ in found if status.startswith("5")]
    table.notes += [f"failed: {one}" for one in failed]
    yield table


def _tried(server: Server, address: Address, body: str, tries: int) -> tuple[dict[str, Any], str, float]:
    """The best of a few tries: the pause, the answer, and how long it took."""
    best: tuple[dict[str, Any], str, float] | None = None
    for _ in range(tries):
        sent = named(body)
        server.worst()
        start = time.monotonic()
        status, answer = server.post(address.path.replace("THREAD", uuid4().hex), sent)
        seconds = time.monotonic() - start
        time.sleep(0.05)  # what is stored after the answer
        pause = server.worst()
        failed = status == 200 and b'"RUN_ERROR"' in answer[-500:]
        if best is None or pause["wall"] < best[0]["wall"]:
            best = pause, f"{status}{', RUN_ERROR' if failed else ''}", seconds
    assert best is not None
    return best
