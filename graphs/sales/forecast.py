"""The pipeline: what is in each stage, how much of it will come, and how deals pass from stage to stage."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from graphs.language import Language
from graphs.state import PipelineStage, Stage

STAGES: tuple[Stage, ...] = ("new", "qualification", "proposal", "negotiation", "won", "lost")
OPEN: tuple[Stage, ...] = STAGES[:4]
# The share of deals won from each stage, as sales teams plan with.
PROBABILITY: dict[Stage, float] = {
    "new": 0.1,
    "qualification": 0.25,
    "proposal": 0.5,
    "negotiation": 0.75,
    "won": 1.0,
    "lost": 0.0,
}
TITLES: dict[Language, dict[Stage, str]] = {
    "ru": {
        "new": "Новая",
        "qualification": "Квалификация",
        "proposal": "Предложение",
        "negotiation": "Переговоры",
        "won": "Выиграна",
        "lost": "Проиграна",
    },
    "en": {
        "new": "New",
        "qualification": "Qualification",
        "proposal": "Proposal",
        "negotiation": "Negotiation",
        "won": "Won",
        "lost": "Lost",
    },
}


@dataclass(frozen=True)
class Position:
    """A deal as far as the forecast is concerned. `closed_on` is None while it is open."""

    stage: Stage
    amount: int
    expected_close_on: date
    closed_on: date | None


@dataclass(frozen=True)
class Totals:
    """The sums over all stages."""

    open_count: int
    open_amount: int
    weighted_forecast: int
    month_won_amount: int
    month_forecast: int
    win_rate: float | None


def stages(deals: Sequence[Position], moves: Iterable[tuple[str, str]], language: Language) -> list[PipelineStage]:
    """The stages in order. `moves` are (from stage, to stage) of every step any deal has made."""
    rates = conversion(moves)
    report: list[PipelineStage] = []
    for stage in STAGES:
        amounts = [deal.amount for deal in deals if deal.stage == stage]
        report.append(
            {
                "stage": stage,
                "title": TITLES[language][stage],
                "count": len(amounts),
                "amount": sum(amounts),
                "probability": PROBABILITY[stage],
                "weighted": round(sum(amounts) * PROBABILITY[stage]),
                "conversion": rates.get(stage),
            }
        )
    return report


def conversion(moves: Iterable[tuple[str, str]]) -> dict[str, float]:
    """For each stage that deals have left: the share that went forward (to a later stage, not to lost).

    A step back counts as neither.
    """
    forward: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    order = {stage: index for index, stage in enumerate(STAGES)}
    for source, target in moves:
        if source not in OPEN:
            continue
        if target == "lost":
            lost[source] += 1
        elif order[target] > order[source]:  # type: ignore[index]  # a stage that is none is a KeyError
            forward[source] += 1
    return {
        stage: round(forward[stage] / (forward[stage] + lost[stage]), 4)
        for stage in OPEN
        if forward[stage] + lost[stage]
    }


def totals(deals: Sequence[Position], as_of: date) -> Totals:
    """The sums. "This month" is the calendar month of `as_of`; what should have closed before counts into it
    too.
    """
    opened = [deal for deal in deals if deal.stage in OPEN]
    won = [deal for deal in deals if deal.stage == "won"]
    lost = sum(deal.stage == "lost" for deal in deals)
    month = (as_of.year, as_of.month)
    month_won = sum(
        deal.amount for deal in won if deal.closed_on and (deal.closed_on.year, deal.closed_on.month) == month
    )
    due = [deal for deal in opened if (deal.expected_close_on.year, deal.expected_close_on.month) <= month]
    return Totals(
        open_count=len(opened),
        open_amount=sum(deal.amount for deal in opened),
        weighted_forecast=_weighted(opened),
        month_won_amount=month_won,
        month_forecast=month_won + _weighted(due),
        win_rate=round(len(won) / (len(won) + lost), 4) if won or lost else None,
    )


def _weighted(deals: Iterable[Position]) -> int:
    return round(sum(deal.amount * PROBABILITY[deal.stage] for deal in deals))
