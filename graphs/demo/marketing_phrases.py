"""Results of the marketing tools in words."""

from collections.abc import Callable
from typing import Any

from graphs.demo.conversation import Turn
from graphs.money import day, number, plural, plural_en, rub

STATUS = {
    "draft": ("черновик", "draft"),
    "scheduled": ("запланирована", "scheduled"),
    "running": ("идёт", "running"),
    "finished": ("завершена", "finished"),
    "rejected": ("не согласована", "rejected"),
}
CHANNEL = {
    "email": ("почта", "e-mail"),
    "sms": ("SMS", "SMS"),
    "telegram": ("Telegram", "Telegram"),
    "vk": ("VK", "VK"),
    "webinar": ("вебинар", "webinar"),
    "context_ads": ("контекстная реклама", "search ads"),
}


def segment(turn: Turn, data: dict[str, Any]) -> str:
    """Who is in it, and what to do with them."""
    one = data["segment"]
    if not one["size"]:
        return turn.say(
            "Под эти условия не подходит ни один клиент. Попробуйте шире: без города или отрасли.",
            "No customer fits these conditions. Try wider ones: without the city or the industry.",
        )
    examples = ", ".join(data.get("examples", []))
    return turn.say(
        f"**Сегмент «{one['name']}»: {plural(one['size'], 'клиент', 'клиента', 'клиентов')}.**"
        f" {one['description']}.\n\n- Купили за год на {rub(one['revenue'])}, средняя сделка"
        f" {rub(one['average_deal'])}\n- Города: {', '.join(one['cities'])}\n- Отрасли:"
        f" {', '.join(one['industries'])}\n- Например: {examples}\n\nПодготовить для них кампанию? Скажите"
        " канал: почта, Telegram, SMS или VK.",
        f'**Segment "{one["name"]}": {plural_en(one["size"], "customer")}.** {one["description"]}.\n\n'
        f"- Bought for {rub(one['revenue'])} in a year, average deal {rub(one['average_deal'])}\n"
        f"- Cities: {', '.join(one['cities'])}\n- Industries: {', '.join(one['industries'])}\n- For example:"
        f" {examples}\n\n"
        "Shall I draft a campaign for them? Name the channel: e-mail, Telegram, SMS or VK.",
    )


def draft(turn: Turn, data: dict[str, Any]) -> str:
    """The text, for reading before it is scheduled."""
    one = data["campaign"]
    body = one["body"].replace("\n", "\n> ")
    return turn.say(
        f"**Черновик кампании № {one['id']} «{one['name']}»** готов: {CHANNEL[one['channel']][0]},"
        f" {plural(one['audience'], 'получатель', 'получателя', 'получателей')}, бюджет"
        f" {rub(one['budget'])}.\n\n> **{one['subject']}**\n>\n> {body}\n\nПрочтите и скажите день отправки,"
        " например «запланируй на вторник»: отправку согласует человек.",
        f'**Draft campaign {one["id"]} "{one["name"]}"** is ready: {CHANNEL[one["channel"]][1]}, '
        f"{plural_en(one['audience'], 'recipient')}, budget {rub(one['budget'])}.\n\n"
        f"> **{one['subject']}**\n>\n> {body}\n\n"
        'Read it and name a day, like "schedule it for Tuesday": a person approves the sending.',
    )


def edited(turn: Turn, data: dict[str, Any]) -> str:
    """The draft as it is now."""
    one = data["campaign"]
    body = one["body"].replace("\n", "\n> ")
    return turn.say(
        f"**Кампания № {one['id']} «{one['name']}» изменена**: {CHANNEL[one['channel']][0]}, черновик.\n\n>"
        f" **{one['subject']}**\n>\n> {body}\n\nПрочтите и скажите день отправки или что ещё поправить.",
        f'**Campaign {one["id"]} "{one["name"]}" is changed**: {CHANNEL[one["channel"]][1]}, a draft.\n\n>'
        f" **{one['subject']}**\n>\n> {body}\n\nRead it and name a day for the sending, or what else to change.",
    )


def scheduled(turn: Turn, data: dict[str, Any]) -> str:
    """The decision and the day."""
    one = data["campaign"]
    if one["status"] != "scheduled":
        comment = turn.say(f" Комментарий: {one['comment']}.", f" Comment: {one['comment']}.") if one["comment"] else ""
        return turn.say(
            f"Отправку кампании № {one['id']} «{one['name']}» **не согласовали**, она осталась"
            f" черновиком.{comment} Что поправить: текст, канал или дату?",
            f'Sending campaign {one["id"]} "{one["name"]}" was **refused**; it stays a draft.{comment} '
            "What shall I change: the text, the channel or the date?",
        )
    return turn.say(
        f"Кампания № {one['id']} «{one['name']}» **запланирована на {day(one['scheduled_on'])}{_at(one, 'в')}**"
        f" ({CHANNEL[one['channel']][0]},"
        f" {plural(one['audience'], 'получатель', 'получателя', 'получателей')}). Отчёт смотрите через три"
        " дня после отправки.",
        f'Campaign {one["id"]} "{one["name"]}" is **scheduled for {one["scheduled_on"]}{_at(one, "at")}** '
        f"({CHANNEL[one['channel']][1]}, {plural_en(one['audience'], 'recipient')}). Look at its report three days"
        " later.",
    )


def _at(campaign: dict[str, Any], word: str) -> str:
    time = campaign.get("scheduled_time")
    return f" {word} {time}" if time else ""


def report(turn: Turn, data: dict[str, Any]) -> str:
    """One campaign in full, or all of them in a table."""
    if "campaign" in data:
        return _one(turn, data["campaign"])
    rows = data["campaigns"]
    head = turn.say(f"**Кампании ({len(rows)}), новые сверху:**", f"**Campaigns ({len(rows)}), newest first:**")
    table = [
        turn.say(
            "| № | Кампания | Открытия | CTR | CAC | ROAS |",
            "| No. | Campaign | Open rate | CTR | CAC | ROAS |",
        ),
        "|---:|---|---:|---:|---:|---:|",
        *(
            f"| {row['id']} | {row['name']} | {turn.percent(row['open_rate'])} | {turn.percent(row['ctr'])} |"
            f" {_roubles(row['cac'])} | {_times(turn, row['roas'])} |"
            for row in rows
        ),
    ]
    measured = [row for row in rows if row["roas"] is not None]
    if not measured:
        return "\n".join([head, "", *table])
    best, worst = max(measured, key=lambda row: row["roas"]), min(measured, key=lambda row: row["roas"])
    advice = turn.say(
        f"Лучше всего окупилась «{best['name']}» (ROAS {_times(turn, best['roas'])}), хуже всего —"
        f" «{worst['name']}» ({_times(turn, worst['roas'])}). Повторите первую на похожем сегменте.",
        f'"{best["name"]}" paid best (ROAS {_times(turn, best["roas"])}), "{worst["name"]}" worst'
        f" ({_times(turn, worst['roas'])}). Repeat the first one for a similar segment.",
    )
    return "\n".join([head, "", *table, "", advice])


def _one(turn: Turn, one: dict[str, Any]) -> str:
    status = turn.say(*STATUS[one["status"]])
    head = turn.say(
        f"**Кампания № {one['id']} «{one['name']}»** — {status}, {CHANNEL[one['channel']][0]}.",
        f'**Campaign {one["id"]} "{one["name"]}"**: {status}, {CHANNEL[one["channel"]][1]}.',
    )
    figures = one.get("metrics")
    if not figures or not figures["sent"]:
        return head + turn.say(" Результатов пока нет.", " There are no results yet.")
    lines = turn.say(
        f"- Отправлено {number(figures['sent'])}, доставлено {number(figures['delivered'])}\n- Открываемость"
        f" {turn.percent(figures['open_rate'])}, CTR {turn.percent(figures['ctr'])}\n- Лидов"
        f" {figures['new_leads']}, клиентов {figures['new_customers']}, CAC {_roubles(figures['cac'])}\n-"
        f" Расход {rub(figures['cost'])}, выручка {rub(figures['revenue'])}, **ROAS"
        f" {_times(turn, figures['roas'])}**",
        f"- Sent {number(figures['sent'])}, delivered {number(figures['delivered'])}\n- Open rate"
        f" {turn.percent(figures['open_rate'])}, CTR {turn.percent(figures['ctr'])}\n- Leads"
        f" {figures['new_leads']}, customers {figures['new_customers']}, CAC {_roubles(figures['cac'])}\n-"
        f" Cost {rub(figures['cost'])}, revenue {rub(figures['revenue'])}, **ROAS"
        f" {_times(turn, figures['roas'])}**",
    )
    paid = (figures["roas"] or 0) >= 3
    advice = (
        turn.say(
            "Окупилась хорошо: масштабируйте на похожий сегмент.",
            "It paid well: scale it to a similar segment.",
        )
        if paid
        else turn.say(
            "Окупилась слабо: проверьте предложение и тему A/B-тестом.",
            "It paid poorly: A/B test the offer and the subject.",
        )
    )
    return f"{head}\n\n{lines}\n\n{advice}"


def experiment(turn: Turn, data: dict[str, Any]) -> str:
    """Who won, how sure, what to do. A difference of rates is in percentage points; a relative one says so."""
    test = data["experiment"]
    first, second = test["variants"]
    rates = f"A {turn.percent(first['rate'], 2)} ({first['conversions']}/{number(first['visitors'])}), "
    rates += f"B {turn.percent(second['rate'], 2)} ({second['conversions']}/{number(second['visitors'])})"
    sure = f"z = {turn.decimal(test['z'], 2)}, {p_value(turn, test['p_value'])}"
    low, high = (turn.decimal(test[name] * 100, 2, sign=True) for name in ("difference_low", "difference_high"))
    spread = turn.say(f"от {low} до {high} п. п.", f"from {low} to {high} percentage points")
    level = turn.percent(test["confidence"], 0)
    if test["significant"]:
        lift = _lift(turn, test)
        return turn.say(
            f"**Победил вариант {test['winner']}**, разница значима на уровне {level}.\n\n- {rates}{lift}\n-"
            f" {sure}\n- Интервал разницы B − A: {spread}\n\nВключайте вариант {test['winner']} для всех.",
            f"**Variant {test['winner']} wins**; the difference is significant at {level}.\n\n-"
            f" {rates}{lift}\n- {sure}\n- Interval of the difference B − A: {spread}\n\nSwitch everybody to"
            f" variant {test['winner']}.",
        )
    needed = test["needed_per_variant"]
    wait_ru = f"Чтобы увидеть такую разницу, нужно около {number(needed)} посетителей на вариант." if needed else ""
    wait_en = f"To see a difference of this size takes about {number(needed)} visitors per variant." if needed else ""
    return turn.say(
        f"**Значимой разницы нет** (уровень {level}).\n\n- {rates}\n- {sure}\n- Интервал разницы B − A:"
        f" {spread}\n\nПобедителя объявлять рано. {wait_ru}".rstrip(),
        f"**No significant difference** (at {level}).\n\n- {rates}\n- {sure}\n- Interval of the difference B"
        f" − A: {spread}\n\nIt is too early to name a winner. {wait_en}".rstrip(),
    )


def p_value(turn: Turn, value: float) -> str:
    """The p-value as papers write it: never zero, which no test can show."""
    least = turn.decimal(0.001, 3)
    return f"p < {least}" if value < 0.001 else f"p = {turn.decimal(value, 3 if value < 0.1 else 2)}"


def _lift(turn: Turn, test: dict[str, Any]) -> str:
    if test["lift"] is None:
        return ""
    points = turn.decimal(test["difference"] * 100, 2, sign=True)
    relative = turn.decimal(test["lift"] * 100, 1, sign=True)
    return turn.say(
        f"; разница {points} п. п., то есть {relative}\u00a0% относительно A",
        f"; a difference of {points} percentage points, {relative}\u00a0% relative to A",
    )


def _roubles(value: int | None) -> str:
    return "—" if value is None else rub(value)


def _times(turn: Turn, value: float | None) -> str:
    return "—" if value is None else turn.decimal(value, 2)


PHRASES: dict[str, Callable[[Turn, dict[str, Any]], str]] = {
    "segment_customers": segment,
    "draft_campaign": draft,
    "edit_campaign": edited,
    "schedule_campaign": scheduled,
    "campaign_report": report,
    "evaluate_ab_test": experiment,
}
