"""The clients that people have, over the Responses API, in front of a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import orjson
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from openai.types.responses import FunctionToolParam
from pydantic import BaseModel, SecretStr

from tests.clients.openai_clients import RESPONSES_CLIENTS, NodeClient, Request, converse
from tests.http.test_approval import QUOTE, Quotes, quotes
from tests.http.test_openai_clients import HELP, HIGHLIGHT, PIPELINE
from tests.openai_compat.responses.typed import check_stream
from tests.server import Server, serve

__all__ = ["quotes"]

TOOL: FunctionToolParam = {
    "type": "function",
    "name": HIGHLIGHT.name,
    "description": HIGHLIGHT.description,
    "parameters": dict(HIGHLIGHT.parameters),
    "strict": False,
}
COLOUR = "call сделай тему зелёной"


class City(BaseModel):
    """What a model is asked to fill in."""

    city: str
    degrees: int


@pytest.fixture
def sdk(server: Server) -> Iterator[openai.OpenAI]:
    """The official SDK."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="test", max_retries=0) as client:
        yield client


def test_the_sdk_holds_a_conversation(sdk: openai.OpenAI) -> None:
    with sdk.responses.stream(model="sales", input=HELP) as stream:
        events = list(stream)
        first = stream.get_final_response()
    words = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(words) > 10
    assert first.output_text == "".join(words)
    assert first.usage is not None
    assert first.usage.total_tokens > 0
    second = sdk.responses.create(model="sales", input=PIPELINE, previous_response_id=first.id)
    assert "₽" in second.output_text
    assert {item.type for item in second.output} <= {"message", "reasoning"}
    assert sdk.responses.retrieve(second.id) == second
    [asked] = sdk.responses.input_items.list(second.id)
    assert asked.type == "message"
    sdk.responses.delete(second.id)
    with pytest.raises(openai.NotFoundError, match="not found"):
        sdk.responses.retrieve(second.id)


def test_the_sdk_runs_a_tool_of_its_own(sdk: openai.OpenAI) -> None:
    with sdk.responses.stream(model="teller", input=COLOUR, tools=[TOOL]) as stream:
        asked = stream.until_done().get_final_response()
    [call] = [item for item in asked.output if item.type == "function_call"]
    assert (call.name, orjson.loads(call.arguments)) == (HIGHLIGHT.name, {"цвет": "красный"})
    done = sdk.responses.create(
        model="teller",
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "готово"}],
        previous_response_id=asked.id,
        tools=[TOOL],
    )
    assert done.output_text == "3: готово"


def test_the_sdk_parses(tmp_path: Path) -> None:
    with (
        serve(tmp_path, "structured=tests.http.answering:structured") as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="test", max_retries=0) as sdk,
    ):
        whole = sdk.responses.parse(model="structured", input="погода", text_format=City)
        assert whole.output_parsed == City(city="Казань", degrees=3)
        with sdk.responses.stream(model="structured", input="погода", text_format=City) as stream:
            assert stream.get_final_response().output_parsed == whole.output_parsed


async def test_the_async_sdk_in_the_background(server: Server) -> None:
    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="test", max_retries=0) as sdk:
        stream = await sdk.responses.create(model="teller", input="count 40", background=True, stream=True)
        first = [await anext(stream) for _ in range(6)]
        await stream.close()
        assert first[0].type == "response.created"
        name = first[0].response.id
        again = await sdk.responses.retrieve(name, stream=True, starting_after=first[-1].sequence_number)
        rest = [event async for event in again]
        check_stream([event.to_dict(mode="json") for event in (*first, *rest)])
        done = await sdk.responses.retrieve(name)
        assert done.status == "completed"
        assert done.output_text.count(" ") == 40
        slow = await sdk.responses.create(model="teller", input="slow", background=True)
        assert slow.status == "queued"
        assert (await sdk.responses.cancel(slow.id)).status == "cancelled"
        counted = await sdk.responses.input_tokens.count(model="teller", input="раз")
        assert counted.input_tokens > 0


def test_the_sdk_has_conversations(sdk: openai.OpenAI) -> None:
    conversation = sdk.conversations.create(metadata={"a": "b"}, items=[{"role": "user", "content": "раз"}])
    first = sdk.responses.create(model="teller", input="два", conversation=conversation.id)
    assert first.output_text == "2: два"
    assert first.conversation is not None
    assert first.conversation.id == conversation.id
    assert [item.type for item in sdk.conversations.items.list(conversation.id, order="asc")] == ["message"] * 3
    sdk.conversations.items.create(conversation.id, items=[{"role": "user", "content": "три"}])
    assert sdk.responses.create(model="teller", input="?", conversation=conversation.id).output_text == "5: ?"
    assert sdk.conversations.update(conversation.id, metadata={"c": "d"}).metadata == {"c": "d"}
    assert sdk.conversations.delete(conversation.id).deleted
    with pytest.raises(openai.NotFoundError):
        sdk.conversations.retrieve(conversation.id)


def test_the_sdk_approves(sdk: openai.OpenAI, quotes: Quotes) -> None:
    asked = sdk.responses.create(model="sales", input=QUOTE)
    [request] = [item for item in asked.output if item.type == "mcp_approval_request"]
    sdk.responses.create(
        model="sales",
        input=[{"type": "mcp_approval_response", "approval_request_id": request.id, "approve": True}],
        previous_response_id=asked.id,
    )
    assert len(quotes()) == 1


def test_the_sdk_raises_what_went_wrong(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as bad:
        sdk.responses.create(model="teller", input="?", previous_response_id="resp_unknown")
    assert (bad.value.code, bad.value.param) == ("previous_response_not_found", "previous_response_id")
    for stream in (True, False):
        with pytest.raises(openai.InternalServerError) as failed:
            sdk.responses.create(model="teller", input="fail", stream=stream)
        assert "secret" not in failed.value.message
    events = list(sdk.responses.create(model="teller", input="break", stream=True))
    assert events[-1].type == "response.failed"
    assert events[-1].response.error is not None


def test_langchain_holds_a_conversation_with_a_tool_call(server: Server) -> None:
    url, key = f"{server.url}/v1", SecretStr("test")
    more: Any = {"base_url": url, "api_key": key, "max_retries": 0, "use_responses_api": True}
    sales = ChatOpenAI(model="sales", **more)
    first = sales.invoke([HumanMessage(HELP)])
    assert first.usage_metadata
    pieces = list(sales.stream([HumanMessage(HELP), first, HumanMessage(PIPELINE)]))
    assert len([piece for piece in pieces if piece.text]) > 10
    assert "₽" in "".join(piece.text for piece in pieces)

    bound = ChatOpenAI(model="teller", **more).bind_tools([dict(TOOL)])
    history: list[HumanMessage | AIMessage | ToolMessage] = [HumanMessage(COLOUR)]
    chunks = [piece for piece in bound.stream(history) if isinstance(piece, AIMessageChunk)]
    asked = sum(chunks[1:], start=chunks[0])
    [call] = asked.tool_calls
    assert (call["name"], call["args"]) == (HIGHLIGHT.name, {"цвет": "красный"})
    answer = bound.invoke([*history, asked, ToolMessage("готово", tool_call_id=call["id"])])
    assert answer.text == "3: готово"

    by_id = ChatOpenAI(model="teller", use_previous_response_id=True, **more)
    start = by_id.invoke([HumanMessage("раз")])
    assert by_id.invoke([HumanMessage("раз"), start, HumanMessage("два")]).text == "3: два"


@pytest.mark.parametrize("client", RESPONSES_CLIENTS)
async def test_node_clients_hold_a_conversation(client: NodeClient, server: Server) -> None:
    request = Request(f"{server.url}/v1", "sales", [HELP, "Сделай тему зелёной", PIPELINE], tools=[HIGHLIGHT])
    conversation = await converse(client, request)

    assert conversation.error is None
    assert [len(part.tool_calls) for part in conversation.rounds] == [0, 1, 0, 0]
    [call] = conversation.rounds[1].tool_calls
    assert call["name"] == HIGHLIGHT.name
    assert "маркетинг" in conversation.text(0).lower()
    assert "₽" in conversation.text()
    usage = conversation.rounds[-1].usage
    assert usage is not None
    assert usage["total_tokens"] > 0


@pytest.mark.parametrize("client", RESPONSES_CLIENTS)
async def test_node_clients_receive_errors(client: NodeClient, server: Server) -> None:
    failed = await converse(client, Request(f"{server.url}/v1", "teller", ["fail"]))
    assert failed.error is not None
    assert failed.error.status == 500
    broken = await converse(client, Request(f"{server.url}/v1", "teller", ["break"]))
    if client == "langchain-js responses":  # it knows no response.failed: the answer has no finish_reason, that is all
        assert (broken.rounds[0].text, broken.rounds[0].finish_reason) == ("Начало ответа", None)
        return
    assert broken.error is not None
    assert "The agent failed" in broken.error.message
