"""The campaigns of the last two years with their daily results, for `seed`."""

import random
from datetime import date, timedelta

# name, segment, filter, channel, goal, tone, subject, days before the anchor it began (None: still a draft)
PAST = [
    (
        "Возврат спящих клиентов",
        "sleeping",
        "email",
        "Вернуть тех, кто не покупал полгода",
        "дружелюбный",
        "Мы соскучились: −10 % на продление",
        640,
    ),
    (
        "Запуск сквозной аналитики",
        "big",
        "email",
        "Продать аналитику крупным клиентам",
        "деловой",
        "Сколько на самом деле стоит ваш клиент",
        560,
    ),
    (
        "Весенний вебинар для розницы",
        "retail",
        "webinar",
        "Собрать заявки на кассы и склад",
        "дружелюбный",
        "Розница без потерь: вебинар 12 апреля",
        520,
    ),
    (
        "Контекст: CRM для производства",
        "manufacturing",
        "context_ads",
        "Новые лиды из производства",
        "деловой",
        "CRM, которая понимает цех",
        430,
    ),
    (
        "Апсейл телефонии",
        "loyal",
        "telegram",
        "Допродать телефонию постоянным",
        "дружелюбный",
        "Звонки прямо в вашей CRM",
        370,
    ),
    (
        "Чёрная пятница",
        "all",
        "email",
        "Быстрые продажи лицензий",
        "энергичный",
        "Три дня — минус 10 % на всё",
        362,
    ),
    (
        "Новогоднее письмо",
        "loyal",
        "email",
        "Поблагодарить и продлить договоры",
        "тёплый",
        "Спасибо, что были с нами в этом году",
        325,
    ),
    (
        "VK: бухгалтеры и ЭДО",
        "all",
        "vk",
        "Заявки на документооборот",
        "деловой",
        "Бумажный архив больше не нужен",
        240,
    ),
    (
        "Летняя переподготовка команд",
        "big",
        "email",
        "Продать обучение",
        "деловой",
        "Пока отпуск — прокачайте отдел продаж",
        150,
    ),
    (
        "Осенний вебинар «Воронка без дыр»",
        "new",
        "webinar",
        "Познакомить новых клиентов с отчётами",
        "дружелюбный",
        "Найдём дыры в вашей воронке",
        62,
    ),
    (
        "Реактивация: осень",
        "sleeping",
        "email",
        "Вернуть тех, кто не покупал полгода",
        "дружелюбный",
        "Возвращайтесь — настройка в подарок",
        34,
    ),
    (
        "Контекст: замена зарубежной CRM",
        "all",
        "context_ads",
        "Лиды на миграцию",
        "деловой",
        "Переезд с зарубежной CRM за 6 недель",
        12,
    ),
]
# Of those reached: delivered, opened of delivered, clicked of opened, customer of clicked; roubles for each
# one sent.
RATES = {
    "email": (0.965, 0.27, 0.16, 0.055, 4),
    "sms": (0.98, 0.82, 0.05, 0.03, 7),
    "telegram": (0.99, 0.61, 0.14, 0.045, 5),
    "vk": (1.0, 0.38, 0.07, 0.02, 6),
    "webinar": (0.97, 0.44, 0.35, 0.06, 30),
    "context_ads": (1.0, 0.9, 0.045, 0.035, 9),
}
DAYS = 10
RUNNING_AFTER = 21  # a campaign that began later than so many days ago still runs


def campaigns(rng: random.Random, anchor: date) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Rows of `campaigns` and of `campaign_results`."""
    rows: list[dict[str, object]] = []
    results: list[dict[str, object]] = []
    for number, (name, segment, channel, goal, tone, subject, ago) in enumerate(PAST, start=1):
        begins = anchor - timedelta(days=ago)
        daily = [_day(rng, channel) for _ in range(min(DAYS, ago))]
        rows.append(
            {
                "id": number,
                "name": name,
                "segment": segment,
                "segment_filter": {"segment": segment},
                "audience": sum(day["sent"] for day in daily),
                "channel": channel,
                "goal": goal,
                "tone": tone,
                "subject": subject,
                "body": f"{subject}.\n\n{goal}: подробности и условия — на странице предложения.",
                "budget": round(sum(day["cost"] for day in daily) * 1.1, -3),
                "status": "running" if ago < RUNNING_AFTER else "finished",
                "scheduled_on": begins,
                "comment": "",
                "created_on": begins - timedelta(days=7),
            }
        )
        results += [
            {"campaign_id": number, "day": begins + timedelta(days=offset), **day} for offset, day in enumerate(daily)
        ]
    return rows, results


def _day(rng: random.Random, channel: str) -> dict[str, int]:
    delivered_rate, open_rate, click_rate, buy_rate, price = (
        value * rng.uniform(0.85, 1.15) for value in RATES[channel]
    )
    sent = rng.randrange(400, 2_400)
    delivered = min(sent, round(sent * delivered_rate))
    opened = min(delivered, round(delivered * open_rate))
    clicked = min(opened, round(opened * click_rate))
    customers = min(clicked, round(clicked * buy_rate))
    return {
        "sent": sent,
        "delivered": delivered,
        "opened": opened,
        "clicked": clicked,
        "new_leads": min(clicked, customers + round(clicked * rng.uniform(0.1, 0.25))),
        "new_customers": customers,
        "cost": round(sent * price),
        "revenue": sum(rng.randrange(8, 60) * 1_000 for _ in range(customers)),
    }
