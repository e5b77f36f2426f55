"""Requests in which something is not understood, not meant, or not possible: nothing may be done as if it were."""

from tests.evaluation.script import call, en, ru, say

MED = "Мед-Вектор"

DOUBTS = [
    ru(say("покажи лидов, кроме Москвы", asks=True)),
    ru(say("лиды не из Москвы", asks=True)),
    ru(say("лиды без бюджета", asks=True)),
    ru(say("лиды с бюджетом меньше 500 тысяч", call("find_leads", max_budget=500_000))),
    ru(say("сколько лидов пришло с сайта?", asks=True)),
    ru(say("закрой все сделки Орлова как проигранные", asks=True)),
    ru(say("квалифицируй всех лидов в Казани", asks=True)),
    ru(say(f"КП для «{MED}» на 10 CRM Бизнес, нет, 12", asks=True)),
    ru(say(f"КП для «{MED}»: 10 CRM Бизнес, 5 CRM Старт и ещё что-нибудь", asks=True)),
    ru(say(f"КП для «{MED}» на 10 CRM Бизнес, а если скидка 8 %?", asks=True)),
    ru(say(f"Сделай КП на 10 CRM Бизнес и скидку 5% на обучение для «{MED}»", asks=True)),
    ru(
        say(
            f"Сделай КП со скидкой 5% на 10 CRM Бизнес и обучение для «{MED}»",
            call("make_quote", customer=MED, items={"CRM-B": 10, "SRV-T": 1}, discount_percent=5),
            rows={"quotes": 1},
        )
    ),
    ru(say("Составь письмо для спящих клиентов со скидкой 50 %", asks=True)),
    ru(say(f"КП на 10 CRM Бизнес для «{MED}» без НДС", asks=True)),
    ru(say("Поставь сделку 46 на паузу", asks=True)),
    ru(say("Составь письмо для спящих и крупных клиентов", asks=True)),
    ru(say("Квалифицируй лида 84: бюджет от 200 до 300 тысяч", asks=True)),
    ru(say("Квалифицируй лида 84, бюджет не 240, а 300 тысяч", asks=True)),
    ru(
        say(
            "Переведи сделку 203 из новой в квалификацию",
            call("move_deal", deal_id=203, stage="qualification"),
            rows={"deal_moves": 1},
        )
    ),
    ru(
        say(
            "Перенеси сделку 203 с 29 ноября на 5 декабря",
            call("reschedule_deal", deal_id=203, on="2026-12-05"),
        )
    ),
    ru(say("Перенеси сделку 203 на 5 декабря или на 6", asks=True)),
    en(say("Move deal 203 to negotiation, then to proposal", asks=True)),
    ru(say("сделал КП на 10 CRM Бизнес для Кофейня-Импульс", asks=True)),
    ru(
        say("сделки Орлова и Соколовой", asks=True),
        say("только Орлова", call("find_deals", owner="Орлов"), facts=("3 587 000",)),
    ),
    ru(
        say("найди лидов в Рязани", asks=True),
        say("спасибо, не надо", facts=("Хорошо|Пожалуйста",)),
    ),
    en(say("deals except Orlov's", asks=True)),
    en(say("deals closing after December 15", call("find_deals", closes_from="2026-12-16"), facts=("44",))),
    en(say("deals created last week", asks=True)),
    en(say("leads that are not hot", asks=True)),
    en(say(f'quote for "{MED}": 10 or 20 CRM Business', asks=True)),
    en(say("move every deal of Belov to negotiation", asks=True)),
]
