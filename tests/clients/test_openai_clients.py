"""Every OpenAI client of the suite, in front of a server that is known to be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from tests.clients.aimock import RUSSIAN, ModelServer, serve_model, text
from tests.clients.canned import serve_canned
from tests.clients.openai_clients import NODE_CLIENTS, ClientTool, NodeClient, Request, converse

if TYPE_CHECKING:
    from collections.abc import Iterator

REPORT = ClientTool(
    name="pipeline_report",
    description="Отчёт по воронке",
    parameters={"type": "object", "properties": {"period": {"type": "string"}}, "required": ["period"]},
    result={"deals": 42},
)
CHUNK = (
    'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"sales",'
    '"choices":[{"index":0,"delta":{"role":"assistant","content":"Минуту"},"finish_reason":null}]}\n\n'
)
ERROR_FRAME = (
    'data: {"error":{"message":"Модель не отвечает","type":"upstream_error","param":null,"code":"upstream_error"}}\n\n'
)
ANSWER = "В воронке 42 сделки на 12,5 млн ₽."


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with serve_model() as server:
        yield server


def request_to(model: ModelServer, *turns: str) -> Request:
    return Request(model.base_url, "gpt-4o", turns, tools=[REPORT])


@pytest.mark.parametrize("client", NODE_CLIENTS)
async def test_a_conversation_with_a_tool_of_the_client(client: NodeClient, model: ModelServer) -> None:
    conversation = await converse(client, request_to(model, "Помоги с маркетингом", "Что в воронке?"))

    assert conversation.error is None
    assert [(part.turn, part.finish_reason) for part in conversation.rounds] == [
        (0, "stop"),
        (1, "tool_calls"),
        (1, "stop"),
    ]
    [call] = conversation.rounds[1].tool_calls
    assert call["name"] == "pipeline_report"
    assert call["arguments"].replace(" ", "") == '{"period":"quarter"}'
    assert conversation.text() == ANSWER
    assert "".join(delta.text for delta in conversation.deltas if delta.turn == 1) == ANSWER
    usage = conversation.rounds[2].usage
    assert usage is not None
    assert usage["completion_tokens"] == len(ANSWER.split())


@pytest.mark.parametrize("client", NODE_CLIENTS)
async def test_an_error_of_the_server(client: NodeClient, model: ModelServer) -> None:
    conversation = await converse(client, request_to(model, "лимит"))

    assert conversation.error is not None
    assert conversation.error.status == 429
    assert conversation.error.code == "rate_limit_exceeded"
    assert "Слишком много запросов" in conversation.error.message  # some clients add words of their own


@pytest.mark.parametrize("client", [client for client in NODE_CLIENTS if not client.endswith("whole")])
async def test_a_stream_that_breaks_is_an_error(client: NodeClient, model: ModelServer) -> None:
    conversation = await converse(client, request_to(model, "обрыв"))

    assert conversation.error is not None
    assert conversation.rounds == []
    assert "".join(delta.text for delta in conversation.deltas).startswith("Эта фраза")


@pytest.mark.parametrize("client", [client for client in NODE_CLIENTS if not client.endswith("whole")])
async def test_an_error_inside_the_stream(client: NodeClient) -> None:
    with serve_canned([CHUNK, ERROR_FRAME]) as url:
        conversation = await converse(client, Request(url, "sales", ["Привет"]))

    assert conversation.error is not None
    assert conversation.error.message == "Модель не отвечает"
    assert conversation.error.code == "upstream_error"
    assert [delta.text for delta in conversation.deltas] == ["Минуту"]


async def test_arrivals_are_apart_when_the_server_takes_its_time() -> None:
    with serve_model([text("привет", "раз два три четыре")], latency=30, chunkSize=4) as model:
        conversation = await converse("openai-node raw", Request(model.base_url, "gpt-4o", ["привет"]))

    assert len(conversation.deltas) >= 3
    assert conversation.deltas[-1].at - conversation.deltas[0].at >= 30


async def test_usage_only_when_asked(model: ModelServer) -> None:
    conversation = await converse("openai-node raw", Request(model.base_url, "gpt-4o", ["Привет"], usage=False))

    assert conversation.text() == "Здравствуйте! Чем помочь?"
    assert conversation.rounds[0].usage is None
    assert "stream_options" not in model.requests()[-1]


def test_langchain_streams_text_tools_and_usage(model: ModelServer) -> None:
    chat = ChatOpenAI(base_url=model.base_url, api_key=SecretStr("test"), model="gpt-4o", stream_usage=True)
    bound = chat.bind_tools(
        [{"type": "function", "function": {"name": REPORT.name, "parameters": dict(REPORT.parameters)}}]
    )
    history: list[HumanMessage | AIMessage | ToolMessage] = [HumanMessage("Что в воронке?")]

    asked = gather([*bound.stream(history)])
    [call] = asked.tool_calls
    assert (call["name"], call["args"]) == ("pipeline_report", {"period": "quarter"})
    pieces = [*bound.stream([*history, asked, ToolMessage('{"deals": 42}', tool_call_id=call["id"])])]
    answer = gather(pieces)

    assert answer.text == ANSWER
    assert sum(1 for piece in pieces if piece.text) >= 3
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] == len(ANSWER.split())


def test_openai_python_streams_parallel_tool_calls(model: ModelServer) -> None:
    with openai.OpenAI(base_url=model.base_url, api_key="test", max_retries=0) as client:
        with client.chat.completions.stream(
            model="gpt-4o",
            messages=[{"role": "user", "content": "Найди лид и сегмент"}],
            stream_options={"include_usage": True},
        ) as stream:
            completion = stream.get_final_completion()
        with pytest.raises(openai.RateLimitError, match="Слишком много запросов"):
            client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "лимит"}])

    calls = completion.choices[0].message.tool_calls
    assert calls is not None
    assert [call.function.name for call in calls] == ["find_leads", "segment_customers"]
    assert completion.usage is not None


def test_a_fixture_that_answers_anything_stands_last() -> None:
    assert [fixture["match"]["userMessage"] == "" for fixture in RUSSIAN].index(True) == len(RUSSIAN) - 1


def gather(pieces: list[AIMessage]) -> AIMessageChunk:
    chunks = [piece for piece in pieces if isinstance(piece, AIMessageChunk)]
    assert len(chunks) == len(pieces)
    return sum(chunks[1:], start=chunks[0])
