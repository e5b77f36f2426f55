"""Times of day in a text, in both languages."""

import re

TIMES = [
    r"\b(?:в|к|at)\s+(?P<noon>полдень|полудню|noon)\b",
    r"\b(?:(?:в|к|at|by)\s+)?(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?!\.?\d)(?:\s*(?P<half>утра|дня|вечера|ночи|am|pm)\b)?",
    r"\b(?:(?:в|к|at|by)\s+)?(?P<hour>\d{1,2})\s*(?:час\w*\s+)?(?P<half>утра|дня|вечера|ночи|am|pm|a\.m\.|p\.m\.)(?!\w)",
    r"\b(?:в|к|at|by)\s+(?P<hour>\d{1,2})(?:\s*(?:час\w*|ч\.?|o'clock))?(?=\s*(?:[,;!?.]|$))",
    r"\b(?:в|к)\s+(?P<hour>\d{1,2})\s*час\w*",
]
LATER = re.compile(r"дня|вечера|pm|p\.m\.", re.IGNORECASE)
TIME_WORDS = re.compile("|".join(re.sub(r"\(\?P<\w+>", "(?:", pattern) for pattern in TIMES), re.IGNORECASE)


def time_of_day(text: str) -> str | None:
    """The time the text names as HH:MM: в 10 утра, at 3 pm, в 18:30. "?" when it names one that does not exist."""
    text = re.sub(r"\d{1,2}\.\d{1,2}\.\d{4}", " ", text)
    impossible = False
    for pattern in TIMES:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            if found := _time(match.groupdict()):
                return found
            impossible = True
    return "?" if impossible else None


def _time(found: dict[str, str | None]) -> str | None:
    if found.get("noon"):
        return "12:00"
    hour, minute, half = int(found["hour"] or 0), int(found.get("minute") or 0), found.get("half") or ""
    if LATER.fullmatch(half) and hour < 12:
        hour += 12
    elif hour == 12 and re.fullmatch(r"ночи|am|a\.m\.", half, re.IGNORECASE):
        hour = 0
    return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else None
