"""Time to the first event and to the first token: on a thread that is new, and on one that has had a turn."""

from __future__ import annotations

from uuid import uuid4

from benchmarks.contenders import DEV, FLOOR, Arena
from benchmarks.load import Load, Outcome
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.stats import spread


def measure(arena: Arena, scale: Scale) -> list[Table]:
    """One request at a time; medians over all requests of all rounds, with the least and the most.

    The LangGraph dev server, which takes 0.7 s for each, answers the first of a round only.
    """
    columns = ("", "event, new thread", "token, new thread", "event, known thread", "token, known thread")
    table = Table("first", "Milliseconds to the first event and the first token", columns)
    samples: dict[str, dict[str, list[Outcome]]] = {}
    for _ in range(scale.rounds):
        for number in range(scale.firsts):
            asked = [contender for contender in arena.available() if number == 0 or contender.name != DEV]
            thread = str(uuid4())
            # another question for the second turn: the same one again would ask for another answer to it
            for kind, tokens in (("new", 5), ("known", 6)):
                load = Load(tokens=tokens, threads=[thread], deadline=20)
                outcomes = {FLOOR: arena.run_floor(load, checkpointer=True)}
                outcomes |= {contender.name: arena.run(contender, load) for contender in asked}
                for name, outcome in outcomes.items():
                    samples.setdefault(name, {}).setdefault(kind, []).append(outcome)
    for name, kinds in samples.items():
        cells = []
        for kind, sampled in kinds.items():
            for event in (True, False):
                waits = [outcome.wait(0.5, event=event) for outcome in sampled]
                cells.append(spread(waits))
                table.record(name, f"{kind} {'event' if event else 'token'}", waits)
        table.add(name if name != FLOOR else f"{name}, SQLite checkpointer", *cells)
        table.note_errors(name, kinds["new"] + kinds["known"])
    return [table]
