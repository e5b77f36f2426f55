"""Whom "его", "второго", "this one" and a number mean: a lead or a deal of the conversation, or a question.

A pronoun means the one that was spoken of last. After a list of several nobody was chosen, so it means nobody: then
there is a question, not a guess.
"""

import re
from collections.abc import Sequence
from typing import Any

from graphs.demo import companies
from graphs.demo.conversation import Result, Turn
from graphs.demo.quantities import numbered
from graphs.demo.reply import Ask
from graphs.demo.text import masked

ORDINALS = [
    r"\bперв(?:ый|ая|ое|ого|ому|ым|ой|ую|ом)\b|\bfirst\b",
    r"\bвтор(?:ой|ая|ое|ого|ому|ым|ую|ом)\b|\bsecond\b",
    r"\bтрет(?:ий|ь\w+)\b|\bthird\b",
    r"\bчетв[её]рт\w+|\bfourth\b",
    r"\bпят(?:ый|ая|ое|ого|ому|ым|ой|ую)\b|\bfifth\b",
]
LAST = re.compile(r"\bпоследн\w+|\blast (?:one|lead|deal)\b|\bthe last\b", re.IGNORECASE)
BEST = re.compile(
    r"перспективн|promising|\bлучш(?:ий|его|ему|им|ую)\b|\bbest\b|\btop (?:one|lead)\b|горяч\w+ из|hottest",
    re.IGNORECASE,
)
PRONOUN = re.compile(
    r"\b(?:его|её|ее|ему|ей|них|им|неё|нее|него|нему|ней|нём|нем|этого|эту|этот|этой|этому|эта|"
    r"him|her|it|them|this|that|they|their|his)\b",
    re.IGNORECASE,
)
LEADS = ("find_leads", "qualify_lead", "make_quote", "find_deals", "move_deal", "reschedule_deal")
DEALS = ("find_deals", "move_deal", "reschedule_deal", "pipeline_report")


def by_order(text: str, entries: Sequence[dict[str, Any]]) -> dict[str, Any] | int | None:
    """The entry that "первый", "second", "последний" mean; a place that the list does not have; or None."""
    for index, pattern in enumerate(ORDINALS):
        if re.search(pattern, text, re.IGNORECASE):
            return entries[index] if index < len(entries) else index + 1
    if LAST.search(text) and entries:
        return entries[-1]
    return None


def leads_seen(turn: Turn) -> list[dict[str, Any]]:
    """The leads of the newest list."""
    found = turn.newest("find_leads")
    return found.data.get("leads", []) if found else []


def deals_seen(turn: Turn) -> list[dict[str, Any]]:
    """The deals of the newest list; the largest ones of the pipeline report are one too."""
    found = turn.newest("find_deals", "pipeline_report")
    if found is None:
        return []
    deals: list[dict[str, Any]] = found.data.get("deals") or found.data.get("pipeline", {}).get("top_deals", [])
    return deals


def lead(turn: Turn, text: str) -> dict[str, Any] | Ask | None:
    """The lead meant, as `lead_id` or `company`; a question when several may be; None when nobody is pointed at."""
    plain = masked(text)
    number = numbered(plain, "лид|lead")
    if number is not None:
        return {"lead_id": number}
    seen = leads_seen(turn)
    chosen = by_order(plain, seen)
    if isinstance(chosen, int):
        return _no_such_place(turn, chosen, len(seen))
    if chosen is None and seen and BEST.search(plain):
        chosen = seen[0]  # the list has the most promising first
    if chosen is not None:
        return {"lead_id": chosen["id"], "company": chosen["company"]}
    if name := companies.company(turn, text):
        ids = [entry["id"] for entry in seen if entry["company"] == name]
        return {"lead_id": ids[0], "company": name} if ids else {"company": name}
    if PRONOUN.search(plain):
        return current_lead(turn)
    return None


def current_lead(turn: Turn) -> dict[str, Any] | Ask | None:
    """The lead or customer spoken of last; a question after a list of several; None when none was."""
    result = turn.newest(*LEADS)
    if result is None:
        return None
    if result.tool in {"find_leads", "find_deals"}:
        return _only(turn, result)
    one = result.data.get("lead") or result.data.get("quote") or result.data.get("deal") or {}
    if result.tool == "qualify_lead" and one.get("id"):
        return {"lead_id": one["id"], "company": one["company"]}
    name = one.get("customer")
    return {"company": name} if name else None


def _only(turn: Turn, result: Result) -> dict[str, Any] | Ask | None:
    key, name = ("leads", "company") if result.tool == "find_leads" else ("deals", "customer")
    entries = result.data.get(key, [])
    if len(entries) == 1:
        one = entries[0]
        return {"lead_id": one["id"], "company": one[name]} if key == "leads" else {"company": one[name]}
    return which(turn, [f"{entry[name]} (№ {entry['id']})" for entry in entries]) if entries else None


def deal(turn: Turn, text: str) -> dict[str, Any] | Ask | None:
    """The deal meant, as `deal_id` or `company`; a question when several may be; None when none is pointed at."""
    plain = masked(text)
    number = numbered(plain, "сделк|deal")
    if number is not None:
        return {"deal_id": number}
    seen = deals_seen(turn)
    chosen = by_order(plain, seen)
    if isinstance(chosen, int):
        return _no_such_place(turn, chosen, len(seen))
    if chosen is not None:
        return {"deal_id": chosen["id"]}
    if name := companies.company(turn, text):
        return {"company": name}
    if not PRONOUN.search(plain):
        return None
    result = turn.newest(*DEALS)
    if result is None:
        return None
    if result.tool in {"move_deal", "reschedule_deal"}:
        return {"deal_id": result.data["deal"]["id"]}
    if len(seen) == 1:
        return {"deal_id": seen[0]["id"]}
    return which(turn, [f"№ {entry['id']} {entry['customer']}" for entry in seen]) if seen else None


def which(turn: Turn, choices: Sequence[str]) -> Ask:
    """Several may be meant."""
    listed = "; ".join(choices[:5])
    if not turn.ru:
        listed = listed.replace("№", "no.")
    return Ask(
        turn.say(
            f"Кого или что из списка вы имеете в виду: {listed}? Назовите номер или место в списке.",
            f"Which one of the list do you mean: {listed}? Name its number or its place.",
        )
    )


def _no_such_place(turn: Turn, place: int, length: int) -> Ask:
    if length == 0:
        return Ask(
            turn.say(
                f"{place}-го по порядку выбрать не из чего: списка ещё не было. Назовите компанию или номер?",
                f"There is no list yet to take number {place} from. Which company, or which id?",
            )
        )
    return Ask(
        turn.say(
            f"В последнем списке только {length}, места {place} там нет. Кого вы имеете в виду?",
            f"The last list has only {length}, there is no place {place}. Which one do you mean?",
        )
    )
