"""Quotes: what is stored is what was said, to the piece; the rest is asked."""

from tests.evaluation.script import call, en, ru, say

CAFE, MED = "Кофейня-Импульс", "Мед-Вектор"
ONE = {"quotes": 1}
NEW_CUSTOMER = {"quotes": 1, "customers": 1}


def quote(customer: str, discount: float | None = None, **items: int) -> tuple[str, dict[str, object]]:
    """The call: SKUs with `_` for `-`."""
    lines = {sku.replace("_", "-"): count for sku, count in items.items()}
    extra = {} if discount is None else {"discount_percent": discount}
    return call("make_quote", customer=customer, items=lines, **extra)


QUOTES = [
    ru(
        say(
            f"Сделай КП на 10 CRM Бизнес для «{MED}»",
            quote(MED, CRM_B=10),
            rows=ONE,
            last={"quotes": {"total": 230_580, "discount_percent": 0}},
            facts=("230 580",),
        )
    ),
    ru(
        say(f"Сделай КП на 1000000 CRM Бизнес для «{MED}»", asks=True, facts=("1000000",)),
        say("10", quote(MED, CRM_B=10), rows=ONE, last={"quotes": {"total": 230_580}}),
    ),
    ru(say(f"Сделай КП на -5 CRM Бизнес для «{MED}»", asks=True, facts=("-5",))),
    ru(
        say(f"Сделай КП на 0,5 CRM Бизнес для «{MED}»", asks=True, facts=("0,5",)),
        say("пять", quote(MED, CRM_B=5), rows=ONE),
    ),
    ru(say(f"КП для «{MED}»: 10001 CRM Старт", asks=True, facts=("10001",))),
    ru(say(f"КП для «{MED}»: 10-20 CRM Старт", asks=True)),
    ru(
        say(f"КП для «{MED}»: 2 месяца телефонии", asks=True, facts=("номер",)),
        say("3 номера", quote(MED, TEL_1=3), rows=ONE, facts=("43 200",)),
    ),
    ru(say(f"КП для «{MED}» на 10 CRM Бизнес на 2 года", asks=True)),
    ru(say(f"КП на 10 CRM для «{MED}»", asks=True), say("бизнес", quote(MED, CRM_B=10), rows=ONE)),
    ru(say(f"КП на CRM Бизнес для «{MED}»", asks=True), say("7 лицензий", quote(MED, CRM_B=7), rows=ONE)),
    ru(
        say(
            f"Сделай КП для «{CAFE}»: 10 CRM Бизнес и 2 дня обучения, скидка 10%",
            quote(CAFE, 10, CRM_B=10, SRV_T=2),
            rows=NEW_CUSTOMER,
            last={"quotes": {"subtotal": 273_000, "discount_percent": 10}},
        ),
        say(
            "увеличь скидку до 15 %",
            quote(CAFE, 15, CRM_B=10, SRV_T=2),
            approval=True,
            rows=ONE,
            last={"quotes": {"discount_percent": 15, "status": "approved"}},
        ),
        say("без обучения", quote(CAFE, 15, CRM_B=10), approval=True, rows=ONE, last={"quotes": {"subtotal": 189_000}}),
    ),
    ru(
        say(
            f"Сделай КП на 10 CRM Бизнес для «{CAFE}» со скидкой 20 %",
            quote(CAFE, 20, CRM_B=10),
            approval={"approved": False, "comment": "дорого"},
            facts=("не согласовали|не согласована|отказ",),
        )
    ),
    ru(
        say(
            f"Сделай КП на 10 CRM Бизнес для «{CAFE}» со скидкой 20 %",
            quote(CAFE, 20, CRM_B=10),
            approval={"approved": True, "discount": 12},
            rows=NEW_CUSTOMER,
            last={"quotes": {"discount_percent": 12}},
        )
    ),
    ru(say(f"КП на 10 CRM Бизнес для «{MED}» со скидкой 35 %", quote(MED, 35, CRM_B=10), error=True, facts=("30",))),
    ru(say(f"КП на 10 CRM Бизнес для «{MED}» со скидкой 5000 рублей", asks=True)),
    ru(
        say(
            "КП на 10 CRM Бизнес для «Рога и копыта»",
            quote("Рога и копыта", CRM_B=10),
            error=True,
            facts=("Рога и копыта",),
        )
    ),
    ru(
        say(
            'КП на 10 CRM Бизнес для «ООО "Рога и копыта"»',
            quote("Рога и копыта", CRM_B=10),
            error=True,
            facts=("Рога и копыта",),
        )
    ),
    ru(say(f"КП на 10 CRM Бизнес для «{MED}» и «{CAFE}»", asks=True)),
    ru(say(f"КП на 10 «CRM Бизнес» для «{MED}»", quote(MED, CRM_B=10), rows=ONE)),
    ru(
        say(f"Сделай шикарное КП на 10 CRM Бизнес для «{MED}»", asks=True, facts=("шикарное",)),
        say("да", quote(MED, CRM_B=10), rows=ONE),
    ),
    ru(
        say("Сделай КП", asks=True),
        say("для Мед-Вектор", asks=True),
        say("4 склада и интеграция с 1С", quote(MED, WMS_1=4, INT_1=1), rows=ONE),
    ),
    ru(say("покажи КП", asks=True)),
    ru(
        say(
            "Найди лидов в Казани и сделай второму КП на пять номеров телефонии",
            call("find_leads", city="Казань"),
            quote("Витрина-Восток", TEL_1=5),
            rows=NEW_CUSTOMER,
        )
    ),
    ru(
        say("Сколько стоит телефония?", call("search_products", query="телефония"), facts=("14 400",)),
        say("а касса?", call("search_products", query="касса"), facts=("27 900",)),
    ),
    en(
        say(
            f'Make a quote for 10 CRM Business for "{MED}" with a 15% discount',
            quote(MED, 15, CRM_B=10),
            approval=True,
            rows=ONE,
            last={"quotes": {"total": 195_993}},
            facts=("195 993",),
        )
    ),
    en(
        say(f"quote for {CAFE}: telephony for 2 months", asks=True, facts=("number",)),
        say("4 numbers", quote(CAFE, TEL_1=4), rows=NEW_CUSTOMER),
    ),
    en(say(f'A quote for "{MED}": 2.5 CRM Start', asks=True, facts=("2.5",))),
    en(
        say(
            f"quote for {MED}: a dozen CRM Enterprise seats and 3 days of training, 5% off",
            quote(MED, 5, CRM_E=12, SRV_T=3),
            rows=ONE,
        ),
        say("raise the discount to 12%", quote(MED, 12, CRM_E=12, SRV_T=3), approval=True, rows=ONE),
    ),
    en(say("How much is CRM Business?", call("search_products", query="CRM Business"), facts=("18 900",))),
]
