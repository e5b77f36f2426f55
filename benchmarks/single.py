"""One stream, 2,000 tokens: microseconds per token end to end, and the ratio to the ``astream`` loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

from benchmarks.contenders import (
    AGUI_DEFAULT,
    DEV,
    FLOOR,
    FLOOR_DB,
    OURS_AGUI,
    OURS_OPENAI,
    OURS_RESPONSES,
    TRANSPORT,
    Arena,
)
from benchmarks.graph import TURN
from benchmarks.load import Load, Outcome
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.stats import ratios, spread

Results = dict[str, dict[int, Outcome]]
"""By name and number of the round."""

QUICK = (FLOOR, OURS_AGUI, FLOOR_DB, OURS_OPENAI, OURS_RESPONSES, TRANSPORT)
"""Measured in every round: 0.1 s each, where the others need 0.3 to 2 s."""

DEV_EVERY = 4
"""The LangGraph dev server has its turn in each so-many-th: it needs as long as all the others together."""


def rounds(arena: Arena, load: Load, turns: int, *, together: int = 1) -> Results:
    """What each made of the load, in rounds of neighbours.

    A round is all the quick ones, one after another, and then one of the slow peers (or as many as ``together`` says),
    which take turns; each gets ``turns`` of them. So the two of a ratio ran within a second or two of each other, on a
    machine that may be twice as slow the next minute, and the quick ones, whose ratios are the closest, have the most
    rounds. The order changes from round to round.
    """
    runs: dict[str, Callable[[Load], Outcome]] = {
        FLOOR: arena.run_floor,
        FLOOR_DB: partial(arena.run_floor, checkpointer=True),
        **{contender.name: partial(arena.run, contender) for contender in arena.available()},
    }
    for run in runs.values():
        run(replace(load, streams=2, tokens=min(load.tokens, 500)))  # warm
    quick = [name for name in QUICK if name in runs]
    slow = [name for name in runs if name not in QUICK]
    results: Results = {name: {} for name in runs}
    for number, guests in enumerate(_guests(slow, turns, together)):
        first = number % len(quick)
        for name in (*quick[first:], *quick[:first], *guests):
            results[name][number] = runs[name](load)
    return results


def _guests(slow: Sequence[str], turns: int, together: int) -> Iterator[Sequence[str]]:
    """Who is measured beside the quick ones, round by round; nobody where no peer is there."""
    for turn in range(turns):
        waiting = [name for name in slow if name != DEV or turn % DEV_EVERY == 0]
        for first in range(0, max(len(waiting), 1), together):
            yield waiting[first : first + together]


def measure(arena: Arena, scale: Scale) -> Iterator[Table]:
    """With a model that has all its tokens at once, and with one that gives the event loop a turn before each."""
    yield table(arena, scale, 0, "single", f"One stream, {scale.tokens:,} tokens, end to end over HTTP")
    yield table(
        arena, scale, TURN, "single turn", "The same, when the model gives the event loop a turn before each token"
    )


def table(arena: Arena, scale: Scale, pace: Literal[0, "turn"], key: str, title: str) -> Table:
    """Costs per token; with three times the usual rounds, as the targets are close."""
    results = rounds(arena, Load(tokens=scale.tokens, pace=pace), scale.rounds * 3)
    costs = {
        name: {number: outcome.per_token for number, outcome in outcomes.items()} for name, outcomes in results.items()
    }
    made = Table(
        key,
        title,
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
        cpu = {number: outcome.cpu_per_token for number, outcome in outcomes.items()}
        some = next(iter(outcomes.values()))
        made.add(
            name,
            spread(mine.values()),
            spread(cpu.values()),
            f"{some.size / max(some.tokens, 1):,.0f}" if some.size else "–",
            ratios(mine, costs[FLOOR]),
            ratios(mine, costs[FLOOR_DB]),
            ratios(costs[AGUI_DEFAULT], mine) if AGUI_DEFAULT in costs else "–",
        )
        made.record(name, "per token", mine)
        made.record(name, "cpu per token", cpu)
        made.note_errors(name, outcomes.values())
    made.notes.append(
        f"{len(costs[FLOOR])} rounds of the quick ones, each with one peer in its turn; two peers never share a round, "
        "their ratio is that of their medians"
    )
    return made
