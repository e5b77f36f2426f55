"""What people ask of a quote: for whom, what, how many, at which discount. Whatever is doubtful is asked."""

import re
from typing import Any

from graphs.demo import companies, coverage, focus, products, quantities
from graphs.demo.conversation import Turn
from graphs.demo.reply import Ask
from graphs.demo.text import masked

LOOKING = re.compile(
    r"^\W*(?:а\s+)?(?:покажи\w*|показать|найди\w*|какие|какая|какое|сколько|где|список|выведи|открой\w*|"
    r"есть ли|show|find|list|which|what|where|"
    r"how many|see|open)\b",
    re.IGNORECASE,
)
ADDING = re.compile(r"\b(?:добав\w+|включи\w*|плюс|ещё|еще|add|include|plus)\b", re.IGNORECASE)
# A name in small letters, of which we know nothing: whether there is such a company is for the CRM to say.
LOWER_NAME = re.compile(r"\b(?:для|for)\s+([а-яёa-z]{4,})\b")
REMOVING = re.compile(r"\b(?:без|убери\w*|исключи\w*|remove|without|drop)\b", re.IGNORECASE)
FRESH = re.compile(r"\b(?:без скидки|without (?:a |the )?discount|no discount)\b", re.IGNORECASE)
DISCOUNT_NUMBER = re.compile(
    (
        r"(?:скидк\w*|discount)\s*(?:в|до|на|of|to|=|:|—|-)?\s*([-−]?\d+(?:[.,]\d+)?)(?!\s*(?:%|процент|percent|"
        r"\d))\s*(\w*)"
    ),
    re.IGNORECASE,
)
# "5 % на обучение", not "15 % на 10 CRM Бизнес": there the words after it are the quote's content.
ON_ONE = re.compile(
    r"(?:%|процент\w*|percent)\s+(?:скидк\w+\s+|discount\s+|off\s+)?(?:на|on|off)?\s*([^\W\d_]+(?:\s+[^\W\d_]+)?)",
    re.IGNORECASE,
)
MONEY_UNIT = re.compile(r"руб|₽|тыс|млн|rub|k\b|к\b", re.IGNORECASE)


def make_quote(turn: Turn, text: str) -> dict[str, Any] | Ask:
    """The customer, the lines and the discount. What is not named is taken from the quote before."""
    before = turn.newest("make_quote")
    old: dict[str, Any] = before.data.get("quote", {}) if before else {}
    if LOOKING.search(text) and not products.items(text).lines:
        return _what_there_is(turn, old)
    discount = _discount(turn, text)
    if isinstance(discount, Ask):
        return discount
    customer = _customer(turn, text, old)
    if isinstance(customer, Ask):
        return customer
    found = _lines(turn, text, old)
    if isinstance(found, Ask):
        return found
    if not customer:
        return Ask(turn.say("Для какого клиента сделать КП?", "Which customer is the quote for?"))
    if not found:
        name = customer.get("customer") or f"№ {customer['lead_id']}"
        return Ask(
            turn.say(
                f"Что включить в КП для {name} и сколько? Например: «10 лицензий CRM Бизнес и обучение».",
                f"What should the quote for {name} contain, and how many? For example: 10 CRM Business licences?",
            )
        )
    changing = not products.items(text).lines or ADDING.search(text) or REMOVING.search(text)
    if discount is None and changing and customer.get("customer") == old.get("customer") and not FRESH.search(text):
        discount = old.get("discount_percent") or None
    return {**customer, "items": found, **({"discount_percent": discount} if discount else {})}


def _customer(turn: Turn, text: str, old: dict[str, Any]) -> dict[str, Any] | Ask | None:
    meant = focus.lead(turn, text)
    if isinstance(meant, Ask):
        return meant
    if meant:
        return {"customer": meant["company"]} if meant.get("company") else {"lead_id": meant["lead_id"]}
    if (match := LOWER_NAME.search(masked(text))) and not coverage.is_known(match[1].lower()):
        return {"customer": match[1]}
    if old.get("customer"):
        newer = turn.newest("make_quote", "qualify_lead", "find_leads")
        if newer is None or newer.tool == "make_quote" or not products.items(text).lines:
            return {"customer": old["customer"]}
    current = focus.current_lead(turn) if turn.newest("qualify_lead", "make_quote") else None
    if isinstance(current, Ask):
        return current
    return {"customer": current["company"]} if current and current.get("company") else None


def _lines(turn: Turn, text: str, old: dict[str, Any]) -> list[dict[str, Any]] | Ask:
    if old and REMOVING.search(text) and not companies.company(turn, text):
        gone = products.mentions(text)
        kept = [line for line in _as_items(old) if line["product"] not in gone]
        if gone and kept and len(kept) < len(_as_items(old)):
            return kept
    found = products.items(text)
    if found.question:
        return Ask(turn.say(*found.question))
    if not found.lines and old:
        return _old_lines(turn, text, old)
    if found.spare and not _is_elsewhere(text, found.spare):
        said = "», «".join(found.spare)
        return Ask(
            turn.say(
                f"К чему относится «{said}»? Напишите количество перед товаром: «10 CRM Бизнес».",
                f'What does "{said}" belong to? Put the quantity before the product, like 10 CRM Business?',
            )
        )
    if old and ADDING.search(text) and not companies.company(turn, text):
        kept = [line for line in _as_items(old) if line["product"] not in {entry["product"] for entry in found.lines}]
        return [*kept, *found.lines]
    return found.lines


def _old_lines(turn: Turn, text: str, old: dict[str, Any]) -> list[dict[str, Any]] | Ask:
    """The lines of the quote before; with another quantity when a number and nothing else was said."""
    lines = _as_items(old)
    count, raw = products.bare_count(DISCOUNT_NUMBER.sub(" ", text))
    if not raw or quantities.numbered(masked(text), "лид|lead") is not None:
        return lines
    if count is None or len(lines) != 1:
        names = ", ".join(str(line["product"]) for line in old.get("lines", []))
        return Ask(
            turn.say(
                f"Что именно изменить на «{raw}»? В КП сейчас: {names}. Количество — целое число от 1 до 10 000.",
                f'What should become "{raw}"? The quote has: {names}. A quantity is a whole number from 1 to 10,000?',
            )
        )
    return [{**lines[0], "quantity": count}]


def _as_items(old: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"product": line["sku"], "quantity": line["quantity"]} for line in old.get("lines", [])]


def _is_elsewhere(text: str, spare: tuple[str, ...]) -> bool:
    """Whether the numbers left over are those of a lead ("для лида 84") or of the discount."""
    known = [match[1] for match in DISCOUNT_NUMBER.finditer(text)]
    known += re.findall(r"(?:лид\w*|lead|№|#)\s*№?\s*(\d+)", text, re.IGNORECASE)
    return all(any(entry.strip() == number for number in known) for entry in spare)


def _discount(turn: Turn, text: str) -> float | Ask | None:
    plain = masked(text)
    if (part := ON_ONE.search(plain)) and products.mentions(part[1]) and len(products.mentions(plain)) > 1:
        return Ask(
            turn.say(
                "Скидка в КП — на всю сумму, не на одну строку. Что включить в КП, и какую скидку дать на всё?",
                "A quote's discount is on the whole sum, not on one line. What shall it contain, at which discount?",
            )
        )
    named = [quantities.value_of(match[1]) for match in quantities.PERCENT.finditer(plain)]
    if not named and (match := DISCOUNT_NUMBER.search(plain)):
        if MONEY_UNIT.match(match[2]):
            return Ask(
                turn.say(
                    "Скидку указывают в процентах, от 0 до 30. Сколько процентов?",
                    "A discount is given in percent, from 0 to 30. How many percent?",
                )
            )
        named = [quantities.value_of(match[1])]
    if len(set(named)) > 1:
        named = [
            quantities.value_of(m[1])
            for m in re.finditer(rf"(?:до|to)\s+{quantities.PERCENT.pattern}", plain, re.IGNORECASE)
        ]
        if len(named) != 1:
            return Ask(
                turn.say("Какую скидку указать: одну, в процентах?", "Which one discount shall it be, in percent?")
            )
    if not named:
        return None
    if not 0 <= named[0] <= 100:
        said = f"{named[0]:g}"
        return Ask(
            turn.say(
                f"Скидка {said} % не подходит: нужно от 0 до 30 %. Какую указать?",
                f"A discount of {said} % will not do: it must be 0 to 30 %. Which one?",
            )
        )
    return named[0]


def _what_there_is(turn: Turn, old: dict[str, Any]) -> Ask:
    if old.get("number"):
        return Ask(
            turn.say(
                (
                    f"Списка КП у меня нет. Последнее в этом разговоре — {old['number']} для {old['customer']}."
                    f" Сделать новое?"
                ),
                (
                    f"I have no list of quotes. The last one here is {old['number']} for {old['customer']}. Shall"
                    f" I make another?"
                ),
            )
        )
    return Ask(
        turn.say(
            "Списка КП у меня нет, я могу сделать новое. Для кого и что в него включить?",
            "I have no list of quotes, I can make a new one. For whom, and with what?",
        )
    )
