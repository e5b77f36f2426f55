"""What people ask of marketing, and the arguments in their words."""

import re
from collections.abc import Callable
from typing import Any

from graphs.crm import vocabulary
from graphs.crm.clock import today
from graphs.demo import companies, quantities
from graphs.demo.conversation import Turn
from graphs.demo.reply import Ask

Arguments = Callable[[Turn, str], dict[str, Any] | Ask]


def segment_customers(_turn: Turn, text: str) -> dict[str, Any]:
    """The kind of customers, city, industry and least revenue, as far as they are named."""
    found: dict[str, Any] = {
        "kind": vocabulary.find(text, vocabulary.SEGMENTS),
        "city": vocabulary.find(text, vocabulary.CITIES),
        "industry": vocabulary.find(text, vocabulary.INDUSTRIES),
        "min_revenue": quantities.money(text),
    }
    return {name: value for name, value in found.items() if value is not None}


def draft_campaign(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """Segment, channel, goal and tone. The segment may be the one found before; the goal is asked for."""
    found = segment_customers(turn, text)
    found.pop("min_revenue", None)
    if not found and (before := turn.newest("segment_customers")):
        found = {name: value for name, value in before.arguments.items() if name in {"kind", "city", "industry"}}
    if not found:
        return Ask(
            turn.say(
                "Для какого сегмента кампания: спящие, постоянные, крупные, новые или все клиенты?",
                "Which segment is it for: sleeping, loyal, big, new or all customers?",
            )
        )
    channels = vocabulary.find_all(text, vocabulary.CHANNELS)
    return {
        **found,
        "channel": channels[0] if channels else "email",
        "goal": _goal(turn, text, found.get("kind")),
        "tone": vocabulary.find(text, vocabulary.TONES) or "friendly",
    }


def _goal(turn: Turn, text: str, kind: str | None) -> str:
    named = re.search(
        r"(?:цель:?\s*(?:—|-)?|чтобы|goal:?(?: is)?|in order to|so that)\s+([^.,;]+)", text, re.IGNORECASE
    )
    if named:
        return named[1].strip()
    usual = {
        "sleeping": (
            "вернуть клиентов, которые давно не покупали",
            "win back customers who have not bought for long",
        ),
        "loyal": (
            "поблагодарить постоянных клиентов и предложить новое",
            "thank loyal customers and offer something new",
        ),
        "big": ("расширить договоры с крупными клиентами", "extend the contracts of big customers"),
        "new": ("помочь новым клиентам начать", "help new customers to get started"),
    }
    return turn.say(*usual.get(kind or "", ("получить новые заявки", "get new requests")))


def schedule_campaign(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """Which campaign, and when."""
    number = quantities.numbered(text, "кампани|campaign")
    if number is None:
        draft = turn.newest("draft_campaign", "schedule_campaign", "campaign_report")
        known = draft.data.get("campaign") if draft else None
        number = known.get("id") if isinstance(known, dict) else None
    if number is None:
        return Ask(turn.say("Какую кампанию запланировать? Назовите её номер.", "Which campaign? Name its number?"))
    when = quantities.day(text, today())
    if when is None:
        return Ask(
            turn.say(
                f"На какой день запланировать кампанию № {number}?",
                f"Which day should campaign {number} go out on?",
            )
        )
    return {"campaign_id": number, "on": when.isoformat()}


def campaign_report(turn: Turn, text: str) -> dict[str, Any]:
    """Which campaign: by number, by name, the one spoken of, or all."""
    number = quantities.numbered(text, "кампани\\w* |campaign ")
    if number is not None:
        return {"campaign_id": number}
    if match := companies.QUOTED.search(text):
        return {"name": match[1]}
    before = turn.newest("campaign_report")
    if before and (chosen := companies.by_order(text, before.data.get("campaigns", []))):
        return {"campaign_id": chosen["id"]}
    spoken = turn.newest("draft_campaign", "schedule_campaign", "campaign_report")
    if (
        spoken
        and "campaign" in spoken.data
        and re.search(r"\b(?:её|ее|ней|этой|эта|this|that|it)\b", text, re.IGNORECASE)
    ):
        return {"campaign_id": spoken.data["campaign"]["id"]}
    return {}


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
    if len(numbers) != 4:
        return Ask(
            turn.say(
                "Дайте числа обоих вариантов: сколько посетителей и сколько из них сконвертировались?"
                " Например: «A: 50 из 1000, B: 65 из 1000».",
                'I need the numbers of both variants, visitors and conversions, like "A: 50 of 1000, B: 65 of 1000"?',
            )
        )
    first, second = sorted(numbers[:2], reverse=True), sorted(numbers[2:], reverse=True)
    return dict(zip(fields, (*first, *second), strict=True))


TABLE: list[tuple[str, str, Arguments]] = [
    (
        "evaluate_ab_test",
        (
            r"\b[aа]\s?[/\\-]\s?[bбв]\b|\b(?:ab|аб)[- ]?тест|\bab[- ]?test|сплит|split[- ]?test|"
            r"вариант\w* [aа]\b.*вариант\w* [bбв]\b|variant a\b.*(?:variant )?b\b"
        ),
        evaluate_ab_test,
    ),
    (
        "schedule_campaign",
        (
            r"заплан\w+|в расписани|назнач\w+ (?:отправк|кампани|рассылк)|отправ\w+"
            r" (?:её|ее|эту|кампани|рассылк|письм)|"
            r"запуст\w+ (?:её|ее|эту|кампани|рассылк)|\bschedul|(?:launch|send) (?:it|this|the"
            r" campaign|campaign)"
        ),
        schedule_campaign,
    ),
    (
        "draft_campaign",
        (
            r"(?:состав|подготов|созда|напиш|сдела|придума|разработ|нужн|хочу|draft|creat|writ|prepar|make)\w*\s.*"
            r"(?:кампани|рассылк|письм|акци|campaign|newsletter|mailing|e-?mail)|черновик|\bdraft\b"
        ),
        draft_campaign,
    ),
    (
        "campaign_report",
        (
            r"сравни\w*\s.*(?:канал|кампани|реклам)|compare\s.*(?:channel|campaign)|"
            r"(?:отч[её]т|результат|итог|метрик|показател|эффективност|как"
            r" (?:прошл|сработал|дела))\w*.*(?:кампани|рассылк|реклам|маркетинг)|"
            r"(?:кампани|рассылк|реклам)\w*.*(?:отч[её]т|результат|итог|метрик|показател|сработал|прошл)|\broas\b|\bcac\b|\bctr\b|open"
            r" rate|открываемост|окупаемост|"
            r"campaign.*(?:report|result|perform|metric|doing)|(?:report|result|perform|metric)\w*.*campaign|"
            r"(?:покажи|какие|list|show)\s.*(?:кампани|campaign)|marketing report"
        ),
        campaign_report,
    ),
    (
        "segment_customers",
        (
            r"сегмент|segment|аудитори|audience|(?:спящ|лояльн|постоянн|неактивн|крупн)\w*.*клиент|"
            r"(?:sleeping|inactive|loyal|dormant|big) customers|кто давно не покупал|who has not bought|"
            r"(?:найд|покаж|как|сколько)\w*\s(?:(?!потенциальн)\w+\s){0,2}клиент|"
            r"(?:find|show|list|how many)\s(?:\w+\s){0,2}customers"
        ),
        segment_customers,
    ),
]
