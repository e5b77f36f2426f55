"""Many streams at once: as fast as they go, and at the pace of a model that makes 20 tokens a second."""

from __future__ import annotations

from benchmarks.contenders import AGUI_DEFAULT, Arena
from benchmarks.load import Load, Outcome
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.single import rounds
from benchmarks.stats import ratios, spread

PACE = 50.0  # milliseconds between two tokens: 20 a second


def measure(arena: Arena, scale: Scale) -> list[Table]:
    tables = [unpaced(arena, scale, streams, tokens) for streams, tokens in scale.many]
    return tables + [paced(arena, scale, streams) for streams in scale.paced]


def unpaced(arena: Arena, scale: Scale, streams: int, tokens: int) -> Table:
    """Tokens per second, and how long a stream waits for its first one."""
    results = rounds(arena, Load(streams=streams, tokens=tokens, deadline=90), scale.rounds)
    rate = {name: [outcome.tokens / outcome.seconds for outcome in outcomes] for name, outcomes in results.items()}
    table = Table(
        f"many {streams}",
        f"{streams} streams at once, {tokens} tokens each, as fast as they go",
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
        table.add(
            name,
            spread(rate[name]),
            spread([outcome.cpu_per_token for outcome in outcomes]),
            spread([outcome.wait(0.5) for outcome in outcomes]),
            spread([outcome.wait(0.99) for outcome in outcomes]),
            ratios(rate[name], rate[AGUI_DEFAULT]) if AGUI_DEFAULT in rate else "–",
        )
        table.record(name, "rate", rate[name])
        table.record(name, "cpu per token", [outcome.cpu_per_token for outcome in outcomes])
        table.note_errors(name, outcomes)
    return table


def paced(arena: Arena, scale: Scale, streams: int) -> Table:
    """Gaps between tokens. What cannot keep the pace is cut off when it has had half as long again."""
    tokens = int(scale.paced_seconds * 1000 / PACE)
    load = Load(streams=streams, tokens=tokens, pace=PACE, deadline=scale.paced_seconds * 1.5 + 5)
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
    for _ in range(max(1, scale.rounds // 2)):  # each takes its seconds, whoever is measured
        results.setdefault("astream loop, no server", []).append(arena.run_floor(load))
        for contender in arena.available():
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
        table.record(name, "whole", [outcome.tokens / (streams * tokens) for outcome in outcomes])
    return table
