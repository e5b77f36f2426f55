"""The agent that comes along, behind the bridge, with a model as strict as the providers."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from bridge.agents.langgraph.healing import WENT_ON
from graphs import department
from graphs.agent import build_graph
from graphs.calls import NOT_READABLE
from tests.healing.graphs import results
from tests.healing.test_threads import Talk
from tests.strict import Strict, check


def scripted(*answers: AIMessage) -> Strict:
    """Answers one after the other."""
    rest = list(answers)

    def answer(messages: list[BaseMessage]) -> AIMessage:
        return rest.pop(0)

    return Strict(reply=answer)


def call(name: str, identity: str, **arguments: Any) -> Any:
    return {"name": name, "args": arguments, "id": identity, "type": "tool_call"}


def talk_of(model: Strict, monkeypatch: pytest.MonkeyPatch) -> Talk:
    monkeypatch.setattr(department, "chat_model", lambda: model)
    return Talk(lambda _: build_graph(), model)


async def test_the_person_goes_on_without_answering(monkeypatch: pytest.MonkeyPatch) -> None:
    model = scripted(AIMessage("", tool_calls=[call("confirm", "c1", number=1)]), AIMessage("Хорошо"), AIMessage("Да"))
    talk = talk_of(model, monkeypatch)
    events = await talk.say("Подсветь лида 6")
    assert events[-1]["outcome"]["pendingToolCallIds"] == ["c1"]
    for text in ("Ладно, забудь про лида", "И ещё"):
        events = await talk.say(text)
        assert events[-1]["type"] == "RUN_FINISHED", events[-1]
    assert talk.screen[-1]["content"] == "Да"
    assert results(await talk.held()) == {"c1": (WENT_ON, "error")}


async def test_a_hand_over_beside_a_client_s_call_waits_for_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [call("transfer_to_marketing", "c1"), call("confirm", "c2", number=1)]
    model = scripted(AIMessage("", tool_calls=calls), AIMessage("Маркетинг слушает"))
    talk = talk_of(model, monkeypatch)
    events = await talk.say("Найди лидов")
    assert events[-1]["outcome"]["pendingToolCallIds"] == ["c2"]
    assert len(model.seen) == 1
    await talk.answer("c2", "да")
    assert talk.screen[-1]["content"] == "Маркетинг слушает"
    check(await talk.held())
    held = await talk.graph.aget_state({"configurable": {"thread_id": "thread"}})
    assert held.values["department"] == "marketing"


async def test_arguments_that_are_no_json_are_answered_within_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"name": "find_leads", "args": "лидов", "id": "c1", "error": None, "type": "invalid_tool_call"}
    model = scripted(AIMessage("", invalid_tool_calls=[broken]), AIMessage("Готово"))
    talk = talk_of(model, monkeypatch)
    events = await talk.say("Найди лидов")
    assert events[-1]["type"] == "RUN_FINISHED", events[-1]
    assert results(await talk.held()) == {"c1": (NOT_READABLE, "error")}
    assert isinstance(model.seen[1][1], HumanMessage)
