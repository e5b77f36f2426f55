"""Memory: of an idle stream, of a running one beyond what the graph holds, and after many finished runs.

What a stream holds is taken from two loads, of 50 and of 200 streams, each in a server that was started for it: the
difference between their peaks, divided by 150. So what is made once (modules, caches, connections of the index) is in
both and counts in neither; and nothing that an earlier load gave back, or left for late readers, is taken for new or
hides what is new. The graph alone, with the same checkpointer, is measured in the same way, and taken off.

At the peak all streams run, and all have had the same number of tokens: the model holds the last one back until the
client has left, and that all the others came is checked. For the graph keeps each token until the answer is whole, at
1.5 KiB; a server that began its streams a second later than the floor would seem to hold less than it.

What a round says depends on where the allocators' blocks happen to end (a MiB of Python's is 7 KiB for each of 150
streams): hence rounds, and their median.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

from benchmarks.contenders import FLOOR_DB, OURS_AGUI, OURS_OPENAI, Arena
from benchmarks.load import Load, Outcome
from benchmarks.processes import Process
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.stats import spread

KIB = 1024
FEW, ALL = 50, 200
LOADS = {
    "idle": ("idle (one token, then a silent model)", Load(tokens=2, pace=50, hold=True)),
    "running": ("running (80 tokens, 20 a second)", Load(tokens=81, pace=50, hold=True)),
}


def measure(arena: Arena, scale: Scale) -> Iterator[Table]:
    if OURS_AGUI in arena:
        yield streams(arena, scale)
        yield finished(arena, scale)


def _of(streams: int, load: Load) -> Load:
    """So many streams of it; until all tokens but the held ones have come, with 30 ms for each stream to begin."""
    return replace(load, streams=streams, deadline=load.tokens * float(load.pace) / 1000 + 1 + streams * 0.03)


def _peak(process: Process, run: Callable[[], Outcome], seconds: float) -> tuple[int, Outcome]:
    """The most resident bytes in the first ``seconds`` of the load, and what came of it."""
    outcomes: list[Outcome] = []
    load = threading.Thread(target=lambda: outcomes.append(run()))
    end = time.monotonic() + seconds
    peak = 0
    load.start()
    while load.is_alive() and time.monotonic() < end:
        peak = max(peak, process.memory)
        time.sleep(0.05)
    load.join()
    return peak, outcomes[0]


def _grown(arena: Arena, name: str, load: Load) -> tuple[int, int]:
    """Bytes that a load adds to a fresh process that has done a little work; and how many tokens did not come."""
    fresh: AbstractContextManager[Process]
    if name == FLOOR_DB:
        fresh, run = arena.fresh_floor(), partial(arena.run_floor, checkpointer=True)
    else:
        contender = next(each for each in arena.available() if each.name == name)
        fresh, run = arena.fresh(), partial(arena.run, contender)
    with fresh as process:
        run(Load(streams=5, tokens=5))
        before = process.memory
        peak, outcome = _peak(process, partial(run, load), load.deadline)
    return peak - before, load.streams * (load.tokens - 1) - outcome.tokens


def streams(arena: Arena, scale: Scale) -> Table:
    """KiB of each stream, and how much of it is not the graph's: medians over fresh processes."""
    table = Table(
        "streams", "Memory of each stream, KiB (from 50 to 200 of them)", ("", "bridge", "graph alone", "beyond it")
    )
    for kind, (title, load) in LOADS.items():
        held: dict[str, list[float]] = {name: [] for name in (FLOOR_DB, OURS_AGUI, OURS_OPENAI)}
        for _ in range(scale.memory_rounds):
            for name, figures in held.items():
                few, missed = _grown(arena, name, _of(FEW, load))
                most, late = _grown(arena, name, _of(ALL, load))
                figures.append((most - few) / (ALL - FEW) / KIB)
                if missed or late:
                    table.notes.append(f"{name}, {kind}: {missed + late} tokens had not come at the end")
        graph = spread(held[FLOOR_DB])
        for name in (OURS_AGUI, OURS_OPENAI):
            beyond = [figure - graph.median for figure in held[name]]
            table.add(f"{name}, {title}", spread(held[name]), graph, spread(beyond))
            table.record(name, kind, beyond)
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
