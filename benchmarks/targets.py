"""What was to be reached, checked against the figures of this run: ratios within one run, no absolute times."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

from benchmarks.contenders import (
    AGUI_DEFAULT,
    AGUI_LEAN,
    FLOOR,
    FLOOR_DB,
    OURS_AGUI,
    OURS_OPENAI,
    OURS_RESPONSES,
    SERVE,
    TRANSPORT,
)
from benchmarks.copilotkit import GRAPHQL, RUNTIME
from benchmarks.report import Table
from benchmarks.stats import Rounds, ratios

KINDS = {"": "all tokens at once", " turn": "a turn of the loop before each token"}
"""The two models of "as fast as they go": what their tables' keys end with, and how they are described."""


class NotMeasured(LookupError):
    """A figure that this run does not have."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of all tables."""

    tables: dict[str, Table]

    def of(self, table: str, row: str, name: str) -> Rounds:
        """Figures by round. Raises `NotMeasured`."""
        try:
            return self.tables[table].figures[row][name]
        except KeyError as error:
            raise NotMeasured(f"{table}, {row}, {name}") from error

    def ratio(self, table: str, name: str, over: str, under: str) -> float:
        """The median of the rounds' ratios."""
        return ratios(self.of(table, over, name), self.of(table, under, name)).median

    def middle(self, table: str, row: str, name: str) -> float:
        """The median over the rounds."""
        return median(self.of(table, row, name).values())


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
        verdict = {None: "–", True: "reached", False: "**not reached**"}[self.reached]
        by_cpu = "" if self.by_cpu is None else f"{self.by_cpu:.2f}{self.unit}"
        return f"| {self.sentence} | {asked} | {figure} | {by_cpu} | {verdict} |"


def targets(tables: Sequence[Table]) -> list[Target]:
    """All targets, each with its verdict in this run."""
    figures = Figures({table.key: table for table in tables})
    found: list[Target] = []

    def add(sentence: str, bound: float, figure: tuple[str, ...], *, at_least: bool = False, unit: str = " ×") -> None:
        table, name, over, *under = figure
        value = cpu = None
        with suppress(NotMeasured):
            value = figures.ratio(table, name, over, under[0]) if under else figures.middle(table, over, name)
        with suppress(NotMeasured):
            # a rate grows as the cost falls
            pair = (under[0], over) if name == "rate" else (over, under[0]) if under else (over, over)
            cpu = figures.ratio(table, "cpu per token", *pair) if under else None
        found.append(Target(sentence, bound, at_least, unit, value, cpu))

    for key, kind in KINDS.items():
        single, many = (f"single{key}", "per token"), (f"many 50{key}", "rate")
        one, fifty = f"tokens/s, one stream, {kind}", f"tokens/s, 50 streams, {kind}"
        add(f"{one}, ÷ ag-ui-langgraph", 5, (*single, AGUI_DEFAULT, OURS_AGUI), at_least=True)
        add(f"{one}, ÷ ag-ui-langgraph, raw events off", 3, (*single, AGUI_LEAN, OURS_AGUI), at_least=True)
        add(f"{one}, ÷ langgraph-openai-serve", 4, (*single, SERVE, OURS_OPENAI), at_least=True)
        add(f"{fifty}, ÷ ag-ui-langgraph", 5, (*many, OURS_AGUI, AGUI_DEFAULT), at_least=True)
        add(f"{fifty}, ÷ ag-ui-langgraph, raw events off", 3, (*many, OURS_AGUI, AGUI_LEAN), at_least=True)
        add(f"{fifty}, ÷ langgraph-openai-serve", 4, (*many, OURS_OPENAI, SERVE), at_least=True)
        for protocol, ours in (("AG-UI", OURS_AGUI), ("OpenAI", OURS_OPENAI)):
            add(f"one stream, {kind}, {protocol}, ÷ the astream loop", 1.5, (*single, ours, FLOOR))
            add(
                f"one stream, {kind}, {protocol}, ÷ the loop with the same checkpointer", 1.5, (*single, ours, FLOOR_DB)
            )
    for key, kind in KINDS.items():
        table = f"copilotkit{key}"
        add(f"CopilotKit over GraphQL, {kind}, ÷ today's runtime API", 1.5, (table, "per token", GRAPHQL, RUNTIME))
        add(f"the same, first event, {kind}", 1.5, (table, "first event", GRAPHQL, RUNTIME))
    for key, kind in KINDS.items():
        add(f"Responses, one stream, {kind}, ÷ Chat", 1.1, (f"single{key}", "per token", OURS_RESPONSES, OURS_OPENAI))
        add(f"Responses, 50 streams, {kind}, Chat ÷ it", 1.1, (f"many 50{key}", "rate", OURS_OPENAI, OURS_RESPONSES))
    for kind in ("new", "known"):
        add(
            f"Responses, first event, {kind} thread, ÷ Chat",
            1.1,
            ("first", f"{kind} event", OURS_RESPONSES, OURS_OPENAI),
        )
        first = ("first", f"{kind} event")
        add(f"first event, {kind} thread, ÷ ag-ui-langgraph's", 0.25, (*first, OURS_AGUI, AGUI_DEFAULT))
        add(f"first event, {kind} thread, ÷ langgraph-openai-serve's", 0.25, (*first, OURS_OPENAI, SERVE))
    for ours in (OURS_AGUI, OURS_OPENAI):
        add(f"500 paced streams, {ours}, p99 gap", 150, ("paced 500", "gap p99", ours), unit=" ms")
        add(f"500 paced streams, {ours}, tokens that came", 100, ("paced 500", "came", ours), at_least=True, unit=" %")
        add(f"a running stream beyond the graph, {ours}", 64, ("streams", "running", ours), unit=" KiB")
        found += growth(figures, ours)
    found.append(flat(figures))
    return found


def lengths(figures: Figures) -> list[str]:
    """The histories that were measured, the shortest first. Raises `NotMeasured`."""
    try:
        return sorted(figures.tables["history"].figures[FLOOR_DB], key=int)
    except KeyError as error:
        raise NotMeasured("history") from error


def growth(figures: Figures, ours: str) -> list[Target]:
    """How a turn of ours grows with its history, beside how the graph's own does, in processor time.

    As what the longest history adds, and as the factor: the larger a turn's own cost is, the smaller is that.
    """
    more = factor = None
    messages = "10 to 10,000"
    with suppress(NotMeasured):
        short, *_, long = lengths(figures)
        messages = f"{int(short):,} to {int(long):,}"
        more = ratios(added(figures, ours), added(figures, FLOOR_DB)).median
        factor = grown(figures, ours) / grown(figures, FLOOR_DB)
    return [
        Target(f"the factor a turn grows by, {messages} messages, {ours}, ÷ the graph's", 1, False, " ×", factor),
        Target(f"the same in milliseconds, the stricter reading, {ours}", 1, False, " ×", more),
    ]


def grown(figures: Figures, row: str) -> float:
    """How many times as much as the shortest the longest history costs. Raises `NotMeasured`."""
    short, *_, long = lengths(figures)
    return figures.middle("history", row, long) / figures.middle("history", row, short)


def added(figures: Figures, row: str) -> Rounds:
    """Milliseconds of processor time that the longest history adds to a turn, by round. Raises `NotMeasured`."""
    short, *_, long = lengths(figures)
    least = figures.middle("history", row, short)
    return {number: cost - least for number, cost in figures.of("history", row, long).items()}


def flat(figures: Figures) -> Target:
    """Memory after the last finished run, beside that at a fifth of the way, when all caches are full."""
    try:
        marks = list(figures.of("finished", OURS_AGUI, "MiB").values())
        value = marks[-1] / marks[1]
    except NotMeasured:
        value = None
    return Target("memory after all finished runs ÷ after a fifth of them", 1.1, False, " ×", value)


def verdicts(tables: Sequence[Table]) -> list[str]:
    """One line of a table for each target."""
    return [str(target) for target in targets(tables)]


def remarks(tables: Sequence[Table]) -> list[str]:
    """What has to be known to read the verdicts."""
    figures = Figures({table.key: table for table in tables})
    notes: list[str] = []
    with suppress(NotMeasured):
        theirs = figures.middle("first", SERVE, "new event")
        least = figures.middle("first", TRANSPORT, "new event")
        notes.append(
            "langgraph-openai-serve sends its role chunk before it asks the graph, after "
            f"{theirs:.2f} ms; a quarter of that is {theirs / 4:.2f} ms, and Starlette with ready-made chunks needs "
            f"{least:.2f} ms. The bridge waits for the model's first word, or its failure, so that its status is true."
        )
    with suppress(NotMeasured):
        new, known = (figures.ratio("first", f"{kind} token", OURS_OPENAI, SERVE) for kind in ("new", "known"))
        notes.append(
            f"first token, bridge, OpenAI, ÷ langgraph-openai-serve's: {new:.2f} × on a new thread, {known:.2f} × on a "
            "known one (no bound was asked for; langgraph-openai-serve keeps no threads)."
        )
    with suppress(NotMeasured):
        gap = figures.middle("paced 500", FLOOR, "gap p99")
        notes.append(
            "500 paced streams are what one core can do: the graphs alone, without a server, have a p99 gap of "
            f"{gap:.0f} ms. All begin at the same moment, so the last first token comes late."
        )
    with suppress(NotMeasured):
        short, *_, long = lengths(figures)
        growing = [
            f"{row} by {median(added(figures, row).values()):.0f} ms, {grown(figures, row):.0f}-fold"
            for row in (FLOOR_DB, OURS_AGUI, OURS_OPENAI)
        ]
        notes.append(
            f"from {int(short):,} to {int(long):,} messages the processor time of a turn grows: {'; '.join(growing)}."
        )
    return notes
