"""Processor time per token by part, from a sampling profile of the server while it streams."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from pathlib import Path

from benchmarks.contenders import FLOOR, OURS_AGUI, OURS_OPENAI, Arena
from benchmarks.load import Load
from benchmarks.report import Table
from benchmarks.scale import Scale


def measure(arena: Arena, scale: Scale) -> list[Table]:
    """One stream after another, so that the shares are those of a token and not of a start."""
    load = Load(tokens=scale.tokens * 5)
    profiles: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        file = Path(home) / "profile.json"
        with arena.fresh(file) as process:
            for contender in arena.available((OURS_AGUI, OURS_OPENAI)):
                arena.run(contender, load)
                _written(process.process.pid, file, arena)
                cpu = [arena.run(contender, load) for _ in range(scale.rounds)]
                parts = _written(process.process.pid, file, arena)
                per_token = sum(outcome.cpu for outcome in cpu) / sum(outcome.tokens for outcome in cpu) * 1e6
                total = sum(parts.values())
                profiles[contender.name] = {part: count / total * per_token for part, count in parts.items()}
    arena.run_floor(Load(tokens=scale.tokens))  # warm: it may not have run before
    floor = arena.run_floor(load)
    names = sorted({part for shares in profiles.values() for part in shares})
    names.sort(key=lambda name: -max(shares.get(name, 0) for shares in profiles.values()))
    table = Table("parts", "CPU by part, µs per token (a sampling profile)", ("", *profiles))
    for name in names:
        table.add(name, *(f"{shares.get(name, 0):.1f}" for shares in profiles.values()))
    table.add("all", *(f"{sum(shares.values()):.1f}" for shares in profiles.values()))
    table.notes.append(f"{FLOOR}, in the same minute: {floor.cpu_per_token:.1f} µs")
    return [table]


def _written(pid: int, file: Path, arena: Arena) -> dict[str, int]:
    """Ask the server for its samples, and forget them there."""
    file.unlink(missing_ok=True)
    with arena.servers["ours"][0].awake():
        os.kill(pid, signal.SIGUSR1)
        deadline = time.monotonic() + 5
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    parts: dict[str, int] = json.loads(file.read_text())["parts"]
    return parts
