"""Every tool against a real SQLite file: what it answers, what it writes, how it refuses."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.graph import START, StateGraph
from langgraph.prebuilt import ToolNode
from sqlalchemy import func, select

from graphs import marketing, sales
from graphs.crm import models
from graphs.crm.clock import today
from graphs.crm.database import Database
from graphs.state import AgentState
from graphs.tooling import run_tool

TOOLS: dict[str, BaseTool] = {tool.name: tool for tool in [*sales.TOOLS, *marketing.TOOLS]}


async def use(tool: str, *, language: str = "по-русски", **arguments: Any) -> tuple[ToolMessage, dict[str, Any]]:
    """Call the tool as a department does; its answer, and the state afterwards."""
    graph = StateGraph(AgentState)
    graph.add_node("tools", ToolNode(list(TOOLS.values()), awrap_tool_call=run_tool, handle_tool_errors=False))
    graph.add_edge(START, "tools")
    call = {"name": tool, "args": arguments, "id": "c1", "type": "tool_call"}
    start: Any = {"messages": [HumanMessage(language), AIMessage("", tool_calls=[call])]}
    state = await graph.compile().ainvoke(start)
    message = state["messages"][-1]
    assert isinstance(message, ToolMessage)
    assert message.id
    assert message.name == tool
    return message, state


async def ok(tool: str, **arguments: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    message, state = await use(tool, **arguments)
    assert message.status == "success", message.text
    return json.loads(message.text), state


def test_there_are_the_tools_the_departments_promise() -> None:
    assert set(TOOLS) == {
        "find_leads", "qualify_lead", "find_deals", "move_deal", "reschedule_deal", "pipeline_report",
        "search_products", "make_quote", "segment_customers", "draft_campaign", "edit_campaign", "schedule_campaign",
        "campaign_report", "evaluate_ab_test",
    }  # fmt: skip
    for tool in TOOLS.values():
        function = convert_to_openai_tool(tool)["function"]
        assert "runtime" not in function["parameters"]["properties"]
        assert function["description"]


async def test_find_leads(crm: Database) -> None:
    data, state = await ok("find_leads", city="Kazan", industry="retail", min_budget=100_000, limit=3)
    assert data["shown"] == len(state["leads"]) <= 3
    for lead in state["leads"]:
        assert (lead["city"], lead["industry"]) == ("Казань", "Розничная торговля")
        assert lead["budget"] >= 100_000
        assert lead["status"] not in {"converted", "disqualified"}
    scores = [lead["bant"]["score"] for lead in state["leads"]]
    assert scores == sorted(scores, reverse=True)
    json.dumps(state["leads"])


async def test_find_leads_by_name_and_status(crm: Database) -> None:
    data, _ = await ok("find_leads", company="кофейня импульс")
    assert [lead["company"] for lead in data["leads"]] == ["ООО «Кофейня-Импульс»"]
    data, state = await ok("find_leads", min_budget=10**9)
    assert data["leads"] == state["leads"] == []


async def test_qualify_lead_stores_the_score_and_the_new_facts(crm: Database) -> None:
    data, state = await ok(
        "qualify_lead", lead_id=5, budget=9_000_000, position="генеральный директор", timeline_months=1
    )
    async with crm.read() as session:
        row = await session.get_one(models.Lead, 5)
    assert (row.budget, row.position, row.timeline_months) == (9_000_000, "генеральный директор", 1)
    assert row.bant_score == data["lead"]["bant"]["score"] == state["lead"]["bant"]["score"]
    assert {part["criterion"] for part in state["lead"]["bant"]["parts"]} == {
        "budget",
        "authority",
        "need",
        "timeline",
    }


async def test_move_deal(crm: Database) -> None:
    async with crm.read() as session:
        number = await session.scalar(select(models.Deal.id).where(models.Deal.stage == "proposal").limit(1))
    data, state = await ok("move_deal", deal_id=number, stage="won", reason="подписан договор")
    assert data["from_stage"] == "proposal"
    assert state["deal"]["stage"] == "won"
    assert state["pipeline"]["stages"][4]["count"] > 0
    async with crm.read() as session:
        row = await session.get_one(models.Deal, number)
        moves = select(models.DealMove).where(models.DealMove.deal_id == number).order_by(models.DealMove.id.desc())
        move = await session.scalar(moves.limit(1))
    assert (row.stage, row.closed_on) == ("won", today())
    assert move is not None
    assert (move.from_stage, move.to_stage, move.reason) == ("proposal", "won", "подписан договор")
    message, _ = await use("move_deal", deal_id=number, stage="lost")
    assert message.status == "error"
    assert "выиграна" in message.text


async def test_pipeline_report_agrees_with_the_tables(crm: Database) -> None:
    data, state = await ok("pipeline_report")
    report = data["pipeline"]
    assert report == state["pipeline"]
    async with crm.read() as session:
        query = select(models.Deal.stage, func.count(), func.sum(models.Deal.amount)).group_by(models.Deal.stage)
        expected = {stage: (count, amount) for stage, count, amount in (await session.execute(query)).all()}
    assert {row["stage"]: (row["count"], row["amount"]) for row in report["stages"]} == expected
    assert report["weighted_forecast"] == sum(row["weighted"] for row in report["stages"][:4])
    assert all(0 < row["conversion"] < 1 for row in report["stages"][:4])
    assert len(report["top_deals"]) == 5
    assert report["month_won_amount"] >= 0
    one, _ = await ok("pipeline_report", owner="Орлов")
    assert one["pipeline"]["owner"] == "Дмитрий Орлов"
    assert 0 < one["pipeline"]["open_count"] < report["open_count"]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("телефония", "TEL-1"),
        ("CRM Business", "CRM-B"),
        ("склад", "WMS-1"),
        ("касса", "POS-1"),
        ("BI-1", "BI-1"),
    ],
)
async def test_search_products(query: str, first: str, crm: Database) -> None:
    data, _ = await ok("search_products", query=query)
    assert data["products"][0]["sku"] == first


async def test_search_products_by_price(crm: Database) -> None:
    data, _ = await ok("search_products", max_price=20_000)
    assert data["products"]
    assert all(product["price"] <= 20_000 for product in data["products"])


async def test_make_quote_for_a_lead_makes_it_a_customer(crm: Database) -> None:
    items = [{"product": "CRM Бизнес", "quantity": 10}, {"product": "SRV-T", "quantity": 2}]
    data, state = await ok("make_quote", customer="кофейня-импульс", items=items, discount_percent=5)
    quote = state["quote"]
    assert data["quote"] == quote
    assert quote["subtotal"] == 10 * 18_900 + 2 * 42_000
    assert quote["subtotal"] - quote["discount_amount"] == quote["net"]
    assert quote["net"] + quote["vat"] == quote["total"]
    async with crm.read() as session:
        row = await session.get_one(models.Quote, quote["id"])
        assert (row.number, row.total, row.status) == (quote["number"], quote["total"], "draft")
        lines = (await session.scalars(select(models.QuoteLine).where(models.QuoteLine.quote_id == row.id))).all()
        assert [line.quantity for line in lines] == [10, 2]
        customer = await session.get_one(models.Customer, row.customer_id)
        assert customer.company == "ООО «Кофейня-Импульс»"
    again, _ = await ok("make_quote", customer="Кофейня-Импульс", items=items)
    assert again["quote"]["customer_id"] == quote["customer_id"]
    assert again["quote"]["number"] != quote["number"]


async def test_segment_customers(crm: Database) -> None:
    sizes = {}
    for kind in ("all", "sleeping", "loyal", "big", "new"):
        data, state = await ok("segment_customers", kind=kind)
        assert data["segment"] == state["segment"]
        sizes[kind] = data["segment"]["size"]
    assert sizes["all"] == 120
    assert all(0 < sizes[kind] < 120 for kind in ("sleeping", "loyal", "big", "new"))
    data, _ = await ok("segment_customers", city="Moscow")
    assert data["segment"]["cities"] == ["Москва"]


async def test_draft_campaign(crm: Database) -> None:
    data, state = await ok(
        "draft_campaign",
        channel="email",
        goal="вернуть клиентов",
        kind="sleeping",
        tone="business",
        subject="Своя тема",
    )
    campaign = state["campaign"]
    assert data["campaign"] == campaign
    assert campaign["subject"] == "Своя тема"
    assert "{имя}" in campaign["body"]
    assert campaign["audience"] == state["segment"]["size"]
    async with crm.read() as session:
        row = await session.get_one(models.Campaign, campaign["id"])
    assert (row.status, row.segment_filter["kind"], row.body) == ("draft", "sleeping", campaign["body"])


async def test_campaign_report(crm: Database) -> None:
    data, state = await ok("campaign_report", campaign_id=3)
    figures = data["campaign"]["metrics"]
    async with crm.read() as session:
        results = (await session.scalars(select(models.CampaignResult).filter_by(campaign_id=3))).all()
    assert figures["revenue"] == sum(row.revenue for row in results) > 0
    assert figures["roas"] == pytest.approx(figures["revenue"] / figures["cost"], abs=1e-4)
    assert state["campaign"]["metrics"] == figures
    named, _ = await ok("campaign_report", name="чёрная пятница")
    assert named["campaign"]["name"] == "Чёрная пятница"
    every, state = await ok("campaign_report")
    assert len(every["campaigns"]) == len(state["campaigns"]) == 12
    days = [campaign["scheduled_on"] for campaign in every["campaigns"]]
    assert days == sorted(days, reverse=True)


async def test_evaluate_ab_test(crm: Database) -> None:
    data, state = await ok("evaluate_ab_test", visitors_a=1000, conversions_a=50, visitors_b=1000, conversions_b=75)
    assert data["experiment"]["winner"] == "B"
    assert state["experiment"] == data["experiment"]


async def test_find_leads_by_heat_salesperson_and_silence(crm: Database) -> None:
    data, state = await ok("find_leads", city="Москва", grade="hot", owner="Белов", limit=20)
    assert data["total"] == len(state["leads"]) > 0
    assert {(lead["city"], lead["bant"]["grade"], lead["owner"]) for lead in state["leads"]} == {
        ("Москва", "hot", "Игорь Белов")
    }
    every, _ = await ok("find_leads", limit=20)
    rest, _ = await ok("find_leads", limit=20, offset=20)
    assert not {lead["id"] for lead in every["leads"]} & {lead["id"] for lead in rest["leads"]}
    silent, state = await ok("find_leads", stale_days=60, limit=20)
    assert 0 < silent["total"] < every["total"]
    for lead in state["leads"]:
        assert (lead["last_contact_on"] or lead["created_on"]) <= (today() - timedelta(days=60)).isoformat()


async def test_find_deals(crm: Database) -> None:
    data, state = await ok("find_deals", closes_from=TODAY, closes_to=IN_A_MONTH, limit=20)
    assert data["total"] > 0
    days = [deal["expected_close_on"] for deal in state["deals"]]
    assert days == sorted(days)
    assert all(TODAY <= day <= IN_A_MONTH for day in days)
    stuck, state = await ok("find_deals", stale_days=14)
    assert stuck["total"] > 0
    assert all(deal["days_in_stage"] >= 14 for deal in state["deals"])
    one, _ = await ok("find_deals", owner="Орлов", stage="negotiation", min_amount=1)
    assert {(deal["owner"], deal["stage"]) for deal in one["deals"]} == {("Дмитрий Орлов", "negotiation")}
    async with crm.read() as session:
        query = select(func.sum(models.Deal.amount)).where(models.Deal.stage.not_in(["won", "lost"]))
        everything = await session.scalar(query)
    assert (await ok("find_deals"))[0]["amount"] == everything


async def test_reschedule_deal(crm: Database) -> None:
    data, _ = await ok("reschedule_deal", deal_id=565, on=IN_A_MONTH)
    async with crm.read() as session:
        row = await session.get_one(models.Deal, 565)
    assert row.expected_close_on.isoformat() == data["deal"]["expected_close_on"] == IN_A_MONTH
    assert data["expected_before"] != IN_A_MONTH


async def test_a_forecast_of_a_period(crm: Database) -> None:
    every, _ = await ok("pipeline_report")
    part, state = await ok("pipeline_report", closes_from=TODAY, closes_to=IN_A_MONTH)
    report = part["pipeline"]
    assert state["pipeline"]["period"] == {"first": TODAY, "last": IN_A_MONTH}
    assert 0 < report["open_count"] < every["pipeline"]["open_count"]
    assert report["month_forecast"] == every["pipeline"]["month_forecast"]
    assert all(deal["expected_close_on"] <= IN_A_MONTH for deal in report["top_deals"])


async def test_edit_campaign(crm: Database) -> None:
    draft, _ = await ok("draft_campaign", channel="email", goal="продать", kind="big", offer="скидка 20 % на аналитику")
    number = draft["campaign"]["id"]
    assert draft["campaign"]["subject"] == "Скидка 20 % на аналитику"
    async with crm.write() as session:
        row = await session.get_one(models.Campaign, number)
        row.status, row.scheduled_on = "scheduled", today()
    data, _ = await ok("edit_campaign", campaign_id=number, tone="business", subject="Последний день")
    assert (data["campaign"]["subject"], data["campaign"]["status"]) == ("Последний день", "draft")
    assert data["campaign"]["scheduled_on"] is None
    assert data["campaign"]["body"].startswith("Уважаемый")
    assert "скидка 20 % на аналитику" in data["campaign"]["body"]


async def test_terms_and_people_are_in_the_language_of_the_conversation(crm: Database) -> None:
    message, state = await use("find_leads", language="in English", lead_id=84)
    lead = state["leads"][0]
    assert (lead["city"], lead["industry"], lead["position"]) == ("Kazan", "Manufacturing", "marketing director")
    assert lead["company"] == "ООО «Кабель-Байкал»"
    assert not re.search("[а-яё]", message.text.replace(lead["company"], ""), re.IGNORECASE)


TODAY = today().isoformat()
IN_A_MONTH = (today() + timedelta(days=30)).isoformat()
YESTERDAY = (today() - timedelta(days=1)).isoformat()
TOMORROW = (today() + timedelta(days=1)).isoformat()
ITEM = [{"product": "CRM-B", "quantity": 1}]
REFUSALS: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "find_leads",
        {"city": "Париж"},
        "«Париж» в CRM не встречается. Есть: Москва",
        "'Париж' is not in the CRM",
    ),
    ("find_leads", {"industry": "Космос"}, "Отрасль «Космос»", "industry 'Космос'"),
    ("find_leads", {"limit": 0}, "limit", "limit"),
    ("find_leads", {"min_budget": "много"}, "min_budget", "min_budget"),
    ("qualify_lead", {}, "Укажите номер лида", "Give the lead's id"),
    ("qualify_lead", {"lead_id": 99_999}, "Лида с номером 99999 нет", "no lead 99999"),
    ("qualify_lead", {"company": "Несуществующая"}, "не найден", "No lead is called"),
    ("qualify_lead", {"company": "Вектор"}, "Подходит несколько лидов", "Several leads fit"),
    ("move_deal", {"deal_id": 1, "stage": "space"}, "stage", "stage"),
    ("move_deal", {"stage": "won"}, "Укажите номер сделки", "Give the deal's id"),
    ("move_deal", {"deal_id": 99_999, "stage": "won"}, "Сделки № 99999 нет", "no deal 99999"),
    ("move_deal", {"company": "Никто", "stage": "won"}, "Открытых сделок с «Никто» нет", "no open deal"),
    ("pipeline_report", {"owner": "Пушкин"}, "Менеджера «Пушкин» не нашлось", "No salesperson"),
    ("make_quote", {"customer": "Никто", "items": ITEM}, "Компании «Никто» в CRM нет", "no company"),
    ("make_quote", {"customer": "Вектор", "items": ITEM}, "Подходит несколько компаний", "Several fit"),
    (
        "make_quote",
        {"customer": "Кофейня-Импульс", "items": [{"product": "ракета", "quantity": 1}]},
        "Товара «ракета» нет",
        "no product 'ракета'",
    ),
    ("make_quote", {"customer": "Кофейня-Импульс", "items": []}, "items", "items"),
    *(
        (
            "make_quote",
            {"customer": "Кофейня-Импульс", "items": [{"product": "CRM-B", "quantity": quantity}]},
            f"quantity: {fault}",
            f"quantity: {fault}",
        )
        for quantity, fault in ((0, "Input"), (-5, "Input"), (0.5, "Input"), (1_000_000, "Input"))
    ),
    (
        "make_quote",
        {"customer": "Кофейня-Импульс", "items": [{"product": "CRM", "quantity": 1}]},
        "это несколько товаров: CRM Старт",
        "may be CRM Start",
    ),
    ("make_quote", {"items": ITEM}, "Для кого КП", "Whom is the quote for"),
    ("make_quote", {"lead_id": 99_999, "items": ITEM}, "99999", "99999"),
    ("find_leads", {"lead_id": 99_999}, "99999", "99999"),
    ("find_deals", {"deal_id": 99_999}, "99999", "99999"),
    ("find_deals", {"company": "Никто"}, "«Никто»", "'Никто'"),
    ("find_deals", {"closes_from": TOMORROW, "closes_to": YESTERDAY}, "раньше, чем начинается", "ends"),
    ("reschedule_deal", {"deal_id": 565, "on": YESTERDAY}, "в прошлом", "in the past"),
    ("reschedule_deal", {"deal_id": 8, "on": TOMORROW}, "закрыта", "closed"),
    ("edit_campaign", {"campaign_id": 3, "subject": "Новая"}, "уже отправлена", "already sent"),
    ("edit_campaign", {"campaign_id": 3}, "Что изменить", "What is to be changed"),
    ("schedule_campaign", {"campaign_id": 1, "on": TOMORROW, "at": "25:00"}, "at:", "at:"),
    (
        "make_quote",
        {"customer": "Кофейня-Импульс", "items": ITEM, "discount_percent": 31},
        "больше 30 %",
        "30 %",
    ),
    ("draft_campaign", {"channel": "pigeon", "goal": "продать"}, "channel", "channel"),
    ("schedule_campaign", {"campaign_id": 999, "on": TOMORROW}, "Кампании № 999 нет", "no campaign 999"),
    ("schedule_campaign", {"campaign_id": 1, "on": TOMORROW}, "уже отправлена", "already sent"),
    ("schedule_campaign", {"campaign_id": 1, "on": "скоро"}, "on:", "on:"),
    ("campaign_report", {"campaign_id": 999}, "Кампании № 999 нет", "no campaign 999"),
    ("campaign_report", {"name": "контекст"}, "Подходит несколько", "Several fit"),
    (
        "evaluate_ab_test",
        {"visitors_a": 10, "conversions_a": 11, "visitors_b": 10, "conversions_b": 1},
        "Вариант A: конверсий (11) больше",
        "Variant A has more conversions",
    ),
]


@pytest.mark.parametrize(("tool", "arguments", "ru", "en"), REFUSALS)
async def test_bad_arguments_are_refused_in_words(
    tool: str, arguments: dict[str, Any], ru: str, en: str, crm: Database
) -> None:
    for language, expected in (("по-русски", ru), ("in English", en)):
        message, state = await use(tool, language=language, **arguments)
        assert message.status == "error"
        assert expected in message.text
        assert set(state) == {"messages"}


async def test_a_past_day_is_refused(crm: Database) -> None:
    data, _ = await ok("draft_campaign", channel="email", goal="вернуть клиентов", kind="sleeping")
    message, _ = await use("schedule_campaign", campaign_id=data["campaign"]["id"], on=YESTERDAY)
    assert message.status == "error"
    assert "в прошлом" in message.text


async def test_a_broken_database_does_not_break_the_graph(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "not-a-database").write_text("x" * 5000)
    monkeypatch.setenv("AGENT_DATABASE_URL", f"sqlite:///{tmp_path}/not-a-database")
    message, _ = await use("find_leads")
    assert message.status == "error"
    assert "Внутренняя ошибка" in message.text
    assert "sqlite" not in message.text.lower()
    assert "tool find_leads failed" in caplog.text


async def test_an_unknown_tool_is_named(crm: Database) -> None:
    message, _ = await use("fly_to_the_moon")
    assert message.status == "error"
