"""Who belongs to a segment, by what a customer has bought and when."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from graphs.crm.english import term
from graphs.language import Language
from graphs.state import Segment

Kind = Literal["all", "sleeping", "loyal", "big", "new"]

SLEEPING_DAYS = 180
NEW_DAYS = 120
LOYAL_PURCHASES = 3
BIG_REVENUE = 500_000  # roubles in the last 12 months
BIG_EMPLOYEES = 250
YEAR = timedelta(days=365)

NAMES: dict[Language, dict[Kind, tuple[str, str]]] = {
    "ru": {
        "all": ("Все клиенты", "Вся клиентская база"),
        "sleeping": ("Спящие", f"Покупали, но не в последние {SLEEPING_DAYS} дней"),
        "loyal": (
            "Постоянные",
            f"От {LOYAL_PURCHASES} покупок, последняя не раньше {SLEEPING_DAYS} дней назад",
        ),
        "big": ("Крупные", f"Купили за год на 500 000 ₽ и больше или от {BIG_EMPLOYEES} сотрудников"),
        "new": ("Новые", f"Первая покупка за последние {NEW_DAYS} дней"),
    },
    "en": {
        "all": ("All customers", "The whole customer base"),
        "sleeping": ("Sleeping", f"Have bought, but not within the last {SLEEPING_DAYS} days"),
        "loyal": ("Loyal", f"{LOYAL_PURCHASES} purchases or more, the last within {SLEEPING_DAYS} days"),
        "big": ("Big", f"Bought for 500 000 ₽ or more in a year, or have {BIG_EMPLOYEES} employees or more"),
        "new": ("New", f"First purchase within the last {NEW_DAYS} days"),
    },
}


@dataclass(frozen=True)
class Profile:
    """A customer and their purchases as (day, roubles)."""

    company: str
    city: str
    industry: str
    employees: int
    purchases: tuple[tuple[date, int], ...]

    def revenue(self, as_of: date) -> int:
        """What they have bought in the last 12 months."""
        return sum(amount for day, amount in self.purchases if day > as_of - YEAR)


@dataclass(frozen=True)
class Filter:
    """What customers must be like; None does not matter."""

    kind: Kind = "all"
    city: str | None = None
    industry: str | None = None
    min_revenue: int | None = None


def select(profiles: Sequence[Profile], wanted: Filter, as_of: date) -> list[Profile]:
    """The customers of the segment, those with the highest revenue first."""
    found = [
        profile
        for profile in profiles
        if belongs(profile, wanted.kind, as_of)
        and wanted.city in {None, profile.city}
        and wanted.industry in {None, profile.industry}
        and profile.revenue(as_of) >= (wanted.min_revenue or 0)
    ]
    return sorted(found, key=lambda profile: (-profile.revenue(as_of), profile.company))


def belongs(profile: Profile, kind: Kind, as_of: date) -> bool:
    """Whether the customer is of that kind."""
    days = [day for day, _ in profile.purchases]
    match kind:
        case "all":
            return True
        case "sleeping":
            return bool(days) and max(days) < as_of - timedelta(days=SLEEPING_DAYS)
        case "loyal":
            return len(days) >= LOYAL_PURCHASES and max(days) >= as_of - timedelta(days=SLEEPING_DAYS)
        case "big":
            return profile.revenue(as_of) >= BIG_REVENUE or profile.employees >= BIG_EMPLOYEES
        case "new":
            return bool(days) and min(days) >= as_of - timedelta(days=NEW_DAYS)


def summarize(found: Sequence[Profile], wanted: Filter, as_of: date, language: Language) -> Segment:
    """The segment as a front end shows it."""
    amounts = [amount for profile in found for _, amount in profile.purchases]
    name, description = NAMES[language][wanted.kind]
    return {
        "name": ", ".join([name, *(term(part, language) for part in (wanted.city, wanted.industry) if part)]),
        "description": description,
        "size": len(found),
        "revenue": sum(profile.revenue(as_of) for profile in found),
        "average_deal": round(sum(amounts) / len(amounts)) if amounts else 0,
        "cities": _most_frequent(term(profile.city, language) for profile in found),
        "industries": _most_frequent(term(profile.industry, language) for profile in found),
    }


def _most_frequent(values: Iterable[str]) -> list[str]:
    return [value for value, _ in Counter(values).most_common(3)]
