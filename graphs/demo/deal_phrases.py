"""Deals and the pipeline in words."""

from typing import Any

from graphs.demo.conversation import Turn
from graphs.money import day, plural, plural_en, rub

STAGES = {
    "new": ("новая", "new"),
    "qualification": ("квалификация", "qualification"),
    "proposal": ("предложение", "proposal"),
    "negotiation": ("переговоры", "negotiation"),
    "won": ("выиграна", "won"),
    "lost": ("проиграна", "lost"),
}


def deals(turn: Turn, data: dict[str, Any]) -> str:
    """The list with its sum, and what to do about the first."""
    found, total, offset = data["deals"], data["total"], data.get("offset", 0)
    conditions = data.get("conditions", {})
    if not found:
        return turn.say(
            f"Таких сделок нет{_conditions(turn, conditions)}.",
            f"There are no such deals{_conditions(turn, conditions)}.",
        )
    head = turn.say(
        f"**{plural(total, 'сделка', 'сделки', 'сделок')}{_conditions(turn, conditions)}** на {rub(data['amount'])}.",
        f"**{plural_en(total, 'deal')}{_conditions(turn, conditions)}** worth {rub(data['amount'])}.",
    )
    if total > len(found):
        head += turn.say(
            f" Показаны с {offset + 1}-й по {offset + len(found)}-ю:",
            f" Shown are {offset + 1} to {offset + len(found)}:",
        )
    table = [
        turn.say(
            "| № | Клиент | Что | Сумма | Этап | Срок | Без движения | Менеджер |",
            "| No. | Customer | What | Amount | Stage | Closes | Not moved for | Owner |",
        ),
        "|---:|---|---|---:|---|---|---:|---|",
        *(
            f"| {one['id']} | {one['customer']} | {one['title']} | {rub(one['amount'])} |"
            f" {turn.say(*STAGES[one['stage']])}"
            f" | {turn.day(one['expected_close_on'])} | {_days(turn, one['days_in_stage'])} | {one['owner']} |"
            for one in found
        ),
    ]
    first = found[0]
    advice = turn.say(
        f"Дальше: «переведи сделку {first['id']} в переговоры» или «перенеси сделку {first['id']} на пятницу».",
        f'Next: "move deal {first["id"]} to negotiation" or "postpone deal {first["id"]} to Friday".',
    )
    return "\n".join([head, "", *table, "", advice])


def _days(turn: Turn, days: int) -> str:
    return turn.say(plural(days, "день", "дня", "дней"), plural_en(days, "day"))


def _conditions(turn: Turn, given: dict[str, Any]) -> str:
    """What the list was narrowed to, so that nobody takes it for everything."""
    parts: list[str] = []
    if stage := given.get("stage"):
        parts.append(turn.say(f"этап «{STAGES[stage][0]}»", f"stage {STAGES[stage][1]}"))
    if owner := given.get("owner"):
        parts.append(str(owner))
    if company := given.get("company"):
        parts.append(str(company))
    if days := given.get("stale_days"):
        parts.append(turn.say(f"без движения от {days} дн.", f"not moved for {days} days or more"))
    if "closes_from" in given or "closes_to" in given:
        parts.append(_span(turn, given.get("closes_from"), given.get("closes_to")))
    if amount := given.get("min_amount"):
        parts.append(turn.say(f"от {rub(amount)}", f"from {rub(amount)}"))
    return f" ({', '.join(parts)})" if parts else ""


def _span(turn: Turn, first: str | None, last: str | None) -> str:
    if first and first == last:
        return turn.say(f"закрытие {day(first)}", f"closing on {first}")
    return turn.say(f"закрытие {day(first)} — {day(last)}", f"closing {first or '…'} to {last or '…'}")


def moved(turn: Turn, data: dict[str, Any]) -> str:
    """Where the deal is now."""
    deal = data["deal"]
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
    source, target = turn.say(*STAGES[data["from_stage"]]), turn.say(*STAGES[deal["stage"]])
    head = turn.say(
        f"**Сделка № {deal['id']} «{deal['title']}»** ({deal['customer']}, {rub(deal['amount'])}): {source} →"
        f" **{target}**.",
        f'**Deal {deal["id"]} "{deal["title"]}"** ({deal["customer"]}, {rub(deal["amount"])}): {source} →'
        f" **{target}**.",
    )
    return f"{head} {turn.say(*advice[deal['stage']])}" if deal["stage"] in advice else head


def rescheduled(turn: Turn, data: dict[str, Any]) -> str:
    """The new day and the one before."""
    deal, before = data["deal"], data["expected_before"]
    return turn.say(
        f"**Сделка № {deal['id']} «{deal['title']}»** ({deal['customer']}): срок {day(before)} →"
        f" **{day(deal['expected_close_on'])}**. Предупредите клиента и запишите, что изменилось.",
        f'**Deal {deal["id"]} "{deal["title"]}"** ({deal["customer"]}): expected {before} →'
        f" **{deal['expected_close_on']}**. Tell the customer, and note what has changed.",
    )


def pipeline(turn: Turn, data: dict[str, Any]) -> str:
    """A table by stage, the forecast, the weakest step, the largest deal."""
    report = data["pipeline"]
    whose = turn.say(f" — {report['owner']}", f", {report['owner']}") if report["owner"] else ""
    if "period" in report:
        return _forecast(turn, report, whose)
    head = turn.say(
        f"**Воронка на {day(report['as_of'])}{whose}:** в работе"
        f" {plural(report['open_count'], 'сделка', 'сделки', 'сделок')} на {rub(report['open_amount'])},"
        f" взвешенный прогноз **{rub(report['weighted_forecast'])}**.",
        f"**Pipeline as of {report['as_of']}{whose}:** {plural_en(report['open_count'], 'open deal')} worth "
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


def _forecast(turn: Turn, report: dict[str, Any], whose: str) -> str:
    """The forecast of a period: what is expected to close in it, weighted, and the largest of it."""
    first, last = report["period"]["first"], report["period"]["last"]
    won = next(stage for stage in report["stages"] if stage["stage"] == "won")
    head = turn.say(
        f"**Прогноз на {day(first)} — {day(last)}{whose}:** ожидается закрытие"
        f" {plural(report['open_count'], 'сделки', 'сделок', 'сделок')} на {rub(report['open_amount'])},"
        f" взвешенный прогноз **{rub(report['weighted_forecast'])}**.",
        f"**Forecast for {first} to {last}{whose}:** {plural_en(report['open_count'], 'open deal')} worth"
        f" {rub(report['open_amount'])} expected to close, weighted forecast **{rub(report['weighted_forecast'])}**.",
    )
    if won["count"]:
        head += turn.say(f" Уже выиграно: {rub(won['amount'])}.", f" Already won: {rub(won['amount'])}.")
    lines = [
        f"- {turn.say('№', 'no.')} {one['id']} {one['customer']}, {one['title']}: {rub(one['amount'])},"
        f" {turn.say(*STAGES[one['stage']])}, {turn.day(one['expected_close_on'])}"
        for one in report["top_deals"]
    ]
    return "\n".join([head, "", *lines]) if lines else head
