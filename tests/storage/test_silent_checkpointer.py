"""A checkpointer that takes a question and never answers: nobody waits for ever, and the thread goes on afterwards."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph

from bridge import Settings, create_app

pytestmark = pytest.mark.anyio


class Silent(InMemorySaver):
    """Does not answer these methods while ``silent`` names them."""

    silent: tuple[str, ...] = ()

    async def _heard(self, method: str) -> None:
        if method in self.silent:
            await asyncio.Event().wait()

    async def aget_tuple(self, config: Any) -> Any:
        await self._heard("aget_tuple")
        return await super().aget_tuple(config)

    async def aput(self, *given: Any) -> Any:
        await self._heard("aput")
        return await super().aput(*given)

    async def alist(self, *given: Any, **named: Any) -> AsyncIterator[Any]:
        await self._heard("alist")
        async for found in super().alist(*given, **named):
            yield found


async def answer(state: MessagesState) -> dict[str, Any]:
    return {"messages": [AIMessage(f"Answer {len(state['messages'])}.")]}


Sent = tuple[str, str, dict[str, Any] | None]


def chat(text: str) -> Sent:
    return "POST", "/v1/chat/completions", {"model": "a", "messages": [{"role": "user", "content": text}]}


def agui(path: str, identity: str = "") -> Sent:
    body: dict[str, Any] = {"threadId": "t", "runId": uuid.uuid4().hex, "tools": [], "state": {}, "context": []}
    messages = [{"id": identity or uuid.uuid4().hex, "role": "user", "content": "Look!"}]
    return "POST", path, body | {"messages": messages, "forwardedProps": {}}


REQUESTS: dict[str, Callable[[], Sent]] = {
    "chat": lambda: chat("Look!"),
    "AG-UI": lambda: agui("/agui/a"),
    "AG-UI, its first message edited": lambda: agui("/agui/a", "first"),
    "connect": lambda: agui("/api/copilotkit/agent/a/connect"),
    "messages": lambda: ("GET", "/api/copilotkit/threads/t/messages?agentId=a", None),
    "state": lambda: ("GET", "/api/copilotkit/threads/t/state?agentId=a", None),
    "Responses": lambda: ("POST", "/v1/responses", {"model": "a", "input": "Look!"}),
}


@pytest.mark.parametrize("methods", [("aget_tuple", "alist"), ("aput",)])
async def test_a_wait_ends(methods: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.agents.langgraph.saving.LEAST", 0.5)
    saver = Silent()
    graph = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile(checkpointer=saver)
    app = create_app({"a": graph}, Settings(db=":memory:", storage_patience=0))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client,
    ):

        async def send(method: str, path: str, body: Any) -> httpx.Response:
            async with asyncio.timeout(20):
                return await client.request(method, path, json=body, headers={"X-Thread-Id": "t"})

        assert (await send(*agui("/agui/a", "first"))).status_code == 200
        for name, make in REQUESTS.items():
            saver.silent = methods
            reply = await send(*make())
            at = f"{name}: {reply.status_code} {reply.text[-300:]}"
            if "storage_unavailable" not in reply.text:  # it needs none of these methods
                assert reply.status_code == 200, at
                assert "RUN_ERROR" not in reply.text, at
            saver.silent = ()
            again = await send(*chat("Again!"))
            assert (again.status_code, again.json()["choices"][0]["finish_reason"]) == (200, "stop"), at
        saver.silent = ("aget_tuple", "aput")
        assert "storage_unavailable" in (await send(*chat("The last."))).text
