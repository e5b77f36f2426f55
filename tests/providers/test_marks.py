"""An answer that broke off is kept in its thread, with a mark that the next turn and AG-UI's clients can see."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agui.encode import SSEEncoder
from bridge.runs.request import RunRequest
from bridge.runs.run import Run
from tests.clients.agui_client import CLIENT_VERSIONS, ClientVersion, RecordedStream, verify
from tests.http.talking import run_input
from tests.providers.canned import DONE, THREAD, chunk, event, nothing, run, serving
from tests.providers.classes import CLASSES
from tests.providers.conftest import Provider
from tests.providers.wires import Turn

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the providers' packages, among themselves
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning"),
]

MARK = {"status": "incomplete", "incomplete_details": {"reason": "broken_off"}}
CUT = chunk({"content": "Hel"}) + chunk({"content": "lo"})


@dataclass
class Fields:
    messages: Any = None


def update(message: Any) -> Any:
    return {"messages": [message]}


def alone(message: Any) -> Any:
    return {"messages": message}


def command(message: Any) -> Any:
    return Command(update={"messages": [message]})


def commands(message: Any) -> Any:
    return [Command(update={"messages": [message]})]


def graph_of(model: BaseChatModel, form: Callable[[Any], Any] = update) -> Any:
    async def ask(state: MessagesState) -> Any:
        return form(await model.ainvoke(state["messages"]))

    return StateGraph(MessagesState).add_node("ask", ask).add_edge(START, "ask").compile(checkpointer=InMemorySaver())


async def stored(agent: LangGraphAgent) -> list[AIMessage]:
    graph, thread_id = agent.in_thread(THREAD)
    state = await graph.aget_state({"configurable": {"thread_id": thread_id}})
    return [message for message in state.values["messages"] if isinstance(message, AIMessage)]


@pytest.mark.parametrize("form", [update, alone, command, commands])
@pytest.mark.parametrize("end", [b"", DONE, chunk({}, "error") + DONE], ids=["cut", "done", "error"])
async def test_what_was_received_is_kept_and_marked(end: bytes, form: Callable[[Any], Any]) -> None:
    async with serving(CUT + end) as server:
        events, agent = await run(graph_of(CLASSES["ChatOpenAI"].build(server.url), form))
    assert events[-1]["code"] == "upstream_error"
    [message] = await stored(agent)
    assert message.content == "Hello"
    assert MARK.items() <= message.response_metadata.items()
    [snapshot] = [each for each in events if each["type"] == "MESSAGES_SNAPSHOT"]
    shown = {"id": message.id, "role": "assistant", "content": "Hello", "metadata": {"finishReason": "broken_off"}}
    assert snapshot["messages"][-1] == shown
    assert (await agent.read(THREAD, {})).messages[-1] == shown


async def test_the_model_gets_the_text_alone_and_a_client_that_sends_the_mark_back_edits_nothing() -> None:
    def answer(number: int) -> bytes:
        return CUT if number == 1 else chunk({"content": "Whole."}, "stop") + DONE

    async with serving(answer) as server:
        events, agent = await run(graph_of(CLASSES["ChatOpenAI"].build(server.url)))
        [snapshot] = [each for each in events if each["type"] == "MESSAGES_SNAPSHOT"]
        again = [*snapshot["messages"], {"id": "again", "role": "user", "content": "Go on"}]
        request = RunRequest("agent", "t", uuid.uuid4().hex, messages=again, protocol_version="1.0")
        made = Run(request, agent.run(request))
        made.start(nothing)
        await made.wait()
        asked = server.asked[1]
    assert made.journal.after(0)[-1]["type"] == "RUN_FINISHED"
    assert b"broken" not in asked
    assert b"incomplete" not in asked
    assert b'"content":"Hello"' in asked.replace(b'": "', b'":"')
    first, second = await stored(agent)
    assert MARK.items() <= first.response_metadata.items()
    assert "incomplete_details" not in second.response_metadata


@pytest.mark.parametrize("name", ["ChatOpenAI, Responses API", "ChatAnthropic", "ChatDeepSeek", "ChatBedrockConverse"])
async def test_on_other_wires(provider: Provider, name: str) -> None:
    provider.script(Turn(text=("Hel", "lo wor", "ld")), cut={"ChatDeepSeek": 3}.get(name, 2))
    events, agent = await run(graph_of(CLASSES[name].build(provider.url)))
    assert events[-1]["code"] == "upstream_error", events[-1]
    messages = await stored(agent)
    assert all(MARK.items() <= message.response_metadata.items() for message in messages)
    assert messages or "broke off" not in events[-1]["message"]


async def test_the_responses_api_cut_in_its_middle() -> None:
    head = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "output": [], "tools": []}
    more = {"parallel_tool_calls": True, "tool_choice": "auto", "status": "in_progress"}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    text = {"type": "output_text", "text": "", "annotations": []}
    body = (
        event("response.created", response=head | more, sequence_number=0)
        + event("response.output_item.added", item=item, output_index=0, sequence_number=1)
        + event("response.content_part.added", part=text, **at, sequence_number=2)
        + event("response.output_text.delta", delta="Hello", logprobs=[], **at, sequence_number=3)
    )
    async with serving(body) as server:
        events, agent = await run(graph_of(CLASSES["ChatOpenAI, Responses API"].build(server.url)))
    assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", "upstream_error")
    [message] = await stored(agent)
    assert message.text == "Hello"
    assert MARK.items() <= message.response_metadata.items()


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter"])
async def test_a_whole_answer_and_one_at_its_limit_have_no_mark(reason: str) -> None:
    async with serving(CUT + chunk({}, reason) + DONE) as server:
        events, agent = await run(graph_of(CLASSES["ChatOpenAI"].build(server.url)))
    assert events[-1]["type"] == "RUN_FINISHED"
    [message] = await stored(agent)
    assert "incomplete_details" not in message.response_metadata
    assert "metadata" not in (await agent.read(THREAD, {})).messages[-1]


async def test_a_stream_that_its_node_left_is_not_marked() -> None:
    async with serving(CUT + chunk({"content": " and more"}, "stop") + DONE) as server:
        model = CLASSES["ChatOpenAI"].build(server.url)

        async def ask(state: MessagesState) -> dict[str, Any]:
            whole = AIMessageChunk(content="")
            async for part in model.astream(state["messages"]):
                whole += part
                if whole.text == "Hello":
                    break
            return {"messages": [whole]}

        graph = StateGraph(MessagesState).add_node("ask", ask).add_edge(START, "ask")
        events, agent = await run(graph.compile(checkpointer=InMemorySaver()))
    assert events[-1]["type"] == "RUN_FINISHED"
    [message] = await stored(agent)
    assert "incomplete_details" not in message.response_metadata


@pytest.mark.parametrize("version", CLIENT_VERSIONS)
async def test_the_official_clients_take_the_mark(version: ClientVersion) -> None:
    async with serving(CUT) as server:
        events, _ = await run(graph_of(CLASSES["ChatOpenAI"].build(server.url)))
    sent = SSEEncoder().encode_all(events, 1).decode()
    [verdict] = verify([RecordedStream("a mark", sent, run_input("Look!", thread="t"))], version)
    assert verdict.ok, verdict.error
    [answer] = [message for message in verdict.messages if message["role"] == "assistant"]
    assert answer["content"] == "Hello"
    assert answer["metadata"] == {"finishReason": "broken_off"}
