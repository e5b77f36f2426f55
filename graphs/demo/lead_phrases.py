"""Leads and products in words."""

from typing import Any

from graphs.demo.conversation import Turn
from graphs.money import plural, plural_en, rub

GRADES = {"hot": ("горячий", "hot"), "warm": ("тёплый", "warm"), "cold": ("холодный", "cold")}
GRADES_OF = {
    "hot": (("горячий", "горячих", "горячих"), "hot"),
    "warm": (("тёплый", "тёплых", "тёплых"), "warm"),
    "cold": (("холодный", "холодных", "холодных"), "cold"),
}
CRITERIA = {
    "budget": ("Бюджет", "Budget"),
    "authority": ("Полномочия", "Authority"),
    "need": ("Потребность", "Need"),
    "timeline": ("Срок", "Timeline"),
}


def leads(turn: Turn, data: dict[str, Any]) -> str:
    """The list, best first, and whom to call."""
    found, offset, conditions = data["leads"], data.get("offset", 0), data.get("conditions", {})
    if not found:
        return turn.say(
            "Таких лидов в CRM нет. Попробуйте снять одно из условий: город, отрасль или бюджет.",
            "There are no such leads in the CRM. Try to drop one of the conditions: city, industry or budget.",
        )
    lines = [_head(turn, data["total"], len(found), offset, conditions.get("grade")), ""]
    for place, lead in enumerate(found, start=offset + 1):
        budget = rub(lead["budget"]) if lead["budget"] is not None else turn.say("бюджет не назван", "no budget named")
        number = turn.say(f"№ {lead['id']}", f"no. {lead['id']}")
        lines.append(
            f"{place}. **{lead['company']}** ({number}) — {lead['city']}, {lead['industry']}; {budget};"
            f" BANT {lead['score']}/100, {turn.say(*GRADES[lead['grade']])}"
        )
    best = found[0]
    contact = f"{best['contact']}, {best['position']}, {best['phone']}"
    if len(found) == 1:
        advice = turn.say(
            f"Контакт: {contact}. Квалифицировать? Скажите «оцени его».",
            f'Contact: {contact}. Shall I qualify it? Say "qualify it".',
        )
    else:
        advice = turn.say(
            f"Начните с {best['company']}: {contact}. Могу квалифицировать любого: «оцени первого».",
            f'Start with {best["company"]}: {contact}. I can qualify any of them: "qualify the first one".',
        )
    return "\n".join([*lines, "", advice])


def _head(turn: Turn, total: int, shown: int, offset: int, grade: str | None) -> str:
    ru_kind, en_kind = GRADES_OF[grade] if grade else (("", "", ""), "")
    if turn.ru:
        forms = [f"{kind} {noun}".strip() for kind, noun in zip(ru_kind, ("лид", "лида", "лидов"), strict=True)]
        head = f"**Нашёл лидов: {total}.**" if not grade else f"**Нашёл {plural(total, *forms)}.**"
    else:
        head = f"**Leads found: {total}.**" if not grade else f"**{plural_en(total, f'{en_kind} lead')} found.**"
    if offset:
        return head + turn.say(
            f" С {offset + 1}-го по {offset + shown}-й:", f" Numbers {offset + 1} to {offset + shown}:"
        )
    if total > shown:
        return head + turn.say(f" Вот {shown} самых перспективных:", f" The {shown} most promising:")
    return head


def lead(turn: Turn, data: dict[str, Any]) -> str:
    """The score, its reasons, the next step."""
    one = data["lead"]
    bant = one["bant"]
    head = turn.say(
        f"**{one['company']} (№ {one['id']}): BANT {bant['score']} из 100 — {GRADES[bant['grade']][0]} лид.**",
        f"**{one['company']} (no. {one['id']}): BANT {bant['score']} of 100, a {GRADES[bant['grade']][1]} lead.**",
    )
    parts = [
        f"- {turn.say(*CRITERIA[part['criterion']])}: {part['score']}/{part['max']} — {part['reason']}"
        for part in bant["parts"]
    ]
    who = turn.say("Контакт", "Contact")
    step = turn.say("Следующий шаг", "Next step")
    contact = f"{who}: {one['contact']}, {one['phone']}, {one['email']}."
    return "\n".join([head, "", *parts, "", f"{contact} {step}: {bant['next_step']}"])


def products(turn: Turn, data: dict[str, Any]) -> str:
    """The list with prices."""
    found = data["products"]
    if not found:
        return turn.say(
            "Такого у нас нет. Покажу весь каталог, если напишете «каталог».",
            'We do not have that. Say "catalogue" to see everything.',
        )
    head = turn.say(
        f"**Подходит товаров: {len(found)}.** Цены без НДС:",
        f"**Products that fit: {len(found)}.** Prices without VAT:",
    )
    lines = [
        f"- **{product['name']}** ({product['sku']}) — {rub(product['price'])} / {product['unit']}."
        f" {product['description']}"
        for product in found
    ]
    tail = turn.say(
        f"Сделать КП? Например: «КП на 10 {found[0]['sku']} для …».",
        f'Shall I make a quote? For example: "a quote for 10 {found[0]["sku"]} for …".',
    )
    return "\n".join([head, "", *lines, "", tail])
