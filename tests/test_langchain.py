"""`bridge.langchain.ClientTools`, at work in an agent behind the bridge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable

from bridge import Settings, create_app
from bridge.langchain import ClientTools

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
