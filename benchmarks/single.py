"""One stream, 2,000 tokens: microseconds per token end to end, and the ratio to the ``astream`` loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from benchmarks.contenders import AGUI_DEFAULT, FLOOR, Arena
from benchmarks.load import Load, Outcome
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.stats import ratios, spread

FLOOR_DB = "astream loop, SQLite checkpointer"


def rounds(arena: Arena, load: Load, count: int) -> dict[str, list[Outcome]]:
    """Interleaved: each round measures everybody once, in another order, so that a bad minute is everybody's."""
    results: dict[str, list[Outcome]] = {}
    runs: dict[str, Callable[[Load], Outcome]] = {
        FLOOR: arena.run_floor,
        FLOOR_DB: partial(arena.run_floor, checkpointer=True),
        **{contender.name: partial(arena.run, contender) for contender in arena.available()},
    }
    for run in runs.values():
        run(replace(load, streams=2, tokens=min(load.tokens, 500)))  # warm
    names = list(runs)
    for number in range(count):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            results.setdefault(name, []).append(runs[name](load))
    return {name: results[name] for name in names}


def measure(arena: Arena, scale: Scale) -> list[Table]:
    results = rounds(arena, Load(tokens=scale.tokens), scale.rounds * 3)
    costs = {name: [outcome.per_token for outcome in outcomes] for name, outcomes in results.items()}
    table = Table(
        "single",
        f"One stream, {scale.tokens:,} tokens, end to end over HTTP",
        (
            "",
            "µs per token",
            "CPU µs per token",
            "bytes per token",
            f"× {FLOOR}",
            f"× {FLOOR_DB}",
            "tokens/s ÷ ag-ui-langgraph",
        ),
    )
    for name, outcomes in results.items():
        mine = costs[name]
        table.add(
            name,
            spread(mine),
            spread([outcome.cpu_per_token for outcome in outcomes]),
            f"{outcomes[0].size / max(outcomes[0].tokens, 1):,.0f}" if outcomes[0].size else "–",
            ratios(mine, costs[FLOOR]),
            ratios(mine, costs[FLOOR_DB]),
            ratios(costs[AGUI_DEFAULT], mine) if AGUI_DEFAULT in costs else "–",
        )
        table.record(name, "per token", mine)
        table.record(name, "cpu per token", [outcome.cpu_per_token for outcome in outcomes])
        table.note_errors(name, outcomes)
    return [table]
