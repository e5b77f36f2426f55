"""Which products a text names, and how many of each."""

import re
from typing import Any

from graphs.crm.vocabulary import find_all

STEMS = {
    "CRM-S": ("crm старт", "crm start", "црм старт", "crm-s"),
    "CRM-B": ("crm бизнес", "crm business", "црм бизнес", "crm-b"),
    "CRM-E": ("crm корпорац", "crm enterprise", "crm corporat", "црм корпорац", "crm-e"),
    "TEL-1": ("телефони", "атс", "telephony", "pbx"),
    "CHAT-1": ("онлайн-чат", "чат", "online chat"),
    "MAIL-1": ("рассылки", "рассылок", "пакет рассыл", "mailing package"),
    "BI-1": ("аналитик", "analytics"),
    "WMS-1": ("складск", "склад", "warehouse", "wms"),
    "EDO-1": ("документооборот", "эдо", "document exchange"),
    "POS-1": ("касс", "cash register"),
    "SRV-I": ("внедрен", "implementation"),
    "SRV-T": ("обучен", "тренинг", "training"),
    "SRV-S": ("поддержк", "support"),
    "INT-1": ("1с", "1c", "интеграц", "integration"),
}
PLAIN_CRM = ("crm", "црм")
# A count: a number that is no percentage, no sum of money, and not the "1" of 1С.
COUNT = re.compile(r"(?<![\w.,-])(\d{1,4})(?!\s*(?:%|процент|percent|руб|₽|тыс|млн|[.,\d]|[сc]\b))", re.IGNORECASE)


def items(text: str) -> list[dict[str, Any]]:
    """Lines of a quote: SKU and quantity (1 when none is named), in the order of the text."""
    skus = find_all(text, STEMS)
    if not any(sku.startswith("CRM-") for sku in skus) and not {"SRV-I", "INT-1"} & set(skus):
        skus += ["CRM-B"] if find_all(text, {"CRM": PLAIN_CRM}) else []
    return [{"product": sku, "quantity": _count(text, sku)} for sku in skus]


def _count(text: str, sku: str) -> int:
    """The number nearest before the product, or right after it ("CRM Бизнес × 10", "касса, 3 шт")."""
    lowered = text.lower().replace("ё", "е")
    named = [lowered.find(stem) for stem in (sku.lower(), *STEMS[sku]) if stem in lowered]
    place = min(named or [lowered.find(stem) for stem in PLAIN_CRM if stem in lowered])
    before = [match for match in COUNT.finditer(lowered[:place]) if len(lowered[match.end() : place].split()) <= 3]
    # Between the number and the product there must be no other product and no "и".
    if before and not re.search(r"\s(?:и|and)\s|,", lowered[before[-1].end() : place]):
        return max(1, int(before[-1][1]))
    after = re.match(r"[^\d,;]{0,20}?(?:[x×х*]\s*|—\s*|-\s*|:\s*|,\s*)(\d{1,4})(?!\d|\s*%)", lowered[place:])
    return max(1, int(after[1])) if after else 1
