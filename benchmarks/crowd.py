"""A crowd: streams at a model's pace, readers that hardly read, and connections that say nothing.

Each figure stands beside the same one without the crowd, in the same run.
"""

from __future__ import annotations

import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from benchmarks.concurrency import PACE, paced
from benchmarks.contenders import OURS_AGUI, Arena, Contender, http_request
from benchmarks.load import Load
from benchmarks.report import Table
from benchmarks.scale import Scale

STREAMS = 100
MIB = 1024 * 1024
LONG = 7_900_000
"""Characters of an earlier message, which the answer repeats in its snapshot: large, and cheap for the graph."""


def measure(arena: Arena, scale: Scale) -> Iterator[Table]:
    """First what nothing disturbs, then the crowds."""
    if OURS_AGUI not in arena:
        return
    for streams in scale.crowd:
        yield paced(arena, scale, streams)
    yield beside(arena, scale)


def beside(arena: Arena, scale: Scale) -> Table:
    """100 paced streams alone, beside slow readers of large answers, and beside idle connections."""
    contender = next(each for each in arena.available() if each.name == OURS_AGUI)
    tokens = int(scale.paced_seconds * 1000 / PACE)
    load = Load(streams=STREAMS, tokens=tokens, pace=PACE, deadline=scale.paced_seconds + 15, gaps=True)
    table = Table(
        "crowd",
        f"{STREAMS} streams, {tokens} tokens each, 20 a second, and who else is there",
        ("", "gap p99, ms", "÷ alone", "first token p99, ms", "memory, MiB"),
    )
    process, port = arena.servers[contender.server]
    arena.run(contender, Load(streams=5, tokens=5))  # warm

    def row(name: str, alone: float | None) -> float:
        outcome = arena.run(contender, load)
        gap = outcome.gap("p99")
        ratio = gap / alone if alone else 1.0
        table.add(name, f"{gap:.1f}", f"{ratio:.2f}", f"{outcome.wait(0.99):.0f}", f"{process.memory / MIB:.0f}")
        table.record(name, "gap p99", [gap])
        table.note_errors(name, [outcome])
        return gap

    alone = row("alone", None)
    with process.awake(), slow_readers(port, contender, STREAMS):
        row(f"beside {STREAMS} readers, 1 byte a second, of 8 MB each", alone)
    with process.awake(), idle(port, scale.idle):
        row(f"beside {scale.idle:,} idle connections", alone)
    return table


def connect(port: int, buffer: int | None = None) -> socket.socket:
    """A connection; with a small receive buffer, so that what is not read stays with the server."""
    made = socket.socket()
    if buffer is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.connect(("127.0.0.1", port))
    return made


@contextmanager
def slow_readers(port: int, contender: Contender, count: int) -> Iterator[None]:
    """So many requests for 8 MB, each read a byte a second."""
    readers: list[socket.socket] = []
    earlier = {"role": "user", "content": "x" * LONG}
    question = [earlier, {"role": "user", "content": Load(tokens=1).question}]
    ending = threading.Event()

    def read() -> None:
        while not ending.wait(1):
            for reader in readers:
                reader.recv(1)

    for _ in range(count):  # each just before its request: headers have a deadline
        reader = connect(port, 4096)
        readers.append(reader)
        reader.sendall(http_request(contender, str(uuid4()), question).encode())
    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield
    finally:
        for reader in readers:
            reader.shutdown(socket.SHUT_RDWR)
        ending.set()
        thread.join(5)
        for reader in readers:
            reader.close()


@contextmanager
def idle(port: int, count: int) -> Iterator[None]:
    """So many connections that say nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    connections: list[socket.socket] = []
    try:
        connections += [connect(port) for _ in range(count)]
        yield
    finally:
        for connection in connections:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
