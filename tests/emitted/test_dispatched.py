"""What a graph dispatches through LangChain is received, in its order, under the names that graphs use."""

from __future__ import annotations

from typing import Any

import pytest
from ag_ui.core import RunAgentInput
from langchain_core.callbacks import adispatch_custom_event, dispatch_custom_event
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph

from bridge.events.event import wire
from tests.agui.models import Scripted, calls, say
from tests.emitted.running import Client, customs, kinds, text


class State(MessagesState, total=False):
    """A state with a secret."""

    steps: list[str]
    secret: str


class Shown(MessagesState, total=False):
    """What of it may leave."""

    steps: list[str]


def one_node(node: Any, schema: Any = State, **schemas: Any) -> Any:
    return StateGraph(schema, **schemas).add_node("work", node).add_edge(START, "work").compile()


def dispatching(*events: tuple[str, Any]) -> Any:
    async def work(state: State, config: RunnableConfig) -> dict[str, Any]:
        for name, data in events:
            await adispatch_custom_event(name, data, config=config)
        return {"messages": [AIMessage("done", id="answer")]}

    return one_node(work)


async def test_order_is_that_of_the_tokens() -> None:
    model = Scripted(turns=[say("one ", "two", id="m")])

    async def work(state: State, config: RunnableConfig) -> dict[str, Any]:
        await adispatch_custom_event("before", 1, config=config)
        answer = await model.ainvoke(state["messages"], config)
        await adispatch_custom_event("after", 2, config=config)
        return {"messages": [answer]}

    events = await Client(one_node(work)).run("x")
    wanted = kinds(events, "CUSTOM", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT")
    assert wanted == ["CUSTOM", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_CONTENT", "CUSTOM"]
    assert customs(events) == [("before", 1), ("after", 2)]


async def test_a_plain_function_dispatches_from_its_thread() -> None:
    def work(state: State, config: RunnableConfig) -> dict[str, Any]:
        dispatch_custom_event("progress", {"done": 1}, config=config)
        return {"messages": [AIMessage("done")]}

    assert customs(await Client(one_node(work)).run("x")) == [("progress", {"done": 1})]


async def test_a_subgraph_and_a_tool_dispatch_too() -> None:
    async def inner(state: State, config: RunnableConfig) -> dict[str, Any]:
        await adispatch_custom_event("inner", 1, config=config)
        return {}

    async def outer(state: State, config: RunnableConfig) -> dict[str, Any]:
        await one_node(inner).ainvoke(state, config)
        return {}

    assert customs(await Client(one_node(outer)).run("x")) == [("inner", 1)]


MESSAGE = {"message_id": "m1", "message": "Working on it", "role": "assistant"}
CALL = {"id": "c1", "name": "show_chart", "args": {"kind": "bar"}}


@pytest.mark.parametrize("name", ["manually_emit_message", "copilotkit_manually_emit_message"])
async def test_a_message(name: str) -> None:
    events = await Client(dispatching((name, MESSAGE))).run("x")
    assert [event for event in events if event.get("messageId") == "m1"] == [
        {"type": "TEXT_MESSAGE_START", "messageId": "m1", "role": "assistant"},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m1", "delta": "Working on it"},
        {"type": "TEXT_MESSAGE_END", "messageId": "m1"},
    ]
    assert customs(events) == [(name, MESSAGE)]


async def test_a_message_that_the_node_also_returns_comes_once() -> None:
    async def work(state: State, config: RunnableConfig) -> dict[str, Any]:
        await adispatch_custom_event("manually_emit_message", MESSAGE, config=config)
        return {"messages": [AIMessage("Working on it", id="m1")]}

    client = Client(one_node(work))
    assert text(await client.run("x")) == "Working on it"
    assert [message["id"] for message in client.messages] == ["user-1", "m1"]


async def test_a_message_that_grows() -> None:
    more = MESSAGE | {"message": ", nearly done"}
    events = await Client(dispatching(("manually_emit_message", MESSAGE), ("manually_emit_message", more))).run("x")
    assert "".join(event["delta"] for event in events if event.get("messageId") == "m1" and "delta" in event) == (
        "Working on it, nearly done"
    )


@pytest.mark.parametrize("name", ["manually_emit_tool_call", "copilotkit_manually_emit_tool_call"])
@pytest.mark.parametrize("arguments", [{"kind": "bar"}, '{"kind":"bar"}'])
async def test_a_tool_call(name: str, arguments: Any) -> None:
    events = await Client(dispatching((name, CALL | {"args": arguments}))).run("x")
    assert [event for event in events if event.get("toolCallId") == "c1"] == [
        {"type": "TOOL_CALL_START", "toolCallId": "c1", "toolCallName": "show_chart", "parentMessageId": "c1"},
        {"type": "TOOL_CALL_ARGS", "toolCallId": "c1", "delta": '{"kind":"bar"}'},
        {"type": "TOOL_CALL_END", "toolCallId": "c1"},
    ]


async def test_a_tool_call_that_the_node_also_returns_comes_once() -> None:
    async def work(state: State, config: RunnableConfig) -> dict[str, Any]:
        await adispatch_custom_event("manually_emit_tool_call", CALL, config=config)
        return {"messages": [AIMessage("", id="m", tool_calls=[{"name": "show_chart", "args": {}, "id": "c1"}])]}

    events = await Client(one_node(work)).run("x")
    assert kinds(events, "TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END") == [
        "TOOL_CALL_START",
        "TOOL_CALL_ARGS",
        "TOOL_CALL_END",
    ]


@pytest.mark.parametrize("name", ["manually_emit_state", "copilotkit_manually_emit_intermediate_state"])
async def test_a_state(name: str) -> None:
    events = await Client(dispatching((name, {"steps": ["one"], "progress": 1, "_own": 2}))).run("x")
    shown = [event["snapshot"] for event in events if event["type"] == "STATE_SNAPSHOT"]
    assert {"steps": ["one"], "progress": 1} in shown
    assert shown[-1] == {}, "in the end it is the graph's own state"
    assert customs(events) == [(name, {"steps": ["one"], "progress": 1})]


async def test_a_state_stays_behind_the_wall() -> None:
    async def work(state: State, config: RunnableConfig) -> dict[str, Any]:
        await adispatch_custom_event("manually_emit_state", {"steps": ["a"], "secret": "s"}, config=config)
        return {"secret": "s"}

    events = await Client(one_node(work, output_schema=Shown)).run("x")
    assert "secret" not in str([event for event in events if event["type"] != "RUN_STARTED"])


async def test_exits() -> None:
    events = await Client(dispatching(("exit", {"why": "done"}), ("copilotkit_exit", {}))).run("x")
    assert customs(events) == [("exit", {"why": "done"}), ("copilotkit_exit", {}), ("Exit", True)]
    assert events[-1]["type"] == "RUN_FINISHED"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("manually_emit_message", "text"),
        ("manually_emit_message", {"message": "no id"}),
        ("manually_emit_tool_call", {"name": "no id"}),
        ("manually_emit_tool_call", None),
        ("manually_emit_state", 7),
    ],
)
async def test_what_does_not_fit_its_name_is_custom_alone(name: str, data: Any) -> None:
    events = await Client(dispatching((name, data))).run("x")
    assert customs(events) == [(name, data)]
    assert events[-1]["type"] == "RUN_FINISHED"


async def test_a_hidden_node_dispatches_for_nobody() -> None:
    graph = dispatching(("manually_emit_message", MESSAGE), ("progress", 1))
    events = await Client(graph, hidden=("work",)).run("x")
    assert customs(events) == []
    assert kinds(events, "TEXT_MESSAGE_START") == []


@pytest.mark.filterwarnings("ignore")  # the peer's own
async def test_the_same_as_ag_ui_langgraph() -> None:
    from ag_ui_langgraph import LangGraphAgent  # noqa: PLC0415 - the peer, for this test

    wanted = {"TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END", "CUSTOM"}
    wanted |= {"TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END"}
    graph = dispatching(("manually_emit_message", MESSAGE), ("manually_emit_tool_call", CALL), ("exit", {}))
    fields = {"threadId": "t", "runId": "r", "state": {}, "tools": [], "context": [], "forwardedProps": {}}
    asked = RunAgentInput.model_validate({**fields, "messages": [{"id": "u", "role": "user", "content": "x"}]})
    peer = LangGraphAgent(name="peer", graph=graph.copy(update={"checkpointer": InMemorySaver()}))
    theirs = [wire(event) async for event in peer.run(asked) if event is not None]
    ours = await Client(graph).run("x")

    def emitted(events: list[dict[str, Any]]) -> list[Any]:
        plain = [{k: v for k, v in event.items() if k not in ("rawEvent", "timestamp")} for event in events]
        return [event for event in plain if event["type"] in wanted and event.get("messageId") != "answer"]

    assert [event["type"] for event in emitted(ours)] == [event["type"] for event in emitted(theirs)]
    assert [event for event in emitted(ours) if event["type"] != "TOOL_CALL_ARGS"] == [
        event for event in emitted(theirs) if event["type"] != "TOOL_CALL_ARGS"
    ]


RULES = [{"state_key": "steps", "tool": "write", "tool_argument": "steps"}]


def calling(**metadata: Any) -> Any:
    model = Scripted(turns=[calls((0, "c1", "write", '{"steps":'), (0, None, None, "[]}"), (1, "c2", "read", "{}"))])
    config: RunnableConfig = {"metadata": metadata}

    async def work(state: State) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"], config)]}

    return one_node(work)


@pytest.mark.parametrize("key", ["predict_state", "copilotkit:emit-intermediate-state"])
async def test_predicted_state(key: str) -> None:
    events = await Client(calling(**{key: RULES})).run("x")
    place = events.index({"type": "CUSTOM", "name": "PredictState", "value": RULES})
    assert events[place + 1]["type"] == "TOOL_CALL_START"
    assert events[place + 1]["toolCallName"] == "write"
    assert len(customs(events)) == 1, "the other call predicts nothing"


@pytest.mark.parametrize("key", ["emit-tool-calls", "copilotkit:emit-tool-calls"])
@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("read", ["read"]),
        (["read"], ["read"]),
        (["read", "write"], ["write", "read"]),
        ([], []),
        (False, []),
        (True, ["write", "read"]),
    ],
)
async def test_calls_are_filtered_by_name(key: str, wanted: Any, names: list[str]) -> None:
    events = await Client(calling(**{key: wanted})).run("x")
    assert [event["toolCallName"] for event in events if event["type"] == "TOOL_CALL_START"] == names
    assert len({event["toolCallId"] for event in events if event["type"].startswith("TOOL_CALL_")}) == len(names)
