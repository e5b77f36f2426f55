"""Roubles, rates and days as people write them."""

from datetime import date


def number(value: int) -> str:
    """Thousands apart by a no-break space: 1 234 567."""
    return f"{value:,}".replace(",", "\u00a0")


def rub(value: int) -> str:
    """A sum in roubles: 1 234 567 ₽."""
    return f"{number(value)}\u00a0₽"


def percent(rate: float | None, digits: int = 1, *, decimal: str = ".") -> str:
    """A fraction as percent: 0.253 is 25.3 %; a dash for None."""
    return "—" if rate is None else f"{rate * 100:.{digits}f}\u00a0%".replace(".", decimal)


def plural(value: int, one: str, few: str, many: str) -> str:
    """A number with its Russian noun: 1 сделка, 2 сделки, 5 сделок, 11 сделок, 21 сделка."""
    if value % 10 == 1 and value % 100 != 11:
        noun = one
    elif value % 10 in {2, 3, 4} and value % 100 not in {12, 13, 14}:
        noun = few
    else:
        noun = many
    return f"{number(value)} {noun}"


def day(iso: str | date | None) -> str:
    """A date as Russians write it: 31.12.2026; a dash for None."""
    if iso is None:
        return "—"
    return (iso if isinstance(iso, date) else date.fromisoformat(iso[:10])).strftime("%d.%m.%Y")
