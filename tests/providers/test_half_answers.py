"""An answer that is cut inside a tool call: no tool runs with half its arguments, which LangChain completes to JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import RetryPolicy

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.openai_compat import AguiToChunks
from tests.providers.canned import DONE, THREAD, chunk, run, serving
from tests.providers.classes import CLASSES
from tests.providers.conftest import Provider
from tests.providers.wires import Call, Turn

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the providers' packages, among themselves
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning"),
]

BROKEN = "The model's answer broke off before its end."
LIMIT = "The model's answer reached its limit of tokens inside a tool call; the tool was not called."
NAMED = {"name": "send", "arguments": ""}
HALF = (
    chunk({"role": "assistant", "content": ""})
    + chunk({"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": NAMED}]})
    + chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"to": "a@b.c", "text": "Dear B'}}]})
)
SENT: list[str] = []


async def send(to: str, text: str) -> str:
    """Sends a letter."""
    SENT.append(f"{to}: {text}")
    return "sent"


def by_hand(model: BaseChatModel) -> Any:
    bound = model.bind_tools([send])

    async def ask(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await bound.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node("ask", ask).add_node("tools", ToolNode([send]))
    graph.add_edge(START, "ask").add_conditional_edges("ask", tools_condition).add_edge("tools", "ask")
    return graph.compile(checkpointer=InMemorySaver())


def of_langchain(model: BaseChatModel) -> Any:
    return create_agent(model, [send], checkpointer=InMemorySaver())


def nested(model: BaseChatModel) -> Any:
    graph = StateGraph(MessagesState).add_node("inner", create_agent(model, [send])).add_edge(START, "inner")
    return graph.compile(checkpointer=InMemorySaver())


@pytest.fixture(autouse=True)
def nothing_sent() -> None:
    SENT.clear()


@pytest.mark.parametrize(
    ("end", "message"),
    [(b"", BROKEN), (DONE, BROKEN), (chunk({}, "length") + DONE, LIMIT), (chunk({}, "error") + DONE, BROKEN)],
    ids=["cut", "done", "length", "error"],
)
@pytest.mark.parametrize("build", [by_hand, of_langchain, nested])
async def test_half_a_call_is_not_made(build: Callable[[BaseChatModel], Any], end: bytes, message: str) -> None:
    async with serving(lambda number: HALF + end if number == 1 else chunk({"content": "Done."}, "stop")) as server:
        events, agent = await run(build(CLASSES["ChatOpenAI"].build(server.url)))
        assert (events[-1]["type"], events[-1]["code"], events[-1]["message"]) == (
            "RUN_ERROR",
            "upstream_error",
            message,
        )
        assert SENT == []
        assert len(server.asked) == 1  # and the model is not asked to go on from there
        # the thread is usable, and the call in it has an answer that tells the model what became of it
        again, _ = await run(None, text="Again!", agent=agent)
        assert again[-1]["type"] == "RUN_FINISHED"
        assert SENT == []
        stored = (await agent.read(THREAD, {})).messages
        assert [message["role"] for message in stored] == ["user", "assistant", "tool", "user", "assistant"]
        assert b"before this call had an answer" in server.asked[1]


@pytest.mark.parametrize("name", ["ChatOpenAI, Responses API", "ChatAnthropic", "ChatDeepSeek", "ChatBedrockConverse"])
async def test_half_a_call_on_every_wire(provider: Provider, name: str) -> None:
    call = Call("c1", "send", '{"to": "a@b.c", "text": "Dear Bob, never mind."}')
    after = {"ChatOpenAI, Responses API": 4, "ChatAnthropic": 4, "ChatDeepSeek": 4, "ChatBedrockConverse": 4}[name]
    provider.script(Turn(calls=(call,)), cut=after)
    events, _ = await run(by_hand(CLASSES[name].build(provider.url)))
    assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", "upstream_error"), events[-1]
    assert SENT == []
    assert len(provider.asked) == 1


async def test_a_call_that_is_whole_is_made() -> None:
    rest = chunk({"tool_calls": [{"index": 0, "function": {"arguments": 'ob"}'}}]}) + chunk({}, "tool_calls") + DONE
    async with serving(lambda number: HALF + rest if number == 1 else chunk({"content": "Done."}, "stop")) as server:
        events, _ = await run(by_hand(CLASSES["ChatOpenAI"].build(server.url)))
    assert events[-1]["type"] == "RUN_FINISHED"
    assert SENT == ["a@b.c: Dear Bob"]


async def test_an_attempt_that_a_node_repeats_is_no_fault() -> None:
    async with serving(lambda number: chunk({"content": "Hel"}, None if number == 1 else "stop") + DONE) as server:
        model = CLASSES["ChatOpenAI"].build(server.url)

        async def ask(state: MessagesState) -> dict[str, Any]:
            answer = await model.ainvoke(state["messages"])
            if not answer.response_metadata.get("finish_reason"):
                raise ConnectionError("the graph itself saw that it was cut")
            return {"messages": [answer]}

        graph = StateGraph(MessagesState).add_node("ask", ask, retry_policy=RetryPolicy(initial_interval=0.01))
        events, _ = await run(graph.add_edge(START, "ask").compile(checkpointer=InMemorySaver()))
    assert events[-1]["type"] == "RUN_FINISHED"


@pytest.mark.parametrize("first", ["length", "stop"])
async def test_of_two_answers_at_once_the_one_that_was_cut_decides(first: str) -> None:
    """Whichever ends last, and for both languages alike."""
    ends = {"length": "stop", "stop": "length"}
    begun = asyncio.Event()

    async def early(state: MessagesState) -> dict[str, Any]:
        async with serving(chunk({"content": "a"}) + chunk({}, first)) as server:
            answer = await CLASSES["ChatOpenAI"].build(server.url).ainvoke(state["messages"])
        begun.set()
        return {"messages": [answer]}

    async def late(state: MessagesState) -> dict[str, Any]:
        await begun.wait()
        async with serving(chunk({"content": "b"}) + chunk({}, ends[first])) as server:
            return {"messages": [await CLASSES["ChatOpenAI"].build(server.url).ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node("early", early).add_node("late", late)
    graph.add_edge(START, "early").add_edge(START, "late")
    events, _ = await run(graph.compile(checkpointer=InMemorySaver()))
    assert events[-1]["metadata"]["finishReason"] == "length"
    chunks = [AguiToChunks(id="c", model="m", created=1)]
    last = [chunks[0].feed(event) for event in events][-1]
    assert last["choices"][0]["finish_reason"] == "length"


async def test_a_limit_that_an_earlier_step_reached_is_not_the_answers() -> None:
    async def first(state: MessagesState) -> dict[str, Any]:
        async with serving(chunk({"content": "a"}) + chunk({}, "length")) as server:
            await CLASSES["ChatOpenAI"].build(server.url).ainvoke(state["messages"])
        return {}

    async def second(state: MessagesState) -> dict[str, Any]:
        async with serving(chunk({"content": "b"}) + chunk({}, "stop")) as server:
            return {"messages": [await CLASSES["ChatOpenAI"].build(server.url).ainvoke(state["messages"])]}

    def tidy(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage("c")]}

    graph = StateGraph(MessagesState).add_node("first", first).add_node("second", second).add_node("tidy", tidy)
    graph.add_edge(START, "first").add_edge("first", "second").add_edge("second", "tidy")
    events, _ = await run(graph.compile(checkpointer=InMemorySaver()))
    assert "finishReason" not in events[-1].get("metadata", {})


async def test_a_call_of_the_client_that_was_cut_is_not_for_it_to_make() -> None:
    async with serving(HALF + chunk({}, "length") + DONE) as server:
        model = CLASSES["ChatOpenAI"].build(server.url)
        agent = LangGraphAgent("agent", create_agent(model, [], checkpointer=InMemorySaver()))
        events, _ = await run(None, agent=agent)
    forth = AguiToChunks(id="c", model="m", created=1, client_tools=["send"])
    last = [forth.feed(event) for event in events][-1]
    assert last["choices"][0]["finish_reason"] == "length"


async def test_the_next_step_does_not_begin_on_half_an_answer() -> None:
    begun: list[str] = []

    async def first(state: MessagesState) -> dict[str, Any]:
        async with serving(chunk({"content": "approve: no, but if"}) + DONE) as server:
            return {"messages": [await CLASSES["ChatOpenAI"].build(server.url).ainvoke(state["messages"])]}

    async def second(state: MessagesState) -> dict[str, Any]:
        begun.append("second")
        return {}

    graph = StateGraph(MessagesState).add_node("first", first).add_node("second", second)
    graph.add_edge(START, "first").add_edge("first", "second")
    events, agent = await run(graph.compile(checkpointer=InMemorySaver()))
    assert (events[-1]["type"], events[-1]["message"]) == ("RUN_ERROR", BROKEN)
    assert begun == []
    assert (await agent.read(THREAD, {})).messages[-1]["content"] == "approve: no, but if"
