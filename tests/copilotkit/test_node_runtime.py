"""CopilotKit's own Node runtime in front of the bridge: the same conversation over AG-UI and over the chat API."""

from __future__ import annotations

import sqlite3

import httpx
import orjson
import pytest

from tests.clients.agui_client import Talk, talk
from tests.clients.node_runtime import AGENTS
from tests.copilotkit.chat import THEME, Chat, deltas, named, run_input, spoken_text, user
from tests.copilotkit.conftest import KEYS
from tests.server import Server

AUTHORIZED = {"Authorization": f"Bearer {KEYS[0]}"}
CONTEXT = [{"description": "Имя менеджера", "value": "Мария"}]
QUOTE = "Сделай КП на 10 CRM Бизнес для «Кофейня-Импульс» со скидкой 15 %"
OWN_TOOLS = {"AGUISendStateSnapshot", "AGUISendStateDelta"}


@pytest.fixture(params=AGENTS)
def chat(request: pytest.FixtureRequest, node_runtime: str) -> Chat:
    agent: str = request.param
    return Chat(node_runtime, agent, headers=AUTHORIZED, tools=[THEME], context=CONTEXT)


def quotes(bridge: Server) -> list[tuple[int, str]]:
    with sqlite3.connect(bridge.db.with_name("crm.sqlite")) as crm:
        return crm.execute("select discount_percent, status from quotes order by id").fetchall()


def check(received: Talk) -> str:
    """A whole answer: streamed, ended, without an error; its text."""
    assert named(received.events, "RUN_ERROR") == []
    assert received.events[-1]["type"] == "RUN_FINISHED"
    assert not OWN_TOOLS & {call["toolCallName"] for call in named(received.events, "TOOL_CALL_START")}
    return spoken_text(received.events)


async def test_a_conversation_of_two_turns_is_answered_in_russian_piece_by_piece(chat: Chat) -> None:
    first = await chat.say("Помоги с маркетингом")
    assert "маркетинг" in check(first)
    assert len(deltas(first.events)) >= 5
    assert chat.messages[-1]["content"] == spoken_text(first.events)

    second = await chat.say("Покажи воронку продаж")
    assert check(second).startswith("**Воронка")
    assert len(deltas(second.events)) >= 5
    assert [message["role"] for message in chat.messages if message["role"] != "tool"][:2] == ["user", "assistant"]
    assert [m["content"] for m in chat.messages if m["role"] == "user"] == [
        "Помоги с маркетингом",
        "Покажи воронку продаж",
    ]


async def test_a_server_tool_runs_behind_the_runtime(chat: Chat) -> None:
    received = await chat.say("Найди лидов в Казани с бюджетом от 500 тыс")
    assert check(received).startswith("**Нашёл лидов:")
    called = [call["toolCallName"] for call in named(received.events, "TOOL_CALL_START")]
    results = named(received.events, "TOOL_CALL_RESULT")
    if chat.agent == "http":
        assert called == ["find_leads"]
        assert "Казань" in results[0]["content"]
        assert chat.state["leads"]
    else:  # the chat API does not say what the graph runs itself: the runtime would try to run it again
        assert (called, results) == ([], [])


async def test_a_front_end_tool_goes_to_the_page_and_its_answer_back(chat: Chat) -> None:
    asked = await chat.say("Включи тёмную тему")
    check(asked)
    (call,) = named(asked.events, "TOOL_CALL_START")
    assert call["toolCallName"] == "setTheme"
    assert orjson.loads("".join(event["delta"] for event in named(asked.events, "TOOL_CALL_ARGS"))) == {"theme": "dark"}
    assert named(asked.events, "TOOL_CALL_RESULT") == []

    answered = await chat.answer_tool(call, "ok")
    assert check(answered) == "Готово."
    assert named(answered.events, "TOOL_CALL_START") == []
    assert check(await chat.say("Покажи воронку")).startswith("**Воронка")


async def test_an_approval_is_asked_and_answered_over_agui(node_runtime: str, bridge: Server) -> None:
    chat = Chat(node_runtime, "http", headers=AUTHORIZED)
    before = quotes(bridge)
    asked = await chat.say(QUOTE)
    check(asked)
    (question,) = named(asked.events, "CUSTOM")
    assert question["name"] == "on_interrupt"
    assert quotes(bridge) == before

    answered = await chat.run(forwardedProps={"command": {"resume": {"approved": True}}})
    assert "КП" in check(answered)
    assert quotes(bridge) == [*before, (15, "approved")]


async def test_an_approval_is_asked_and_answered_in_words_over_the_chat_api(node_runtime: str, bridge: Server) -> None:
    chat = Chat(node_runtime, "openai", headers=AUTHORIZED, context=CONTEXT)
    before = quotes(bridge)
    assert "15 %" in check(await chat.say(QUOTE))
    assert quotes(bridge) == before

    assert "КП" in check(await chat.say("да"))
    assert quotes(bridge) == [*before, (15, "approved")]


async def test_the_runtime_hands_the_key_on(node_runtime: str) -> None:
    wrong = await talk(
        f"{node_runtime}/agent/http/run",
        run_input("wrong-key", [user("Привет")]),
        client="0.0.59",
        headers={"Authorization": "Bearer wrong"},
    )
    assert wrong.verdict.run_error is not None
    assert "401" in wrong.verdict.run_error["message"]

    async with httpx.AsyncClient(trust_env=False) as client:
        info = (await client.get(f"{node_runtime}/info")).json()
    assert set(info["agents"]) == set(AGENTS)
    assert info["telemetryDisabled"] is True
