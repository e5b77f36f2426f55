"""Written when the rules were done: what they do with requests that they were not made for.

How many held at first is in the commit that added this file. A request that the demo model does not understand may
stay here, as long as it says so: its step then expects a question, and no call.
"""

from tests.evaluation.dialogues.quotes import quote
from tests.evaluation.script import call, en, ru, say

ONE, NEW_CUSTOMER = {"quotes": 1}, {"quotes": 1, "customers": 1}
MOVED, DRAFT = {"deal_moves": 1}, {"campaigns": 1}

FRESH = [
    ru(
        say("Доброе утро, покажи, что у нас по воронке", call("pipeline_report"), facts=("20 476 000",)),
        say("а у Кузнецовой как дела?", call("pipeline_report", owner="Кузнецова")),
    ),
    ru(say("есть ли у нас лиды в Перми?", call("find_leads", city="Пермь"), facts=("4",))),
    ru(say("выведи список тёплых лидов в Казани", call("find_leads", city="Казань", grade="warm"), facts=("9",))),
    ru(
        say(
            "мне нужны лиды из строительства, которые ещё новые",
            call("find_leads", industry="Строительство", status="new"),
            facts=("7",),
        )
    ),
    ru(say("Нйади лидов в Новосибирске", call("find_leads", city="Новосибирск"))),
    ru(say("кто из лидов в Самаре самый перспективный?", call("find_leads", city="Самара", limit=1), facts=("16",))),
    ru(say("лид 5 - кто это?", call("find_leads", lead_id=5), facts=("Лавка-Меридиан",))),
    ru(
        say("покажи пять лучших лидов в Екатеринбурге", call("find_leads", city="Екатеринбург", limit=5)),
        say("ещё 5", call("find_leads", city="Екатеринбург", offset=5)),
        say("третьего оцени", call("qualify_lead", lead_id=...)),
    ),
    ru(say("Оцени, пожалуйста, Витрину-Восток", call("qualify_lead", company="Витрина-Восток"), facts=("87",))),
    ru(say("Прошу квалифицировать лида номер 12", call("qualify_lead", lead_id=12), facts=("Экспресс-Полюс",))),
    ru(say("у лида 12 бюджет 3 млн, пересчитай", call("qualify_lead", lead_id=12, budget=3_000_000))),
    ru(say("Сколько сделок у Орлова?", call("find_deals", owner="Орлов"), facts=("7", "3 587 000"))),
    ru(
        say(
            "что закрывается на следующей неделе?",
            call("find_deals", closes_from="2026-11-30", closes_to="2026-12-06"),
            facts=("866 000",),
        )
    ),
    ru(say("какие сделки стоят без движения больше двух недель", call("find_deals", stale_days=14), facts=("7",))),
    ru(
        say(
            "прогноз на 1 квартал",
            call("pipeline_report", closes_from="2027-01-01", closes_to="2027-03-31"),
            facts=("12 859 000",),
        )
    ),
    ru(
        say(
            "Какой прогноз у Соколовой на декабрь?",
            call("pipeline_report", owner="Соколова", closes_from="2026-12-01", closes_to="2026-12-31"),
        )
    ),
    ru(say("самая крупная сделка", call("find_deals", limit=1), facts=("565", "4 500 000"))),
    ru(
        say("сделки с Мед-Вектор", call("find_deals", company="Мед-Вектор"), facts=("565",)),
        say("перенеси её на 15 января", call("reschedule_deal", deal_id=565, on="2027-01-15")),
    ),
    ru(say("отложи сделку 203 на неделю", asks=True)),
    ru(say("двинь 46-ю в квалификацию", facts=("не понял|?",))),
    ru(say("Отметь сделку 203 как выигранную", call("move_deal", deal_id=203, stage="won"), rows=MOVED)),
    ru(
        say(
            "Переведи сделку 203 на этап предложение, потому что клиент попросил КП",
            call("move_deal", deal_id=203, stage="proposal"),
            rows=MOVED,
        )
    ),
    ru(say("верни сделку 203 обратно", facts=("не умею|не могу|не понял",))),
    ru(
        say(
            "Нужно КП для Кофейни-Импульс: 15 рабочих мест CRM Корпорация",
            quote("Кофейня-Импульс", CRM_E=15),
            rows=NEW_CUSTOMER,
            facts=("517 500",),
        ),
        say("сделай 20", quote("Кофейня-Импульс", CRM_E=20), rows=ONE),
        say("и скидку 5 процентов", quote("Кофейня-Импульс", 5, CRM_E=20), rows=ONE),
    ),
    ru(say("выстави кп Мед-Вектору на три кассы и эдо", quote("Мед-Вектор", POS_1=3, EDO_1=1), rows=ONE)),
    ru(say("КП для Мед-Вектор: CRM Бизнес - 12, телефония - 4", quote("Мед-Вектор", CRM_B=12, TEL_1=4), rows=ONE)),
    ru(say("Сделай КП на полторы CRM Бизнес для «Мед-Вектор»", asks=True)),
    ru(say("Сделай КП на много CRM Бизнес для «Мед-Вектор»", asks=True)),
    ru(say("КП для «Мед-Вектор»: 5 пакетов телефонии", asks=True)),
    ru(say("кп на 10 crm бизнес для мед-вектор скидка 10", quote("Мед-Вектор", 10, CRM_B=10), rows=ONE)),
    ru(say("Сделай КП «Мед-Вектор» 10 штук CRM Старт с доставкой завтра", asks=True)),
    ru(say("КП на 100 000 CRM Старт для «Мед-Вектор»", asks=True)),
    ru(say("скинь прайс", call("search_products"))),
    ru(say("сколько будет стоить обучение?", call("search_products", query="обучение"), facts=("42 000",))),
    ru(say("Сегмент постоянных клиентов в Питере", call("segment_customers", kind="loyal", city="Санкт-Петербург"))),
    ru(
        say("Кто давно не покупал?", call("segment_customers", kind="sleeping"), facts=("34",)),
        say(
            "Напиши им письмо о бесплатном обучении",
            call("draft_campaign", kind="sleeping", channel="email", offer=...),
            rows=DRAFT,
            facts=("обучени",),
        ),
        say("Давай лучше в телеграме", call("edit_campaign", campaign_id=13, channel="telegram")),
        say(
            "Отправляем в понедельник в 12:30",
            call("schedule_campaign", campaign_id=13, on="2026-11-30", at="12:30"),
            approval=True,
        ),
    ),
    ru(say("Какая рассылка сработала лучше всего?", call("campaign_report"))),
    ru(say("Покажи отчёт по кампании 11", call("campaign_report", campaign_id=11), facts=("Реактивация",))),
    ru(
        say(
            "Вариант A: 2000 показов, 40 заявок; вариант B: 2000 показов, 62 заявки. Кто победил?",
            call("evaluate_ab_test", visitors_a=2000, conversions_a=40, visitors_b=2000, conversions_b=62),
        )
    ),
    ru(say("отмени кампанию 12", facts=("не умею|не могу",))),
    ru(say("запланируй отпуск на июль", asks=True)),
    ru(say("напомни позвонить клиенту завтра")),
    ru(say("Ты тупой бот"), say("ладно, покажи лидов в Уфе", call("find_leads", city="Уфа"))),
    ru(
        say(
            "Покажи горячих лидов в Казани и сделки Орлова",
            call("find_leads", city="Казань", grade="hot"),
            call("find_deals", owner="Орлов"),
            facts=("15", "3 587 000"),
        )
    ),
    en(say("Good morning, how's the pipeline looking?", call("pipeline_report"), facts=("20 476 000",))),
    en(say("List warm leads in Kazan", call("find_leads", city="Казань", grade="warm"), facts=("9",))),
    en(say("What leads do we have in logistics?", call("find_leads", industry="Логистика"), facts=("29",))),
    en(
        say("Show me the top 3 leads in Samara", call("find_leads", city="Самара", limit=3), facts=("16",)),
        say("score the third", call("qualify_lead", lead_id=...), facts=("Next step",)),
        say(
            "Prepare a quote for them: 8 CRM Business",
            call("make_quote", customer=..., items={"CRM-B": 8}),
            rows=NEW_CUSTOMER,
        ),
        say("add 2 days of training", call("make_quote", customer=..., items={"CRM-B": 8, "SRV-T": 2}), rows=ONE),
    ),
    en(say("How many deals are in negotiation?", call("find_deals", stage="negotiation"), facts=("5", "1 133 000"))),
    en(
        say(
            "Anything closing this week?",
            call("find_deals", closes_from="2026-11-23", closes_to="2026-11-29"),
            facts=("130 000",),
        )
    ),
    en(say("Please mark deal 203 as won", call("move_deal", deal_id=203, stage="won"), rows=MOVED)),
    en(say("Postpone deal 565 until January 15", call("reschedule_deal", deal_id=565, on="2027-01-15"))),
    en(say("Could you reschedule deal 565 to December 4?", call("reschedule_deal", deal_id=565, on="2026-12-04"))),
    en(say("I want a quote for 'Мед-Вектор' with 6 phone numbers", asks=True)),
    en(say("Quote for Мед-Вектор, zero CRM Start licences", asks=True)),
    en(say("What's the price of training?", call("search_products", query="training"), facts=("42 000",))),
    en(say("What do you sell?", call("search_products"), facts=("CRM Start",))),
    en(
        say(
            "Write a newsletter for big customers announcing free migration",
            call("draft_campaign", kind="big", channel="email", offer="free migration"),
            rows=DRAFT,
            facts=("free migration",),
        ),
        say(
            "schedule it for December 1 at noon",
            call("schedule_campaign", campaign_id=13, on="2026-12-01", at="12:00"),
            approval=True,
            facts=("12:00",),
        ),
    ),
    en(say("Compare our email campaigns", call("campaign_report", channel="email"))),
    en(
        say(
            "Which customers haven't bought for a long time?", call("segment_customers", kind="sleeping"), facts=("34",)
        )
    ),
    en(
        say(
            "Did variant B win? A: 30/1000, B: 33/1000",
            call("evaluate_ab_test", visitors_a=1000, conversions_a=30, visitors_b=1000, conversions_b=33),
            facts=("No significant difference",),
        )
    ),
    en(say("send an email to all customers right now", facts=("did not understand|?",))),
    en(say("export the leads to excel", facts=("cannot|can't",))),
    en(say("Is Anna Sokolova doing well?")),
    en(say("tell me a joke")),
]
