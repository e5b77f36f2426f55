"""Days and periods in a text, in both languages.

Two tables, each pattern with what it means; they also answer whether a word belongs to a date
(`DAY_WORDS`, `PERIOD_WORDS`).
"""

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta

Span = tuple[date, date]
MONTHS = (
    *(r"янв\w*|jan(?:uary)?", r"февр?\w*|feb(?:ruary)?", r"март\w*|mar(?:ch)?", r"апр\w*|apr(?:il)?"),
    *(
        r"ма[йяею]|(?<=\bin )may|(?<=\bfor )may|(?<=\d )may|(?<=\bof )may|may(?=\s+\d)",
        r"июн\w*|june?",
        r"июл\w*|july?",
        r"авг\w*|aug(?:ust)?",
        r"сент\w*|sep(?:t(?:ember)?)?",
    ),
    *(r"окт\w*|oct(?:ober)?", r"ноя\w*|nov(?:ember)?", r"дек\w*|dec(?:ember)?"),
)
MONTH = "|".join(f"(?P<m{number}>{stem})" for number, stem in enumerate(MONTHS, start=1))
ANY_MONTH = "|".join(MONTHS)
WEEKDAYS = (
    *(r"понедельник\w*|monday", r"вторник\w*|tuesday", r"сред[уыае]|wednesday", r"четверг\w*|thursday"),
    *(r"пятниц\w+|friday", r"суббот\w+|saturday", r"воскресень\w+|sunday"),
)
ANY_WEEKDAY = "|".join(WEEKDAYS)
YEAR = r"(?:\s*,?\s*(?P<year>20\d\d)(?:\s*г(?:ода|\.)?)?)?"
ORDINAL = r"(?:-?(?:го|е|му)|st|nd|rd|th)?"
NEXT, THIS, PAST = r"(?:следующ\w+|next)", r"(?:эт\w+|текущ\w+|this|current)", r"(?:прошл\w+|last|previous)"
UNIT_DAYS = {"д": 1, "н": 7, "m": 30, "м": 30, "w": 7}


def _date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _month_of(match: re.Match[str]) -> int:
    return next(number for number in range(1, 13) if match.groupdict().get(f"m{number}"))


def _coming(match: re.Match[str], today: date, month: int, number: int) -> date | None:
    """That day this year, or next year when it is over."""
    if match["year"]:
        return _date(int(match["year"]), month, number)
    found = _date(today.year, month, number)
    return _date(today.year + 1, month, number) if found and found < today else found


def month_span(year: int, month: int) -> Span:
    """The first and the last day of a month; months beyond 12 are in the next year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def week_span(today: date, weeks: int = 0) -> Span:
    """Monday to Sunday of the week so many weeks from today's."""
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)
    return monday, monday + timedelta(days=6)


def quarter_span(today: date, quarters: int = 0) -> Span:
    """The first and the last day of the quarter so many quarters from today's."""
    first = (today.month - 1) // 3 * 3 + 1 + 3 * quarters
    return month_span(today.year, first)[0], month_span(today.year, first + 2)[1]


def _in_days(match: re.Match[str], today: date) -> date:
    count = int(match["count"] or 1)
    return today + timedelta(days=count * UNIT_DAYS[match["unit"][0].lower()])


def _weekday(match: re.Match[str], today: date) -> date | None:
    number = next(i for i, stem in enumerate(WEEKDAYS) if re.fullmatch(stem, match["weekday"], re.IGNORECASE))
    return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)


def _in_english(match: re.Match[str], today: date) -> date:
    days = {"d": 1, "w": 7, "m": 30}[match["unit"].lower()]
    return today + timedelta(days=days * int(match["count"] or 1))


def _month_end(match: re.Match[str], today: date) -> date:
    later = bool(re.search(NEXT, match[0], re.IGNORECASE))
    return month_span(today.year, today.month + later)[1]


RANGE = rf"\b(?:с|from)\s+(\d{{1,2}})\s+(?:по|до|to)\s+(\d{{1,2}})\s+(?:{MONTH})\b{YEAR}"
DAYS: list[tuple[str, Callable[[re.Match[str], date], date | None]]] = [
    (r"(?P<year>\d{4})-(\d{1,2})-(\d{1,2})", lambda m, _: _date(int(m["year"]), int(m[2]), int(m[3]))),
    (r"(?<!\d)(\d{1,2})\.(\d{1,2})(?:\.(?P<year>\d{4}))?(?![.\d])", lambda m, t: _coming(m, t, int(m[2]), int(m[1]))),
    (
        rf"(?<!\d)(?P<day>\d{{1,2}}){ORDINAL}\s+(?:of\s+)?(?:{MONTH})\b{YEAR}",
        lambda m, t: _coming(m, t, _month_of(m), int(m["day"])),
    ),
    (rf"\b(?:{MONTH})\s+(?P<day>\d{{1,2}}){ORDINAL}\b{YEAR}", lambda m, t: _coming(m, t, _month_of(m), int(m["day"]))),
    (r"\bпослезавтра\b|\bday after tomorrow\b", lambda _, t: t + timedelta(days=2)),
    (r"\bзавтра(?:шн\w+)?\b|\btomorrow\b", lambda _, t: t + timedelta(days=1)),
    (r"\bсегодня(?:шн\w+)?\b|\btoday\b", lambda _, t: t),
    (
        r"\bчерез\s+(?:(?P<count>\d+)\s+)?(?P<unit>д(?:ень|ня|ней)|недел[юиь]\w*|месяц\w*)\b",
        _in_days,
    ),
    (r"\bin\s+(?:(?P<count>\d+)|an?)\s+(?P<unit>d|w|m)(?:ays?|eeks?|onths?)\b", _in_english),
    (
        rf"\b(?:конец|конца|конце|end of)\s+(?:{NEXT}\s+)?(?:недели|(?:the\s+|this\s+)?week)\b",
        lambda _, t: week_span(t)[1],
    ),
    (rf"\b(?:конец|конца|конце|end of)\s+(?:the\s+|{NEXT}\s+)?(?:месяца|month)\b", _month_end),
    (r"\b(?:конец|конца|конце|end of)\s+(?:the\s+)?(?:квартала|quarter)\b", lambda _, t: quarter_span(t)[1]),
    (r"\b(?:конец|конца|конце|end of)\s+(?:the\s+)?(?:года|year)\b", lambda _, t: date(t.year, 12, 31)),
    (
        rf"\b(?:(?:во?|к|на|on|by|for|until)\s+)?(?:(?:{NEXT}|{THIS}|ближайш\w+)\s+)?(?P<weekday>{ANY_WEEKDAY})\b",
        _weekday,
    ),
    (rf"\b(?:на\s+)?{NEXT}\s+(?:недел\w+|week)\b", lambda _, t: t + timedelta(days=7)),
]


def _named_month(match: re.Match[str], today: date) -> Span:
    month = _month_of(match)
    if match["year"]:
        return month_span(int(match["year"]), month)
    past = re.match(r"(?:за|прошл\w+|last|since)\s", match[0], re.IGNORECASE)
    if past and month > today.month:
        return month_span(today.year - 1, month)
    return month_span(today.year + (month < today.month and not past), month)


def _quarter(match: re.Match[str], today: date) -> Span:
    """The quarter of that number: this year's, or next year's when it is over."""
    number = int(match["number"] or match["q"])
    year = today.year + (month_span(today.year, 3 * number)[1] < today)
    return month_span(year, 3 * number - 2)[0], month_span(year, 3 * number)[1]


def _season(match: re.Match[str], today: date) -> Span:
    """The season that is on, or the last one that was."""
    first = {"в": 3, "s": 3, "л": 6, "о": 9, "a": 9, "з": 12, "w": 12}[match["season"][0].lower()]
    first = 6 if match["season"].lower() == "summer" else first
    year = today.year if first <= today.month else today.year - 1
    return month_span(year, first)[0], month_span(year, first + 2)[1]


def _count(match: re.Match[str]) -> int:
    per = {"д": 1, "н": 7, "м": 30, "d": 1, "w": 7, "m": 30}[match["unit"][0].lower()]
    return int(match["count"] or 1) * per


UNIT = r"(?P<unit>дн\w*|ден\w+|недел\w+|месяц\w*|days?|weeks?|months?)"
PERIODS: list[tuple[str, Callable[[re.Match[str], date], Span | None]]] = [
    (r"\b(?:до|к|by|until|before|через)\s+(?:конца?у?|the\s+end\s+of|end\s+of)\b.*", lambda m, t: _until(m[0], t)),
    (rf"\b(?:последн\w+|last|past)\s+(?:(?P<count>\d+)\s+){UNIT}", lambda m, t: (t - timedelta(days=_count(m)), t)),
    (
        rf"\b(?:ближайш\w+|следующ\w+|next|coming)\s+(?:(?P<count>\d+)\s+){UNIT}",
        lambda m, t: (t, t + timedelta(days=_count(m))),
    ),
    (rf"\b{NEXT}\s+(?:недел\w+|week)\b", lambda _, t: week_span(t, 1)),
    (rf"\b{PAST}\s+(?:недел\w+|week)\b", lambda _, t: week_span(t, -1)),
    (r"\b(?:эт\w+|текущ\w+|this|current)\s+(?:недел\w+|week)\b|\bна\s+неделе\b", lambda _, t: week_span(t)),
    (rf"\b{NEXT}\s+(?:месяц\w*|month)\b", lambda _, t: month_span(t.year, t.month + 1)),
    (rf"\b{PAST}\s+(?:месяц\w*|month)\b", lambda _, t: month_span(t.year, t.month - 1)),
    (
        rf"\b(?:{THIS}\s+(?:месяц\w*|month)|(?:на|за|в)\s+месяце?|(?:for|in)\s+the\s+month)\b",
        lambda _, t: month_span(t.year, t.month),
    ),
    (rf"\b{NEXT}\s+(?:квартал\w*|quarter)\b", lambda _, t: quarter_span(t, 1)),
    (rf"\b{PAST}\s+(?:квартал\w*|quarter)\b", lambda _, t: quarter_span(t, -1)),
    (
        rf"\b(?:{THIS}\s+(?:квартал\w*|quarter)|(?:на|за|в)\s+квартале?|(?:for|in)\s+the\s+quarter)\b",
        lambda _, t: quarter_span(t),
    ),
    (
        r"\b(?P<number>[1-4])(?:-?(?:й|м|ый|ом|st|nd|rd|th))?\s+(?:квартал\w*|quarter)\b|\bq(?P<q>[1-4])\b",
        _quarter,
    ),
    (
        r"\b(?:за\s+|эт\w+\s+|in\s+|this\s+)?(?P<season>зим[аыуео]\w*|весн[аыуео]\w*|лет[оа]м?|осен[ьи]\w*|winter|spring|summer|autumn)\b",
        _season,
    ),
    (rf"\b(?:{THIS}\s+(?:год\w*|year)|(?:за|на)\s+год)\b", lambda _, t: (date(t.year, 1, 1), date(t.year, 12, 31))),
    (rf"\b(?:(?:на|в|за|in|for|during|since|к|по|прошл\w+|last)\s+)?(?:{MONTH})\b{YEAR}", _named_month),
]


def _words(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.sub(r"\(\?P<\w+>", "(?:", pattern) for pattern in patterns), re.IGNORECASE)


DAY_WORDS = _words([RANGE, *(pattern for pattern, _ in DAYS)])
PERIOD_WORDS = _words([pattern for pattern, _ in PERIODS])


def day(text: str, today: date) -> date | None:
    """The day the text names: 25.12.2026, 25 декабря, December 25, завтра, in a week, next Monday, end of month.

    None when there is none, and for a day that does not exist (31 февраля).
    """
    for pattern, meaning in DAYS:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            if found := meaning(match, today):
                return found
    return None


def period(text: str, today: date) -> Span | None:
    """From which day to which: на декабрь, на этой неделе, next quarter, до 15 декабря, с 1 по 15 декабря, завтра."""
    if match := re.search(RANGE, text, re.IGNORECASE):
        last = _coming(match, today, _month_of(match), int(match[2]))
        first = _date(last.year, last.month, int(match[1])) if last else None
        return (first, last) if first and last else None
    for pattern, meaning in PERIODS:
        match = re.search(pattern, text, re.IGNORECASE)
        if match and not _has_day(text, match):
            return meaning(match, today)
    found = day(text, today)
    if found is None:
        return None
    until = re.search(rf"\b(?:до|by|until|before|не позже)\s+(?:\d|{ANY_WEEKDAY}|завтра|tomorrow)", text, re.IGNORECASE)
    return (today, found) if until and found >= today else (found, found)


def _has_day(text: str, month: re.Match[str]) -> bool:
    """Whether the month found belongs to a day: "15 декабря"."""
    named = rf"\d{{1,2}}{ORDINAL}\s+(?:of\s+)?(?:{ANY_MONTH})\b|\b(?:{ANY_MONTH})\s+\d{{1,2}}(?!\d)"
    return any(
        found.start() < month.end() and month.start() < found.end() for found in re.finditer(named, text, re.IGNORECASE)
    )


def _until(text: str, today: date) -> Span | None:
    last = day(re.sub(r"(?i)\bконцу\b", "конец", text), today)
    return (today, last) if last else None
