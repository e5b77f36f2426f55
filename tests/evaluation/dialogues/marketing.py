"""Segments, campaigns from the draft to the sending, reports, A/B tests."""

from tests.evaluation.script import call, en, ru, say

DRAFT = {"campaigns": 1}

MARKETING = [
    ru(
        say("Собери сегмент спящих клиентов", call("segment_customers", kind="sleeping"), facts=("34",)),
        say("в телеграм", call("draft_campaign", kind="sleeping", channel="telegram"), rows=DRAFT),
    ),
    ru(say("Найди клиентов в Москве", call("segment_customers", city="Москва"), facts=("28",))),
    ru(
        say(
            "Напиши письмо спящим клиентам: скидка 20 % на аналитику",
            call("draft_campaign", kind="sleeping", channel="email", offer="скидка 20 % на аналитику"),
            rows=DRAFT,
            facts=("20 % на аналитику",),
        ),
        say(
            "отправь завтра в 10 утра",
            call("schedule_campaign", campaign_id=13, on="2026-11-26", at="10:00"),
            approval=True,
            last={"campaigns": {"status": "scheduled", "scheduled_on": "2026-11-26", "scheduled_time": "10:00"}},
            facts=("10:00",),
        ),
        say(
            "измени тему на «Последний шанс»",
            call("edit_campaign", campaign_id=13, subject="Последний шанс"),
            last={"campaigns": {"status": "draft", "subject": "Последний шанс"}},
        ),
        say(
            "сделай тон деловым",
            call("edit_campaign", campaign_id=13, tone="business"),
            last={"campaigns": {"tone": "business", "subject": "Последний шанс"}},
            facts=("аналитику",),
        ),
        say(
            "поменяй канал на SMS",
            call("edit_campaign", campaign_id=13, channel="sms"),
            last={"campaigns": {"channel": "sms"}},
        ),
        say("сделай покороче", asks=True),
    ),
    ru(
        say("составь кампанию", asks=True),
        say("для крупных клиентов", call("draft_campaign", kind="big", channel="email"), rows=DRAFT),
        say("запланируй на 31 февраля", asks=True),
        say(
            "тогда на вторник",
            call("schedule_campaign", campaign_id=13, on="2026-12-01"),
            approval=False,
            facts=("не согласовали|не согласована|отказ",),
        ),
    ),
    ru(
        say(
            "Составь письмо для постоянных клиентов", call("draft_campaign", kind="loyal", channel="email"), rows=DRAFT
        ),
        say("отправь в 25:00 завтра", asks=True),
        say(
            "отправь сегодня в 9 утра",
            call("schedule_campaign", campaign_id=13, on="2026-11-25", at="09:00"),
            error=True,
        ),
    ),
    ru(
        say(
            "Составь рассылку про новый вебинар для новых клиентов",
            call("draft_campaign", kind="new", channel="email", offer=...),
            rows=DRAFT,
            facts=("вебинар",),
        )
    ),
    ru(
        say(
            "Как сработала чёрная пятница?", call("campaign_report", name="Чёрная пятница"), facts=("1 390 000", "21,9")
        ),
        say("Отчёт по кампаниям", call("campaign_report"), facts=("Реактивация",)),
    ),
    ru(
        say(
            "Сравни кампании по почте за осень",
            call("campaign_report", channel="email", began_from="2026-09-01", began_to="2026-11-30"),
        )
    ),
    ru(say("запланируй кампанию 3 на завтра", call("schedule_campaign", campaign_id=3, on="2026-11-26"), error=True)),
    ru(
        say(
            "A/B-тест: A 120 из 10000, B 240 из 10000",
            call("evaluate_ab_test", visitors_a=10_000, conversions_a=120, visitors_b=10_000, conversions_b=240),
            facts=("p < 0,001", "относительно", "п. п."),
            never=("p = 0,0000",),
        )
    ),
    ru(
        say(
            "Сравни A/B: A 50 из 1000, B 55 из 1000",
            call("evaluate_ab_test", visitors_a=1000, conversions_a=50, visitors_b=1000, conversions_b=55),
            facts=("значимой разницы нет|не значима|незначима",),
        )
    ),
    ru(say("Оцени A/B-тест", asks=True)),
    ru(
        say(
            "A/B: A 60 из 50, B 10 из 100",
            call("evaluate_ab_test", visitors_a=60, conversions_a=50, visitors_b=100, conversions_b=10),
        )
    ),
    en(
        say(
            "Build a segment of sleeping customers in Moscow",
            call("segment_customers", kind="sleeping", city="Москва"),
            facts=("7",),
        ),
        say("sms please", call("draft_campaign", kind="sleeping", city="Москва", channel="sms"), rows=DRAFT),
    ),
    en(
        say(
            "Draft a letter to loyal customers about 20% off analytics",
            call("draft_campaign", kind="loyal", channel="email", offer="20% off analytics"),
            rows=DRAFT,
            facts=("20% off analytics",),
        ),
        say("make the tone formal", call("edit_campaign", campaign_id=13, tone="business")),
        say('change the subject to "Only this week"', call("edit_campaign", campaign_id=13, subject="Only this week")),
        say(
            "send it on Friday at 3pm",
            call("schedule_campaign", campaign_id=13, on="2026-11-27", at="15:00"),
            approval=True,
            facts=("15:00",),
        ),
    ),
    en(
        say("How did Black Friday perform?", call("campaign_report", name="Black Friday"), facts=("1 390 000", "21.91"))
    ),
    en(
        say(
            "A/B: A 120 of 10000 and B 240 of 10000",
            call("evaluate_ab_test", visitors_a=10_000, conversions_a=120, visitors_b=10_000, conversions_b=240),
            facts=("p < 0.001", "relative to"),
        )
    ),
    en(
        say("Schedule campaign 99 for tomorrow", call("schedule_campaign", campaign_id=99, on="2026-11-26"), error=True)
    ),
]
