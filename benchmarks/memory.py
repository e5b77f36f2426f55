"""Memory: of an idle stream, of a running one beyond what the graph holds, and after many finished runs."""

from __future__ import annotations

import threading
import time

from benchmarks.contenders import OURS_AGUI, OURS_OPENAI, Arena
from benchmarks.load import Load, Outcome
from benchmarks.processes import Process
from benchmarks.report import Table
from benchmarks.scale import Scale

KIB = 1024


def measure(arena: Arena, scale: Scale) -> list[Table]:
    return [streams(arena, scale), finished(arena, scale)] if OURS_AGUI in arena else []


def _peak(process: Process, run: threading.Thread) -> int:
    """The most resident memory while the load runs."""
    peak = 0
    run.start()
    while run.is_alive():
        peak = max(peak, process.memory)
        time.sleep(0.05)
    run.join()
    return peak


def _grown(arena: Arena, process: Process, name: str | None, load: Load) -> int:
    """Bytes that a load adds to a process that has done a little work, so that what is made once is not counted."""
    outcomes: list[Outcome] = []

    def run(load: Load = load) -> None:
        if name is None:
            outcomes.append(arena.run_floor(load, checkpointer=True))
        else:
            contender = next(each for each in arena.available() if each.name == name)
            outcomes.append(arena.run(contender, load))

    run(Load(streams=5, tokens=5))
    before = process.memory
    return _peak(process, threading.Thread(target=run)) - before


def streams(arena: Arena, scale: Scale) -> Table:
    """In servers that are fresh, because memory that was given back stays resident.

    The streams are few enough, and long enough, that all have started long before the first one ends.
    """
    count = min(200, max(scale.paced))
    loads = {
        "idle (one token, then a silent model)": Load(streams=count, tokens=2, pace=8000, deadline=20),
        "running (20 tokens a second)": Load(streams=count, tokens=160, pace=50, deadline=30),
    }
    table = Table(
        "streams", f"Memory of each of {count} streams, KiB", ("", "bridge", "graph alone", "beyond the graph")
    )
    for title, load in loads.items():
        for name in (OURS_AGUI, OURS_OPENAI):
            with arena.fresh() as process, arena.fresh_floor() as floor:
                ours = _grown(arena, process, name, load) / count / KIB
                graph = _grown(arena, floor, None, load) / count / KIB
            table.add(f"{name}, {title}", f"{ours:.0f}", f"{graph:.0f}", f"{ours - graph:.0f}")
            table.record(name, title.partition(" ")[0], [ours - graph])
    return table


def finished(arena: Arena, scale: Scale) -> Table:
    """The server's memory after so many runs that have ended, 50 at a time, each on a thread of its own."""
    total = scale.finished_runs
    marks = [total // 10, total // 5, total // 2, total]
    table = Table("finished", "Resident memory after finished runs, MiB", ("", *(f"{mark:,}" for mark in marks)))
    contender = next(each for each in arena.available() if each.name == OURS_AGUI)
    with arena.fresh() as process:
        done, figures = 0, []
        while done < total:
            arena.run(contender, Load(streams=50, tokens=5, deadline=60))
            done += 50
            if done in marks:
                figures.append(process.memory / KIB / KIB)
    table.add(OURS_AGUI, *(f"{figure:.0f}" for figure in figures))
    table.record(OURS_AGUI, "MiB", figures)
    return table
