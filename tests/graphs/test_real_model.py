"""`ChatOpenAI` in the graph, against a real OpenAI-compatible server on loopback."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk

from graphs import model as model_module
from graphs.crm.database import Database
from tests.graphs.conftest import open_talk
from tests.graphs.openai_server import OpenAIServer, serve
from tests.graphs.talk import Talk


@pytest.fixture
def real(crm: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A real model is chosen; it dies with its test, as its connections belong to the test's loop."""
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    monkeypatch.setenv("OPENAI_MODEL", "fake")
    yield monkeypatch
    model_module._openai.cache_clear()


async def test_a_conversation_with_a_tool_call(real: pytest.MonkeyPatch, talk: Talk) -> None:
    async with serve(OpenAIServer(("find_leads", {"city": "Казань"}), "Нашёл лидов в Казани")) as server:
        real.setenv("OPENAI_BASE_URL", server.url)
        run = await talk.say("Найди лидов в Казани")
    assert run.text == "Нашёл лидов в Казани "
    assert run.state["leads"]
    assert run.ai_ids == [message.id for message in await talk.messages() if isinstance(message, AIMessage)]
    used = [message.usage_metadata for message, _ in run.messages if isinstance(message, AIMessageChunk)]
    assert [entry["total_tokens"] for entry in used if entry] == [18, 18]

    first, second = server.requests
    assert first["model"] == "fake"
    assert first["stream"] is True
    assert first["stream_options"] == {"include_usage": True}
    assert first["messages"][0]["role"] == "system"
    assert {"find_leads", "transfer_to_marketing"} <= {tool["function"]["name"] for tool in first["tools"]}
    assert [message["role"] for message in second["messages"]] == ["system", "user", "assistant", "tool"]


async def test_the_supervisor_asks_without_being_streamed(real: pytest.MonkeyPatch, talk: Talk) -> None:
    async with serve(OpenAIServer(("route", {"department": "marketing"}), "Слушаю")) as server:
        real.setenv("OPENAI_BASE_URL", server.url)
        run = await talk.say("Что нам делать, чтобы о нас узнало больше людей в регионах страны?")
    assert run.state["department"] == "marketing"
    assert run.text == "Слушаю "
    assert server.requests[0]["tool_choice"] == {"type": "function", "function": {"name": "route"}}


async def test_settings_reach_the_wire(real: pytest.MonkeyPatch, crm: Database, tmp_path: Any) -> None:
    settings = {
        "temperature": 0.3, "top_p": 0.9, "max_tokens": 64, "stop": ["###"], "seed": 7, "user": "u1",
        "reasoning_effort": "low", "response_format": {"type": "json_object"}, "parallel_tool_calls": False,
        "tool_choice": "required",
    }  # fmt: skip
    async with serve(OpenAIServer(("find_leads", {"city": "Казань"}), '{"a": 1}')) as server:
        real.setenv("OPENAI_BASE_URL", server.url)
        async with open_talk(tmp_path / "t.sqlite", model_settings=settings) as talk:
            run = await talk.say("Найди лидов")
    assert run.text.strip() == '{"a": 1}'
    first, second = server.requests
    assert first["max_tokens"] == 64
    for name in ("temperature", "top_p", "stop", "seed", "user", "reasoning_effort", "response_format"):
        assert first[name] == second[name] == settings[name]
    assert first["parallel_tool_calls"] is False
    assert first["tool_choice"] == "required"
    assert "tool_choice" not in second


async def test_a_failing_model_fails_the_run_and_not_the_thread(real: pytest.MonkeyPatch, talk: Talk) -> None:
    async with serve(OpenAIServer(400, "Слушаю")) as server:
        real.setenv("OPENAI_BASE_URL", server.url)
        with pytest.raises(openai.BadRequestError):
            await talk.say("Найди лидов")
        assert (await talk.say("Найди лидов")).text == "Слушаю "
