"""What the demo model understands: one table, request to tool and arguments. Kept as the users' own words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

from graphs import marketing, sales
from graphs.crm import clock
from graphs.demo.conversation import Turn
from graphs.demo.decide import decide

TOOLS = [convert_to_openai_tool(tool) for tool in [*sales.TOOLS, *marketing.TOOLS]]


@pytest.fixture(autouse=True)
def _sunday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))


def ask(text: str, before: list[BaseMessage] | None = None) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
    reply = decide(Turn.read([*(before or []), HumanMessage(text)], TOOLS), None)
    return reply.text, reply.calls


CRM10 = [{"product": "CRM-B", "quantity": 10}]
REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("Найди лидов в Казани", "find_leads", {"city": "Казань"}),
    (
        "найди лиды в питере с бюджетом от 1,5 млн",
        "find_leads",
        {"city": "Санкт-Петербург", "min_budget": 1_500_000},
    ),
    ("Покажи новых лидов из строительства", "find_leads", {"industry": "Строительство", "status": "new"}),
    ("Какие есть лиды в логистике в Москве?", "find_leads", {"city": "Москва", "industry": "Логистика"}),
    ("Топ-10 лидов с бюджетом больше 300 000 ₽", "find_leads", {"min_budget": 300_000, "limit": 10}),
    ("Покажи 3 лида в Самаре", "find_leads", {"city": "Самара", "limit": 3}),
    ("Find leads in Kazan with a budget from 500k", "find_leads", {"city": "Казань", "min_budget": 500_000}),
    ("show me retail leads in Moscow", "find_leads", {"city": "Москва", "industry": "Розничная торговля"}),
    ("Кому позвонить сегодня?", "find_leads", {}),
    ("Квалифицируй лида 12", "qualify_lead", {"lead_id": 12}),
    ("Оцени лида № 7", "qualify_lead", {"lead_id": 7}),
    ("Квалифицируй ООО «Лавка-Меридиан»", "qualify_lead", {"company": "Лавка-Меридиан"}),
    ("Qualify lead 12", "qualify_lead", {"lead_id": 12}),
    (
        "Квалифицируй лида 5: бюджет 2 млн, купят через 3 месяца",
        "qualify_lead",
        {"lead_id": 5, "budget": 2_000_000, "timeline_months": 3},
    ),
    ("Переведи сделку 12 в переговоры", "move_deal", {"deal_id": 12, "stage": "negotiation"}),
    ("Переведи сделку №12 на этап предложение", "move_deal", {"deal_id": 12, "stage": "proposal"}),
    ("Закрой сделку 8 как проигранную", "move_deal", {"deal_id": 8, "stage": "lost"}),
    ("Отметь сделку с «Мед-Вектор» как выигранную", "move_deal", {"company": "Мед-Вектор", "stage": "won"}),
    ("Move deal 12 to negotiation", "move_deal", {"deal_id": 12, "stage": "negotiation"}),
    ("Mark deal 3 as won", "move_deal", {"deal_id": 3, "stage": "won"}),
    ("Покажи воронку", "pipeline_report", {}),
    (
        "Какой прогноз продаж на месяц?",
        "pipeline_report",
        {"closes_from": "2026-11-01", "closes_to": "2026-11-30"},
    ),
    ("Воронка Орлова", "pipeline_report", {"owner": "Дмитрий Орлов"}),
    ("Show the sales pipeline", "pipeline_report", {}),
    ("What is our forecast?", "pipeline_report", {}),
    ("Покажи каталог товаров", "search_products", {}),
    ("Сколько стоит телефония?", "search_products", {"query": "телефония"}),
    ("Какие продукты есть до 20 тыс?", "search_products", {"max_price": 20_000}),
    ("How much is CRM Business?", "search_products", {"query": "CRM Business"}),
    (
        "Сделай КП на 10 CRM Бизнес для «Лавка-Меридиан»",
        "make_quote",
        {"customer": "Лавка-Меридиан", "items": CRM10},
    ),
    (
        "Подготовь коммерческое предложение для ООО «Мед-Вектор»: 10 CRM Бизнес и 2 дня обучения, скидка 15%",
        "make_quote",
        {
            "customer": "Мед-Вектор",
            "items": [*CRM10, {"product": "SRV-T", "quantity": 2}],
            "discount_percent": 15.0,
        },
    ),
    (
        "КП для Мед-Вектор на 3 онлайн-кассы и интеграцию с 1С",
        "make_quote",
        {
            "customer": "Мед-Вектор",
            "items": [{"product": "POS-1", "quantity": 3}, {"product": "INT-1", "quantity": 1}],
        },
    ),
    (
        'Make a quote for 10 CRM Business for "Мед-Вектор" with a 12.5% discount',
        "make_quote",
        {"customer": "Мед-Вектор", "items": CRM10, "discount_percent": 12.5},
    ),
    ("Собери сегмент спящих клиентов", "segment_customers", {"kind": "sleeping"}),
    ("Сегментируй крупных клиентов в Москве", "segment_customers", {"kind": "big", "city": "Москва"}),
    (
        "Сегмент постоянных клиентов из производства",
        "segment_customers",
        {"kind": "loyal", "industry": "Производство"},
    ),
    ("Build a segment of sleeping customers", "segment_customers", {"kind": "sleeping"}),
    (
        "Составь письмо для спящих клиентов в деловом тоне, чтобы вернуть их",
        "draft_campaign",
        {"kind": "sleeping", "channel": "email", "goal": "вернуть их", "tone": "business"},
    ),
    (
        "Подготовь кампанию в телеграм для постоянных клиентов",
        "draft_campaign",
        {
            "kind": "loyal",
            "channel": "telegram",
            "goal": "поблагодарить постоянных клиентов и предложить новое",
            "tone": "friendly",
        },
    ),
    (
        "Draft an SMS campaign for loyal customers",
        "draft_campaign",
        {
            "kind": "loyal",
            "channel": "sms",
            "goal": "thank loyal customers and offer something new",
            "tone": "friendly",
        },
    ),
    ("Запланируй кампанию 13 на 25 декабря", "schedule_campaign", {"campaign_id": 13, "on": "2026-12-25"}),
    ("Запланируй кампанию № 13 на 01.12.2026", "schedule_campaign", {"campaign_id": 13, "on": "2026-12-01"}),
    ("Запланируй кампанию 13 на вторник", "schedule_campaign", {"campaign_id": 13, "on": "2026-11-24"}),
    ("Schedule campaign 13 for tomorrow", "schedule_campaign", {"campaign_id": 13, "on": "2026-11-23"}),
    ("Schedule campaign 13 for December 1", "schedule_campaign", {"campaign_id": 13, "on": "2026-12-01"}),
    ("Отчёт по кампаниям", "campaign_report", {}),
    ("Покажи результаты кампании 3", "campaign_report", {"campaign_id": 3}),
    ("Какой ROAS у кампании «Чёрная пятница»?", "campaign_report", {"name": "Чёрная пятница"}),
    ("How did campaign 3 perform?", "campaign_report", {"campaign_id": 3}),
    ("Show the campaign report", "campaign_report", {}),
    ("Сравни каналы рекламы", "campaign_report", {}),
    ("Найди клиентов в Москве", "segment_customers", {"city": "Москва"}),
    ("Найди потенциальных клиентов в Москве", "find_leads", {"city": "Москва"}),
    ("Переведи сделку 12 в работу", "move_deal", {"deal_id": 12, "stage": "qualification"}),
    (
        "A/B-тест: A 50 из 1000, B 75 из 1000",
        "evaluate_ab_test",
        {"visitors_a": 1000, "conversions_a": 50, "visitors_b": 1000, "conversions_b": 75},
    ),
    (
        "Оцени А/Б тест: вариант А — 1 200 визитов и 60 конверсий, вариант Б — 1 180 визитов и 85 конверсий",
        "evaluate_ab_test",
        {"visitors_a": 1200, "conversions_a": 60, "visitors_b": 1180, "conversions_b": 85},
    ),
    (
        "Evaluate the A/B test: A 1000/50, B 1000/65",
        "evaluate_ab_test",
        {"visitors_a": 1000, "conversions_a": 50, "visitors_b": 1000, "conversions_b": 65},
    ),
]


@pytest.mark.parametrize(("text", "tool", "arguments"), REQUESTS, ids=[row[0][:60] for row in REQUESTS])
def test_a_request_becomes_a_call(text: str, tool: str, arguments: dict[str, Any]) -> None:
    assert ask(text)[1] == [(tool, arguments)]


TALK: list[tuple[str, str]] = [
    ("Привет!", "Здравствуйте"),
    ("Hello", "Hello!"),
    ("Спасибо", "Пожалуйста"),
    ("thanks a lot", "You are welcome"),
    ("Помоги с маркетингом", "Помогу с маркетингом"),
    ("Help me with marketing", "I can help with marketing"),
    ("Помоги", "Вот что я умею"),
    ("What can you do?", "Here is what I can do"),
    ("Кто ты?", "Я демо-модель"),
    ("Who are you?", "I am the demo model"),
    ("покажи лидов " + "и сделок " * 300, "Этого я не понял"),  # a book is no request
    ("абракадабра", "Этого я не понял: я демо-модель"),
    ("colorless green ideas", "I did not understand that: I am a rule-based demo model"),
    ("Квалифицируй лида", "Какого лида"),
    ("Make a quote", "Which customer"),
    ("Сделай КП для «Мед-Вектор»", "Что включить в КП для Мед-Вектор"),
    ("Переведи сделку 5", "На какой этап"),
    ("Запланируй кампанию 5", "На какой день"),
    ("Оцени A/B-тест", "Дайте числа"),
]


@pytest.mark.parametrize(("text", "beginning"), TALK, ids=[row[0][:60] for row in TALK])
def test_a_request_is_answered_in_words(text: str, beginning: str) -> None:
    answer, calls = ask(text)
    assert calls == []
    assert answer.startswith(beginning)


def used(tool: str, arguments: dict[str, Any], result: str, text: str = "…") -> list[BaseMessage]:
    """A turn that called a tool."""
    tool_call = {"name": tool, "args": arguments, "id": f"call-{tool}", "type": "tool_call"}
    return [
        HumanMessage(text),
        AIMessage("", tool_calls=[tool_call]),
        ToolMessage(result, tool_call_id=f"call-{tool}"),
        AIMessage("Готово."),
    ]


LEADS = used(
    "find_leads",
    {"city": "Казань"},
    '{"total": 12, "leads": [{"id": 84, "company": "ООО «Кабель-Байкал»"}, '
    '{"id": 216, "company": "ООО «Витрина-Восток»"}]}',
    "Найди лидов в Казани",
)
DRAFT = used("draft_campaign", {"kind": "loyal"}, '{"campaign": {"id": 17, "name": "Письмо"}}')
QUOTE = used(
    "make_quote",
    {},
    '{"quote": {"customer": "ООО «Мед-Вектор»", "lines": [{"sku": "CRM-B", "quantity": 10}]}}',
)
FOLLOW_UPS: list[tuple[list[BaseMessage], str, str, dict[str, Any]]] = [
    (LEADS, "Оцени второго", "qualify_lead", {"lead_id": 216}),
    (LEADS, "Оцени Витрину-Восток", "qualify_lead", {"lead_id": 216}),
    (LEADS, "Qualify the last one", "qualify_lead", {"lead_id": 216}),
    (LEADS, "Покажи ещё лидов", "find_leads", {"city": "Казань", "offset": 2}),
    (
        LEADS,
        "Сделай КП на 10 CRM Бизнес для второго",
        "make_quote",
        {"customer": "ООО «Витрина-Восток»", "items": CRM10},
    ),
    (LEADS, "Кто из них самый перспективный?", "qualify_lead", {"lead_id": 84}),
    (LEADS, "Расскажи подробнее о втором", "qualify_lead", {"lead_id": 216}),
    (
        QUOTE,
        "тогда 10%",
        "make_quote",
        {"customer": "ООО «Мед-Вектор»", "items": CRM10, "discount_percent": 10.0},
    ),
    (
        [HumanMessage("Сделай рассылку"), AIMessage("Для какого сегмента кампания: спящие или крупные?")],
        "для спящих клиентов в sms",
        "draft_campaign",
        {
            "kind": "sleeping",
            "channel": "sms",
            "goal": "вернуть клиентов, которые давно не покупали",
            "tone": "friendly",
        },
    ),
    (
        [HumanMessage("Квалифицируй лида"), AIMessage("Какого лида? Назовите компанию.")],
        "Покажи воронку",
        "pipeline_report",
        {},
    ),
    (
        [HumanMessage("Запланируй кампанию 5"), AIMessage("На какой день?")],
        "30 ноября",
        "schedule_campaign",
        {"campaign_id": 5, "on": "2026-11-30"},
    ),
    (DRAFT, "Запланируй на завтра", "schedule_campaign", {"campaign_id": 17, "on": "2026-11-23"}),
    (
        QUOTE,
        "А теперь со скидкой 12 %",
        "make_quote",
        {"customer": "ООО «Мед-Вектор»", "items": CRM10, "discount_percent": 12.0},
    ),
    (
        [HumanMessage("Квалифицируй лида"), AIMessage("Какого лида квалифицировать?")],
        "номер 12",
        "qualify_lead",
        {"lead_id": 12},
    ),
    (
        [HumanMessage("Переведи сделку 5"), AIMessage("На какой этап?")],
        "в переговоры",
        "move_deal",
        {"deal_id": 5, "stage": "negotiation"},
    ),
]


@pytest.mark.parametrize(("before", "text", "tool", "arguments"), FOLLOW_UPS, ids=[row[1] for row in FOLLOW_UPS])
def test_a_request_may_lean_on_what_was_said(
    before: list[BaseMessage], text: str, tool: str, arguments: dict[str, Any]
) -> None:
    assert ask(text, before)[1] == [(tool, arguments)]


def test_a_title_is_made_from_the_conversation() -> None:
    prompt = (
        "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.\n"
        '### Output:\nJSON format: { "title": "your concise title here" }\n'
        "### Chat History:\n<chat_history>\nUSER: Найди лидов в Казани\nASSISTANT: …\n</chat_history>"
    )
    assert ask(prompt) == ('{"title": "Найди лидов в Казани"}', [])
    assert ask("Придумай короткий заголовок для этого чата. User: Покажи воронку")[0] == "Покажи воронку"
