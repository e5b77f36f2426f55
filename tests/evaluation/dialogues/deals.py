"""Deals, the pipeline, the forecast. Counts and sums are of the seed on 25 November 2026, taken with SQL."""

from tests.evaluation.script import call, en, ru, say

MOVED = {"deal_moves": 1}
DECEMBER = {"closes_from": "2026-12-01", "closes_to": "2026-12-31"}
THIS_WEEK = {"closes_from": "2026-11-23", "closes_to": "2026-11-29"}
NEXT_WEEK = {"closes_from": "2026-11-30", "closes_to": "2026-12-06"}

DEALS = [
    ru(
        say("Покажи воронку", call("pipeline_report"), facts=("53", "20 476 000", "23,9")),
        say("а у Орлова?", call("pipeline_report", owner="Орлов"), facts=("3 587 000",)),
    ),
    ru(
        say("прогноз на декабрь", call("pipeline_report", **DECEMBER), facts=("20", "6 964 000")),
        say(
            "а на январь?",
            call("pipeline_report", closes_from="2027-01-01", closes_to="2027-01-31"),
            facts=("12 859 000",),
        ),
    ),
    ru(say("прогноз на декабрь и январь", asks=True)),
    ru(say("Какие сделки закрываются на этой неделе?", call("find_deals", **THIS_WEEK), facts=("203", "130 000"))),
    ru(
        say("какие сделки зависли?", call("find_deals", stale_days=14), facts=("7",)),
        say("перенеси первую на 15 декабря", call("reschedule_deal", on="2026-12-15", deal_id=266)),
    ),
    ru(say("сделки без движения больше 20 дней", call("find_deals", stale_days=20), facts=("3",))),
    ru(say("сделка 565", call("find_deals", deal_id=565), facts=("Мед-Вектор", "4 500 000"))),
    ru(say("сколько сделок в переговорах?", call("find_deals", stage="negotiation"), facts=("5", "1 133 000"))),
    ru(say("сделки Соколовой", call("find_deals", owner="Соколова"), facts=("14", "7 626 000"))),
    ru(say("сделки больше 1 млн", call("find_deals", min_amount=1_000_000), facts=("4",))),
    ru(
        say(
            "перенеси сделку 565 на 20 декабря",
            call("reschedule_deal", deal_id=565, on="2026-12-20"),
            facts=("20.12.2026|20 декабря",),
        )
    ),
    ru(
        say("перенеси сделку 565", asks=True),
        say("на конец месяца", call("reschedule_deal", deal_id=565, on="2026-11-30")),
    ),
    ru(say("перенеси сделку 565 на 31 февраля", asks=True)),
    ru(say("перенеси сделку 8 на завтра", call("reschedule_deal", deal_id=8, on="2026-11-26"), error=True)),
    ru(
        say(
            "Переведи сделку 203 в переговоры",
            call("move_deal", deal_id=203, stage="negotiation"),
            rows=MOVED,
            last={"deal_moves": {"deal_id": 203, "to_stage": "negotiation"}},
        ),
        say("и перенеси её на пятницу", call("reschedule_deal", deal_id=203, on="2026-11-27")),
    ),
    ru(
        say("закрой сделку 203", asks=True),
        say("проиграна", call("move_deal", deal_id=203, stage="lost"), rows=MOVED),
    ),
    ru(say("переведи сделку в переговоры", asks=True)),
    ru(
        say(
            "переведи сделку 203 и 46 в предложение",
            call("move_deal", deal_id=203, stage="proposal"),
            call("move_deal", deal_id=46, stage="proposal"),
            rows={"deal_moves": 2},
        )
    ),
    ru(say("не переводи сделку 203 никуда")),
    ru(say("я вчера перевёл сделку 203 в переговоры", asks=True)),
    ru(say("что будет, если перевести сделку 203 в проигранные?", asks=True)),
    ru(
        say(
            "переведи сделку 12 в переговоры",
            call("move_deal", deal_id=12, stage="negotiation"),
            error=True,
            facts=("выиграна",),
        )
    ),
    en(
        say("Show the pipeline", call("pipeline_report"), facts=("53", "23.9")),
        say("and for Sokolova?", call("pipeline_report", owner="Соколова"), facts=("7 626 000",)),
    ),
    en(say("forecast for December", call("pipeline_report", **DECEMBER), facts=("6 964 000",))),
    en(say("Which deals close next week?", call("find_deals", **NEXT_WEEK), facts=("4", "866 000"))),
    en(
        say("which deals are stuck?", call("find_deals", stale_days=14), facts=("7",)),
        say("move the second one to negotiation", call("move_deal", stage="negotiation", deal_id=104), rows=MOVED),
        say("push it to December 20", call("reschedule_deal", deal_id=104, on="2026-12-20")),
    ),
    en(say("Move deal 565 to negotation", call("move_deal", deal_id=565, stage="negotiation"), rows=MOVED)),
    en(say("close deal 203", asks=True), say("as lost", call("move_deal", deal_id=203, stage="lost"), rows=MOVED)),
    en(say("deals of Orlov over 1m", call("find_deals", owner="Орлов", min_amount=1_000_000), facts=("2 411 000",))),
    en(say("don't move deal 203")),
]
