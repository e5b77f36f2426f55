"""What goes wrong between an agent and its model's server, with every provider class: one true sentence and a code."""

from __future__ import annotations

import asyncio
import socket
import uuid
from typing import Any

import httpx
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.events.event import Event
from bridge.events.verify import Verifier
from bridge.runs.request import RunRequest
from bridge.runs.run import Limits, Run
from tests.providers.classes import CLASSES
from tests.providers.conftest import Provider
from tests.providers.wires import Turn

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the providers' packages, among themselves
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning"),
]

WORDS = Turn(text=("Hel", "lo wor", "ld"))
AFTER_THE_END = {
    "ChatOpenAI": 2,
    "ChatOpenAI, response_format": 2,
    "ChatDeepSeek": 2,
    "ChatAnthropic": 1,
    "ChatBedrockConverse": 1,
}
"""Pieces that come after the one which says how the answer ended: usage and ``[DONE]``, ``message_stop``."""
CUT = "The model's answer broke off before its end."


def graph_of(*models: BaseChatModel) -> Any:
    """These models at once, each in a node of its own."""
    graph = StateGraph(MessagesState)
    for number, model in enumerate(models):

        async def ask(state: MessagesState, model: BaseChatModel = model) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        graph.add_node(f"ask {number}", ask).add_edge(START, f"ask {number}")
    return graph.compile(checkpointer=InMemorySaver())


async def nothing(run: Run, ending: list[Event]) -> None:
    """There is nothing to store after these runs."""


async def run(graph: Any, *, reveal: bool = False, thread: str = "t") -> tuple[list[Event], LangGraphAgent]:
    """The events of one run of this graph, which are legal whatever happens."""
    agent = LangGraphAgent("agent", graph)
    message = {"id": uuid.uuid4().hex, "role": "user", "content": "Look!"}
    request = RunRequest("agent", thread, uuid.uuid4().hex, messages=[message], protocol_version="1.0")
    made = Run(request, agent.run(request), limits=Limits(reveal_errors=reveal))
    made.start(nothing)
    await made.wait()
    events = made.journal.after(0)
    verifier = Verifier()
    for event in events:
        verifier.feed(event)
    verifier.finish()
    return events, agent


def text_of(events: list[Event]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT")


@pytest.mark.parametrize("name", CLASSES)
async def test_an_answer_that_is_cut_is_an_error_and_what_came_of_it_is_kept(provider: Provider, name: str) -> None:
    provider.script(WORDS, cut=AFTER_THE_END.get(name, 0) + 1)
    events, agent = await run(graph_of(CLASSES[name].build(provider.url)))
    assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", "upstream_error")
    assert "Hello world".startswith(text_of(events))
    if events[-1]["message"] == CUT:  # where the class takes the stream for whole
        stored = (await agent.read(_thread(), {})).messages
        assert stored[-1]["content"] == text_of(events)


def _thread() -> Any:
    return RunRequest("agent", "t", "r").thread


@pytest.mark.parametrize("name", AFTER_THE_END)
async def test_an_answer_that_came_to_its_end_is_whole_without_what_follows(provider: Provider, name: str) -> None:
    provider.script(WORDS, cut=AFTER_THE_END[name])
    events, _ = await run(graph_of(CLASSES[name].build(provider.url)))
    assert events[-1]["type"] == "RUN_FINISHED"
    assert text_of(events) == "Hello world"


async def test_one_of_two_answers_that_is_cut_is_an_error(provider: Provider) -> None:
    whole, cut = (CLASSES[name].build(provider.url) for name in ("ChatOpenAI", "ChatAnthropic"))
    provider.script(WORDS, WORDS, cut=2)  # the end of the one is in its last three pieces, of the other in its last two
    events, _ = await run(graph_of(whole, cut))
    assert (events[-1]["type"], events[-1]["message"]) == ("RUN_ERROR", CUT)


@pytest.mark.parametrize("name", CLASSES)
async def test_an_answer_without_anything_in_it(provider: Provider, name: str) -> None:
    provider.script(WORDS, cut=1_000)
    events, _ = await run(graph_of(CLASSES[name].build(provider.url)))
    assert events[-1]["code"] in ("upstream_empty", "upstream_error")
    if name in ("ChatOpenAI", "ChatAnthropic", "ChatOllama"):
        assert events[-1]["message"] == "The model gave no answer; the conversation may be too long for it."


STATUSES = {
    400: "upstream_refused",
    401: "upstream_unauthorized",
    403: "upstream_unauthorized",
    404: "upstream_refused",
    429: "upstream_rate_limited",
    500: "upstream_error",
    503: "upstream_error",
    529: "upstream_error",
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", ["ChatOpenAI", "ChatOpenAI, Responses API", "ChatAnthropic", "ChatDeepSeek"])
async def test_a_refusal_says_whether_it_helps_to_try_again(provider: Provider, name: str, status: int) -> None:
    provider.script(status=status)
    events, _ = await run(graph_of(CLASSES[name].build(provider.url)))
    assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", STATUSES[status])
    assert "sk-secret" not in str(events)
    again = "try" in events[-1]["message"] or "later" in events[-1]["message"]
    assert not again or status in (429, 500, 503, 529)


@pytest.mark.parametrize("name", ["ChatOpenAI", "ChatAnthropic", "ChatOllama"])
async def test_a_server_that_is_not_there(name: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        events, _ = await run(graph_of(CLASSES[name].build(url)))
        named, _ = await run(graph_of(CLASSES[name].build("http://no-such-host.invalid")))
        secure, _ = await run(graph_of(CLASSES[name].build(url.replace("http", "https"))))
    for failed in (events, named, secure):
        assert failed[-1]["code"] == "upstream_error", failed[-1]


@pytest.mark.parametrize(
    "body",
    [b'data: {"choices": [{"delta": \n\n', b"<html>Bad gateway</html>", b"data: \xff\xfe\n\n", b"data: 7\n\n"],
    ids=["half", "html", "not utf-8", "a number"],
)
async def test_what_is_no_answer_at_all(body: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + body)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        events, _ = await run(graph_of(CLASSES["ChatOpenAI"].build(url)))
    assert events[-1]["code"] in ("upstream_error", "upstream_empty"), events[-1]


async def test_a_tool_that_reaches_nobody_is_not_the_model() -> None:
    @tool
    async def fetch() -> str:
        """Fetches."""
        raise httpx.ConnectError("sk-secret")

    async def call(state: MessagesState) -> dict[str, Any]:
        calls = [{"name": "fetch", "args": {}, "id": "c", "type": "tool_call"}]
        return {"messages": [{"role": "assistant", "content": "", "tool_calls": calls}]}

    graph = StateGraph(MessagesState).add_node("call", call).add_edge(START, "call").add_edge("call", "tools")
    graph.add_node("tools", ToolNode([fetch], handle_tool_errors=False))
    events, _ = await run(graph.compile(checkpointer=InMemorySaver()))
    assert (events[-1]["code"], events[-1]["message"]) == ("server_error", "The agent failed (ConnectError).")


async def test_a_developer_is_shown_the_exception_but_no_key(provider: Provider) -> None:
    provider.script(status=401)
    graph = graph_of(CLASSES["ChatOpenAI"].build(provider.url))
    events, _ = await run(graph, reveal=True)
    first, *details = events[-1]["message"].split("\n")
    assert first == "The model's server refused the agent's key (HTTP 401)."
    assert "AuthenticationError: " in details[0]
    assert "may not" in details[0]
    assert ".py:" in details[0]
    assert "sk-secret" not in events[-1]["message"]
