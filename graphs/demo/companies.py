"""Which company is named in a text."""

import re
from typing import Any

from graphs.crm.names import mentioned
from graphs.demo.aspects import is_owner
from graphs.demo.conversation import Turn
from graphs.demo.text import blank, masked, quoted

HYPHENED = re.compile(
    r"(?<![\w-])(?:(?:ООО|АО|ИП)\s+)?(?!Санкт-|Ростов-|CRM-|Онлайн-|ИТ-|Топ-|E-|A/)([А-ЯЁA-Z][\wё]+-[А-ЯЁA-Z][\wё]+)"
)
LOWER_HYPHENED = re.compile(
    r"\b(?:для|с|у|от|лид\w*|компани\w*|клиент\w*|оцени\w*|for|with|lead|customer)\s+(?!онлайн|crm|e-|a-|ит-|"
    r"санкт|ростов)([а-яёa-z]{3,}-[а-яёa-z]{3,})"
)
NAMED = (
    r"((?:(?:ООО|АО|ИП)\s+)?[А-ЯЁA-Z][\wё-]+(?:\s+(?:и\s+|and\s+|&\s*)?[А-ЯЁA-Z][\wё-]+)?(?:\s+и\s+(?:партн[её]ры|"
    r"партн[её]ров|ко|сыновья|компания|дети)\b)?)"
)
AFTER_WORD = re.compile(
    r"\b(?:для|клиент\w*|компани\w*|лид\w*|сделк\w+ с|for|customer|company|lead|deals? with|by)\s+" + NAMED
)
PRODUCT_LIKE = re.compile(
    (
        r"crm|црм|1с|a/b|bant|sms|telegram|vk|январ|феврал|март|апрел|декабр|monday|tuesday|wednesday|thursday|"
        r"friday|december|january"
    ),
    re.IGNORECASE,
)


class _Named:
    def __init__(self, company: str) -> None:
        self.company = company


def company(turn: Turn, text: str) -> str | None:
    """The company's name that the text holds; a whole one from the conversation when there is one."""
    seen = [_Named(name) for name in dict.fromkeys(known_names(turn))]
    if found := mentioned(text, seen):
        return found[-1].company
    if names := quoted(text):
        return names[-1]
    plain = masked(text)
    for pattern in (HYPHENED, LOWER_HYPHENED):
        if match := pattern.search(plain):
            return match[1].strip()
    match = AFTER_WORD.search(plain)
    return match[1] if match and not PRODUCT_LIKE.search(match[1]) and not is_owner(match[1]) else None


def nameless(text: str) -> str:
    """The text with names blanked out, in quotes or with a hyphen: «Кофейня-Импульс» is no restaurant business."""
    plain = masked(text)
    return blank(LOWER_HYPHENED, blank(HYPHENED, plain)) if "-" in plain else plain


def known_names(turn: Turn) -> list[str]:
    """Every company that the tools have named so far."""
    names: list[str] = []
    for result in (*turn.earlier, *turn.results):
        data = result.data
        names += [str(lead["company"]) for lead in data.get("leads", []) if isinstance(lead, dict)]
        names += [str(deal["customer"]) for deal in data.get("deals", []) if isinstance(deal, dict)]
        for key, field in (("lead", "company"), ("quote", "customer"), ("deal", "customer")):
            value = data.get(key)
            if isinstance(value, dict) and value.get(field):
                names.append(str(value[field]))
        pipeline: Any = data.get("pipeline")
        if isinstance(pipeline, dict):
            names += [str(deal["customer"]) for deal in pipeline.get("top_deals", [])]
    return names
