"""Which company, lead, deal or campaign is meant: by name, by number, or by "его", "второго", "this one"."""

import re
from collections.abc import Sequence
from typing import Any

from graphs.crm.names import mentioned
from graphs.demo.conversation import Turn

QUOTED = re.compile(r"(?:\b(?:ООО|АО|ИП|ПАО)\s*)?[«\"“]([^»\"”]{2,60})[»\"”]")
HYPHENED = re.compile(r"\b(?:(?:ООО|АО|ИП)\s+)?([А-ЯЁA-Z][\wё]+-[А-ЯЁA-Z][\wё]+)")
AFTER_WORD = re.compile(
    r"\b(?:для|клиент\w*|компани\w*|лид\w*|сделк\w* с|for|customer|company|lead|deal with|by)\s+"
    r"((?:(?:ООО|АО|ИП)\s+)?[А-ЯЁA-Z][\wё-]+(?:\s+[А-ЯЁA-Z][\wё-]+)?)"
)
PRODUCT_LIKE = re.compile(r"crm|црм|1с|a/b|bant", re.IGNORECASE)
ORDINALS = [
    r"\bперв\w+|перспективн|promising|\bfirst\b|\btop\b|\bлучш\w+|\bbest\b",
    r"\bвтор\w+|\bsecond\b",
    r"\bтреть\w+|\bthird\b",
    r"\bчетвёрт\w+|\bчетверт\w+|\bfourth\b",
    r"\bпят\w+|\bfifth\b",
]
LAST = re.compile(r"\bпоследн\w+|\blast\b", re.IGNORECASE)
PRONOUN = re.compile(
    r"\b(?:его|её|ее|ему|ей|них|неё|нее|него|этого|эту|этот|этой|этому|эта|him|her|it|them|this|that)\b",
    re.IGNORECASE,
)


class _Named:
    def __init__(self, company: str) -> None:
        self.company = company


def leads_seen(turn: Turn) -> list[dict[str, Any]]:
    """The leads of the newest list."""
    found = turn.newest("find_leads")
    return found.data.get("leads", []) if found else []


def lead_in_focus(turn: Turn) -> dict[str, Any] | None:
    """The lead spoken of last: one that was qualified, or the first of the newest list."""
    found = turn.newest("qualify_lead", "find_leads")
    if found is None:
        return None
    if found.tool == "qualify_lead":
        lead = found.data.get("lead")
        return lead if isinstance(lead, dict) else None
    leads = found.data.get("leads") or [None]
    return leads[0] if isinstance(leads[0], dict) else None


def by_order(text: str, entries: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The entry that "первый", "second", "последний" mean."""
    for index, pattern in enumerate(ORDINALS):
        if re.search(pattern, text, re.IGNORECASE) and index < len(entries):
            return entries[index]
    return entries[-1] if entries and LAST.search(text) else None


def company(turn: Turn, text: str) -> str | None:
    """The company's name that the text holds, or that it points at."""
    seen = [_Named(name) for name in known_names(turn)]
    if found := mentioned(text, seen):
        return found[-1].company
    for pattern in (QUOTED, HYPHENED):
        if match := pattern.search(text):
            return match[1].strip()
    match = AFTER_WORD.search(text)
    if match and not PRODUCT_LIKE.search(match[1]):
        return match[1]
    if chosen := by_order(text, leads_seen(turn)):
        return str(chosen["company"])
    if PRONOUN.search(text):
        return focus_name(turn)
    return None


def focus_name(turn: Turn) -> str | None:
    """The company spoken of last."""
    quote = turn.newest("make_quote", "qualify_lead", "find_leads", "move_deal")
    if quote is None:
        return None
    if quote.tool == "make_quote":
        return str(quote.data.get("quote", {}).get("customer") or "") or None
    if quote.tool == "move_deal":
        return str(quote.data.get("deal", {}).get("customer") or "") or None
    lead = lead_in_focus(turn)
    return str(lead["company"]) if lead else None


def known_names(turn: Turn) -> list[str]:
    """Every company that the tools have named so far."""
    names: list[str] = []
    for result in (*turn.earlier, *turn.results):
        data = result.data
        names += [str(lead["company"]) for lead in data.get("leads", []) if isinstance(lead, dict)]
        for key, field in (("lead", "company"), ("quote", "customer"), ("deal", "customer")):
            value = data.get(key)
            if isinstance(value, dict) and value.get(field):
                names.append(str(value[field]))
        pipeline = data.get("pipeline")
        if isinstance(pipeline, dict):
            names += [str(deal["customer"]) for deal in pipeline.get("top_deals", [])]
    return names
