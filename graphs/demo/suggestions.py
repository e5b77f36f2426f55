"""What the user may want to ask next, by what was done last."""

from graphs.demo.conversation import Turn

Texts = list[tuple[tuple[str, str], tuple[str, str]]]  # (title, message), each Russian and English

START: Texts = [
    (("Показать воронку", "Show the pipeline"), ("Покажи воронку продаж", "Show the sales pipeline")),
    (
        ("Найти лидов", "Find leads"),
        ("Найди лидов в Москве с бюджетом от 500 тыс", "Find leads in Moscow with a budget from 500k"),
    ),
    (
        ("Вернуть клиентов", "Win customers back"),
        ("Собери сегмент спящих клиентов", "Build a segment of sleeping customers"),
    ),
]
AFTER: dict[str, Texts] = {
    "find_leads": [
        (("Оценить первого", "Qualify the first"), ("Квалифицируй первого лида", "Qualify the first lead")),
        (("Ещё лиды", "More leads"), ("Покажи ещё лидов", "Show more leads")),
        (
            ("Сделать КП", "Make a quote"),
            ("Сделай КП на 10 CRM Бизнес для первого", "Make a quote for 10 CRM Business for the first"),
        ),
    ],
    "qualify_lead": [
        (
            ("Сделать КП", "Make a quote"),
            ("Сделай для него КП на 10 CRM Бизнес", "Make a quote for 10 CRM Business for them"),
        ),
        (
            ("Скидка 15 %", "15 % discount"),
            (
                "Сделай для него КП на 10 CRM Бизнес со скидкой 15 %",
                "Make them a quote for 10 CRM Business with a 15 % discount",
            ),
        ),
        (("Показать воронку", "Show the pipeline"), ("Покажи воронку", "Show the pipeline")),
    ],
    "find_deals": [
        (
            ("Передвинуть первую", "Move the first"),
            ("Переведи первую сделку в переговоры", "Move the first deal to negotiation"),
        ),
        (
            ("Что закрывается скоро", "Closing soon"),
            ("Какие сделки закрываются на следующей неделе?", "Which deals close next week?"),
        ),
        (("Показать воронку", "Show the pipeline"), ("Покажи воронку", "Show the pipeline")),
    ],
    "move_deal": [
        (("Показать воронку", "Show the pipeline"), ("Покажи воронку", "Show the pipeline")),
        (("Зависшие сделки", "Stuck deals"), ("Какие сделки зависли?", "Which deals are stuck?")),
    ],
    "reschedule_deal": [
        (("Показать воронку", "Show the pipeline"), ("Покажи воронку", "Show the pipeline")),
        (("Зависшие сделки", "Stuck deals"), ("Какие сделки зависли?", "Which deals are stuck?")),
    ],
    "pipeline_report": [
        (("Зависшие сделки", "Stuck deals"), ("Какие сделки зависли?", "Which deals are stuck?")),
        (
            ("Следующий месяц", "Next month"),
            ("Какой прогноз на следующий месяц?", "What is the forecast for next month?"),
        ),
        (("Горячие лиды", "Hot leads"), ("Покажи горячих лидов", "Show the hot leads")),
    ],
    "make_quote": [
        (("Скидка 10 %", "10 % discount"), ("Сделай скидку 10 %", "Make it a 10 % discount")),
        (("Добавить обучение", "Add training"), ("Добавь 2 дня обучения", "Add 2 days of training")),
        (("Показать воронку", "Show the pipeline"), ("Покажи воронку", "Show the pipeline")),
    ],
    "campaign_report": [
        (
            ("Вернуть клиентов", "Win customers back"),
            ("Собери сегмент спящих клиентов", "Build a segment of sleeping customers"),
        ),
        (("Только почта", "E-mail only"), ("Отчёт по кампаниям по почте", "Report the e-mail campaigns")),
        (("Показать воронку", "Show the pipeline"), ("Покажи воронку", "Show the pipeline")),
    ],
    "segment_customers": [
        (
            ("Составить письмо", "Draft an e-mail"),
            ("Составь письмо для этого сегмента", "Draft an e-mail campaign for this segment"),
        ),
        (
            ("Сообщение в Telegram", "Telegram message"),
            ("Составь кампанию в Telegram для этого сегмента", "Draft a Telegram campaign for this segment"),
        ),
        (("Отчёт по кампаниям", "Campaign report"), ("Отчёт по кампаниям", "Campaign report")),
    ],
    "draft_campaign": [
        (
            ("Запланировать", "Schedule it"),
            ("Запланируй кампанию на вторник", "Schedule the campaign for Tuesday"),
        ),
        (("Деловой тон", "A formal tone"), ("Сделай тон деловым", "Make the tone formal")),
        (("Отчёт по кампаниям", "Campaign report"), ("Отчёт по кампаниям", "Campaign report")),
    ],
}


def suggestions(turn: Turn) -> list[dict[str, str]]:
    """Two or three of them, as CopilotKit wants them: title and message."""
    last = [result.tool for result in (*turn.earlier, *turn.results) if result.tool in AFTER]
    return [
        {"title": turn.say(*title), "message": turn.say(*message)}
        for title, message in (AFTER[last[-1]] if last else START)
    ]
