"""A model that calls tools for ever: the limit of steps, whose it is, and how it is reported."""

from __future__ import annotations

from typing import Any

import httpx
from langchain_core.messages import AIMessage, HumanMessage

from bridge import Settings, create_app
from bridge.agents.langgraph.agent import LangGraphAgent
from tests.healing.graphs import KINDS, looping, reply
from tests.healing.test_threads import Talk, kinds
from tests.strict import Strict, check


def endless(messages: list[Any]) -> AIMessage | str:
    """Calls a tool, whatever comes, but for a greeting."""
    greeted = isinstance(messages[-1], HumanMessage) and messages[-1].text == "hello"
    return "fine" if greeted else reply([HumanMessage("look")])


async def test_the_limit_is_named_and_does_not_wedge_the_thread() -> None:
    for kind in ("a task a call", "langchain's agent", "a subgraph"):
        talk = Talk(KINDS[kind], Strict(reply=endless), recursion_limit=6)
        events = await talk.say("look")
        assert events[-1]["message"] == "The agent stopped: it reached its limit of 6 steps without an answer."
        events = await talk.say("hello")
        assert kinds(events) == "RUN_FINISHED", events[-1]
        check(await talk.held())


def test_it_is_the_setting_unless_the_graph_s_own_is_lower() -> None:
    model = Strict(reply=reply)
    for graph, expected in [
        (looping(model), 250),
        (KINDS["langchain's agent"](model), 250),
        (KINDS["deepagents"](model), 250),
        (looping(model).with_config(recursion_limit=10), 10),
        (looping(model).with_config(recursion_limit=500), 250),
        (looping(model).with_config(recursion_limit=10_007), 250),
    ]:
        assert LangGraphAgent("agent", graph).recursion_limit == expected
    for graph in (looping(model), KINDS["langchain's agent"](model)):
        assert LangGraphAgent("agent", graph, recursion_limit=20_000).recursion_limit == 20_000


async def test_the_server_s_setting_is_the_one() -> None:
    app = create_app({"agent": looping(Strict(reply=endless))}, Settings(db=":memory:", recursion_limit=8))
    body = {"model": "agent", "messages": [{"role": "user", "content": "look"}]}
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://b") as client:
        answer = await client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 500
    assert "its limit of 8 steps" in answer.json()["error"]["message"]
