"""What people ask of sales, and the arguments in their words."""

import re
from collections.abc import Callable
from typing import Any

from graphs.crm import vocabulary
from graphs.crm.names import words
from graphs.crm.seed_words import OWNERS
from graphs.demo import companies, quantities
from graphs.demo.conversation import Turn
from graphs.demo.products import items
from graphs.demo.reply import Ask

Arguments = Callable[[Turn, str], dict[str, Any] | Ask]
STATUSES = {
    "new": ("новый", "нового", "новые", "новых", "new", "fresh"),
    "contacted": ("в работе", "связал", "contacted"),
    "qualified": ("квалифицированн", "qualified"),
}
FILLER = re.compile(
    r"\b(?:найди|найти|покажи|какие|какой|есть|у"
    r" нас|что|сколько|стоит|стоят|товар\w*|продукт\w*|прайс\w*|каталог\w*|мне|"
    r"пожалуйста|цен\w*|услуг\w*|для|до|по|про|мы|вы|продаём|продаете|продаёте|весь|все|наш\w*|руб\w*|тыс\w*|"
    r"find|show|me|which|what|products?|price\w*|catalog\w*|list|do|we|you|sell|have|for|of|the|our|all|under|"
    r"how|much|is|are|does|cost|please|a|an)\b",
    re.IGNORECASE,
)


def find_leads(turn: Turn, text: str) -> dict[str, Any]:
    """City, industry, budget, status and count, as far as they are named."""
    found: dict[str, Any] = {
        "city": vocabulary.find(text, vocabulary.CITIES),
        "industry": vocabulary.find(text, vocabulary.INDUSTRIES),
        "min_budget": quantities.money(text),
        "status": vocabulary.find(text, STATUSES),
    }
    if match := companies.QUOTED.search(text) or companies.HYPHENED.search(text):
        found["company"] = match[1]
    count = re.search(r"\b(\d{1,2})\s+(?:\w+\s+)?(?:лид|lead|клиент)|(?:топ|top)[- ]?(\d{1,2})\b", text, re.IGNORECASE)
    if count:
        found["limit"] = max(1, min(20, int(count[1] or count[2])))
    if not any(value is not None for value in found.values()) and re.search(
        r"\b(?:ещё|еще|more)\b", text, re.IGNORECASE
    ):
        before = turn.newest("find_leads")
        return {**(before.arguments if before else {}), "limit": 10}
    return {name: value for name, value in found.items() if value is not None}


def qualify_lead(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """Which lead, and the new facts about it."""
    facts: dict[str, Any] = {}
    if (budget := quantities.money(text)) is not None and re.search(r"бюджет|budget", text, re.IGNORECASE):
        facts["budget"] = budget
    if match := re.search(r"(?:через|в течение|за|in|within)\s+(\d{1,2})\s*(?:мес|month)", text, re.IGNORECASE):
        facts["timeline_months"] = int(match[1])
    number = quantities.numbered(text, "лид|lead")
    if number is not None:
        return {"lead_id": number, **facts}
    if chosen := companies.by_order(text, companies.leads_seen(turn)):
        return {"lead_id": chosen["id"], **facts}
    if name := companies.company(turn, text):
        known = [lead for lead in companies.leads_seen(turn) if lead["company"] == name]
        return {"lead_id": known[0]["id"], **facts} if known else {"company": name, **facts}
    focus = companies.lead_in_focus(turn)
    if focus:
        return {"lead_id": focus["id"], **facts}
    return Ask(
        turn.say(
            "Какого лида квалифицировать? Назовите компанию или номер.",
            "Which lead? Name the company or the number?",
        )
    )


def move_deal(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """Which deal, and where to."""
    target = vocabulary.find(re.sub(r"(?i)\bс этапа \w+|\bfrom \w+", " ", text), vocabulary.STAGES)
    if target is None and re.search(r"закр|close", text, re.IGNORECASE):
        target = "won"
    if target is None:
        return Ask(
            turn.say(
                "На какой этап перевести сделку: квалификация, предложение, переговоры, выиграна или проиграна?",
                "Which stage should the deal go to: qualification, proposal, negotiation, won or lost?",
            )
        )
    reason = re.search(r"(?:потому что|причина:?|because|reason:?)\s+(.+)$", text, re.IGNORECASE)
    extra = {"reason": reason[1].strip()} if reason else {}
    number = quantities.numbered(text, "сделк|deal")
    if number is not None:
        return {"deal_id": number, "stage": target, **extra}
    report = turn.newest("pipeline_report", "move_deal")
    if report and report.tool == "pipeline_report":
        deals = report.data.get("pipeline", {}).get("top_deals", [])
        if chosen := companies.by_order(text, deals):
            return {"deal_id": chosen["id"], "stage": target, **extra}
    if report and report.tool == "move_deal" and companies.PRONOUN.search(text):
        return {"deal_id": report.data["deal"]["id"], "stage": target, **extra}
    if name := companies.company(turn, text):
        return {"company": name, "stage": target, **extra}
    return Ask(
        turn.say(
            "Какую сделку перевести? Назовите номер или клиента.",
            "Which deal? Name its number or the customer?",
        )
    )


def pipeline_report(_turn: Turn, text: str) -> dict[str, Any]:
    """Whose deals, if somebody is named."""
    spoken = words(text)
    for owner in OWNERS:
        surname = words(owner)[1]
        if any(word.startswith(surname[:-1]) for word in spoken):
            return {"owner": owner}
    return {}


def search_products(_turn: Turn, text: str) -> dict[str, Any]:
    """What is left when the usual words are taken away, and the highest price."""
    found: dict[str, Any] = {}
    limit = re.search(r"(?:до|дешевле|не дороже|under|below|up to|cheaper than)\s+(.+)", text, re.IGNORECASE)
    if limit and (price := quantities.money(limit[1])):
        found["max_price"] = price
        text = text[: limit.start()]
    rest = " ".join(re.sub(r"[?!.,:]", " ", FILLER.sub(" ", text)).split())
    return {"query": rest, **found} if rest else found


def make_quote(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """For whom, what, how many, at which discount. What is not named is taken from the quote before."""
    before = turn.newest("make_quote")
    old = before.data.get("quote", {}) if before else {}
    customer = companies.company(turn, text) or old.get("customer") or _only_lead(turn)
    if not customer:
        return Ask(turn.say("Для какого клиента сделать КП?", "Which customer is the quote for?"))
    lines = items(text) or [{"product": line["sku"], "quantity": line["quantity"]} for line in old.get("lines", [])]
    if not lines:
        return Ask(
            turn.say(
                f"Что включить в КП для {customer} и сколько? Например: «10 лицензий CRM Бизнес и обучение».",
                f"What should the quote for {customer} contain, and how many? For example: 10 CRM Business licences?",
            )
        )
    discount = quantities.percent(text)
    return {"customer": customer, "items": lines, **({"discount_percent": discount} if discount else {})}


def _only_lead(turn: Turn) -> str | None:
    lead = companies.lead_in_focus(turn) if turn.newest("qualify_lead") else None
    return str(lead["company"]) if lead else None


# Asked before marketing's: a quote or a lead may be made "для рассылки".
TABLE_FIRST: list[tuple[str, str, Arguments]] = [
    (
        "make_quote",
        (
            r"^\W*(?:тогда|давай(?:те)?|пусть|ну|ок|а если|then|make it|what about)"
            r"\s.*\d\s?(?:%|процент|percent)|"
            r"\bкп\b|коммерческ\w+ предложени|предложение (?:для|на)|\bсмет\w|выстав\w+"
            r" счёт|\bquote\b|\bquotation|"
            r"(?:сделай|дай|добавь|с)\w* скидк|with (?:a )?\d+ ?% discount"
        ),
        make_quote,
    ),
    (
        "move_deal",
        (
            r"(?:перевед|переведи|передвин|перемест|двин|сдвин|закро|отмет|move|close|mark|advance)\w*\s.*"
            r"(?:сделк|deal|её|ее|\bit\b|этап|stage)"
        ),
        move_deal,
    ),
    (
        "qualify_lead",
        (
            r"квалифицир(?!ованн)|квалификаци\w+"
            r" лид|оцен\w+\s+(?:\w+\s+){0,2}"
            r"(?:\w{3,}-\w{3,}|лид|его|её|этого|перв|втор|треть|послед|лучш|компани|«|ООО|АО|ИП)|"
            r"\bbant\b|\bqualif(?:y|ies|ication)\b|\bscore\s+(?:the|this|lead|him|it|first)|насколько (?:он"
            r" )?(?:горяч|перспектив)|"
            r"кто из них|самый перспективн|most promising|"
            r"подробнее (?:о|об|про) (?:\w+ )?(?:перв|втор|треть|послед|нём|нем|ней|лид)|"
            r"more about (?:the )?(?:first|second|third|last|lead|him|it)\b|"
            r"бюджет (?:у )?(?:него|неё|них|лида)|(?:his|their) budget"
        ),
        qualify_lead,
    ),
]
TABLE: list[tuple[str, str, Arguments]] = [
    (
        "pipeline_report",
        (
            r"воронк|\bпрогноз|pipeline|forecast|как (?:идут |дела с )?продаж|отч[её]т по (?:продаж|сделк)|"
            r"sales"
            r" report|"
            r"how are (?:the |our )?sales|win rate|сделк\w* (?:в работе|по"
            r" этапам)|(?:какие|покажи|show)\s.*\b(?:сделк|deals)"
        ),
        pipeline_report,
    ),
    (
        "find_leads",
        (
            r"\bлид(?!ер)|\bleads?\b|потенциальн\w+ (?:клиент|покупател)|prospects?\b|кому"
            r" (?:по)?звонить|кому продать|who (?:should|to) (?:I )?call"
        ),
        find_leads,
    ),
    (
        "search_products",
        (
            r"товар|продукт(?!ив)|прайс|каталог|сколько стоит|сколько стоят|цен[аыу]\b|что (?:мы|вы) прода|"
            r"\bproducts?\b|catalog|price|how much|what do (?:we|you) sell"
        ),
        search_products,
    ),
]
