"""Finding leads, reading one, qualifying. Counts are of the seed, taken from its tables with SQL."""

from tests.evaluation.script import call, en, ru, say

LEADS = [
    ru(
        say("Найди лидов в Казани", call("find_leads", city="Казань"), facts=("24",)),
        say("покажи ещё", call("find_leads", city="Казань", offset=5), facts=("24",)),
        say("квалифицируй его", asks=True, never=("BANT 8",)),
        say("Оцени лида 216", call("qualify_lead", lead_id=216), facts=("Витрина-Восток", "87")),
        say("а 84?", call("qualify_lead", lead_id=84), facts=("Кабель-Байкал", "95")),
    ),
    ru(
        say("кавалифицируй лида 84", call("qualify_lead", lead_id=84), facts=("Кабель-Байкал",)),
        say("Спасибо!", facts=("Пожалуйста",)),
    ),
    ru(say("покажи лида 84", call("find_leads", lead_id=84), facts=("Кабель-Байкал",))),
    ru(say("лид №237", call("find_leads", lead_id=237), facts=("Кофейня-Импульс",))),
    ru(say("покажи лида 9999", call("find_leads", lead_id=9999), error=True, facts=("9999",))),
    ru(
        say("Сколько у нас горячих лидов в Москве?", call("find_leads", city="Москва", grade="hot"), facts=("45",)),
        say("а в Самаре?", call("find_leads", city="Самара", grade="hot"), facts=("15",)),
    ),
    ru(say("найди лидов в Париже", asks=True, facts=("Париже",))),
    ru(say("лиды в Казани и Самаре", asks=True)),
    ru(
        say(
            "найди лиды в питере с бюджетом от 1,5 млн",
            call("find_leads", city="Санкт-Петербург", min_budget=1_500_000),
            facts=("5",),
        )
    ),
    ru(
        say(
            "Лиды из логистики с бюджетом от 300 до 900 тыс",
            call("find_leads", industry="Логистика", min_budget=300_000, max_budget=900_000),
            facts=("8",),
        )
    ),
    ru(say("лиды Белова", call("find_leads", owner="Белов"), facts=("42",))),
    ru(say("каким лидам не звонили больше 60 дней?", call("find_leads", stale_days=60), facts=("113",))),
    ru(say("Топ-3 лида в Самаре", call("find_leads", city="Самара", limit=3), facts=("16",))),
    ru(
        say("Найди лидов в Москве и оцени первого", call("find_leads", city="Москва"), call("qualify_lead", lead_id=6)),
        say("Оцени третьего", call("qualify_lead", lead_id=248), facts=("Гастроном-Ока",)),
    ),
    ru(say("оцени лидов 5 и 7", call("qualify_lead", lead_id=5), call("qualify_lead", lead_id=7))),
    ru(
        say(
            "Квалифицируй Кофейню-Импульс: бюджет 700 тысяч, купят через 2 месяца",
            call("qualify_lead", company="Кофейня-Импульс", budget=700_000, timeline_months=2),
            facts=("700 000",),
        )
    ),
    ru(say("Квалифицируй лида", asks=True), say("номер 12", call("qualify_lead", lead_id=12))),
    ru(say("оцени второго", asks=True)),
    ru(say("удали лида 84", facts=("не умею|не могу|нет такой",))),
    ru(say("позвони лиду 84", facts=("не умею|не могу|нет такой",))),
    en(
        say("hot leads in Moscow", call("find_leads", city="Москва", grade="hot"), facts=("45",)),
        say("show more", call("find_leads", city="Москва", grade="hot", offset=5)),
        say("qualify it", asks=True),
        say("the second one", call("qualify_lead", lead_id=107)),
    ),
    en(say("Qualfy lead 84", call("qualify_lead", lead_id=84), facts=("95",))),
    en(say("Qualify «Кофейня-Импульс»", call("qualify_lead", company="Кофейня-Импульс"), facts=("Next step",))),
    en(say("find leads in Paris", asks=True, facts=("Paris",))),
    en(
        say(
            "Find retail leads in Moscow with a budget from 500k",
            call("find_leads", city="Москва", industry="Розничная торговля", min_budget=500_000),
        )
    ),
    en(say("Which leads has nobody contacted for 60 days?", call("find_leads", stale_days=60), facts=("113",))),
    en(say("Who should I call today?", call("find_leads"), facts=("230",))),
    en(say("delete lead 84", facts=("cannot|can't",))),
]
