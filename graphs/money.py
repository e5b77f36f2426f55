"""Roubles, rates and days as people write them."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

MONTHS_OF = (
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
)
WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")


def number(value: int) -> str:
    """Thousands apart by a no-break space: 1 234 567."""
    return f"{value:,}".replace(",", "\u00a0")


def rub(value: int) -> str:
    """A sum in roubles: 1 234 567 ₽."""
    return f"{number(value)}\u00a0₽"


def percent(rate: float | None, digits: int = 1, *, decimal: str = ".") -> str:
    """A fraction as percent: 0.253 is 25.3 %; a dash for None.

    Halves go up, as browsers round: 0.2385 is 23.9 % on a page and here. Binary floats would make it 23.8.
    """
    if rate is None:
        return "—"
    return f"{fixed(Decimal(str(rate)) * 100, digits)}\u00a0%".replace(".", decimal)


def fixed(value: float | Decimal, digits: int, *, sign: bool = False) -> str:
    """A number with so many decimals, halves going away from zero."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return f"{rounded:+f}" if sign else f"{rounded:f}"


def plural(value: int, one: str, few: str, many: str) -> str:
    """A number with its Russian noun: 1 сделка, 2 сделки, 5 сделок, 11 сделок, 21 сделка."""
    if value % 10 == 1 and value % 100 != 11:
        noun = one
    elif value % 10 in {2, 3, 4} and value % 100 not in {12, 13, 14}:
        noun = few
    else:
        noun = many
    return f"{number(value)} {noun}"


def plural_en(value: int, one: str, many: str = "") -> str:
    """A number with its English noun: 1 deal, 2 deals."""
    return f"{number(value)} {one if value == 1 else many or f'{one}s'}"


def day(iso: str | date | None) -> str:
    """A date as Russians write it: 31.12.2026; a dash for None."""
    if iso is None:
        return "—"
    return (iso if isinstance(iso, date) else date.fromisoformat(iso[:10])).strftime("%d.%m.%Y")


def full_day(of: date, language: Literal["ru", "en"]) -> str:
    """A date with its weekday and in ISO 8601, so that a model need not work it out."""
    if language == "ru":
        return f"{WEEKDAYS[of.weekday()]}, {of.day} {MONTHS_OF[of.month - 1]} {of.year} года ({of.isoformat()})"
    return f"{of:%A}, {of.day} {of:%B} {of.year} ({of.isoformat()})"
