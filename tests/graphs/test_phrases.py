"""What the demo model makes of words, in tables: numbers, days, names in quotes, slips, what is left over."""

from datetime import date

import pytest

from graphs.crm import catalog, english, seed_campaigns, seed_words
from graphs.demo.coverage import unexplained
from graphs.demo.dates import day, period
from graphs.demo.products import items
from graphs.demo.quantities import at_least_and_most
from graphs.demo.spelling import corrected
from graphs.demo.text import quoted
from graphs.demo.times import time_of_day
from graphs.language import text_language
from graphs.money import fixed, full_day, percent

TODAY = date(2026, 11, 25)  # a Wednesday

COUNTS: list[tuple[str, dict[str, int] | str]] = [
    ("10 CRM Бизнес и 2 дня обучения", {"CRM-B": 10, "SRV-T": 2}),
    ("CRM Бизнес × 10, касса, 3 шт", {"CRM-B": 10, "POS-1": 3}),
    ("CRM Бизнес - 12, телефония - 4", {"CRM-B": 12, "TEL-1": 4}),
    ("двадцать пять лицензий CRM Старт", {"CRM-S": 25}),
    ("a dozen CRM Enterprise seats", {"CRM-E": 12}),
    ("1 000 CRM Старт", {"CRM-S": 1000}),
    ("10000 CRM Старт", {"CRM-S": 10_000}),
    ("3 кассы", {"POS-1": 3}),
    ("интеграцию с 1С", {"INT-1": 1}),
    ("10 лицензий CRM Бизнес на год", {"CRM-B": 10}),
    ("1000000 CRM Бизнес", "«1000000»"),
    ("10001 CRM Бизнес", "«10001»"),
    ("0 CRM Бизнес", "«0»"),
    ("-5 CRM Бизнес", "«-5»"),
    ("0,5 CRM Бизнес", "«0,5»"),
    ("1.5 CRM Бизнес", "«1.5»"),
    ("полторы CRM Бизнес", "«1,5»"),
    ("10-20 CRM Бизнес", "«10-20»"),
    ("10 или 20 CRM Бизнес", "«10 или 20»"),
    ("10к CRM Бизнес", "«10к»"),
    ("2 месяца телефонии", "номер/год"),
    ("телефония на 2 месяца", "номер/год"),
    ("5 пакетов телефонии", "номер/год"),
    ("CRM Бизнес", "Сколько нужно «CRM Бизнес»"),
    ("10 CRM", "Какую CRM"),
]


@pytest.mark.parametrize(("text", "expected"), COUNTS)
def test_a_quantity_is_read_whole_or_asked_for(text: str, expected: dict[str, int] | str) -> None:
    found = items(text)
    if isinstance(expected, str):
        assert found.lines == []
        assert found.question
        assert expected in found.question[0]
    else:
        assert {line["product"]: line["quantity"] for line in found.lines} == expected
        assert found.question is None


BOUNDS = [
    ("бюджет от 500 тыс", (500_000, None)),
    ("бюджет меньше 500 тысяч", (None, 500_000)),
    ("до 2 млн", (None, 2_000_000)),
    ("не больше 2 млн", (None, 2_000_000)),
    ("от 1 до 3 млн", (1_000_000, 3_000_000)),
    ("between 1 and 3 million", (1_000_000, 3_000_000)),
    ("over 1.5m", (1_500_000, None)),
    ("в 2026 году", (None, None)),
]


@pytest.mark.parametrize(("text", "expected"), BOUNDS)
def test_sums_bound_from_below_or_from_above(text: str, expected: tuple[int | None, int | None]) -> None:
    assert at_least_and_most(text) == expected


DAYS = [
    ("25 декабря", "2026-12-25"),
    ("December 25", "2026-12-25"),
    ("3.12", "2026-12-03"),
    ("01.02.2027", "2027-02-01"),
    ("1 марта", "2027-03-01"),
    ("завтра", "2026-11-26"),
    ("в пятницу", "2026-11-27"),
    ("на среду", "2026-12-02"),
    ("через неделю", "2026-12-02"),
    ("через 10 дней", "2026-12-05"),
    ("in two weeks", None),
    ("in 2 weeks", "2026-12-09"),
    ("конец месяца", "2026-11-30"),
    ("end of the year", "2026-12-31"),
    ("31 февраля", None),
    ("may I ask", None),
]
PERIODS = [
    ("на декабрь", ("2026-12-01", "2026-12-31")),
    ("за октябрь", ("2026-10-01", "2026-10-31")),
    ("in May", ("2027-05-01", "2027-05-31")),
    ("на этой неделе", ("2026-11-23", "2026-11-29")),
    ("next week", ("2026-11-30", "2026-12-06")),
    ("в следующем месяце", ("2026-12-01", "2026-12-31")),
    ("до конца месяца", ("2026-11-25", "2026-11-30")),
    ("до 15 декабря", ("2026-11-25", "2026-12-15")),
    ("с 1 по 15 декабря", ("2026-12-01", "2026-12-15")),
    ("15 декабря", ("2026-12-15", "2026-12-15")),
    ("Q1", ("2027-01-01", "2027-03-31")),
    ("в 4 квартале", ("2026-10-01", "2026-12-31")),
    ("за последние 7 дней", ("2026-11-18", "2026-11-25")),
    ("за осень", ("2026-09-01", "2026-11-30")),
    ("просто так", None),
]
TIMES = [
    ("завтра в 10 утра", "10:00"),
    ("tomorrow at 3 pm", "15:00"),
    ("в 18:30", "18:30"),
    ("в 9 вечера", "21:00"),
    ("at noon", "12:00"),
    ("at 12 am", "00:00"),
    ("в 25:00", "?"),
    ("на 01.12.2026", None),
    ("5 CRM", None),
]


@pytest.mark.parametrize(("text", "expected"), DAYS)
def test_a_day(text: str, expected: str | None) -> None:
    found = day(text, TODAY)
    assert (found.isoformat() if found else None) == expected


@pytest.mark.parametrize(("text", "expected"), PERIODS)
def test_a_period(text: str, expected: tuple[str, str] | None) -> None:
    found = period(text, TODAY)
    assert (tuple(edge.isoformat() for edge in found) if found else None) == expected


@pytest.mark.parametrize(("text", "expected"), TIMES)
def test_a_time_of_day(text: str, expected: str | None) -> None:
    assert time_of_day(text) == expected


QUOTED = [
    ("для «Рога и копыта» и «Б»", ["Рога и копыта", "Б"]),
    ('для «ООО "Рога и копыта"»', ['ООО "Рога и копыта"']),
    ('для "ООО «Рога»" срочно', ["ООО «Рога»"]),
    ('для "ООО "Рога""', ['ООО "Рога"']),
    ('a "b" and "c"', ["b", "c"]),
    ('12" monitor', []),
]


@pytest.mark.parametrize(("text", "expected"), QUOTED)
def test_names_in_quotes(text: str, expected: list[str]) -> None:
    assert quoted(text) == expected


SPELLED = [
    ("кавалифицируй лида 84", "квалифицируй лида 84"),
    ("пакажи варонку", "покажи воронку"),
    ("qualfy lead 84", "qualify lead 84"),
    ("лиды в Мсокве", "лиды в москве"),
    ("сделал КП", "сделал КП"),  # past tense: told, not asked
    ("не переводи сделку", "не переводи сделку"),
    ("КП для «Пакажи»", "КП для «Пакажи»"),
    ("КП для Прогноза-Север", "КП для Прогноза-Север"),
    ("покажи лидов", "покажи лидов"),
]


@pytest.mark.parametrize(("text", "expected"), SPELLED)
def test_misspelled_words(text: str, expected: str) -> None:
    assert corrected(text) == expected


LEFT_OVER = [
    ("лиды в Казани", "find_leads", []),
    ("лиды в Казани и Самаре", "find_leads", ["Самаре"]),
    ("лиды, кроме Москвы", "find_leads", ["кроме"]),
    ("лиды на этой неделе", "find_leads", ["неделе"]),
    ("прогноз по Москве", "pipeline_report", ["Москве"]),
    ("сделки Орлова и Соколовой", "find_deals", ["Соколовой"]),
    ("переведи сделку 5, а ещё сделку 7 в переговоры", "move_deal", ["7"]),
    ("КП «А» и «Б» на 10 CRM Бизнес", "make_quote", ["А"]),
]


@pytest.mark.parametrize(("text", "tool", "expected"), LEFT_OVER)
def test_what_no_rule_explains_is_left_over(text: str, tool: str, expected: list[str]) -> None:
    left = unexplained(text, tool)
    assert bool(left) == bool(expected)
    assert set(expected) & set(left) or not expected


LANGUAGES = [
    ('Qualify "Мед-Вектор"', "en"),
    ("Qualify Кофейня-Импульс", "en"),
    ("Кофейня-Импульс: qualify this lead", "en"),
    ("Make a quote for ООО «Мед-Вектор»", "en"),
    ("Find leads in казань", "en"),
    ("КП для CRM Business", "ru"),
    ("сделай quote на 10 CRM", "ru"),
    ("Мед-Вектор", "ru"),
    ("да", "ru"),
    ("OK", None),
    ("12", None),
    ("ответь по-английски", "en"),
]


@pytest.mark.parametrize(("text", "expected"), LANGUAGES)
def test_names_do_not_decide_the_language(text: str, expected: str | None) -> None:
    assert text_language(text) == expected


def test_everything_of_the_seed_has_english() -> None:
    terms = [
        name for name, _ in (*seed_words.CITIES, *seed_words.INDUSTRIES, *seed_words.SOURCES, *seed_words.POSITIONS)
    ]
    terms += [*seed_words.NEEDS, *(entry[0] for entry in seed_campaigns.PAST)]
    terms += [value for item in catalog.PRODUCTS for value in (item.name, item.unit, item.description)]
    terms += [item.category for item in catalog.PRODUCTS if item.category != "CRM"]
    assert [term for term in terms if term not in english.TERMS] == []
    assert english.person("Анна Соколова", "en") == "Anna Sokolova"
    assert english.quote_number("КП-2026-0001", "en") == "Q-2026-0001"


def test_halves_go_up_as_in_a_browser() -> None:
    assert percent(0.2385, decimal=",") == "23,9\u00a0%"  # Intl.NumberFormat says 23,9 %, Python's format 23.8
    assert percent(None) == "—"
    assert fixed(-0.125, 2, sign=True) == "-0.13"
    assert full_day(TODAY, "ru") == "среда, 25 ноября 2026 года (2026-11-25)"
