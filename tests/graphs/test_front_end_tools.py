"""Tools that the front end executes: bound beside our own, left open, answered in the next run."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, ToolMessage

from graphs import department
from graphs.crm.database import Database
from tests.graphs.conftest import open_talk
from tests.graphs.scripted import Scripted


def function(name: str, description: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }


THEME = function("setTheme", "Сменить тему оформления страницы", theme={"type": "string", "enum": ["light", "dark"]})
HIGHLIGHT = function("highlightLead", "Подсветить лида на доске", leadId={"type": "integer"})
SUGGEST = function(
    "copilotkitSuggest",
    "Suggest what the user may ask next",
    suggestions={
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"title": {"type": "string"}, "message": {"type": "string"}},
        },
    },
)


def call(name: str, call_id: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "args": arguments, "id": call_id, "type": "tool_call"}


def use(monkeypatch: pytest.MonkeyPatch, model: BaseChatModel) -> None:
    monkeypatch.setattr(department, "chat_model", lambda: model)


async def test_a_call_is_left_open_and_its_answer_is_used(crm: Database, tmp_path: Path) -> None:
    async with open_talk(tmp_path / "t.sqlite", client_tools=[THEME, HIGHLIGHT]) as talk:
        run = await talk.say("Включи тёмную тему")
        assert run.calls == [("setTheme", {"theme": "dark"})]
        assert run.results == []
        (open_call,) = (await talk.messages())[-1].tool_calls  # type: ignore[attr-defined]  # it is an AIMessage

        run = await talk.send(ToolMessage("ok", tool_call_id=open_call["id"]))
        assert run.text == "Готово."
        assert "supervisor" in run.tasks


async def test_own_tools_run_beside_an_open_call(
    crm: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Scripted(
        [
            AIMessage(
                "",
                tool_calls=[call("highlightLead", "c1", leadId=6), call("find_leads", "c2", city="Казань")],
            ),
            AIMessage("Готово"),
        ]
    )
    use(monkeypatch, model)
    async with open_talk(tmp_path / "t.sqlite", client_tools=[HIGHLIGHT]) as talk:
        run = await talk.say("Подсветь лида 6 и найди лидов")
        assert [result.tool_call_id for result in run.results] == ["c2"]
        assert run.state["leads"]
        assert len(model.seen) == 1  # the run has ended; the model is not asked again

        run = await talk.send(ToolMessage("подсвечен", tool_call_id="c1"))
        assert run.text == "Готово"
        # Both answers stand right behind their message.
        sent = model.seen[-1]
        assert [message.tool_call_id for message in sent[-2:] if isinstance(message, ToolMessage)] == ["c2", "c1"]


async def test_a_forced_call_is_made_once_and_alone(crm: Database, tmp_path: Path) -> None:
    choice = {"type": "function", "function": {"name": "copilotkitSuggest"}}
    settings = {"tool_choice": choice}
    async with open_talk(tmp_path / "t.sqlite", client_tools=[SUGGEST, THEME], model_settings=settings) as talk:
        run = await talk.say("Найди лидов в Казани")
        ((name, arguments),) = run.calls
        assert name == "copilotkitSuggest"
        assert all(set(entry) == {"title", "message"} for entry in arguments["suggestions"])
        assert len(arguments["suggestions"]) >= 2
        assert run.tasks == ["supervisor", "assistant", "model"]


async def test_a_forced_call_binds_only_that_tool(
    crm: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Scripted([AIMessage("", tool_calls=[call("setTheme", "c1", theme="dark")])])
    use(monkeypatch, model)
    settings = {"tool_choice": {"type": "function", "function": {"name": "setTheme"}}, "temperature": 0.2}
    async with open_talk(tmp_path / "t.sqlite", client_tools=[SUGGEST, THEME], model_settings=settings) as talk:
        await talk.say("Найди лидов")
    (settings_seen,) = model.settings
    assert [entry["function"]["name"] for entry in settings_seen["tools"]] == ["setTheme"]
    assert settings_seen["tool_choice"] == "setTheme"
    assert settings_seen["temperature"] == 0.2


async def test_settings_and_context_reach_the_model(
    crm: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Scripted([AIMessage("Привет")])
    use(monkeypatch, model)
    settings = {
        "temperature": 0,
        "max_tokens": 50,
        "seed": 7,
        "unknown": 1,
        "parallel_tool_calls": False,
        "top_p": None,
    }
    context = [{"description": "Открытая страница", "value": {"page": "Лиды"}}]
    async with open_talk(
        tmp_path / "t.sqlite", client_tools=[THEME], model_settings=settings, client_context=context
    ) as talk:
        await talk.say("Привет, покажи воронку")
    (seen,) = model.settings
    assert {name: seen[name] for name in ("temperature", "max_tokens", "seed", "parallel_tool_calls")} == {
        "temperature": 0,
        "max_tokens": 50,
        "seed": 7,
        "parallel_tool_calls": False,
    }
    assert "unknown" not in seen
    assert "top_p" not in seen
    assert "setTheme" in [entry["function"]["name"] for entry in seen["tools"]]
    assert 'Открытая страница: {"page": "Лиды"}' in model.seen[0][1].text


async def test_tool_choice_none_hides_the_front_ends_tools_only(
    crm: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Scripted([AIMessage("Хорошо")])
    use(monkeypatch, model)
    async with open_talk(tmp_path / "t.sqlite", client_tools=[THEME], model_settings={"tool_choice": "none"}) as talk:
        await talk.say("Покажи воронку")
    names = [entry["function"]["name"] for entry in model.settings[0]["tools"]]
    assert "setTheme" not in names
    assert "pipeline_report" in names


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("Подсветь лида 12", [("highlightLead", {"leadId": 12})]),
        ("Highlight lead 12 on the board", [("highlightLead", {"leadId": 12})]),
        ("Switch to the light theme", [("setTheme", {"theme": "light"})]),
        ("Найди лидов в Казани", [("find_leads", {"city": "Казань"})]),
    ],
)
async def test_the_demo_model_picks_among_both(
    text: str, calls: list[tuple[str, Any]], crm: Database, tmp_path: Path
) -> None:
    async with open_talk(tmp_path / "t.sqlite", client_tools=[THEME, HIGHLIGHT]) as talk:
        assert (await talk.say(text)).calls == calls
