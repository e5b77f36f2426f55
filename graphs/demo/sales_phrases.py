"""Results of the sales tools in words."""

from collections.abc import Callable
from typing import Any

from graphs.demo.conversation import Turn
from graphs.money import day, number, plural, rub

GRADES = {"hot": ("горячий", "hot"), "warm": ("тёплый", "warm"), "cold": ("холодный", "cold")}
CRITERIA = {
    "budget": ("Бюджет", "Budget"),
    "authority": ("Полномочия", "Authority"),
    "need": ("Потребность", "Need"),
    "timeline": ("Срок", "Timeline"),
}


def leads(turn: Turn, data: dict[str, Any]) -> str:
    """The list, best first, and whom to call."""
    found = data["leads"]
    if not found:
        return turn.say(
            "Таких лидов в CRM нет. Попробуйте снять одно из условий: город, отрасль или бюджет.",
            "There are no such leads in the CRM. Try to drop one of the conditions: city, industry or budget.",
        )
    lines = [turn.say(f"**Нашёл лидов: {data['total']}.**", f"**Leads found: {data['total']}.**")]
    if data["total"] > len(found):
        lines[0] += turn.say(f" Вот {len(found)} самых перспективных:", f" The {len(found)} most promising:")
    lines.append("")
    for place, lead in enumerate(found, start=1):
        budget = rub(lead["budget"]) if lead["budget"] is not None else turn.say("бюджет не назван", "no budget named")
        lines.append(
            f"{place}. **{lead['company']}** (№ {lead['id']}) — {lead['city']}, {lead['industry']}; {budget};"
            f" BANT {lead['score']}/100, {turn.say(*GRADES[lead['grade']])}"
        )
    best = found[0]
    lines += [
        "",
        turn.say(
            f"Начните с {best['company']}: {best['contact']}, {best['position']}, {best['phone']}. "
            "Могу квалифицировать любого: «оцени первого».",
            f"Start with {best['company']}: {best['contact']}, {best['position']}, {best['phone']}. "
            'I can qualify any of them: "qualify the first one".',
        ),
    ]
    return "\n".join(lines)


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


def moved(turn: Turn, data: dict[str, Any]) -> str:
    """Where the deal is now."""
    deal = data["deal"]
    names = {
        "new": ("новая", "new"),
        "qualification": ("квалификация", "qualification"),
        "proposal": ("предложение", "proposal"),
        "negotiation": ("переговоры", "negotiation"),
        "won": ("выиграна", "won"),
        "lost": ("проиграна", "lost"),
    }
    advice = {
        "qualification": ("Уточните бюджет и кто принимает решение.", "Clarify the budget and who decides."),
        "proposal": ("Отправьте КП в течение дня.", "Send the quote within a day."),
        "negotiation": ("Согласуйте условия и дату подписания.", "Agree on the terms and on a signing date."),
        "won": (
            "Поздравляю! Запланируйте запуск и попросите отзыв.",
            "Congratulations! Plan the start and ask for a reference.",
        ),
        "lost": (
            "Запишите причину и вернитесь через квартал.",
            "Note the reason and come back in a quarter.",
        ),
    }
    source, target = turn.say(*names[data["from_stage"]]), turn.say(*names[deal["stage"]])
    head = turn.say(
        f"**Сделка № {deal['id']} «{deal['title']}»** ({deal['customer']}, {rub(deal['amount'])}): {source} →"
        f" **{target}**.",
        f'**Deal {deal["id"]} "{deal["title"]}"** ({deal["customer"]}, {rub(deal["amount"])}): {source} →'
        f" **{target}**.",
    )
    return f"{head} {turn.say(*advice[deal['stage']])}" if deal["stage"] in advice else head


def pipeline(turn: Turn, data: dict[str, Any]) -> str:
    """A table by stage, the forecast, the weakest step, the largest deal."""
    report = data["pipeline"]
    whose = turn.say(f" — {report['owner']}", f", {report['owner']}") if report["owner"] else ""
    head = turn.say(
        f"**Воронка на {day(report['as_of'])}{whose}:** в работе"
        f" {plural(report['open_count'], 'сделка', 'сделки', 'сделок')} на {rub(report['open_amount'])},"
        f" взвешенный прогноз **{rub(report['weighted_forecast'])}**.",
        f"**Pipeline as of {report['as_of']}{whose}:** {report['open_count']} open deals worth "
        f"{rub(report['open_amount'])}, weighted forecast **{rub(report['weighted_forecast'])}**.",
    )
    open_stages = [stage for stage in report["stages"] if stage["stage"] not in {"won", "lost"}]
    table = [
        turn.say(
            "| Этап | Сделок | Сумма | Прогноз | Конверсия |",
            "| Stage | Deals | Amount | Weighted | Conversion |",
        ),
        "|---|---:|---:|---:|---:|",
        *(
            f"| {stage['title']} | {stage['count']} | {rub(stage['amount'])} | {rub(stage['weighted'])} "
            f"| {turn.percent(stage['conversion'], 0)} |"
            for stage in open_stages
        ),
    ]
    month = turn.say(
        f"В этом месяце выиграно {rub(report['month_won_amount'])}, ожидаем {rub(report['month_forecast'])}. "
        f"Доля выигранных сделок — {turn.percent(report['win_rate'])}.",
        f"Won this month: {rub(report['month_won_amount'])}, expected: {rub(report['month_forecast'])}. "
        f"Win rate: {turn.percent(report['win_rate'])}.",
    )
    return "\n".join([head, "", *table, "", month, *_pipeline_advice(turn, report, open_stages)])


def _pipeline_advice(turn: Turn, report: dict[str, Any], stages: list[dict[str, Any]]) -> list[str]:
    measured = [stage for stage in stages if stage["conversion"] is not None]
    advice = []
    if measured:
        weakest = min(measured, key=lambda stage: stage["conversion"])
        advice.append(
            turn.say(
                f"Слабое место — этап «{weakest['title']}» ({turn.percent(weakest['conversion'], 0)}):"
                " разберите потери там.",
                f"The weak spot is {weakest['title']} ({turn.percent(weakest['conversion'], 0)}): look at"
                " what is lost there.",
            )
        )
    if report["top_deals"]:
        top = report["top_deals"][0]
        advice.append(
            turn.say(
                f"Самая крупная открытая сделка — № {top['id']}, {top['customer']}, {rub(top['amount'])},"
                f" {top['owner']}.",
                f"The largest open deal is no. {top['id']}, {top['customer']}, {rub(top['amount'])}, {top['owner']}.",
            )
        )
    return advice


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


def quote(turn: Turn, data: dict[str, Any]) -> str:
    """The lines, the sums, the decision about the discount."""
    one = data["quote"]
    if one["status"] == "rejected":
        comment = turn.say(f" Комментарий: {one['comment']}.", f" Comment: {one['comment']}.") if one["comment"] else ""
        return turn.say(
            f"Скидку {one['discount_percent']:g} % для {one['customer']} **не согласовали**, КП не"
            f" сохранено.{comment} Могу сделать КП со скидкой до 10 % — она согласования не требует.",
            f"The discount of {one['discount_percent']:g} % for {one['customer']} was **refused**, the quote"
            f" was not stored.{comment} I can make one with up to 10 %, which needs no approval.",
        )
    table = [
        turn.say("| Позиция | Кол-во | Цена | Сумма |", "| Item | Qty | Price | Amount |"),
        "|---|---:|---:|---:|",
        *(
            f"| {line['product']} | {number(line['quantity'])} | {rub(line['unit_price'])} | {rub(line['amount'])} |"
            for line in one["lines"]
        ),
    ]
    sums = []
    if one["discount_amount"]:
        approved = turn.say(", согласована", ", approved") if one["status"] == "approved" else ""
        sums.append(
            turn.say(
                f"- Скидка {one['discount_percent']:g} %{approved}: −{rub(one['discount_amount'])}",
                f"- Discount {one['discount_percent']:g} %{approved}: −{rub(one['discount_amount'])}",
            )
        )
    sums.append(
        turn.say(
            f"- НДС {one['vat_percent']} %: {rub(one['vat'])}",
            f"- VAT {one['vat_percent']} %: {rub(one['vat'])}",
        )
    )
    sums.append(turn.say(f"- **Итого: {rub(one['total'])}**", f"- **Total: {rub(one['total'])}**"))
    head = turn.say(
        f"**{one['number']} для {one['customer']}** готово.",
        f"**{one['number']} for {one['customer']}** is ready.",
    )
    tail = turn.say(
        f"Действует до {day(one['valid_until'])}. Отправьте сегодня и перезвоните через два дня.",
        f"Valid until {one['valid_until']}. Send it today and call back in two days.",
    )
    return "\n".join([head, "", *table, "", *sums, "", tail])


PHRASES: dict[str, Callable[[Turn, dict[str, Any]], str]] = {
    "find_leads": leads,
    "qualify_lead": lead,
    "move_deal": moved,
    "pipeline_report": pipeline,
    "search_products": products,
    "make_quote": quote,
}
