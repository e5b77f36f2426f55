"""Numbers in a text: sums of money, percents, ids, counts. Read whole: "0,5", "-5" and "1000000" are what they are."""

import re

SPACES = "  \u00a0"
NUMBER = rf"\d+(?:[{SPACES}]\d{{3}}(?!\d))*(?:[.,]\d+)?"
MONEY = re.compile(
    rf"(?<![\w.,-])({NUMBER})\s*"
    r"(млрд|миллиард\w*|млн|миллион\w*|тыс\w*|т\.?р\.?(?!\w)|bn|billion|mln|million|m\b|thousand|k\b|к\b)?\s*"
    r"(руб\w*|₽|р\.|rub\w*|roubles?)?",
    re.IGNORECASE,
)
HALF_MILLION = re.compile(r"полмиллион\w*|half a million", re.IGNORECASE)
A_MILLION = re.compile(r"(?<!\w)(?:миллион\w*|a million|one million)", re.IGNORECASE)
PERCENT = re.compile(r"([-−]?\d+(?:[.,]\d+)?)\s*(?:%|процент\w*|percent)", re.IGNORECASE)
SCALE = {"млрд": 10**9, "милл": 10**6, "млн": 10**6, "тыс": 10**3, "т": 10**3, "bn": 10**9, "bill": 10**9}
SCALE |= {"mln": 10**6, "mill": 10**6, "m": 10**6, "thou": 10**3, "k": 10**3, "к": 10**3}
SHARED_UNIT = re.compile(
    (
        r"\b(от|from|between)\s+(\d+(?:[.,]\d+)?)\s+(до|to|and)\s+(\d+(?:[.,]\d+)?)\s*(млрд|млн|миллион\w*|тыс\w*|"
        r"m|k|million)\b"
    ),
    re.IGNORECASE,
)
UPPER = re.compile(
    (
        r"(?:\bдо|\band|\bto|дешевле|меньше|менее|ниже|не\s+(?:дороже|больше|выше|более)|under|below|less than|"
        r"up to|at most)\s+$"
    ),
    re.IGNORECASE,
)
SIGN = r"(?:№|#|номер\w*|number|no\.?|id)?"

UNITS_OF = {
    **dict.fromkeys(("один", "одну", "одна", "одной", "одного"), 1),
    **dict.fromkeys(("два", "две", "двух", "пару", "пара", "two", "couple"), 2),
    **dict.fromkeys(("три", "трёх", "трех", "three"), 3),
    **dict.fromkeys(("четыре", "четырёх", "четырех", "four"), 4),
    **dict.fromkeys(("пять", "пяти", "five"), 5),
    **dict.fromkeys(("шесть", "шести", "six"), 6),
    **dict.fromkeys(("семь", "семи", "seven"), 7),
    **dict.fromkeys(("восемь", "восьми", "eight"), 8),
    **dict.fromkeys(("девять", "девяти", "nine"), 9),
}
OTHERS_OF = {
    **dict.fromkeys(("десять", "десяти", "десяток", "ten"), 10),
    **dict.fromkeys(("одиннадцать", "eleven"), 11),
    **dict.fromkeys(("двенадцать", "дюжину", "дюжина", "twelve", "dozen"), 12),
    **dict.fromkeys(("пятнадцать", "пятнадцати", "fifteen"), 15),
    **dict.fromkeys(("двадцать", "двадцати", "twenty"), 20),
    **dict.fromkeys(("тридцать", "тридцати", "thirty"), 30),
    **dict.fromkeys(("сорок", "сорока", "forty"), 40),
    **dict.fromkeys(("пятьдесят", "пятидесяти", "fifty"), 50),
    **dict.fromkeys(("сто", "сотню", "hundred"), 100),
    **dict.fromkeys(("полтора", "полторы"), 1.5),
}
SPELLED = re.compile(
    rf"(?<![\w-])(?:(?:a\s+)?({'|'.join(OTHERS_OF)})(?:[\s-]+({'|'.join(UNITS_OF)}))?|(?:a\s+)?({'|'.join(UNITS_OF)}))"
    r"(?:\s+of)?(?![\w-])",
    re.IGNORECASE,
)


def in_digits(text: str) -> str:
    """The text with spelled numbers as digits: "двадцать пять лицензий" is "25 лицензий"."""

    def digits(match: re.Match[str]) -> str:
        value = OTHERS_OF.get((match[1] or "").lower(), 0) + UNITS_OF.get((match[2] or match[3] or "").lower(), 0)
        return f"{value:g}".replace(".", ",")

    return SPELLED.sub(digits, text)


def value_of(text: str) -> float:
    """The number a match of NUMBER stands for."""
    return float(re.sub(rf"[{SPACES}]", "", text).replace(",", ".").replace("−", "-"))


def sums(text: str) -> list[tuple[int, int, int]]:
    """The sums of at least 1000 roubles, each with where it begins and ends: "500 тыс", "1,5 млн", "300 000 ₽"."""
    found: list[tuple[int, int, int]] = []
    for match in MONEY.finditer(text):
        unit = (match[2] or "").lower().rstrip(".")
        scale = next((value for name, value in SCALE.items() if unit and unit.startswith(name)), 1)
        amount = round(value_of(match[1]) * scale)
        if amount >= 1000 and not text[match.end() :].lstrip().startswith("%") and not _is_year(match):
            found.append((amount, match.start(), match.end()))
    for pattern, amount in ((HALF_MILLION, 500_000), (A_MILLION, 1_000_000)):
        if not found and (spelled := pattern.search(text)):
            found.append((amount, spelled.start(), spelled.end()))
    return found


def _is_year(match: re.Match[str]) -> bool:
    return bool(re.fullmatch(r"20\d\d", match[1])) and not match[2] and not match[3]


def money(text: str) -> int | None:
    """The first sum of at least 1000 roubles in the text."""
    found = sums(text)
    return found[0][0] if found else None


def with_shared_units(text: str) -> str:
    """ "от 1 до 3 млн" as "от 1 млн до 3 млн"."""
    return SHARED_UNIT.sub(r"\1 \2 \5 \3 \4 \5", text)


def at_least_and_most(text: str) -> tuple[int | None, int | None]:
    """The sums that bound something: "от 500 тыс", "до 2 млн", "от 1 до 3 млн"."""
    least = most = None
    text = with_shared_units(text)
    for amount, start, _ in sums(text):
        if UPPER.search(text[:start]):
            most = amount
        elif least is None:
            least = amount
    return least, most


def percent(text: str) -> float | None:
    """The first percentage in the text: "скидка 12,5 %" is 12.5."""
    match = PERCENT.search(text)
    return value_of(match[1]) if match else None


def integers(text: str) -> list[int]:
    """All whole numbers in the text, "1 200" being one."""
    return [
        int(value_of(match)) for match in re.findall(rf"(?<![.,\d])\d+(?:[{SPACES}]\d{{3}}(?!\d))*(?![.,]?\d)", text)
    ]


def numbered(text: str, noun: str) -> int | None:
    """The id in "лид № 12", "сделку 12", "deal #12"; `noun` is a pattern for the beginning of the word."""
    for pattern in (rf"(?<![\w-])(?:{noun})\w*[\s,]*{SIGN}\s*(\d+)(?![\d%])", r"(?:№|#|номер\w*|number)\s*(\d+)"):
        if match := re.search(pattern, text, re.IGNORECASE):
            return int(match[1])
    return None
