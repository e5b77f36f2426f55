"""Servers that send a call's id and name again with every piece: one name in the stream, thread and next request.

With the provider classes as they are: what the bridge serves need know nothing of it.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import SecretStr

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.translate import LangGraphToAgui
from bridge.langchain import ClientTools
from bridge.runs.request import RunRequest
from bridge.runs.run import Run
from tests.providers.canned import DONE, THREAD, chunk, nothing, run, serving
from tests.providers.classes import CLASSES

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning"),
]


def piece(index: int, arguments: str, **named: Any) -> bytes:
    function = {"arguments": arguments} | ({"name": named["name"]} if "name" in named else {})
    call = {"index": index, "type": "function", "function": function} | ({"id": named["id"]} if "id" in named else {})
    return chunk({"tool_calls": [call]})


ROLE = chunk({"role": "assistant", "content": ""})
PARTS = ('{"name":', '"dark"', "}")
REPEATED = b"".join(piece(index, part, id=f"c{index}", name="set_theme") for index in (0, 1) for part in PARTS)
NAMED_FIRST = b"".join(piece(0, part, id="c0", name="set_theme") for part in ("", "", *PARTS))
WITHOUT_ID = piece(0, "", id="c0", name="set_theme") + b"".join(piece(0, part, name="set_theme") for part in PARTS)
LATE = piece(0, PARTS[0], id="c0", name="set_theme") + piece(0, '"dark"}') + piece(0, "", name="set_theme")
ONCE = piece(0, "", id="c0", name="set_theme") + piece(0, '{"name":"dark"}')
IN_PIECES = piece(0, "", id="c0", name="set_") + piece(0, "", name="theme") + piece(0, '{"name":"dark"}')
SAME_INDEX = piece(0, '{"name":"dark"}', id="c0", name="set_theme") + piece(
    0, '{"name":"dark"}', id="c1", name="set_theme"
)
BODIES = {
    "repeated": (REPEATED, 2),
    "before any arguments": (NAMED_FIRST, 1),
    "without the id": (WITHOUT_ID, 1),
    "after the arguments": (LATE, 1),
    "once": (ONCE, 1),
    "in pieces": (IN_PIECES, 1),
    "two calls of one index": (SAME_INDEX, 2),
}


def with_tool(model: BaseChatModel) -> Any:
    """A model that may call: the chunks of others are not looked at."""
    return model.bind(tools=[TOOL])


def invoking(model: BaseChatModel) -> Any:
    async def ask(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await with_tool(model).ainvoke(state["messages"])]}

    return ask


def joining(model: BaseChatModel) -> Any:
    async def ask(state: MessagesState) -> dict[str, Any]:
        whole = AIMessageChunk(content="")
        async for part in with_tool(model).astream(state["messages"]):
            whole += part
        return {"messages": [whole]}

    return ask


def in_a_thread(model: BaseChatModel) -> Any:
    def ask(state: MessagesState) -> dict[str, Any]:
        return {"messages": [with_tool(model).invoke(state["messages"])]}

    return ask


def quiet(model: BaseChatModel) -> Any:
    silent = with_tool(model).with_config(tags=["nostream"])

    async def ask(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await silent.ainvoke(state["messages"])]}

    return ask


def format_v1(url: str) -> BaseChatModel:
    return ChatOpenAI(model="m", api_key=SecretStr("k"), base_url=f"{url}/v1", max_retries=0, output_version="v1")


def graph_of(node: Any) -> Any:
    return StateGraph(MessagesState).add_node("ask", node).add_edge(START, "ask").compile(checkpointer=InMemorySaver())


async def stored_message(agent: LangGraphAgent) -> AIMessage:
    graph, thread_id = agent.in_thread(THREAD)
    state = await graph.aget_state({"configurable": {"thread_id": thread_id}})
    message = state.values["messages"][-1]
    assert isinstance(message, AIMessage)
    return message


def started(events: list[dict[str, Any]]) -> list[str]:
    return [event["toolCallName"] for event in events if event["type"] == "TOOL_CALL_START"]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("ask", [invoking, joining, in_a_thread, quiet])
async def test_a_calls_name_stands_in_it_once(body: str, ask: Callable[[BaseChatModel], Any]) -> None:
    sent, calls = BODIES[body]
    async with serving(sent + chunk({}, "tool_calls") + DONE) as server:
        events, agent = await run(graph_of(ask(CLASSES["ChatOpenAI"].build(server.url))))
    assert started(events) == ["set_theme"] * calls
    message = await stored_message(agent)
    assert [(call["name"], call["args"]) for call in message.tool_calls] == [("set_theme", {"name": "dark"})] * calls
    assert message.invalid_tool_calls == []


@pytest.mark.parametrize("name", ["ChatOpenAI, response_format", "ChatDeepSeek", "format v1"])
async def test_in_other_classes_and_formats(name: str) -> None:
    build = format_v1 if name == "format v1" else CLASSES[name].build
    async with serving(ROLE + REPEATED + chunk({}, "tool_calls") + DONE) as server:
        events, agent = await run(graph_of(invoking(build(server.url))))
    assert started(events) == ["set_theme"] * 2
    message = await stored_message(agent)
    assert [call["name"] for call in message.tool_calls] == ["set_theme"] * 2
    assert "set_themeset" not in message.model_dump_json()


FUNCTION = {"name": "set_theme", "parameters": {"type": "object", "properties": {"name": {"type": "string"}}}}
TOOL = {"type": "function", "function": FUNCTION}


WAYS: list[dict[str, Any]] = [{"tools": [TOOL]}, {"functions": [FUNCTION]}, {"extra_body": {"tools": [TOOL]}}]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: next(iter(way)))
async def test_by_whatever_way_a_model_gets_its_tools(way: dict[str, Any]) -> None:
    async with serving(ROLE + REPEATED + chunk({}, "tool_calls") + DONE) as server:
        model = CLASSES["ChatOpenAI"].build(server.url)

        async def ask(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.bind(**way).ainvoke(state["messages"])]}

        _, agent = await run(graph_of(ask))
    message = await stored_message(agent)
    assert [call["name"] for call in message.tool_calls] == ["set_theme"] * 2


async def test_a_tool_of_the_client_works_and_the_next_request_has_its_name() -> None:
    tool = {"name": "set_theme", "description": "Sets it.", "parameters": {"type": "object", "properties": {}}}

    def answer(number: int) -> bytes:
        if number == 1:
            return REPEATED + chunk({}, "tool_calls") + DONE
        return chunk({"content": "Done."}, "stop") + DONE

    async with serving(answer) as server:
        model = CLASSES["ChatOpenAI"].build(server.url)
        agent = LangGraphAgent("agent", create_agent(model, [], middleware=[ClientTools()]))
        first = await turn(agent, [{"id": "u", "role": "user", "content": "Dark!"}], tool)
        assert first[-1]["outcome"] == {"type": "success", "pendingToolCallIds": ["c0", "c1"]}
        [snapshot] = [event for event in first if event["type"] == "MESSAGES_SNAPSHOT"]
        calls = snapshot["messages"][-1]["toolCalls"]
        assert [call["function"]["name"] for call in calls] == started(first) == ["set_theme"] * 2
        results = [
            {"id": f"r{call['id']}", "role": "tool", "toolCallId": call["id"], "content": "ok"} for call in calls
        ]
        second = await turn(agent, [*snapshot["messages"], *results], tool)
        assert second[-1]["outcome"] == {"type": "success"}
        asked = json.loads(server.asked[1])["messages"]
    assert [call["function"]["name"] for call in asked[1]["tool_calls"]] == ["set_theme"] * 2
    assert [message["role"] for message in asked] == ["user", "assistant", "tool", "tool"]


async def turn(agent: LangGraphAgent, messages: list[dict[str, Any]], tool: dict[str, Any]) -> list[dict[str, Any]]:
    request = RunRequest("agent", "t", uuid.uuid4().hex, messages=messages, tools=[tool], protocol_version="1.0")
    made = Run(request, agent.run(request))
    made.start(nothing)
    await made.wait()
    return made.journal.after(0)


def test_of_a_remote_graph_the_client_gets_the_name_once() -> None:
    """Its pieces come as its server has them: what that server stores is its own."""
    translator = LangGraphToAgui("t", "r")
    events = translator.start()
    for part in ("", *PARTS):
        pieces = [tool_call_chunk(index=0, id="c0", name="set_theme", args=part)]
        message = AIMessageChunk(content="", id="m", tool_call_chunks=pieces)
        events += translator.feed(
            {"type": "messages", "ns": (), "data": (message, {"langgraph_checkpoint_ns": "ask:1"})}
        )
    assert started(events) == ["set_theme"]


async def test_two_models_at_once_do_not_take_each_others_names() -> None:
    gate = asyncio.Event()

    def node(model: BaseChatModel, *, first: bool) -> Any:
        async def ask(state: MessagesState) -> dict[str, Any]:
            whole = AIMessageChunk(content="")
            async for part in model.astream(state["messages"]):
                whole += part
                if first:
                    await gate.wait()
            gate.set()
            return {"messages": [whole]}

        return ask

    async with serving(REPEATED + chunk({}, "tool_calls") + DONE) as one, serving(ONCE + chunk({}, "stop")) as other:
        graph = StateGraph(MessagesState)
        graph.add_node("one", node(CLASSES["ChatOpenAI"].build(one.url), first=True)).add_edge(START, "one")
        graph.add_node("other", node(CLASSES["ChatOpenAI"].build(other.url), first=False)).add_edge(START, "other")
        events, _ = await run(graph.compile(checkpointer=InMemorySaver()))
    assert started(events) == ["set_theme"] * 3
