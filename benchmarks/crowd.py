"""A crowd: streams at a model's pace, readers that hardly read, and connections that say nothing.

Each figure stands beside the same one without the crowd, in the same run.
"""

from __future__ import annotations

import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from benchmarks.concurrency import PACE
from benchmarks.contenders import OURS_AGUI, Arena, Contender, http_request
from benchmarks.graph import LARGE
from benchmarks.load import Load
from benchmarks.processes import Process
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.waiting import NODES, SECONDS

STREAMS = 100
MIB = 1024 * 1024


def measure(arena: Arena, scale: Scale) -> Iterator[Table]:
    """First what nothing disturbs, then the crowds. Each row has a server of its own, started for it."""
    if OURS_AGUI not in arena:
        return
    for streams in scale.crowd:
        yield beginning(arena, scale, streams)
    yield beside(arena, scale)
    yield plain_nodes(arena)


def _load(scale: Scale, streams: int, ramp: float = 0.0) -> Load:
    tokens = int(scale.paced_seconds * 1000 / PACE)
    deadline = scale.paced_seconds + ramp + 15
    return Load(streams=streams, tokens=tokens, pace=PACE, deadline=deadline, gaps=True, ramp=ramp)


@dataclass(slots=True)
class Memory:
    """Resident bytes of a process, over a time."""

    before: int
    most: int = 0
    last: int = 0


@contextmanager
def following(process: Process) -> Iterator[Memory]:
    """Look at a process's memory ten times a second."""
    memory = Memory(process.memory)
    ending = threading.Event()

    def look() -> None:
        while not ending.wait(0.1):
            memory.last = process.memory
            memory.most = max(memory.most, memory.last)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        ending.set()
        thread.join()


_MEMORY = ("memory before, MiB", "most, MiB", "at the end, MiB")


def _of(memory: Memory) -> list[str]:
    return [f"{size / MIB:.0f}" for size in (memory.before, memory.most, memory.last)]


def _agui(arena: Arena) -> Contender:
    return next(each for each in arena.available() if each.name == OURS_AGUI)


def beginning(arena: Arena, scale: Scale, streams: int) -> Table:
    """Paced streams that begin all at once, and one after the other over as many seconds as they take."""
    table = Table(
        f"crowd {streams}",
        f"{streams:,} streams, 20 tokens a second, that begin at once or in turn",
        ("", "gap p50, ms", "gap p99, ms", "first token p99, ms", *_MEMORY, "KiB a stream", "tokens that came"),
    )
    for name, ramp in (("a burst", 0.0), (f"a ramp of {scale.paced_seconds} s", float(scale.paced_seconds))):
        load = _load(scale, streams, ramp)
        with arena.fresh() as process:
            contender = _agui(arena)
            arena.run(contender, Load(streams=5, tokens=5))  # warm
            with following(process) as memory:
                outcome = arena.run(contender, load)
        gaps = (f"{outcome.gap(share):.1f}" for share in ("p50", "p99"))
        each = (memory.most - memory.before) / streams / 1024
        came = outcome.tokens / (streams * load.tokens)
        table.add(name, *gaps, f"{outcome.wait(0.99):.0f}", *_of(memory), f"{each:.0f}", f"{came:.0%}")
        table.record(name, "gap p99", [outcome.gap("p99")])
        table.note_errors(name, [outcome])
    return table


def beside(arena: Arena, scale: Scale) -> Table:
    """100 paced streams alone, beside slow readers of large answers, and beside idle connections."""
    load = _load(scale, STREAMS)
    table = Table(
        "crowd",
        f"{STREAMS} streams, {load.tokens} tokens each, 20 a second, and who else is there",
        ("", "gap p99, ms", "÷ alone", "first token p99, ms", *_MEMORY),
    )
    alone: float | None = None
    crowds: tuple[tuple[str, Callable[[int], AbstractContextManager[Any]]], ...] = (
        ("alone", lambda port: nullcontext()),
        (
            f"beside {STREAMS} readers, 1 byte a second, of 8 MB each",
            lambda port: slow_readers(port, _agui(arena), STREAMS),
        ),
        (f"beside {scale.idle:,} idle connections", lambda port: idle(port, scale.idle)),
    )
    for name, crowd in crowds:
        with arena.fresh() as process:
            contender = _agui(arena)
            arena.run(contender, Load(streams=5, tokens=5))  # warm
            port = arena.servers[contender.server][1]
            with following(process) as memory, process.awake(), crowd(port) as readers:
                settle(process)
                outcome = arena.run(contender, load)
                process.process.send_signal(signal.SIGCONT)  # awake until the crowd has gone
                if readers is not None:
                    table.notes.append(f"{name}: {readers.lost} of them lost their answer where memory ended")
        gap = outcome.gap("p99")
        alone = gap if alone is None else alone
        table.add(name, f"{gap:.1f}", f"{gap / alone:.2f}", f"{outcome.wait(0.99):.0f}", *_of(memory))
        table.record(name, "gap p99", [gap])
        table.record(name, "memory", [memory.most / MIB])
        table.note_errors(name, [outcome])
    return table


def settle(process: Process, timeout: float = 120.0) -> None:
    """Until what the crowd has begun is done: for three seconds the process takes hardly any time of a processor."""
    deadline = time.monotonic() + timeout
    calm = 0
    while calm < 6 and time.monotonic() < deadline:
        before = process.cpu
        time.sleep(0.5)
        calm = calm + 1 if process.cpu - before < 0.05 else 0


def plain_nodes(arena: Arena) -> Table:
    """How long a step of many plain nodes takes, beside what it takes where each has a thread."""
    table = Table("plain nodes", f"{NODES} plain `def` nodes that wait {SECONDS:.0f} s each, in one step", ("", "s"))
    with arena.fresh(graph="tokens=benchmarks.waiting:graph") as process, process.awake():
        contender = _agui(arena)
        port = arena.servers[contender.server][1]
        seconds = []
        for _ in range(2):  # the first makes the threads
            request = http_request(contender, str(uuid4()), [{"role": "user", "content": "да"}])
            start = time.monotonic()
            with connect(port) as made:
                made.sendall(request.encode())
                answer = b""
                while piece := made.recv(65_536):
                    answer += piece
            seconds.append(time.monotonic() - start)
            if b'"RUN_FINISHED"' not in answer:
                table.notes.append(f"failed: {answer[-200:].decode('utf-8', 'replace')}")
    table.add(OURS_AGUI, " ".join(f"{each:.1f}" for each in seconds))
    table.record(OURS_AGUI, "seconds", seconds)
    return table


def connect(port: int, buffer: int | None = None) -> socket.socket:
    """A connection; with a small receive buffer, so that what is not read stays with the server."""
    made = socket.socket()
    if buffer is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.connect(("127.0.0.1", port))
    return made


@dataclass(slots=True)
class Readers:
    """Readers, and how many of them the server has closed."""

    lost: int = 0


@contextmanager
def slow_readers(port: int, contender: Contender, count: int) -> Iterator[Readers]:
    """So many answers of 8 MB, each read a byte a second."""
    readers: list[socket.socket] = []
    found = Readers()
    question = [{"role": "user", "content": LARGE}]
    ending = threading.Event()

    def read() -> None:
        while not ending.wait(1):
            for reader in readers:
                with suppress(OSError):
                    reader.recv(1, socket.MSG_DONTWAIT)
            found.lost = sum(_closed(reader) for reader in readers)

    for _ in range(count):  # each just before its request: headers have a deadline
        reader = connect(port, 4096)
        readers.append(reader)
        reader.sendall(http_request(contender, str(uuid4()), question).encode())
    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ending.set()
        thread.join(5)
        for reader in readers:
            reader.close()


def _closed(reader: socket.socket) -> bool:
    """Whether the server has ended the connection, by TCP's state: what it sent before is not read yet."""
    return reader.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != 1  # TCP_ESTABLISHED


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
