"""What people ask about leads and products, and the arguments in their words."""

import re
from typing import Any

from graphs.crm import vocabulary
from graphs.demo import aspects, companies, conditions, focus, quantities
from graphs.demo.conversation import Turn
from graphs.demo.reply import Ask
from graphs.demo.text import masked

PRODUCT_FILLER = re.compile(
    r"\b(?:найди|найти|покажи(?:те)?|какие|какой|какая|есть|у нас|у вас|что|сколько|почём|стоит|стоят|товар\w*|"
    r"продукт\w*|"
    r"прайс\w*|каталог\w*|мне|пожалуйста|цен[аыуе]\w*|услуг\w*|для|до|по|про|на|и|а|мы|вы|продаём|продаете|"
    r"продаёте|продаем|весь|все|"
    r"скинь|будет|стоить|обойд\w+|будут|will|would|скиньте|дай|дайте|пришли|вышли|send|give|наш\w*|руб\w*|"
    r"тыс\w*|лиценз\w*|"
    r"find|show|me|which|what|products?|price\w*|catalog\w*|list|do|we|you|sell|have|for|of|the|our|your|all|under|how|"
    r"much|is|are|does|cost|please|a|an)\b",
    re.IGNORECASE,
)


def find_leads(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """One lead by its number; else city, industry, budget, heat, salesperson, silence, status and count as named."""
    plain = companies.nameless(text)
    number = quantities.numbered(plain, r"лид[аеу]?\b|lead\b")
    if number is not None:
        return {"lead_id": number}
    chosen = focus.by_order(plain, focus.leads_seen(turn))
    if isinstance(chosen, dict) and not conditions.LIMIT.search(plain):
        return {"lead_id": chosen["id"]}
    least, most = quantities.at_least_and_most(plain)
    found: dict[str, Any] = {
        "city": vocabulary.find(plain, vocabulary.CITIES),
        "industry": vocabulary.find(plain, vocabulary.INDUSTRIES),
        "min_budget": least,
        "max_budget": most,
        "status": vocabulary.find(aspects.STALE.sub(" ", plain), aspects.STATUSES),
        "grade": vocabulary.find(plain, aspects.GRADES),
        "owner": aspects.owner(plain),
        "stale_days": conditions.stale_days(plain),
        "company": companies.company(turn, text),
    }
    if not any(value is not None for value in found.values()) and conditions.MORE.search(plain):
        return more(turn, "find_leads")
    found["limit"] = conditions.limit(plain)
    return {name: value for name, value in found.items() if value is not None}


def more(turn: Turn, tool: str) -> dict[str, Any] | Ask:
    """The rest of the newest list."""
    if conditions.is_last_page(turn, tool):
        return Ask(
            turn.say(
                "Это был весь список. Изменить условия?",
                "That was the whole list. Shall I change the conditions?",
            )
        )
    return conditions.next_page(turn, tool) or {}


def qualify_lead(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """Which lead, and the new facts about it."""
    plain = masked(text)
    facts: dict[str, Any] = {}
    if (budget := quantities.money(plain)) is not None and re.search(r"бюджет|budget", plain, re.IGNORECASE):
        facts["budget"] = budget
    if len({amount for amount, *_ in quantities.sums(quantities.with_shared_units(plain))}) > 1:
        return Ask(
            turn.say(
                "Какой бюджет записать? Нужна одна сумма, а названо несколько.",
                "Which budget shall I store? One sum is needed, and there are several.",
            )
        )
    if match := re.search(r"(?:через|в течение|за|in|within)\s+(\d{1,2})\s*(?:мес|month)", plain, re.IGNORECASE):
        facts["timeline_months"] = int(match[1])
    meant = focus.lead(turn, text)
    if meant is None and (
        bare := re.search(r"(?:уй|уйте|овать|оцени\w*|qualify|score|rate)\s+№?(\d+)\b", plain, re.IGNORECASE)
    ):
        meant = {"lead_id": int(bare[1])}
    meant = meant or focus.current_lead(turn)
    if isinstance(meant, Ask):
        return meant
    if meant:
        return {**({"lead_id": meant["lead_id"]} if "lead_id" in meant else meant), **facts}
    return Ask(
        turn.say(
            "Какого лида квалифицировать? Назовите компанию или номер.",
            "Which lead? Name the company or the number?",
        )
    )


def search_products(_turn: Turn, text: str) -> dict[str, Any]:
    """What is left when the usual words are taken away, and the highest price."""
    found: dict[str, Any] = {}
    limit = re.search(r"(?:до|дешевле|не дороже|under|below|up to|cheaper than)\s+(.+)", text, re.IGNORECASE)
    if limit and (price := quantities.money(limit[1])):
        found["max_price"] = price
        text = text[: limit.start()]
    rest = " ".join(re.sub(r"[?!.,:«»\"]", " ", PRODUCT_FILLER.sub(" ", text)).split())
    return {"query": rest, **found} if rest else found
