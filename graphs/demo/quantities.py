"""Numbers in a text: sums of money, percents, ids, counts, dates."""

import re
from datetime import date, timedelta

NUMBER = r"\d+(?:[  \u00a0]\d{3})*(?:[.,]\d+)?"
MONEY = re.compile(
    rf"({NUMBER})\s*(млрд|миллиард\w*|млн|миллион\w*|тыс\w*|т\.?р\.?|bn|billion|mln|million|m\b|thousand|k\b|к\b)?\s*"
    r"(?:руб\w*|₽|р\.|rub\w*|roubles?)?",
    re.IGNORECASE,
)
HALF_MILLION = re.compile(r"полмиллион\w*|half a million", re.IGNORECASE)
A_MILLION = re.compile(r"(?<!\w)(?:миллион\w*|a million|one million)", re.IGNORECASE)
PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:%|процент\w*|percent)", re.IGNORECASE)
SCALE = {"млрд": 10**9, "милл": 10**6, "млн": 10**6, "тыс": 10**3, "т": 10**3, "bn": 10**9, "bill": 10**9}
SCALE |= {"mln": 10**6, "mill": 10**6, "m": 10**6, "thou": 10**3, "k": 10**3, "к": 10**3}

MONTHS = [
    "янв",
    "февр",
    "март",
    "апрел",
    "ма",
    "июн",
    "июл",
    "август",
    "сентябр",
    "октябр",
    "ноябр",
    "декабр",
]
MONTHS_EN = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["понедельник", "вторник", "сред", "четверг", "пятниц", "суббот", "воскресень"]
WEEKDAYS_EN = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _number(text: str) -> float:
    return float(re.sub(r"[  \u00a0]", "", text).replace(",", "."))


def money(text: str) -> int | None:
    """The first sum of at least 1000 roubles in the text: "500 тыс", "1,5 млн", "300 000 ₽", "2m"."""
    if HALF_MILLION.search(text):
        return 500_000
    for match in MONEY.finditer(text):
        unit = (match[2] or "").lower().rstrip(".")
        scale = next((value for name, value in SCALE.items() if unit and unit.startswith(name)), 1)
        amount = round(_number(match[1]) * scale)
        if amount >= 1000 and not text[match.end() :].lstrip().startswith("%"):
            return amount
    return 1_000_000 if A_MILLION.search(text) else None


def percent(text: str) -> float | None:
    """The first percentage in the text: "скидка 12,5 %" is 12.5."""
    match = PERCENT.search(text)
    return _number(match[1]) if match else None


def integers(text: str) -> list[int]:
    """All whole numbers in the text, "1 200" being one."""
    return [int(_number(match)) for match in re.findall(r"\d+(?:[  \u00a0]\d{3})*(?![.,]?\d)", text)]


def numbered(text: str, noun: str) -> int | None:
    """The id in "лид № 12", "сделку 12", "deal #12"; `noun` is a pattern for the beginning of the word."""
    match = re.search(rf"(?:{noun})\w*\s*(?:№|#|номер|number|no\.?|id)?\s*(\d+)", text, re.IGNORECASE)
    match = match or re.search(r"(?:№|#|номер|number)\s*(\d+)", text, re.IGNORECASE)
    return int(match[1]) if match else None


def day(text: str, today: date) -> date | None:
    """The day the text names: 25.12.2026, 2026-12-25, 25 декабря, December 25, завтра, in a week, next
    Monday.
    """
    lowered = text.lower()
    if match := re.search(r"(\d{4})-(\d{1,2})-(\d{1,2})", lowered):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := re.search(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{4}))?(?!\d)", lowered):
        return _coming(today, int(match[2]), int(match[1]), match[3])
    for number, (russian, english) in enumerate(zip(MONTHS, MONTHS_EN, strict=True), start=1):
        ending = r"[йя]\b" if number == 5 else r"\w*"
        named = rf"(\d{{1,2}})(?:-?го)?\s+{russian}{ending}(?:\s+(\d{{4}}))?"
        number_en = r"(\d{1,2})(?:st|nd|rd|th)?"
        english_named = rf"{english}\w*\s+{number_en}(?:,?\s+(\d{{4}}))?|{number_en}\s+(?:of\s+)?{english}\w*"
        if match := re.search(named, lowered):
            return _coming(today, number, int(match[1]), match[2])
        if match := re.search(english_named, lowered):
            return _coming(today, number, int(match[1] or match[3]), match[2])
    return _relative(lowered, today)


def _relative(text: str, today: date) -> date | None:
    for pattern, days in (
        (r"послезавтра|day after tomorrow", 2),
        (r"завтра|tomorrow", 1),
        (r"сегодня|today", 0),
        (r"через неделю|in a week|next week|на следующей неделе", 7),
        (r"через месяц|in a month|next month", 30),
    ):
        if re.search(pattern, text):
            return today + timedelta(days=days)
    if match := re.search(r"через (\d+) д|in (\d+) days", text):
        return today + timedelta(days=int(match[1] or match[2]))
    for number, (russian, english) in enumerate(zip(WEEKDAYS, WEEKDAYS_EN, strict=True)):
        if re.search(rf"\b(?:во?|к|на)\s+(?:следующ\w+\s+)?{russian}|\b{english}\b", text):
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    return None


def _coming(today: date, month: int, number: int, year: str | None) -> date | None:
    """That day this year, or next year when it is over."""
    if year:
        return _date(int(year), month, number)
    found = _date(today.year, month, number)
    return _date(today.year + 1, month, number) if found and found < today else found


def _date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None
