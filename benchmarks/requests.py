"""Short requests, as gateways publish theirs: the milliseconds that a server adds, and how many it answers a second."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.contenders import DEV, FLOOR, Arena
from benchmarks.load import Load, Outcome
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.stats import spread

AT_ONCE = 200
FLOOR_HERE = f"{FLOOR}, SQLite checkpointer"


def measure(arena: Arena, scale: Scale) -> Iterator[Table]:
    """One after another, and 200 at once; the agent answers at once with one token, each time in a new thread."""
    yield added(arena, scale)
    yield at_once(arena, scale)


def added(arena: Arena, scale: Scale) -> Table:
    """Milliseconds of a request, and those beyond the graph's own with its checkpointer."""
    load = Load(tokens=1, deadline=20)
    taken: dict[str, list[float]] = {}
    outcomes: dict[str, list[Outcome]] = {}
    for number in range(scale.rounds * scale.firsts):
        made = {FLOOR_HERE: arena.run_floor(load, checkpointer=True)}
        # the LangGraph dev server takes a second for each
        asked = [each for each in arena.available() if each.name != DEV or number % scale.firsts == 0]
        made |= {contender.name: arena.run(contender, load) for contender in asked}
        for name, outcome in made.items():
            outcomes.setdefault(name, []).append(outcome)
            if not outcome.errors:
                taken.setdefault(name, []).append(outcome.seconds * 1000)
    table = Table("requests", "Short requests, one after another", ("", "ms a request", "ms added to the graph"))
    floor = spread(taken[FLOOR_HERE]).median
    for name, figures in taken.items():
        table.add(name, spread(figures), f"{spread(figures).median - floor:.2f}")
        table.record(name, "ms", figures)
        table.note_errors(name, outcomes[name])
    return table


def at_once(arena: Arena, scale: Scale) -> Table:
    """Requests a second, where 200 are sent at the same moment."""
    load = Load(streams=AT_ONCE, tokens=1, deadline=60)
    table = Table("requests at once", f"{AT_ONCE} short requests at once", ("", "requests a second"))
    rates: dict[str, list[float]] = {}
    outcomes: dict[str, list[Outcome]] = {}
    for number in range(scale.rounds):
        made = {FLOOR_HERE: arena.run_floor(load, checkpointer=True)}
        made |= {each.name: arena.run(each, load) for each in arena.available() if number == 0 or each.name != DEV}
        for name, outcome in made.items():
            outcomes.setdefault(name, []).append(outcome)
            rates.setdefault(name, []).append(outcome.tokens / outcome.seconds)
    for name, figures in rates.items():
        table.add(name, spread(figures))
        table.record(name, "rate", figures)
        table.note_errors(name, outcomes[name])
    return table
