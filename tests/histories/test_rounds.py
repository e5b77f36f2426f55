"""Clients rewrite a call's arguments when they send it back; they keep their thread over four rounds of tools."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from bridge import Settings, create_app
from tests.clients.openai_clients import NODE_CLIENTS, ClientTool, NodeClient, Request, converse
from tests.histories.rounds import ANSWER, graph
from tests.histories.talk import COLOUR, Message, user
from tests.server import Server, serve
from tests.tools import ROOT, require_client

TOOL = ClientTool(
    name="colour", description="Paint", parameters={"type": "object", "properties": {}}, result={"ok": 1.0}
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("rounds"), "rounds=tests.histories.rounds:graph") as running:
        yield running


@pytest.mark.parametrize("client", NODE_CLIENTS)
async def test_node_clients(client: NodeClient, server: Server) -> None:
    request = Request(f"{server.url}/v1", "rounds", ["go"], tools=[TOOL], api_key=client)
    conversation = await converse(client, request)
    assert conversation.error is None
    assert conversation.text() == ANSWER


@pytest.mark.parametrize("streaming", [True, False])
def test_langchain(server: Server, streaming: bool) -> None:
    key = SecretStr(f"langchain {streaming}")
    model = ChatOpenAI(base_url=f"{server.url}/v1", api_key=key, model="rounds", streaming=streaming, max_retries=0)
    bound = model.bind_tools([COLOUR])
    history: list[BaseMessage] = [HumanMessage("go")]
    while not isinstance(history[-1], BaseMessage) or not history[-1].text.startswith("4 rounds"):
        answer = bound.invoke(history)
        history += [answer, *(ToolMessage('{"ok": 1.0}', tool_call_id=call["id"]) for call in answer.tool_calls)]
        assert len(history) < 12
    assert history[-1].text == ANSWER


@pytest.mark.clients
@pytest.mark.parametrize("stream", [True, False])
def test_haystack(server: Server, stream: bool) -> None:
    asked = {
        "base_url": f"{server.url}/v1",
        "api_key": f"haystack {stream}",
        "model": "rounds",
        "text": "go",
        "tool": {"name": TOOL.name, "description": TOOL.description, "parameters": TOOL.parameters},
        "result": {"ok": 1.0},
        "stream": stream,
    }
    done = subprocess.run(
        [require_client("haystack"), "tests/clients/haystack_client.py"],
        cwd=ROOT,
        env={**os.environ, "HAYSTACK_TELEMETRY_ENABLED": "False"},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"calls": 4, "text": ANSWER}


# Clients that are not here, by the shape of their requests


def haystack(message: Message) -> Message:
    """haystack's ``ChatMessage.to_openai_dict_format``: no content beside calls, arguments by ``json.dumps``."""
    calls = _rewritten(message, lambda arguments: json.dumps(arguments, ensure_ascii=False))
    return {"role": "assistant", "tool_calls": calls}


def langchain_js(message: Message) -> Message:
    """LangChain JS: empty content, arguments by ``JSON.stringify``."""
    return {"role": "assistant", "content": "", "tool_calls": _rewritten(message, stringify)}


def parts(message: Message) -> Message:
    """Clients that send all content as parts, and null for none."""
    return {"role": "assistant", "content": None, "tool_calls": _rewritten(message, json.dumps)}


def stringify(arguments: Any) -> str:
    """JavaScript: 15.0 is 15, and a field that is named by a number comes first."""

    def as_js(value: Any) -> Any:
        match value:
            case float() if value.is_integer():
                return int(value)
            case dict():
                return {key: as_js(value[key]) for key in sorted(value, key=lambda key: not key.isdigit())}
            case list():
                return [as_js(item) for item in value]
            case _:
                return value

    return json.dumps(as_js(arguments), ensure_ascii=False, separators=(",", ":"))


def _rewritten(message: Message, write: Callable[[Any], str]) -> list[Message]:
    return [
        {**call, "function": {**call["function"], "arguments": write(json.loads(call["function"]["arguments"]))}}
        for call in message["tool_calls"]
    ]


@pytest.mark.parametrize("rewrite", [haystack, langchain_js, parts])
async def test_recorded_shapes(tmp_path: Path, rewrite: Callable[[Message], Message]) -> None:
    app = create_app({"rounds": graph}, Settings(db=str(tmp_path / "b.sqlite")))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge") as client,
    ):
        history = [user("go")]
        for number in range(5):
            answer = await client.post("/v1/chat/completions", json={"messages": history, "tools": [COLOUR]})
            message = answer.json()["choices"][0]["message"]
            if number < 4:
                content: Any = '{"ok": 1.0}' if number % 2 else [{"type": "text", "text": '{"ok":1}'}]
                call_id = message["tool_calls"][0]["id"]
                history += [rewrite(message), {"role": "tool", "tool_call_id": call_id, "content": content}]
                # what was a string comes back as parts, and the other way round
                for earlier in history[:-1]:
                    if earlier["role"] == "tool":
                        earlier["content"] = '{"ok": 1}' if isinstance(earlier["content"], list) else '{ "ok":1.0}'
    assert message["content"] == ANSWER
