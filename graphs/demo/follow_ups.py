"""Messages that only make sense after the one before: "ещё", "а в Самаре?", "только горячие", "а второго?"."""

import re

from graphs.crm import vocabulary
from graphs.demo import aspects, campaign_wishes, coverage, deal_wishes, focus, lead_wishes, products
from graphs.demo.conversation import Turn
from graphs.demo.text import masked

ONLY_MORE = re.compile(
    r"^\W*(?:а\s+)?(?:покажи\w*|дай|выведи|давай|show|give me|list|see)?\s*(?:me\s+)?"
    r"(?:ещ[её]|следующ\w+|остальн\w+|дальше|more|the rest|next|next page|(?:и\s+)?что (?:там\s+)?дальше)"
    r"(?:\s+(?:\d+|please|пожалуйста|лид\w*|сделк\w*|сделок|leads?|deals?|компани\w*|ones?|из них|of them))*\W*$",
    re.IGNORECASE,
)
# "не в Казани, а в Самаре": what is not meant goes before what is.
NOT_THIS = re.compile(r"\b(?:не|not)\s+(?:в|во|из|по|на|in|from|for)?\s*[\w-]+", re.IGNORECASE)
ONLY_NUMBER = re.compile(r"^\W*(?:(?:а|и|and|what about)\s+)?(?:лид\w*|lead)?\s*№?\s*(\d+)\W*$", re.IGNORECASE)
REFINED = ("find_leads", "find_deals", "pipeline_report", "segment_customers", "campaign_report")
READERS = {
    "find_leads": lead_wishes.find_leads,
    "find_deals": deal_wishes.find_deals,
    "pipeline_report": deal_wishes.pipeline_report,
    "segment_customers": campaign_wishes.segment_customers,
    "campaign_report": campaign_wishes.campaign_report,
}


def follow_up(turn: Turn, text: str) -> tuple[str, str] | None:
    """The tool, and a text that says the whole; None when the message stands for nothing by itself."""
    if ONLY_MORE.match(text):
        before = turn.newest("find_leads", "find_deals")
        noun = {"find_leads": turn.say("лидов", "leads"), "find_deals": turn.say("сделки", "deals")}
        return (before.tool, turn.say(f"ещё {noun[before.tool]}", f"more {noun[before.tool]}")) if before else None
    last = turn.newest(*REFINED, "qualify_lead", "make_quote", "draft_campaign", "search_products")
    if last is None:
        return None
    plain = NOT_THIS.sub(" ", masked(text))
    if last.tool in {"qualify_lead", "find_leads"} and turn.newest("qualify_lead") and _only_place(plain):
        return "qualify_lead", text
    if last.tool == "qualify_lead" and (number := ONLY_NUMBER.match(plain)):
        return "qualify_lead", turn.say(f"лида {number[1]}", f"lead {number[1]}")
    if last.tool == "make_quote" and products.items(plain) != products.Items([]):
        return "make_quote", text
    if last.tool == "search_products" and products.mentions(plain):
        return "search_products", text
    drafted = turn.newest("draft_campaign", "edit_campaign", "schedule_campaign")
    if drafted and last.tool in {"draft_campaign", "segment_customers"} and campaign_wishes.changes(text):
        return None if coverage.unexplained(plain, "draft_campaign") else ("edit_campaign", text)
    if last.tool == "segment_customers" and vocabulary.find(plain, vocabulary.CHANNELS):
        rest = coverage.unexplained(plain, "draft_campaign")
        return None if rest else ("draft_campaign", text)
    return None


def refined(turn: Turn, text: str) -> tuple[str, dict[str, object]] | None:
    """The newest question again with another condition: ("find_leads", arguments) for "а в Самаре?"."""
    last = turn.newest(*REFINED, "qualify_lead", "make_quote", "draft_campaign", "move_deal")
    if last is None or last.tool not in READERS:
        return None
    plain = NOT_THIS.sub(" ", text)
    if coverage.unexplained(plain, last.tool):
        return None
    found = READERS[last.tool](turn, plain)
    if not isinstance(found, dict) or not found or "offset" in found:
        return None
    kept = {
        name: value
        for name, value in last.arguments.items()
        if name not in {"offset", "lead_id", "deal_id", "campaign_id"}
    }
    return last.tool, {**kept, **found}


def merged(turn: Turn, text: str, tool: str, proposal: dict[str, object]) -> dict[str, object] | None:
    """What was proposed with the condition that the answer names instead; None when it names none."""
    if tool not in READERS or coverage.unexplained(text, tool):
        return None
    found = READERS[tool](turn, text)
    return {**proposal, **found} if isinstance(found, dict) and found and "offset" not in found else None


def _only_place(text: str) -> bool:
    named = any(re.search(pattern, text, re.IGNORECASE) for pattern in focus.ORDINALS) or focus.LAST.search(text)
    return bool(named) and not aspects.FILLER.sub(" ", aspects.ORDINAL.sub(" ", text)).strip(" .!?,")
