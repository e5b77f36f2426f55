"""Which products a text names, and how many of each. A count is a whole number from 1 to 10,000 in the product's own
unit; for anything else there is a question, and never a guess.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphs.crm.catalog import PRODUCTS
from graphs.crm.english import term
from graphs.demo.quantities import NUMBER, PERCENT, in_digits, sums, value_of
from graphs.demo.text import BLANK, blank, masked, quoted_spans

STEMS = {
    "CRM-S": ("crm старт", "crm start", "црм старт", "crm-s", "срм старт"),
    "CRM-B": ("crm бизнес", "crm business", "црм бизнес", "crm-b", "срм бизнес"),
    "CRM-E": ("crm корпорац", "crm enterprise", "crm corporat", "црм корпорац", "crm-e", "срм корпорац"),
    "TEL-1": ("облачная телефони", "облачной телефони", "телефони", "атс", "cloud telephony", "telephony", "pbx"),
    "CHAT-1": ("онлайн-чат", "онлайн чат", "чат", "online chat"),
    "MAIL-1": ("рассылки", "рассылок", "пакет рассыл", "mailing package"),
    "BI-1": ("сквозной аналитик", "сквозную аналитик", "сквозная аналитик", "аналитик", "analytics"),
    "WMS-1": ("складск", "склад", "warehouse", "wms"),
    "EDO-1": (
        "электронный документооборот",
        "электронного документооборот",
        "документооборот",
        "эдо",
        "document exchange",
    ),
    "POS-1": ("онлайн-касс", "онлайн касс", "касс", "cash register"),
    "SRV-I": ("внедрение crm", "внедрения crm", "внедрен", "crm implementation", "implementation"),
    "SRV-T": ("обучение команды", "обучения команды", "обучен", "тренинг", "team training", "training"),
    "SRV-S": (
        "расширенную поддержк",
        "расширенная поддержк",
        "расширенной поддержк",
        "поддержк",
        "extended support",
        "support",
    ),
    "INT-1": (
        "интеграцию с 1с",
        "интеграция с 1с",
        "интеграции с 1с",
        "1с",
        "1c",
        "интеграц",
        "1c integration",
        "integration",
    ),
}
PLAIN_CRM = re.compile(r"(?<![\w-])(?:crm|црм|срм)(?![\w-])", re.IGNORECASE)
EDITIONS = ("CRM-S", "CRM-B", "CRM-E")
ITEMS = {item.sku: item for item in PRODUCTS}
MOST = 10_000
# What is bought one at a time when no number is named. Of the others the number is asked for.
SINGLE = {"MAIL-1", "BI-1", "WMS-1", "EDO-1", "SRV-I", "SRV-T", "SRV-S", "INT-1"}

ANY_UNIT = r"штук\w*|шт\.?|единиц\w*|экземпляр\w*|pieces?|pcs|units?|copies|copy"
OWN_UNIT = {
    "CRM-S": r"лиценз\w*|пользовател\w*|мест\w*|сотрудник\w*|licen[cs]es?|seats?|users?",
    "TEL-1": r"номер\w*|лини\w*|numbers?|lines?",
    "CHAT-1": r"оператор\w*|operators?",
    "MAIL-1": r"пакет\w*|packages?|packs?",
    "BI-1": r"проект\w*|projects?",
    "WMS-1": r"склад\w*|warehouses?",
    "EDO-1": r"компани\w*|compan\w+",
    "POS-1": r"касс\w*|аппарат\w*|registers?",
    "SRV-I": r"проект\w*|projects?",
    "SRV-T": r"дн\w*|день|days?",
    "SRV-S": r"год\w*|лет|years?",
    "INT-1": r"проект\w*|projects?",
}
OWN_UNIT |= {"CRM-B": OWN_UNIT["CRM-S"], "CRM-E": OWN_UNIT["CRM-S"]}
UNIT_WORD = re.compile(
    r"\b(?:дн\w*|день|дней|недел\w*|месяц\w*|мес\.?|год\w*|лет|час\w*|days?|weeks?|months?|years?|hours?|"
    rf"{'|'.join(dict.fromkeys(OWN_UNIT.values()))}|{ANY_UNIT})(?!\w)",
    re.IGNORECASE,
)
FOR_A_YEAR = re.compile(r"\b(?:на|for)\s+(?:1\s+|one\s+|a\s+)?(?:год|year)\b", re.IGNORECASE)
COUNT = re.compile(
    (
        rf"(?<![\w.,/-])[xх×*]?\s?(?P<value>[-−]?{NUMBER})(?P<range>\s*(?:[-–—…]|или|"
        rf"or)\s*\d+)?(?P<kilo>\s?[kк](?!\w))?(?![\w.,]?\d)"
    ),
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Items:
    """Lines of a quote, SKU and quantity; or the question that has to be answered first."""

    lines: list[dict[str, Any]]
    question: tuple[str, str] | None = None  # Russian, English
    spare: tuple[str, ...] = ()  # numbers that belong to no product
    fault: tuple[int, int] | None = None  # where, in the text with its numbers in digits, the right number belongs


@dataclass(frozen=True)
class _Place:
    start: int
    end: int
    sku: str = ""
    raw: str = ""  # of a number


def items(text: str) -> Items:
    """The lines, in the order of the text."""
    text = blank(FOR_A_YEAR, blank(PERCENT, masked(in_digits(text)).lower().replace("ё", "е")))
    for _, start, end in sums(text):
        if re.search(r"руб|₽|rub|тыс|млн", text[start:end]):
            text = text[:start] + BLANK * (end - start) + text[end:]
    products = _products(text)
    plain = [match for match in PLAIN_CRM.finditer(text) if not any(p.start <= match.start() < p.end for p in products)]
    if plain and not any(place.sku in {*EDITIONS, "SRV-I", "INT-1"} for place in products):
        return Items([], _which_crm())
    counts = [
        _Place(match.start(), match.end(), raw=match[0].strip(" xх×*"))
        for match in COUNT.finditer(text)
        if not any(place.start < match.end() and match.start() < place.end for place in products)
        and not re.search(r"(?:№|#|номер|лид\w*|lead|скидк\w*|discount)\s*(?:на|до|of|to)?\s*$", text[: match.start()])
    ]
    return _paired(text, products, counts)


def mentions(text: str) -> list[str]:
    """The SKUs of the products that the text names."""
    return [place.sku for place in _products(masked(text).lower().replace("ё", "е"))]


def unquoted(text: str) -> str:
    """The text without the quotes around a product: 10 «CRM Бизнес» is 10 CRM Бизнес, and no company."""
    for start, end in reversed(quoted_spans(text)):
        inner = text[start + 1 : end - 1].strip()
        found = _products(inner.lower().replace("ё", "е"))
        if len(found) == 1 and (found[0].start, found[0].end) == (0, len(inner)):
            text = f"{text[:start]} {inner} {text[end:]}"
    return text


def _products(text: str) -> list[_Place]:
    found: list[_Place] = []
    for sku, stems in STEMS.items():
        for stem in sorted({sku.lower(), *stems}, key=len, reverse=True):
            end = r"(?!\w)" if len(stem) <= 3 else r"\w*"
            match = re.search(rf"(?<![\w-]){re.escape(stem.replace('ё', 'е'))}{end}", text)
            if match and not any(place.start < match.end() and match.start() < place.end for place in found):
                found = [place for place in found if place.sku != sku] + [_Place(match.start(), match.end(), sku)]
                break
    return sorted(found, key=lambda place: place.start)


def _paired(text: str, products: Sequence[_Place], counts: Sequence[_Place]) -> Items:
    """Each product with the number right before it, else with the one right after it."""
    free = list(counts)
    chosen: dict[str, _Place] = {}
    borders = [0, *(place.end for place in products)]
    for index, product in enumerate(products):
        before = [count for count in free if borders[index] <= count.start and count.end <= product.start]
        joined = before and not re.search(r"\s(?:и|and)\s|[,;]", text[before[-1].end : product.start])
        if joined:
            chosen[product.sku] = before[-1]
            free.remove(before[-1])
    for index, product in enumerate(products):
        if product.sku in chosen:
            continue
        limit = products[index + 1].start if index + 1 < len(products) else len(text)
        after = [count for count in free if product.end <= count.start < limit]
        if after and re.fullmatch(r"[\s,:xх×*()—–-]*(?:на|for|в количестве)?\s*", text[product.end : after[0].start]):
            chosen[product.sku] = after[0]
            free.remove(after[0])
    lines: list[dict[str, Any]] = []
    for product in products:
        count = chosen.get(product.sku)
        if problem := _problem(text, product, count):
            return Items([], problem, fault=_fault(text, product, count))
        lines.append({"product": product.sku, "quantity": int(value_of(count.raw)) if count else 1})
    return Items(lines, spare=tuple(text[count.start : count.end].strip() for count in free))


def _problem(text: str, product: _Place, count: _Place | None) -> tuple[str, str] | None:
    """Why this number is none of this product; None when all is well."""
    item = ITEMS[product.sku]
    name_ru, name_en, unit_ru, unit_en = item.name, term(item.name, "en"), item.unit, term(item.unit, "en")
    if count is None:
        if product.sku in SINGLE:
            return None
        return (
            f"Сколько нужно «{name_ru}»? Единица — {unit_ru}.",
            f"How many of {name_en} are needed? The unit is {unit_en}.",
        )
    if not re.fullmatch(NUMBER, count.raw) or not _is_count(value_of(count.raw)):
        return (
            f"Количество «{count.raw}» для «{name_ru}» не подходит: нужно целое число от 1 до 10 000. Сколько указать?",
            (
                f'The quantity "{count.raw}" of {name_en} will not do: it must be a whole number from 1 to 10,000.'
                f" How many?"
            ),
        )
    between = text[min(count.end, product.end) : max(count.start, product.start)]
    between = between if count.start < product.start else text[count.end :].split(",", maxsplit=1)[0][:20]
    unit = UNIT_WORD.search(between) if count.start < product.start else UNIT_WORD.match(between.lstrip())
    if unit and not re.fullmatch(f"{OWN_UNIT[product.sku]}|{ANY_UNIT}", unit[0]):
        said = f"{count.raw} {unit[0]}"
        return (
            f"«{name_ru}» считается так: {unit_ru}, а не «{said}». Сколько единиц указать?",
            f'{name_en} is counted by {unit_en}, not by "{said}". How many units?',
        )
    return None


def _fault(text: str, product: _Place, count: _Place | None) -> tuple[int, int]:
    """The number that will not do, with its unit; an empty place before the product when there was none."""
    if count is None:
        return product.start, product.start
    unit = re.match(rf"\s*(?:{UNIT_WORD.pattern})", text[count.end :], re.IGNORECASE)
    return count.start, count.end + (unit.end() if unit else 0)


def amended(asked: str, answer: str) -> list[str]:
    """The request with what we asked about put in: a right number for a wrong one, an edition for plain "CRM"."""
    text = in_digits(asked)
    found = items(text)
    count, _ = bare_count(answer)
    if found.fault and count is not None:
        start, end = found.fault
        return [f"{text[:start]} {count} {text[end:]}"]
    edition = re.search(r"\b(старт|бизнес|корпорац\w*|start|business|enterprise)\b", answer, re.IGNORECASE)
    if edition and found.question and not found.fault:
        return [PLAIN_CRM.sub(f"CRM {edition[1]}", text)]
    return []


def _is_count(value: float) -> bool:
    return value == int(value) and 1 <= value <= MOST


def _which_crm() -> tuple[str, str]:
    ru = ", ".join(ITEMS[sku].name for sku in EDITIONS)
    en = ", ".join(term(ITEMS[sku].name, "en") for sku in EDITIONS)
    return f"Какую CRM: {ru}?", f"Which CRM: {en}?"


def bare_count(text: str) -> tuple[int | None, str]:
    """The one number of a text that names no product, and the words of it; (None, words) when it is no count."""
    text = blank(PERCENT, masked(in_digits(text)))
    found = [match[0].strip(" xх×*") for match in COUNT.finditer(text)]
    if len(found) != 1:
        return None, ""
    good = re.fullmatch(NUMBER, found[0]) and _is_count(value_of(found[0]))
    return (int(value_of(found[0])) if good else None), found[0]
