"""Whole conversations, with the demo model, a real checkpointer and a real CRM."""

from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage
from sqlalchemy import func, select

from graphs.crm import models
from graphs.crm.database import Database
from graphs.demo.suggestions import AFTER
from tests.graphs.conftest import open_talk
from tests.graphs.talk import Talk

QUOTE = "Сделай КП на 10 CRM Бизнес для «Кофейня-Импульс» со скидкой 15 %"


async def quotes(crm: Database) -> list[models.Quote]:
    async with crm.read() as session:
        return list((await session.scalars(select(models.Quote))).all())


async def test_a_question_calls_a_tool_and_is_answered_in_russian(talk: Talk) -> None:
    run = await talk.say("Найди лидов в Казани с бюджетом от 500 тыс")
    assert run.calls == [("find_leads", {"city": "Казань", "min_budget": 500_000})]
    assert run.state["department"] == "sales"
    assert run.state["leads"]
    assert all(lead["city"] == "Казань" and lead["budget"] >= 500_000 for lead in run.state["leads"])
    assert run.text.startswith("**Нашёл лидов:")
    assert run.state["leads"][0]["company"] in run.text
    assert run.tasks == ["supervisor", "sales", "model", "tools", "model"]


async def test_ids_are_the_same_in_the_stream_and_in_the_checkpoint(talk: Talk) -> None:
    run = await talk.say("Найди лидов в Казани и оцени первого")
    stored = await talk.messages()
    assert run.ai_ids == [message.id for message in stored if isinstance(message, AIMessage)]
    assert [m.id for m in run.results] == [m.id for m in stored if isinstance(m, ToolMessage)]
    assert len({message.id for message in stored}) == len(stored)
    assert run.text == stored[-1].text


async def test_words_and_arguments_come_in_pieces(talk: Talk) -> None:
    run = await talk.say("Найди лидов в Казани с бюджетом от 500 тыс")
    chunks = [message for message, _ in run.messages if isinstance(message, AIMessageChunk)]
    assert len([chunk for chunk in chunks if chunk.text]) > 20
    pieces = [chunk.tool_call_chunks[0] for chunk in chunks if chunk.tool_call_chunks]
    assert pieces[0]["name"] == "find_leads"
    assert pieces[0]["id"]
    assert all(piece["name"] is None and piece["id"] is None for piece in pieces[1:])
    assert len(pieces) > 2
    assert [chunk.usage_metadata is not None for chunk in chunks].count(True) == 2


async def test_asking_the_model_for_the_department_is_not_streamed(talk: Talk) -> None:
    run = await talk.say("Расскажи, пожалуйста, что-нибудь интересное о погоде за окном в нашем городе")
    assert run.state["department"] == "assistant"
    assert len(run.ai_ids) == 1
    assert [type(message) for message in await talk.messages()][1:] == [AIMessage]


async def test_shared_state_is_absent_until_a_tool_has_written_it(talk: Talk) -> None:
    run = await talk.say("Привет")
    assert set(run.state) == {"messages", "department"}
    run = await talk.say("Покажи воронку")
    assert set(run.state) == {"messages", "department", "pipeline"}
    stages = [stage["stage"] for stage in run.state["pipeline"]["stages"]]
    assert stages == ["new", "qualification", "proposal", "negotiation", "won", "lost"]


async def test_a_discount_is_asked_for_and_granted(talk: Talk, crm: Database) -> None:
    run = await talk.say(QUOTE)
    (interrupt,) = run.interrupts.values()
    assert interrupt.value["reason"] == "discount_approval"
    assert "15 %" in interrupt.value["message"]
    assert interrupt.value["quote"]["discount_percent"] == 15
    assert isinstance(interrupt.response_schema, dict)
    assert interrupt.response_schema["required"] == ["approved"]
    assert await quotes(crm) == []

    run = await talk.resume({"approved": True, "comment": "только в этот раз"})
    (row,) = await quotes(crm)
    assert (row.status, row.discount_percent, row.comment) == ("approved", 15, "только в этот раз")
    assert row.total == run.state["quote"]["total"] == round(189_000 * 0.85 * 1.22)
    assert run.state["quote"]["number"] == row.number
    assert row.number in run.text


async def test_a_person_may_grant_another_discount(talk: Talk, crm: Database) -> None:
    await talk.say(QUOTE)
    await talk.resume({"approved": True, "discount": 12})
    assert [row.discount_percent for row in await quotes(crm)] == [12]


async def test_a_refused_or_cancelled_discount_stores_nothing(talk: Talk, crm: Database) -> None:
    for number, refusal in enumerate([False, {"approved": False, "comment": "дорого"}, None, {}, "нет", [1]]):
        async_talk = Talk(talk.graph, f"refused-{number}", {})
        await async_talk.say(QUOTE)
        run = await async_talk.resume(refusal)
        assert run.interrupts == {}
        assert "не согласовали" in run.text
        assert run.state["quote"]["status"] == "rejected"
        assert run.state["quote"]["id"] is None
        assert await quotes(crm) == []


async def test_a_small_discount_needs_nobody(talk: Talk, crm: Database) -> None:
    run = await talk.say("Сделай КП на 10 CRM Бизнес для «Кофейня-Импульс» со скидкой 10 %")
    assert run.interrupts == {}
    assert [row.status for row in await quotes(crm)] == ["draft"]


async def test_scheduling_a_campaign_waits_for_a_person(talk: Talk, crm: Database) -> None:
    run = await talk.say("Составь письмо для спящих клиентов")
    number = run.state["campaign"]["id"]
    run = await talk.say("Запланируй на завтра")
    (interrupt,) = run.interrupts.values()
    assert interrupt.value["reason"] == "campaign_approval"
    assert interrupt.value["campaign"]["id"] == number
    run = await talk.resume(False)
    assert run.state["campaign"]["status"] == "rejected"
    async with crm.read() as session:
        row = await session.get_one(models.Campaign, number)
        assert (row.status, row.scheduled_on) == ("draft", None)

    await talk.say("Запланируй её на завтра")
    run = await talk.resume({"approved": "да"})
    async with crm.read() as session:
        row = await session.get_one(models.Campaign, number)
        assert row.status == "scheduled"
        assert row.scheduled_on is not None
        assert run.state["campaign"]["scheduled_on"] == row.scheduled_on.isoformat()


async def test_an_unanswered_approval_does_not_block_the_conversation(talk: Talk, crm: Database) -> None:
    await talk.say(QUOTE)
    run = await talk.say("Покажи воронку")
    assert run.text.startswith("**Воронка")
    assert await quotes(crm) == []


async def test_everything_is_there_after_a_restart(crm: Database, tmp_path: Path) -> None:
    async with open_talk(tmp_path / "threads.sqlite") as before:
        await before.say("Найди лидов в Москве с бюджетом от 1 млн")
        await before.say(QUOTE)
    # Another connection, as another process would have.
    async with open_talk(tmp_path / "threads.sqlite") as after:
        run = await after.resume(True)
        assert run.state["quote"]["status"] == "approved"
        run = await after.say("Оцени второго")
        assert run.calls[-1] == ("qualify_lead", {"lead_id": run.state["leads"][1]["id"]})
    async with crm.read() as session:
        assert await session.scalar(select(func.count()).select_from(models.Quote)) == 1
        lead = await session.get_one(models.Lead, run.state["lead"]["id"])
        assert lead.bant_score == run.state["lead"]["bant"]["score"]


async def test_one_message_may_concern_both_departments(talk: Talk) -> None:
    run = await talk.say("Найди лидов в Казани и составь рассылку для спящих клиентов")
    names = [name for name, _ in run.calls]
    assert names == ["find_leads", "transfer_to_marketing", "draft_campaign"]
    assert run.state["department"] == "marketing"
    assert "Нашёл лидов" in run.text
    assert "Черновик кампании" in run.text


async def test_english_is_answered_in_english(talk: Talk) -> None:
    run = await talk.say("Find leads in Kazan and qualify the first one")
    assert run.text.startswith("**Leads found:")
    assert "Next step" in run.text
    reasons = [part["reason"] for part in run.state["lead"]["bant"]["parts"]]
    assert any("Buys within" in reason or "No date" in reason for reason in reasons)


async def test_the_application_may_fix_the_language(crm: Database, tmp_path: Path) -> None:
    context = [{"description": "Язык интерфейса", "value": "en"}]
    async with open_talk(tmp_path / "t.sqlite", client_context=context) as talk:
        run = await talk.say("Покажи воронку")
        assert run.text.startswith("**Pipeline as of")


async def test_a_tool_error_is_reported_and_the_run_goes_on(talk: Talk) -> None:
    run = await talk.say("Переведи сделку 99999 в переговоры")
    assert [result.status for result in run.results] == ["error"]
    assert "99999" in run.text
    assert (await talk.say("Привет")).text.startswith("Здравствуйте")


BEFORE = {
    "find_leads": ("Найди лидов в Казани", "Find leads in Kazan"),
    "qualify_lead": ("Квалифицируй лида 84", "Qualify lead 84"),
    "find_deals": ("Покажи сделки", "Show the deals"),
    "move_deal": ("Переведи сделку 203 в переговоры", "Move deal 203 to negotiation"),
    "reschedule_deal": ("Перенеси сделку 203 на завтра", "Postpone deal 203 until tomorrow"),
    "pipeline_report": ("Покажи воронку", "Show the pipeline"),
    "make_quote": ("Сделай КП на 10 CRM Бизнес для «Мед-Вектор»", 'A quote for 10 CRM Business for "Мед-Вектор"'),
    "campaign_report": ("Отчёт по кампаниям", "Campaign report"),
    "segment_customers": ("Собери сегмент спящих клиентов", "Build a segment of sleeping customers"),
    "draft_campaign": ("Составь письмо для спящих клиентов", "Draft a letter for sleeping customers"),
}


@pytest.mark.parametrize("language", [0, 1])
@pytest.mark.parametrize("tool", sorted(AFTER))
async def test_every_suggestion_is_understood_and_new(talk: Talk, tool: str, language: int) -> None:
    request = BEFORE[tool][language]
    for number, (_, messages) in enumerate(AFTER[tool]):
        thread = Talk(talk.graph, f"{tool}-{language}-{number}", {})
        first = await thread.say(request)
        assert [name for name, _ in first.calls if not name.startswith("transfer")] == [tool]
        run = await thread.say(messages[language])
        calls = [(name, arguments) for name, arguments in run.calls if not name.startswith("transfer")]
        assert calls or run.interrupts, messages[language]
        assert calls != [entry for entry in first.calls if not entry[0].startswith("transfer")]
