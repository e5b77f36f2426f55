"""The sales agent's model, against servers of OpenAI's API that are not OpenAI's."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableConfig
from pydantic import SecretStr

from graphs.model import Endpoint
from graphs.request import read_request
from tests.providers.canned import DONE, chunk, serving

pytestmark = pytest.mark.anyio

SENT: dict[str, Any] = {
    "temperature": 0.3,
    "top_p": 0.9,
    "max_tokens": 60,
    "stop": ["x"],
    "seed": 7,
    "response_format": {"type": "json_object"},
    "reasoning_effort": "low",
    "user": "u",
    "presence_penalty": 0.5,
    "frequency_penalty": -0.5,
    "metadata": {"chat": "c"},
}
BOTH = {"max_tokens": 5, "max_completion_tokens": 6}


def endpoint(url: str) -> Endpoint:
    return Endpoint(model="m", api_key=SecretStr("k"), base_url=f"{url}/v1", max_retries=0, streaming=True)


@pytest.mark.parametrize(
    "settings", [SENT, {"max_completion_tokens": 60}, {"max_tokens": 5, "max_completion_tokens": 6}]
)
async def test_what_reaches_the_model_is_what_was_sent(settings: dict[str, Any]) -> None:
    config: RunnableConfig = {"configurable": {"model_settings": settings}}
    async with serving(chunk({"content": "Yes."}, "stop") + DONE) as server:
        await endpoint(server.url).bind(**read_request(config).model_settings).ainvoke("Hello?")
        asked = json.loads(server.asked[0])
    assert {name: value for name, value in asked.items() if name not in ("messages", "model", "stream")} == settings


def piece(index: int, arguments: str, **named: Any) -> bytes:
    function = {"arguments": arguments} | ({"name": named["name"]} if "name" in named else {})
    call = {"index": index, "type": "function", "function": function} | ({"id": named["id"]} if "id" in named else {})
    return chunk({"tool_calls": [call]})


REPEATED = b"".join(
    piece(index, part, id=f"c{index}", name="set_theme") for index in (0, 1) for part in ('{"name":', '"dark"', "}")
)
ONCE = piece(0, "", id="c0", name="set_theme") + piece(0, '{"name":"dark"}')
IN_PIECES = piece(0, "", id="c0", name="set_") + piece(0, "", name="theme") + piece(0, '{"name":"dark"}')
SAME_ID = b"".join(piece(index, '{"name":"dark"}', id="c", name="set_theme") for index in (0, 1))


@pytest.mark.parametrize(
    ("body", "calls"),
    [(REPEATED, 2), (ONCE, 1), (IN_PIECES, 1), (SAME_ID, 2)],
    ids=["repeated", "once", "in pieces", "one id for two"],
)
@pytest.mark.parametrize("asynchronous", [True, False])
async def test_a_calls_name_stands_in_it_once(body: bytes, calls: int, *, asynchronous: bool) -> None:
    async with serving(body + chunk({}, "tool_calls") + DONE) as server:
        whole = AIMessageChunk(content="")
        model = endpoint(server.url)
        if asynchronous:
            async for part in model.astream("Dark!"):
                whole += part
        else:
            for part in await in_a_thread(model):
                whole += part
    assert [(call["name"], call["args"]) for call in whole.tool_calls] == [("set_theme", {"name": "dark"})] * calls


async def in_a_thread(model: Endpoint) -> list[Any]:
    return await asyncio.to_thread(lambda: list(model.stream("Dark!")))
