"""`bridge.langchain.ClientTools`, at work in an agent behind the bridge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import Runnable
from langgraph.checkpoint.memory import InMemorySaver

from bridge import Settings, create_app
from bridge.langchain import ClientTools, _waits

THEME = {"type": "function", "function": {"name": "set_theme", "parameters": {"type": "object", "properties": {}}}}


class Scripted(FakeMessagesListChatModel):
    """Says what it is told to, and remembers what it was offered."""

    offered: list[list[str]] = []  # noqa: RUF012 - pydantic copies it
    given: list[list[str]] = []  # noqa: RUF012 - the same

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        self.offered.append([tool["function"]["name"] if isinstance(tool, dict) else tool.name for tool in tools])
        return self

    def _generate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
        self.given.append([message.type for message in messages])
        return super()._generate(messages, *args, **kwargs)


def call(name: str, identity: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "id": identity, "args": arguments, "type": "tool_call"}


def weather(city: str) -> str:
    """The weather in a city."""
    return f"В городе {city} солнечно."


@pytest.mark.parametrize("own", [[weather], []], ids=["with a tool of its own", "without"])
async def test_server_and_client_tools_in_one_message(own: list[Any]) -> None:
    calls = [call("set_theme", "c2", theme="dark"), *([call("weather", "c1", city="Казань")] if own else [])]
    model = Scripted(responses=[AIMessage("", tool_calls=calls), AIMessage("Готово.")])
    app = create_app({"agent": create_agent(model, tools=own, middleware=[ClientTools()])}, Settings(db=":memory:"))
    body: dict[str, Any] = {"messages": [{"role": "user", "content": "Тёмную тему и погоду"}], "tools": [THEME]}
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://b") as client:
        first = (await client.post("/v1/chat/completions", json=body)).json()["choices"][0]
        assert first["finish_reason"] == "tool_calls"
        (left,) = first["message"]["tool_calls"]
        assert (left["id"], left["function"]["name"]) == ("c2", "set_theme")
        assert json.loads(left["function"]["arguments"]) == {"theme": "dark"}

        body["messages"] += [first["message"], {"role": "tool", "tool_call_id": "c2", "content": "сделано"}]
        second = (await client.post("/v1/chat/completions", json=body)).json()["choices"][0]
    assert second["finish_reason"] == "stop"
    assert second["message"]["content"] == "Готово."
    assert model.offered[0] == [*(["weather"] if own else []), "set_theme"]
    assert sorted(model.given[1]) == sorted(["human", "ai", *["tool"] * len(calls)])


def set_theme(theme: str) -> str:
    """The agent's own tool of the client's name."""
    raise AssertionError("the client runs it")


def configured(thread: str = "t") -> Any:
    return {"configurable": {"thread_id": thread, "client_tools": [THEME]}}


async def test_a_client_s_tool_takes_the_place_of_the_agent_s_own() -> None:
    model = Scripted(responses=[AIMessage("", tool_calls=[call("set_theme", "c", theme="dark")])])
    agent = create_agent(model, tools=[set_theme], middleware=[ClientTools()])
    state = await agent.ainvoke({"messages": [HumanMessage("?")]}, configured())
    assert model.offered == [["set_theme"]]
    assert [message.type for message in state["messages"]] == ["human", "ai"]


def test_it_works_in_agents_that_are_invoked_without_a_loop() -> None:
    calls = [call("set_theme", "c", theme="dark"), call("weather", "w", city="Казань")]
    model = Scripted(responses=[AIMessage("", tool_calls=calls), AIMessage("Готово.")])
    agent = create_agent(model, tools=[weather], middleware=[ClientTools()], checkpointer=InMemorySaver())
    state = agent.invoke({"messages": [HumanMessage("?")]}, configured())
    assert [message.type for message in state["messages"]] == ["human", "ai", "tool"]
    state = agent.invoke({"messages": [ToolMessage("сделано", tool_call_id="c")]}, configured())
    assert state["messages"][-1].text == "Готово."


def test_it_goes_on_when_the_person_does_and_counts_answers_from_the_last_call() -> None:
    # a provider whose ids repeat: the second call is open although its id was answered a turn before
    asked = AIMessage("", tool_calls=[call("set_theme", "c", theme="dark")])
    model = Scripted(responses=[asked, AIMessage("Раз."), asked.model_copy(), AIMessage("Два.")])
    agent = create_agent(model, middleware=[ClientTools()], checkpointer=InMemorySaver())
    agent.invoke({"messages": [HumanMessage("?")]}, configured())
    agent.invoke({"messages": [ToolMessage("сделано", tool_call_id="c")]}, configured())
    state = agent.invoke({"messages": [HumanMessage("ещё")]}, configured())
    assert state["messages"][-1].type == "ai"
    assert state["messages"][-1].tool_calls
    state = agent.invoke({"messages": [HumanMessage("забудь")]}, configured())
    assert state["messages"][-1].text == "Два."


def test_only_the_client_s_calls_are_waited_for() -> None:
    open_call = AIMessage("", tool_calls=[call("weather", "w", city="Казань")])
    assert not _waits([HumanMessage("?"), open_call], {"set_theme"})
    assert _waits([HumanMessage("?"), open_call], {"weather"})
