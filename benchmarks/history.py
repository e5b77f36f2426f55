"""Long threads: what a turn costs as its history grows, beside the same turn of the graph and checkpointer alone."""

from __future__ import annotations

from uuid import uuid4

from benchmarks.contenders import OURS_AGUI, OURS_OPENAI, Arena
from benchmarks.load import Load, Outcome
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.stats import ratios, spread

FLOOR = "astream loop, SQLite checkpointer"


def measure(arena: Arena, scale: Scale) -> list[Table]:
    """A thread is given its history in one turn; then short turns on it are measured, all by processor time."""
    table = Table(
        "history",
        "A turn of 5 tokens on a thread with a long history, CPU ms",
        ("messages before", FLOOR, OURS_AGUI, "× the loop", OURS_OPENAI, "bytes sent, AG-UI"),
    )
    for length in scale.histories:
        floor: list[float] = []
        ours: dict[str, list[float]] = {OURS_AGUI: [], OURS_OPENAI: []}
        thread = {name: str(uuid4()) for name in (FLOOR, *ours)}
        size = 0
        for number in range(scale.rounds + 1):
            before = length if number == 0 else 0
            loads = {name: Load(tokens=5, threads=[thread[name]], history=before) for name in thread}
            outcomes: dict[str, Outcome] = {FLOOR: arena.run_floor(loads[FLOOR], checkpointer=True)}
            for contender in arena.available(tuple(ours)):
                outcomes[contender.name] = arena.run(contender, loads[contender.name])
                if outcomes[contender.name].errors:
                    table.notes.append(f"{contender.name}, {length}: {outcomes[contender.name].errors[0][:200]}")
            if number == 0:
                continue
            floor.append(outcomes[FLOOR].cpu * 1000)
            for name, figures in ours.items():
                if name in outcomes:
                    figures.append(outcomes[name].cpu * 1000)
            size = outcomes[OURS_AGUI].size if OURS_AGUI in outcomes else 0
        cells = [spread(floor)]
        cells += [spread(ours[OURS_AGUI]), ratios(ours[OURS_AGUI], floor)] if ours[OURS_AGUI] else []
        cells += [spread(ours[OURS_OPENAI])] if ours[OURS_OPENAI] else []
        table.add(f"{length:,}", *cells, f"{size:,}")
        table.record(OURS_AGUI, f"{length}", ours[OURS_AGUI])
        table.record(FLOOR, f"{length}", floor)
    return [table]
