"""A call in words, before it is made: what a "yes" will do."""

from collections.abc import Callable
from typing import Any

from graphs.crm.english import term
from graphs.demo.conversation import Turn
from graphs.demo.products import ITEMS
from graphs.money import day, plural_en, rub
from graphs.sales.forecast import TITLES


def in_words(turn: Turn, tool: str, arguments: dict[str, Any]) -> str | None:
    """The call as a question without its mark; None for tools that change nothing."""
    phrase = PHRASES.get(tool)
    return phrase(turn, arguments) if phrase else None


def _whom(turn: Turn, arguments: dict[str, Any]) -> str:
    number = arguments.get("deal_id") or arguments.get("lead_id") or arguments.get("campaign_id")
    if number is not None:
        return turn.say(f"№ {number}", f"no. {number}")
    return str(arguments.get("customer") or arguments.get("company"))


def _quote(turn: Turn, arguments: dict[str, Any]) -> str:
    names = [(line, ITEMS[line["product"]].name) for line in arguments["items"]]
    lines = ", ".join(f"{line['quantity']} × {turn.say(name, term(name, 'en'))}" for line, name in names)
    discount = arguments.get("discount_percent")
    ru = f", скидка {discount:g} %" if discount else ", без скидки"
    en = f", {discount:g} % discount" if discount else ", no discount"
    whom = _whom(turn, arguments)
    return turn.say(f"Сделать КП для {whom}: {lines}{ru}", f"Make a quote for {whom}: {lines}{en}")


def _move(turn: Turn, arguments: dict[str, Any]) -> str:
    title, whom = TITLES[turn.language][arguments["stage"]], _whom(turn, arguments)
    return turn.say(f"Перевести сделку {whom} на этап «{title}»", f'Move deal {whom} to the stage "{title}"')


def _reschedule(turn: Turn, arguments: dict[str, Any]) -> str:
    whom = _whom(turn, arguments)
    return turn.say(f"Перенести сделку {whom} на {day(arguments['on'])}", f"Move deal {whom} to {arguments['on']}")


def _draft(turn: Turn, arguments: dict[str, Any]) -> str:
    kinds = {
        "sleeping": ("спящих", "sleeping"),
        "loyal": ("постоянных", "loyal"),
        "big": ("крупных", "big"),
        "new": ("новых", "new"),
    }
    kind = turn.say(*kinds.get(arguments.get("kind", ""), ("всех", "all")))
    about = arguments.get("offer")
    ru, en = (f" о том, что «{about}»", f' about "{about}"') if about else ("", "")
    channel = arguments["channel"]
    return turn.say(
        f"Составить кампанию ({channel}) для {kind} клиентов{ru}",
        f"Draft a campaign ({channel}) for {kind} customers{en}",
    )


def _edit(turn: Turn, arguments: dict[str, Any]) -> str:
    changes = "; ".join(f"{name} → {value}" for name, value in arguments.items() if name != "campaign_id")
    whom = _whom(turn, arguments)
    return turn.say(f"Изменить кампанию {whom}: {changes}", f"Change campaign {whom}: {changes}")


def _schedule(turn: Turn, arguments: dict[str, Any]) -> str:
    whom, at = _whom(turn, arguments), arguments.get("at")
    ru, en = (f" в {at}", f" at {at}") if at else ("", "")
    return turn.say(
        f"Запланировать кампанию {whom} на {day(arguments['on'])}{ru}",
        f"Schedule campaign {whom} for {arguments['on']}{en}",
    )


def _qualify(turn: Turn, arguments: dict[str, Any]) -> str:
    budget, months = arguments.get("budget"), arguments.get("timeline_months")
    stored = []
    if budget is not None:
        stored.append(turn.say(f"бюджет {rub(budget)}", f"a budget of {rub(budget)}"))
    if months is not None:
        stored.append(turn.say(f"покупка через {months} мес.", f"buys within {plural_en(months, 'month')}"))
    facts = ", ".join(stored)
    if not facts:
        return turn.say(f"Квалифицировать лида {_whom(turn, arguments)}", f"Qualify lead {_whom(turn, arguments)}")
    return turn.say(
        f"Квалифицировать лида {_whom(turn, arguments)} и записать: {facts}",
        f"Qualify lead {_whom(turn, arguments)} and store: {facts}",
    )


PHRASES: dict[str, Callable[[Turn, dict[str, Any]], str]] = {
    "make_quote": _quote,
    "move_deal": _move,
    "reschedule_deal": _reschedule,
    "draft_campaign": _draft,
    "edit_campaign": _edit,
    "schedule_campaign": _schedule,
    "qualify_lead": _qualify,
}
