"""Many streams at once: as fast as they go, and at the pace of a model that makes 20 tokens a second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from benchmarks.contenders import AGUI_DEFAULT, FLOOR, Arena
from benchmarks.graph import TURN
from benchmarks.load import Load, Outcome
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.single import QUICK, rounds
from benchmarks.stats import ratios, spread

PACE = 50.0  # milliseconds between two tokens: 20 a second


def measure(arena: Arena, scale: Scale) -> Iterator[Table]:
    """50 streams with both kinds of model, as they have targets; 500 with the one that has all its tokens at once."""
    for streams, tokens in scale.many:
        yield unpaced(arena, scale, streams, tokens, 0)
        if streams == 50:
            yield unpaced(arena, scale, streams, tokens, TURN)
    for streams in scale.paced:
        yield paced(arena, scale, streams)


def unpaced(arena: Arena, scale: Scale, streams: int, tokens: int, pace: Literal[0, "turn"]) -> Table:
    """Tokens per second, and how long a stream waits for its first one.

    Here a slow peer takes 5 to 20 s with 50 streams, and up to a minute with 500: so they have few turns.
    """
    load = Load(streams=streams, tokens=tokens, pace=pace, deadline=90)
    if streams > 50:
        results = rounds(arena, load, max(1, scale.rounds // 4), together=2)
    else:
        results = rounds(arena, load, scale.rounds)
    rate = {
        name: {number: outcome.tokens / outcome.seconds for number, outcome in outcomes.items()}
        for name, outcomes in results.items()
    }
    table = Table(
        f"many {streams}{' turn' if pace == TURN else ''}",
        f"{streams} streams at once, {tokens} tokens each, as fast as they go"
        + (", when the model gives the event loop a turn before each token" if pace == TURN else ""),
        (
            "",
            "tokens per second",
            "CPU µs per token",
            "first token p50, ms",
            "first token p99, ms",
            "÷ ag-ui-langgraph",
        ),
    )
    for name, outcomes in results.items():
        cpu = {number: outcome.cpu_per_token for number, outcome in outcomes.items()}
        table.add(
            name,
            spread(rate[name].values()),
            spread(cpu.values()),
            spread(outcome.wait(0.5) for outcome in outcomes.values()),
            spread(outcome.wait(0.99) for outcome in outcomes.values()),
            ratios(rate[name], rate[AGUI_DEFAULT]) if AGUI_DEFAULT in rate else "–",
        )
        table.record(name, "rate", rate[name])
        table.record(name, "cpu per token", cpu)
        table.note_errors(name, outcomes.values())
    guests = "two peers" if streams > 50 else "one peer"
    table.notes.append(f"{len(rate[FLOOR])} rounds of the quick ones, each with {guests} in turn")
    return table


def paced(arena: Arena, scale: Scale, streams: int) -> Table:
    """Gaps between tokens. All begin at the same moment; what is not there 15 s after the last token is due is cut off.

    Each takes its seconds, whoever is measured: so there are few rounds, and the slow peers have one.
    """
    tokens = int(scale.paced_seconds * 1000 / PACE)
    load = Load(streams=streams, tokens=tokens, pace=PACE, deadline=scale.paced_seconds + 15, gaps=True)
    table = Table(
        f"paced {streams}",
        f"{streams} streams at once, {tokens} tokens each, 20 a second",
        (
            "",
            "gap p50, ms",
            "gap p99, ms",
            "longest gap, ms",
            "first token p99, ms",
            "CPU of one core",
            "tokens that came",
        ),
    )
    results: dict[str, list[Outcome]] = {}
    for number in range(max(1, scale.rounds // 2)):
        results.setdefault(FLOOR, []).append(arena.run_floor(load))
        for contender in arena.available():
            if number == 0 or contender.name in QUICK:
                results.setdefault(contender.name, []).append(arena.run(contender, load))
    for name, outcomes in results.items():
        table.add(
            name,
            *(spread([outcome.gap(share) for outcome in outcomes]) for share in ("p50", "p99", "p100")),
            spread([outcome.wait(0.99) for outcome in outcomes]),
            " ".join(f"{outcome.cpu / outcome.seconds:.0%}" for outcome in outcomes[-1:]),
            f"{min(outcome.tokens for outcome in outcomes) / (streams * tokens):.0%}",
        )
        table.record(name, "gap p99", [outcome.gap("p99") for outcome in outcomes])
        table.record(name, "came", [outcome.tokens / (streams * tokens) * 100 for outcome in outcomes])
    return table
