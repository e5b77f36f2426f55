"""Cold start: from the command to the end of the first answer."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.contenders import CONTENDERS, SERVERS, Arena
from benchmarks.load import Load
from benchmarks.processes import free_port
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.stats import spread


def measure(arena: Arena, scale: Scale) -> list[Table]:
    """Files are in the page cache after the first round, bytecode is compiled; the database is new each time."""
    table = Table(
        "cold", "Cold start: the command to the first whole answer, seconds", ("", "seconds", "memory then, MiB")
    )
    seconds: dict[str, list[float]] = {}
    memory: dict[str, float] = {}
    for _ in range(scale.rounds):
        for contender in {each.server: each for each in reversed(CONTENDERS)}.values():
            if contender.server not in arena.servers:
                continue
            kept = arena.servers[contender.server]
            with tempfile.TemporaryDirectory(prefix="bench-") as home:
                port = free_port()
                begun = time.monotonic()
                process = SERVERS[contender.server](port, Path(home))
                try:
                    process.wait_for(port)
                    arena.servers[contender.server] = (process, port)
                    outcome = arena.run(contender, Load(tokens=5, deadline=30))
                    seconds.setdefault(contender.name, []).append(time.monotonic() - begun)
                    memory[contender.name] = process.memory / 2**20
                    table.note_errors(contender.name, [outcome])
                finally:
                    arena.servers[contender.server] = kept
                    process.stop()
    for name, figures in seconds.items():
        table.add(name, spread(figures), f"{memory[name]:.0f}")
        table.record(name, "seconds", figures)
    return [table]
