"""Long threads: what a turn costs as its history grows, beside the same turn of the graph and checkpointer alone.

A request carries the new message only, and names its thread: AG-UI's in ``threadId``, OpenAI's in the extension's
``ag_ui.thread_id``. The server has the history, from one turn that sent it. So what is measured is the thread and not
the request: many AG-UI clients send the whole conversation with each turn, and what it costs to read that (it grows
with the conversation too, and the floor has none of it) is not in these figures.
"""

from __future__ import annotations

from uuid import uuid4

from benchmarks.contenders import FLOOR_DB, OURS_AGUI, OURS_OPENAI, Arena
from benchmarks.load import Load, Outcome
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.stats import ratios, spread

OURS = (OURS_AGUI, OURS_OPENAI)


def measure(arena: Arena, scale: Scale) -> list[Table]:
    """A thread is given its history in one turn; then short turns on it are measured, all by processor time.

    Each of them adds its two messages: the shortest history is a few times as long at the end, and costs the same.
    """
    table = Table(
        "history",
        "A turn of 5 tokens on a thread with a long history, CPU ms",
        ("messages before", FLOOR_DB, OURS_AGUI, "× the loop", OURS_OPENAI, "× the loop", "bytes sent, AG-UI"),
    )
    for length in scale.histories:
        cpu: dict[str, dict[int, float]] = {name: {} for name in (FLOOR_DB, *OURS)}
        thread = {name: str(uuid4()) for name in cpu}
        size = 0
        for number in range(scale.rounds * 2 + 1):
            before = length if number == 0 else 0
            loads = {name: Load(tokens=5, threads=[thread[name]], history=before) for name in thread}
            outcomes: dict[str, Outcome] = {FLOOR_DB: arena.run_floor(loads[FLOOR_DB], checkpointer=True)}
            for contender in arena.available(OURS):
                outcomes[contender.name] = arena.run(contender, loads[contender.name])
            for name, outcome in outcomes.items():
                table.note_errors(f"{name}, {length:,}", [outcome])
                if number:
                    cpu[name][number] = outcome.cpu * 1000
            size = outcomes[OURS_AGUI].size if OURS_AGUI in outcomes else 0
        cells = [spread(cpu[FLOOR_DB].values())]
        for name in OURS:
            if cpu[name]:
                cells += [spread(cpu[name].values()), ratios(cpu[name], cpu[FLOOR_DB])]
        table.add(f"{length:,}", *cells, f"{size:,}")
        for name, figures in cpu.items():
            if figures:
                table.record(name, f"{length}", figures)
    return [table]
