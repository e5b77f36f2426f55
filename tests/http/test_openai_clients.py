"""The OpenAI clients that people have, in front of a real server: a Russian conversation with a tool call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import orjson
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import SecretStr

from tests.clients.openai_clients import NODE_CLIENTS, ClientTool, NodeClient, Request, converse
from tests.server import Server

HIGHLIGHT = ClientTool(
    name="set_theme_color",
    description="Изменить цвет темы страницы. Change the theme colour of the page.",
    parameters={"type": "object", "properties": {"color": {"type": "string"}}, "required": ["color"]},
    result={"ok": True},
)
TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": HIGHLIGHT.name,
        "description": HIGHLIGHT.description,
        "parameters": dict(HIGHLIGHT.parameters),
    },
}
HELP = "Помоги с маркетингом"
PIPELINE = "Покажи воронку"
COLOUR = "call сделай тему зелёной"


@pytest.fixture
def sdk(server: Server) -> Iterator[openai.OpenAI]:
    """The official SDK."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="test", max_retries=0) as client:
        yield client


def user(text: str) -> ChatCompletionMessageParam:
    return {"role": "user", "content": text}


def test_the_sdk_holds_a_conversation(sdk: openai.OpenAI) -> None:
    assert [model.id for model in sdk.models.list()] == ["sales", "teller"]
    whole = sdk.chat.completions.create(model="sales", messages=[user(HELP)])
    answer = whole.choices[0].message.content
    assert answer
    assert whole.usage is not None
    assert whole.usage.total_tokens > 0

    history: list[ChatCompletionMessageParam] = [user(HELP), {"role": "assistant", "content": answer}, user(PIPELINE)]
    raw = sdk.chat.completions.with_raw_response.create(model="sales", messages=history)
    with sdk.chat.completions.stream(model="sales", messages=[user(HELP)]) as stream:
        words = [event.delta for event in stream if event.type == "content.delta"]
        completion = stream.get_final_completion()
    assert len(words) > 10
    assert completion.choices[0].message.content == "".join(words) == answer
    assert completion.usage is None
    assert "₽" in (raw.parse().choices[0].message.content or "")
    # the graph's own tools never travel
    assert raw.parse().choices[0].message.tool_calls is None


def test_the_sdk_runs_a_tool_of_its_own(sdk: openai.OpenAI) -> None:
    messages: list[Any] = [user(COLOUR)]
    with sdk.chat.completions.stream(
        model="teller", messages=messages, tools=[TOOL], stream_options={"include_usage": True}
    ) as stream:
        for _ in stream:
            pass
        completion = stream.get_final_completion()
    [choice] = completion.choices
    assert choice.finish_reason == "tool_calls"
    [call] = choice.message.tool_calls or []
    assert (call.function.name, orjson.loads(call.function.arguments)) == (HIGHLIGHT.name, {"цвет": "красный"})
    messages += [
        choice.message.model_dump(include={"role", "content", "tool_calls"}),
        {"role": "tool", "tool_call_id": call.id, "content": "готово"},
    ]
    done = sdk.chat.completions.create(model="teller", messages=messages, tools=[TOOL])
    assert done.choices[0].message.content == "3: готово"
    assert done.choices[0].finish_reason == "stop"


async def test_the_async_sdk_streams_with_usage(server: Server) -> None:
    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="test", max_retries=0) as sdk:
        stream = await sdk.chat.completions.create(
            model="sales", messages=[user(HELP)], stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
        whole = await sdk.chat.completions.create(model="sales", messages=[user(HELP)])
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]].count("stop") == 1
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1])
    assert text == whole.choices[0].message.content


def test_the_sdk_raises_what_went_wrong(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        sdk.chat.completions.create(model="gpt-4o", messages=[user("привет")])
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as bad:
        sdk.chat.completions.create(model="teller", messages=[user("привет")], temperature=9)
    assert bad.value.param == "temperature"
    for stream in (True, False):
        with pytest.raises(openai.InternalServerError) as failed:
            sdk.chat.completions.create(model="teller", messages=[user("fail")], stream=stream)
        assert failed.value.status_code == 500
        assert "secret" not in failed.value.message
    received: list[str] = []
    stream_of_words = sdk.chat.completions.create(model="teller", messages=[user("break")], stream=True)
    with pytest.raises(openai.APIError, match="The agent failed") as broken:
        received.extend(chunk.choices[0].delta.content or "" for chunk in stream_of_words)
    assert "".join(received) == "Начало ответа"
    assert broken.value.code == "server_error"


def test_the_extension_reaches_who_asks(sdk: openai.OpenAI) -> None:
    asked = {"ag_ui": {"events": True}}
    stream = sdk.chat.completions.create(model="teller", messages=[user("think")], stream=True, extra_body=asked)
    chunks = list(stream)
    kinds = [(chunk.model_extra or {})["ag_ui"]["type"] for chunk in chunks]
    assert kinds[0] == "RUN_STARTED"
    assert "STATE_DELTA" in kinds or "STATE_SNAPSHOT" in kinds
    reasoning = [(chunk.choices[0].delta.model_extra or {}).get("reasoning_content") for chunk in chunks]
    assert "Надо подумать." in reasoning
    whole = sdk.chat.completions.create(model="teller", messages=[user("think")], extra_body=asked)
    assert (whole.choices[0].message.model_extra or {})["reasoning_content"] == "Надо подумать."
    assert [event["type"] for event in (whole.model_extra or {})["ag_ui"]["events"]] == kinds


def test_a_cut_answer_ends_with_length(sdk: openai.OpenAI) -> None:
    assert sdk.chat.completions.create(model="teller", messages=[user("cut")]).choices[0].finish_reason == "length"


def test_langchain_holds_a_conversation_with_a_tool_call(server: Server) -> None:
    url, key = f"{server.url}/v1", SecretStr("test")
    sales = ChatOpenAI(base_url=url, api_key=key, model="sales", stream_usage=True, max_retries=0)
    first = sales.invoke([HumanMessage(HELP)])
    assert first.usage_metadata
    pieces = list(sales.stream([HumanMessage(HELP), first, HumanMessage(PIPELINE)]))
    assert len([piece for piece in pieces if piece.text]) > 10
    assert "₽" in "".join(piece.text for piece in pieces)

    bound = ChatOpenAI(base_url=url, api_key=key, model="teller", max_retries=0).bind_tools([dict(TOOL)])
    history: list[HumanMessage | AIMessage | ToolMessage] = [HumanMessage(COLOUR)]
    chunks = [piece for piece in bound.stream(history) if isinstance(piece, AIMessageChunk)]
    asked = sum(chunks[1:], start=chunks[0])
    [call] = asked.tool_calls
    assert (call["name"], call["args"]) == (HIGHLIGHT.name, {"цвет": "красный"})
    answer = bound.invoke([*history, asked, ToolMessage("готово", tool_call_id=call["id"])])
    assert answer.text == "3: готово"


@pytest.mark.parametrize("client", NODE_CLIENTS)
async def test_node_clients_hold_a_conversation(client: NodeClient, server: Server) -> None:
    request = Request(f"{server.url}/v1", "sales", [HELP, "Сделай тему зелёной", PIPELINE], tools=[HIGHLIGHT])
    conversation = await converse(client, request)

    assert conversation.error is None
    assert [part.finish_reason for part in conversation.rounds] == ["stop", "tool_calls", "stop", "stop"]
    [call] = conversation.rounds[1].tool_calls
    assert call["name"] == HIGHLIGHT.name
    assert "маркетинг" in conversation.text(0).lower()
    assert "₽" in conversation.text()
    usage = conversation.rounds[-1].usage
    assert usage is not None
    assert usage["total_tokens"] > 0


@pytest.mark.parametrize("client", NODE_CLIENTS)
async def test_node_clients_receive_errors(client: NodeClient, server: Server) -> None:
    failed = await converse(client, Request(f"{server.url}/v1", "teller", ["fail"]))
    assert failed.error is not None
    assert failed.error.status == 500
    broken = await converse(client, Request(f"{server.url}/v1", "teller", ["break"]))
    assert broken.error is not None
    assert "The agent failed" in broken.error.message
