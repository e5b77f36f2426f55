"""What was to be reached, checked against the figures of this run: ratios within one run, no absolute times."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

from benchmarks.contenders import AGUI_DEFAULT, AGUI_LEAN, FLOOR, OURS_AGUI, OURS_OPENAI, SERVE, TRANSPORT
from benchmarks.report import Table
from benchmarks.single import FLOOR_DB


class NotMeasured(LookupError):
    """A figure that this run does not have."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of all tables."""

    tables: dict[str, Table]

    def of(self, table: str, row: str, name: str) -> list[float]:
        """One figure for each round. Raises `NotMeasured`."""
        try:
            return self.tables[table].figures[row][name]
        except KeyError as error:
            raise NotMeasured(f"{table}, {row}, {name}") from error

    def ratio(self, table: str, name: str, over: str, under: str) -> float:
        """The median of the rounds' ratios."""
        pairs = zip(self.of(table, over, name), self.of(table, under, name), strict=True)
        return median(a / b for a, b in pairs)


@dataclass(frozen=True, slots=True)
class Target:
    """One sentence of the list: at least, or at most, ``bound``."""

    sentence: str
    bound: float
    at_least: bool
    unit: str
    figure: float | None
    """``None``: not measured in this run."""
    by_cpu: float | None = None
    """The same by the processor time of the server's process, which a busy machine disturbs less; says more, decides
    nothing."""

    @property
    def reached(self) -> bool | None:
        if self.figure is None:
            return None
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    def __str__(self) -> str:
        asked = f"{'≥' if self.at_least else '≤'} {self.bound:g}{self.unit}"
        figure = "not measured" if self.figure is None else f"{self.figure:.2f}{self.unit}"
        said = {None: "–", True: "reached", False: "**not reached**"}[self.reached]
        by_cpu = "" if self.by_cpu is None else f"{self.by_cpu:.2f}{self.unit}"
        return f"| {self.sentence} | {asked} | {figure} | {by_cpu} | {said} |"


def targets(tables: Sequence[Table]) -> list[Target]:
    """All of them, with what this run has to say."""
    figures = Figures({table.key: table for table in tables})
    found: list[Target] = []

    def add(sentence: str, bound: float, figure: tuple[str, ...], *, at_least: bool = False, unit: str = " ×") -> None:
        table, name, over, *under = figure
        value = cpu = None
        with suppress(NotMeasured):
            value = figures.ratio(table, name, over, under[0]) if under else median(figures.of(table, over, name))
        with suppress(NotMeasured):
            # a rate grows as the cost falls
            pair = (under[0], over) if name == "rate" else (over, under[0]) if under else (over, over)
            cpu = figures.ratio(table, "cpu per token", *pair) if under else None
        found.append(Target(sentence, bound, at_least, unit, value, cpu))

    single = ("single", "per token")
    add("tokens/s, one stream, ÷ ag-ui-langgraph", 5, (*single, AGUI_DEFAULT, OURS_AGUI), at_least=True)
    add("tokens/s, one stream, ÷ ag-ui-langgraph, raw events off", 3, (*single, AGUI_LEAN, OURS_AGUI), at_least=True)
    add("tokens/s, one stream, ÷ langgraph-openai-serve", 4, (*single, SERVE, OURS_OPENAI), at_least=True)
    many = ("many 50", "rate")
    add("tokens/s, 50 streams, ÷ ag-ui-langgraph", 5, (*many, OURS_AGUI, AGUI_DEFAULT), at_least=True)
    add("tokens/s, 50 streams, ÷ ag-ui-langgraph, raw events off", 3, (*many, OURS_AGUI, AGUI_LEAN), at_least=True)
    add("tokens/s, 50 streams, ÷ langgraph-openai-serve", 4, (*many, OURS_OPENAI, SERVE), at_least=True)
    for kind in ("new", "known"):
        first = ("first", f"{kind} event")
        add(f"first event, {kind} thread, ÷ ag-ui-langgraph's", 0.25, (*first, OURS_AGUI, AGUI_DEFAULT))
        add(f"first event, {kind} thread, ÷ langgraph-openai-serve's", 0.25, (*first, OURS_OPENAI, SERVE))
    add("one stream, AG-UI, ÷ the astream loop", 1.5, (*single, OURS_AGUI, FLOOR))
    add("one stream, AG-UI, ÷ the loop with the same checkpointer", 1.5, (*single, OURS_AGUI, FLOOR_DB))
    add("one stream, OpenAI, ÷ the astream loop", 1.5, (*single, OURS_OPENAI, FLOOR))
    add("one stream, OpenAI, ÷ the loop with the same checkpointer", 1.5, (*single, OURS_OPENAI, FLOOR_DB))
    for ours in (OURS_AGUI, OURS_OPENAI):
        add(f"500 paced streams, {ours}, p99 gap", 150, ("paced 500", "gap p99", ours), unit=" ms")
        add(f"a running stream beyond the graph, {ours}", 64, ("streams", "running", ours), unit=" KiB")
    found.append(flat(figures))
    return found


def flat(figures: Figures) -> Target:
    """Memory after the last finished run, beside that at a fifth of the way, when all caches are full."""
    try:
        marks = figures.of("finished", OURS_AGUI, "MiB")
        growth = marks[-1] / marks[1]
    except NotMeasured:
        growth = None
    return Target("memory after all finished runs ÷ after a fifth of them", 1.1, False, " ×", growth)


def verdicts(tables: Sequence[Table]) -> list[str]:
    """One line of a table for each target."""
    return [str(target) for target in targets(tables)]


def remarks(tables: Sequence[Table]) -> list[str]:
    """What has to be known to read the verdicts."""
    figures = Figures({table.key: table for table in tables})
    said: list[str] = []
    with suppress(NotMeasured):
        theirs = median(figures.of("first", SERVE, "new event"))
        least = median(figures.of("first", TRANSPORT, "new event"))
        said.append(
            "langgraph-openai-serve sends its role chunk before it asks the graph, after "
            f"{theirs:.2f} ms; a quarter of that is {theirs / 4:.2f} ms, and Starlette with ready-made chunks needs "
            f"{least:.2f} ms. The bridge waits for the model's first word, or its failure, so that its status is true."
        )
    return said
