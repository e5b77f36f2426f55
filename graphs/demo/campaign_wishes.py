"""What people ask about segments, campaigns and tests, and the arguments in their words."""

import re
from typing import Any

from graphs.crm import vocabulary
from graphs.crm.clock import today
from graphs.crm.english import CAMPAIGNS
from graphs.demo import companies, dates, focus, quantities, times
from graphs.demo.conversation import Turn
from graphs.demo.reply import Ask
from graphs.demo.text import inflected, masked, quoted

NAMED_GOAL = re.compile(r"(?:цель:?\s*(?:—|-)?|чтобы|goal:?(?: is)?|in order to|so that)\s+([^.,;]+)", re.IGNORECASE)
TOPIC = re.compile(
    (
        r"(?:\b(?P<about>про|об?|насч[её]т|about|regarding)\b|\b(?:на тему|с предложением|с темой|offering|"
        r"announcing)\b|:)\s*(?P<topic>.+)$"
    ),
    re.IGNORECASE | re.DOTALL,
)
# What ends a topic: whom it goes to, how, in which tone.
BEYOND = re.compile(
    r"\s*(?:,|\b(?:для|клиент\w*|спящ\w+|постоянн\w+|крупн\w+ клиент\w+|новы[мх] клиент\w+|всем клиент\w+|"
    r"по почте|в телеграм\w*|в telegram|в тоне|"
    r"в делов\w+ тоне|чтобы|for (?:sleeping|loyal|big|large|new|all)|to (?:sleeping|loyal|big|large|new|all)|"
    r"via|by e-?mail|in a)\b).*$",
    re.IGNORECASE | re.DOTALL,
)
DISCOUNT_WORD = re.compile(r"^скидк[еуи]\b", re.IGNORECASE)
USUAL_GOALS = {
    "sleeping": ("вернуть клиентов, которые давно не покупали", "win back customers who have not bought for long"),
    "loyal": ("поблагодарить постоянных клиентов и предложить новое", "thank loyal customers and offer something new"),
    "big": ("расширить договоры с крупными клиентами", "extend the contracts of big customers"),
    "new": ("помочь новым клиентам начать", "help new customers to get started"),
}
NAMES = [(name, re.compile(inflected(name), re.IGNORECASE)) for pair in CAMPAIGNS.items() for name in pair]
LOOSE = re.compile(r"\b(?:её|ее|ней|этой|эта|этого|его|this|that|it)\b", re.IGNORECASE)


def segment_customers(_turn: Turn, text: str) -> dict[str, Any]:
    """The kind of customers, city, industry and least revenue, as far as they are named."""
    plain = companies.nameless(text)
    found: dict[str, Any] = {
        "kind": vocabulary.find(plain, vocabulary.SEGMENTS),
        "city": vocabulary.find(plain, vocabulary.CITIES),
        "industry": vocabulary.find(plain, vocabulary.INDUSTRIES),
        "min_revenue": quantities.money(plain),
    }
    return {name: value for name, value in found.items() if value is not None}


def draft_campaign(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """Segment, channel, goal, tone and what it is about. The segment may be the one found before."""
    offer = _offer(text)
    rest = text.replace(offer, " ") if offer else text
    found = segment_customers(turn, rest)
    found.pop("min_revenue", None)
    if not found and (before := turn.newest("segment_customers")):
        found = {name: value for name, value in before.arguments.items() if name in {"kind", "city", "industry"}}
        found = found or {"kind": "all"}
    if not found:
        return Ask(
            turn.say(
                "Для какого сегмента кампания: спящие, постоянные, крупные, новые или все клиенты?",
                "Which segment is it for: sleeping, loyal, big, new or all customers?",
            )
        )
    channels = vocabulary.find_all(masked(rest), vocabulary.CHANNELS)
    named = NAMED_GOAL.search(rest)
    usual = turn.say(*USUAL_GOALS.get(found.get("kind") or "", ("получить новые заявки", "get new requests")))
    return {
        **found,
        "channel": channels[0] if channels else "email",
        "goal": named[1].strip() if named else usual,
        "tone": vocabulary.find(masked(rest), vocabulary.TONES) or "friendly",
        **({"offer": _nominative(offer)} if offer else {}),
    }


def _offer(text: str) -> str | None:
    """What the letter is about: in quotes, after "про", "о", "about", or after a colon."""
    if names := quoted(text):
        return names[0]
    match = TOPIC.search(text)
    if not match:
        return None
    topic = BEYOND.sub("", match["topic"]).strip(' .!?«»"')
    about = (match["about"] or "").lower()
    if about in {"о", "об", "про"} and not DISCOUNT_WORD.match(topic):
        topic = f"{about} {topic}"  # the words stand in the case that this preposition wants
    return topic if len(topic) > 2 else None


def _nominative(topic: str) -> str:
    """ "скидке 20 %" as a headline: "скидка 20 %". Other topics are taken as they are."""
    return DISCOUNT_WORD.sub("скидка", topic)


def edit_campaign(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """Which campaign, and what becomes what: subject, text, name, channel, tone."""
    number = quantities.numbered(masked(text), "кампани|campaign|черновик|draft")
    if number is None:
        number = _campaign_in_focus(turn)
    if number is None:
        return Ask(
            turn.say("Какую кампанию изменить? Назовите её номер.", "Which campaign is to be changed? Its number?")
        )
    if found := changes(text):
        return {"campaign_id": number, **found}
    return Ask(
        turn.say(
            f"Что и на что изменить в кампании № {number}? Могу заменить тему («измени тему на „…“»), текст, название,"
            " канал и тон; сокращать и придумывать текст заново демо-модель не умеет.",
            f"What in campaign {number} should become what? I can replace the subject (like: change the"
            f' subject to "…"), the'
            " text, the name, the channel and the tone; shortening or inventing text is beyond the demo model.",
        )
    )


def changes(text: str) -> dict[str, Any]:
    """What the text says of a campaign, as `edit_campaign` takes it: subject, name, text; else tone and channel."""
    plain = masked(text).lower()
    value = quoted(text)[-1] if quoted(text) else None
    after = re.search(r"\b(?:на|to|в)\s+(.+?)[\s.!]*$", text, re.IGNORECASE)
    said = value or (after[1] if after else None)
    if re.search(r"\bтем[уы]\b|заголов|subject|headline", plain):
        return {"subject": said} if said else {}
    if re.search(r"назван|переименуй|\bname\b|rename|title", plain):
        return {"name": said} if said else {}
    if re.search(r"\bтекст|\bbody\b|\btext\b", plain):
        return {"body": value} if value else {}
    tone = vocabulary.find(plain, vocabulary.TONES)
    channels = vocabulary.find_all(re.sub(r"письм\w*|letter|e-?mail campaign", " ", plain), vocabulary.CHANNELS)
    found = {"tone": tone, "channel": channels[-1] if channels else None}
    return {name: entry for name, entry in found.items() if entry}


def _campaign_in_focus(turn: Turn) -> int | None:
    spoken = turn.newest("draft_campaign", "edit_campaign", "schedule_campaign", "campaign_report")
    known = spoken.data.get("campaign") if spoken else None
    return known.get("id") if isinstance(known, dict) else None


def schedule_campaign(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """Which campaign, on which day, at what time."""
    plain = masked(text)
    number = quantities.numbered(plain, "кампани|campaign|черновик|draft|рассылк") or _campaign_in_focus(turn)
    if number is None:
        return Ask(turn.say("Какую кампанию запланировать? Назовите её номер.", "Which campaign? Name its number?"))
    time = times.time_of_day(plain)
    if time == "?":
        return Ask(
            turn.say(
                f"Такого времени нет. Во сколько отправить кампанию № {number}?",
                f"There is no such time. At what time should campaign {number} go out?",
            )
        )
    when = dates.day(plain, today())
    if when is None:
        return Ask(
            turn.say(
                f"На какой день запланировать кампанию № {number}?",
                f"Which day should campaign {number} go out on?",
            )
        )
    return {"campaign_id": number, "on": when.isoformat(), **({"at": time} if time else {})}


def campaign_report(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """Which campaign: by number, by name, the one spoken of; else all, of a channel or a period."""
    plain = masked(text)
    number = quantities.numbered(plain, "кампани|campaign")
    if number is not None:
        return {"campaign_id": number}
    if names := quoted(text):
        return {"name": names[0]}
    if named := [name for name, way in NAMES if way.search(plain)]:
        return {"name": named[0]}
    before = turn.newest("campaign_report")
    if before and before.data.get("campaigns"):
        chosen = focus.by_order(plain, before.data["campaigns"])
        if isinstance(chosen, dict):
            return {"campaign_id": chosen["id"]}
    spoken = _campaign_in_focus(turn)
    if spoken is not None and LOOSE.search(plain) and not dates.period(plain, today()):
        return {"campaign_id": spoken}
    found: dict[str, Any] = {}
    about = re.sub(r"(?i)реклам\w*|advert\w*|рассыл\w*|письм\w*|mailing\w*|newsletter\w*", " ", plain)
    if len(channels := vocabulary.find_all(about, vocabulary.CHANNELS)) == 1:
        found["channel"] = channels[0]
    if period := dates.period(plain, today()):
        found |= {"began_from": period[0].isoformat(), "began_to": period[1].isoformat()}
    return found


def evaluate_ab_test(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """Visitors and conversions of both variants: "A: 1000/50, B: 65/1000", or "50 из 1000"."""
    text = re.sub(r"\d+(?:[.,]\d+)?\s*%", " ", text)
    fields = ("visitors_a", "conversions_a", "visitors_b", "conversions_b")
    pairs = re.findall(r"(\d[\d \u00a0]*)\s*(?:из|of|out of|/)\s*(\d[\d \u00a0]*)", text)
    numbers = (
        [int(re.sub(r"\D", "", part)) for pair in pairs for part in pair]
        if len(pairs) == 2
        else quantities.integers(text)
    )
    if len(numbers) != 4 or re.search(r"\d[.,]\d|[-−]\d", text):
        return Ask(
            turn.say(
                "Дайте числа обоих вариантов: сколько посетителей и сколько из них сконвертировались?"
                " Например: «A: 50 из 1000, B: 65 из 1000».",
                'I need the numbers of both variants, visitors and conversions, like "A: 50 of 1000, B: 65 of 1000"?',
            )
        )
    first, second = sorted(numbers[:2], reverse=True), sorted(numbers[2:], reverse=True)
    return dict(zip(fields, (*first, *second), strict=True))
