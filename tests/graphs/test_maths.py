"""The pure modules: tables of cases worked out by hand."""

from datetime import date

import pytest

from graphs.approval import Decision, read_decision
from graphs.marketing import abtest
from graphs.marketing.metrics import metrics
from graphs.marketing.segments import Filter, Kind, Profile, belongs, select, summarize
from graphs.money import day, percent, plural, rub
from graphs.sales import bant, forecast, pricing
from graphs.state import Stage

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("budget", "employees", "position", "need", "months", "scores", "grade"),
    [
        (1_200_000, 100, "коммерческий директор", "Навести порядок в воронке", 1, [25, 25, 25, 25], "hot"),
        (720_000, 100, "руководитель отдела продаж", "Связать CRM с 1С", 3, [18, 15, 25, 20], "hot"),
        (400_000, 100, "менеджер по закупкам", "CRM", 6, [11, 15, 14, 12], "warm"),
        (None, 100, "офис-менеджер", "", None, [5, 7, 4, 4], "cold"),
        (100_000, 2, "", "Заменить старую CRM", 12, [25, 5, 25, 6], "warm"),
        (0, 10, "CEO", "replace the old CRM", 0, [5, 25, 25, 25], "hot"),
    ],
)
def test_bant(  # noqa: PLR0917 - pytest passes them by name
    budget: int | None,
    employees: int,
    position: str,
    need: str,
    months: int | None,
    scores: list[int],
    grade: str,
) -> None:
    result = bant.score(
        budget=budget,
        employees=employees,
        position=position,
        need=need,
        timeline_months=months,
        language="ru",
    )
    assert [part["score"] for part in result["parts"]] == scores
    assert result["score"] == sum(scores)
    assert result["grade"] == grade
    assert all(part["reason"] for part in result["parts"])


def test_the_next_step_of_a_lead_is_about_its_weakest_part() -> None:
    result = bant.score(
        budget=None,
        employees=10,
        position="директор",
        need="Связать CRM с 1С",
        timeline_months=3,
        language="en",
    )
    assert (
        "budget"
        in bant.score(budget=None, employees=10, position="", need="x", timeline_months=12, language="en")["next_step"]
    )
    assert result["grade"] == "hot"


def test_forecast() -> None:
    def deal(stage: Stage, amount: int, due: date = date(2026, 12, 5), closed: date | None = None) -> forecast.Position:
        return forecast.Position(stage, amount, due, closed)

    deals = [
        deal("new", 100_000),
        deal("proposal", 200_000, due=date(2026, 11, 30)),
        deal("negotiation", 40_000, due=date(2026, 10, 1)),  # late: still to come this month
        deal("won", 500_000, closed=date(2026, 11, 3)),
        deal("won", 900_000, closed=date(2025, 11, 3)),  # the same month of another year
        deal("lost", 50_000, closed=date(2026, 11, 4)),
    ]
    totals = forecast.totals(deals, TODAY)
    assert totals.open_count == 3
    assert totals.open_amount == 340_000
    assert totals.weighted_forecast == 10_000 + 100_000 + 30_000
    assert totals.month_won_amount == 500_000
    assert totals.month_forecast == 500_000 + 100_000 + 30_000
    assert totals.win_rate == pytest.approx(2 / 3, abs=1e-4)
    rows = forecast.stages(deals, [], "ru")
    assert [(row["stage"], row["count"], row["weighted"]) for row in rows] == [
        ("new", 1, 10_000),
        ("qualification", 0, 0),
        ("proposal", 1, 100_000),
        ("negotiation", 1, 30_000),
        ("won", 2, 1_400_000),
        ("lost", 1, 0),
    ]


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([], {}),
        ([("new", "qualification"), ("new", "lost")], {"new": 0.5}),
        ([("new", "proposal"), ("proposal", "won")], {"new": 1.0, "proposal": 1.0}),
        ([("proposal", "new"), ("proposal", "lost")], {"proposal": 0.0}),
        ([("negotiation", "won"), ("negotiation", "lost"), ("negotiation", "lost")], {"negotiation": 0.3333}),
        ([("won", "lost")], {}),
    ],
)
def test_conversion(moves: list[tuple[str, str]], expected: dict[str, float]) -> None:
    assert forecast.conversion(moves) == expected


def test_no_deals_have_no_win_rate() -> None:
    assert forecast.totals([], TODAY).win_rate is None


@pytest.mark.parametrize(
    ("amounts", "discount", "day", "expected"),
    [
        ([189_000], 0, TODAY, (189_000, 0, 189_000, 22, 41_580, 230_580)),
        ([189_000], 15, TODAY, (189_000, 28_350, 160_650, 22, 35_343, 195_993)),
        ([100, 1], 12.5, TODAY, (101, 13, 88, 22, 19, 107)),
        ([100], 30, date(2025, 12, 31), (100, 30, 70, 20, 14, 84)),
        ([], 0, TODAY, (0, 0, 0, 22, 0, 0)),
    ],
)
def test_price(amounts: list[int], discount: float, day: date, expected: tuple[int, ...]) -> None:
    price = pricing.price(amounts, discount, day)
    assert (
        price.subtotal, price.discount_amount, price.net, price.vat_percent, price.vat, price.total
    ) == expected  # fmt: skip


@pytest.mark.parametrize("discount", [-1, 30.1, 100])
def test_an_impossible_discount_is_refused(discount: float) -> None:
    with pytest.raises(ValueError, match="discount must be 0 to 30"):
        pricing.price([100], discount, TODAY)


def test_ten_percent_need_nobody() -> None:
    assert not pricing.needs_approval(10)
    assert pricing.needs_approval(10.1)


@pytest.mark.parametrize(
    # z worked out by hand: (pB - pA) / sqrt(p (1 - p) (1/nA + 1/nB)) with the pooled p
    ("numbers", "z", "p", "winner"),
    [
        ((1000, 50, 1000, 75), 2.3094, 0.020921, "B"),
        ((1000, 75, 1000, 50), -2.3094, 0.020921, "A"),
        ((1000, 50, 1000, 65), 1.4407, 0.149679, None),
        ((200, 20, 100, 10), 0.0, 1.0, None),
        ((10, 0, 10, 0), 0.0, 1.0, None),
        ((10, 10, 10, 10), 0.0, 1.0, None),
        ((100_000, 5_000, 100_000, 5_300), 3.0349, 0.002406, "B"),
    ],
)
def test_ab_test(numbers: tuple[int, int, int, int], z: float, p: float, winner: str | None) -> None:
    result = abtest.evaluate(*numbers)
    assert result["z"] == pytest.approx(z, abs=2e-3)
    assert result["p_value"] == pytest.approx(p, abs=1e-3)
    assert result["winner"] == winner
    assert result["significant"] == (winner is not None)
    for variant in result["variants"]:
        assert 0 <= variant["low"] <= variant["rate"] <= variant["high"] <= 1


def test_an_ab_test_says_how_many_visitors_it_needs() -> None:
    # 5 % against 6 %: 8 158 for each variant (Fleiss, without continuity correction)
    assert abtest.needed(0.05, 0.06) == pytest.approx(8158, abs=2)
    assert abtest.needed(0.05, 0.05) is None


def test_a_higher_confidence_may_take_the_win_away() -> None:
    assert abtest.evaluate(1000, 50, 1000, 75, confidence=0.99)["winner"] is None


@pytest.mark.parametrize("numbers", [(0, 0, 10, 1), (10, 11, 10, 1), (10, 1, 10, -1)])
def test_impossible_ab_numbers_are_refused(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="conversions"):
        abtest.evaluate(*numbers)


def test_campaign_metrics() -> None:
    result = metrics(
        sent=1000,
        delivered=950,
        opened=285,
        clicked=95,
        new_leads=20,
        new_customers=5,
        cost=50_000,
        revenue=210_000,
    )
    assert (result["open_rate"], result["ctr"], result["conversion"]) == (0.3, 0.1, 0.0526)
    assert (result["cac"], result["roas"]) == (10_000, 4.2)
    nothing = metrics(sent=0, delivered=0, opened=0, clicked=0, new_leads=0, new_customers=0, cost=0, revenue=0)
    assert [nothing[name] for name in ("open_rate", "ctr", "conversion", "cac", "roas")] == [None] * 5


def customer(*purchases: tuple[date, int], city: str = "Казань", employees: int = 20) -> Profile:
    return Profile("ООО «Проба»", city, "ИТ", employees, purchases)


@pytest.mark.parametrize(
    ("profile", "kinds"),
    [
        (customer(), {"all"}),
        (customer((date(2026, 1, 10), 100)), {"all", "sleeping"}),
        (customer((date(2026, 11, 1), 100)), {"all", "new"}),
        (
            customer((date(2025, 1, 1), 1), (date(2025, 6, 1), 1), (date(2026, 11, 1), 600_000)),
            {"all", "loyal", "big"},
        ),
        (customer(employees=300), {"all", "big"}),
    ],
)
def test_segments(profile: Profile, kinds: set[Kind]) -> None:
    every: list[Kind] = ["all", "sleeping", "loyal", "big", "new"]
    assert {kind for kind in every if belongs(profile, kind, TODAY)} == kinds


def test_a_segment_is_filtered_and_summed() -> None:
    rich, poor = customer((date(2026, 11, 1), 300)), customer((date(2026, 10, 1), 100), city="Москва")
    assert select([poor, rich], Filter(), TODAY) == [rich, poor]
    assert select([poor, rich], Filter(city="Москва"), TODAY) == [poor]
    assert select([poor, rich], Filter(min_revenue=200), TODAY) == [rich]
    summary = summarize([rich, poor], Filter(kind="new"), TODAY, "en")
    assert (summary["size"], summary["revenue"], summary["average_deal"]) == (2, 400, 200)
    assert summary["cities"] == ["Kazan", "Moscow"]


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        (True, Decision(approved=True)),
        (False, Decision(approved=False)),
        (None, Decision(approved=False)),
        ("да", Decision(approved=True)),
        ("Нет!", Decision(approved=False)),
        ("OK.", Decision(approved=True)),
        (
            {"approved": True, "discount": 12, "comment": " ок "},
            Decision(approved=True, discount=12, comment="ок"),
        ),
        ({"approved": "yes"}, Decision(approved=True)),
        ({"approved": 1}, Decision(approved=False)),
        ({"discount": "12"}, Decision(approved=False)),
        ({}, Decision(approved=False)),
        ([], Decision(approved=False)),
        (42, Decision(approved=False)),
    ],
)
def test_any_answer_of_a_person_can_be_read(answer: object, decision: Decision) -> None:
    assert read_decision(answer) == decision


def test_money_and_days_as_people_write_them() -> None:
    assert rub(1_234_567) == "1\u00a0234\u00a0567\u00a0₽"
    assert percent(0.253, decimal=",") == "25,3\u00a0%"
    assert percent(None) == "—"
    assert day("2026-12-31") == "31.12.2026"
    forms = ("сделка", "сделки", "сделок")
    assert [plural(value, *forms) for value in (1, 2, 5, 11, 21, 112)] == [
        "1 сделка", "2 сделки", "5 сделок", "11 сделок", "21 сделка", "112 сделок",
    ]  # fmt: skip
