"""Every fault of a model's server in every client's language: it says why, keeps what came, and the thread goes on."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import SecretStr

from bridge import Settings, create_app
from tests.copilotkit.graphql.pages import HEADERS, generate, merged, parts_of, text, texts
from tests.providers.faults import FAULTS, SECRET, WHOLE, Fault

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning"),
]

Client = httpx.AsyncClient


@dataclass
class Told:
    """What a client was told: the HTTP status, the answer's text, and of an error its code and its sentence."""

    http: int
    text: str = ""
    code: str = ""
    says: str = ""
    again: str | None = None
    """``x-should-retry``."""

    def take(self, error: Any) -> None:
        """An error object of OpenAI's."""
        self.code, self.says = error.get("code") or "", error["message"]


Ask = Callable[[Client, str], Awaitable[Told]]


def user(content: str) -> dict[str, str]:
    """A message of the person's."""
    return {"role": "user", "content": content}


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    """The events of a server-sent stream."""
    sent = (line[5:].strip() for line in response.text.splitlines() if line.startswith("data:"))
    return [json.loads(line) for line in sent if line != "[DONE]"]


def agui(path: str) -> Ask:
    """A client of AG-UI 1.0 at this address."""

    async def ask(client: Client, thread: str) -> Told:
        body: dict[str, Any] = {"threadId": thread, "runId": uuid.uuid4().hex}
        body |= {"messages": [{"id": uuid.uuid4().hex, **user("Look!")}]}
        body |= {"tools": [], "state": {}, "context": [], "forwardedProps": {}, "protocolVersion": "1.0"}
        answer = await client.post(path, json=body)
        told = Told(answer.status_code)
        events = lines(answer)
        told.text = "".join(event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT")
        if events[-1]["type"] == "RUN_ERROR":
            told.code, told.says = events[-1]["code"], events[-1]["message"]
        else:
            assert events[-1]["type"] == "RUN_FINISHED"
        return told

    return ask


def chat(path: str, *, stream: bool) -> Ask:
    """A client of OpenAI's chat completions."""

    async def ask(client: Client, thread: str) -> Told:
        body = {"model": "a", "stream": stream, "messages": [user("Look!")]}
        answer = await client.post(path, json=body, headers={"X-Thread-Id": thread})
        told = Told(answer.status_code, again=answer.headers.get("x-should-retry"))
        if answer.headers["content-type"].startswith("application/json"):
            whole = answer.json()
            if "error" in whole:
                told.take(whole["error"])
            else:
                told.text = whole["choices"][0]["message"]["content"]
            return told
        for chunk in lines(answer):
            if "error" in chunk:
                told.take(chunk["error"])
                assert "finish_reason" not in str(chunk)
            else:
                told.text += "".join(choice["delta"].get("content") or "" for choice in chunk["choices"])
        return told

    return ask


def responses(*, stream: bool) -> Ask:
    """A client of OpenAI's Responses."""

    async def ask(client: Client, thread: str) -> Told:
        body = {"model": "a", "stream": stream, "input": "Look!"}
        answer = await client.post("/v1/responses", json=body, headers={"X-Thread-Id": thread})
        told = Told(answer.status_code, again=answer.headers.get("x-should-retry"))
        events = [answer.json()] if not stream or told.http != 200 else lines(answer)
        for event in events:
            if event.get("type") == "response.output_text.delta":
                told.text += event["delta"]
            response = event.get("response", event)
            if response.get("error") is not None:
                error = response["error"]
                told.code, told.says = error.get("type") if told.http == 200 else error["code"], error["message"]
            elif not stream:
                told.text = response["output"][0]["content"][0]["text"]
        return told

    return ask


async def graphql(client: Client, thread: str) -> Told:
    """A page with CopilotKit up to 1.10."""
    body = generate([text(uuid.uuid4().hex, "Look!")], thread)
    answer = await client.post("/api/copilotkit", json=body, headers=HEADERS)
    shown, errors = merged(parts_of(answer.content))
    told = Told(answer.status_code, "".join(texts(shown)))
    if errors:
        told.says, told.code = errors[0]["message"], errors[0]["extensions"]["code"]
    return told


LANGUAGES: dict[str, Ask] = {
    "AG-UI": agui("/agui/a"),
    "CopilotKit": agui("/api/copilotkit/agent/a/run"),
    "chat": chat("/v1/chat/completions", stream=False),
    "chat, streamed": chat("/v1/chat/completions", stream=True),
    "copilotkit-streaming": chat("/api/copilotkit-streaming/", stream=True),
    "copilotkit-adapter": chat("/api/copilotkit-adapter/", stream=False),
    "Responses": responses(stream=False),
    "Responses, streamed": responses(stream=True),
    "GraphQL": graphql,
}
ALWAYS_200 = ("AG-UI", "CopilotKit", "GraphQL")
WHOLE_ONLY = ("chat", "copilotkit-adapter", "Responses")


@dataclass
class Faulty:
    """A model's server that has one fault until it is ``mended``, and how often it was asked."""

    fault: Fault
    mended: bool = False
    asked: list[bytes] = field(default_factory=list)
    url: str = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request's answer, and the end of the connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
        self.asked.append(await reader.readexactly(length))
        fault = self.fault
        status, media, body = fault.status, fault.media, fault.body
        if self.mended:
            status, media, body = "200 OK", "text/event-stream", WHOLE
        if self.mended or not fault.abrupt:
            writer.write(f"HTTP/1.1 {status}\r\ncontent-type: {media}\r\nconnection: close\r\n\r\n".encode() + body)
        elif body:  # more is announced than ever comes
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {media}\r\ncontent-length: 99999\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def served(fault: Fault) -> AsyncIterator[tuple[Faulty, Client]]:
    """The bridge in front of an agent whose model's server has this fault."""
    faulty = Faulty(fault)
    server = await asyncio.start_server(faulty.answer, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        model: BaseChatModel = ChatOpenAI(model="m", api_key=SecretStr("key"), base_url=url, max_retries=0)

        async def ask(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        graph = StateGraph(MessagesState).add_node(ask).add_edge(START, "ask").compile()
        app = create_app({"a": graph}, Settings(db=":memory:"))
        async with (
            app.router.lifespan_context(app),
            Client(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", timeout=30) as client,
        ):
            yield faulty, client


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault(name: str) -> None:
    fault = FAULTS[name]
    async with served(fault) as (faulty, client):
        for language, ask in LANGUAGES.items():
            faulty.mended = False
            faulty.asked.clear()
            thread = uuid.uuid4().hex
            told = await ask(client, thread)
            at = f"{language}: {told}"
            own = "NETWORK_ERROR" if fault.code == "upstream_error" else "UNKNOWN"  # that page knows no other
            code = own if language == "GraphQL" else fault.code
            assert (told.code, told.says[: len(fault.says)]) == (code, fault.says), at
            assert SECRET not in str(told), at
            begun = language in ALWAYS_200 or (fault.heard and language not in WHOLE_ONLY)
            assert told.http == (200 if begun else fault.http), at
            assert told.text == ("" if language in WHOLE_ONLY else fault.heard), at
            if not begun and not fault.again:
                assert told.again == "false", at
            assert len(faulty.asked) == 1, at  # the bridge tries nothing again
            faulty.mended = True
            again = await ask(client, thread)
            assert (again.http, again.text, again.code) == (200, "Whole.", ""), f"{language}: {again}"
            assert len(faulty.asked) == 2, language
