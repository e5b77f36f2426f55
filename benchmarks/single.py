"""One stream, 2,000 tokens: microseconds per token end to end, and the ratio to the ``astream`` loop."""

from __future__ import annotations

from benchmarks.contenders import AGUI_DEFAULT, FLOOR, Arena
from benchmarks.load import Load, Outcome
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.stats import ratios, spread

BRIDGE_MODES = ("messages", "tasks", "values", "custom")
FLOOR_MODES = "astream loop, the bridge's four modes"


def rounds(arena: Arena, load: Load, count: int, *, floor: bool = True) -> dict[str, list[Outcome]]:
    """Interleaved: each round measures everybody once, so that what disturbs the machine disturbs all."""
    results: dict[str, list[Outcome]] = {}
    for number in range(count + 1):
        outcomes: dict[str, Outcome] = {}
        if floor:
            outcomes[FLOOR] = arena.run_floor(load)
            outcomes[FLOOR_MODES] = arena.run_floor(load, *BRIDGE_MODES)
        for contender in arena.available():
            outcomes[contender.name] = arena.run(contender, load)
        if number == 0:
            continue  # the first one warms up
        for name, outcome in outcomes.items():
            results.setdefault(name, []).append(outcome)
    return results


def measure(arena: Arena, scale: Scale) -> list[Table]:
    results = rounds(arena, Load(tokens=scale.tokens), scale.rounds)
    floor = [outcome.per_token for outcome in results[FLOOR]]
    theirs = [outcome.per_token for outcome in results.get(AGUI_DEFAULT, [])]
    table = Table(
        "single",
        f"One stream, {scale.tokens:,} tokens",
        ("", "µs per token", "CPU µs per token", "bytes per token", "× the astream loop", "ag-ui-langgraph ÷ this"),
    )
    for name, outcomes in results.items():
        mine = [outcome.per_token for outcome in outcomes]
        table.add(
            name,
            spread(mine),
            spread([outcome.cpu_per_token for outcome in outcomes]),
            f"{outcomes[0].size / max(outcomes[0].tokens, 1):,.0f}" if outcomes[0].size else "–",
            ratios(mine, floor),
            ratios(theirs, mine) if theirs else "–",
        )
        table.record(name, "per_token", mine)
        table.note_errors(name, outcomes)
    return [table]
