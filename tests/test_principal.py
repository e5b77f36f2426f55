"""Who calls, by the application's own lights: asked once a request, plain or async."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from starlette.requests import HTTPConnection

from bridge import Settings, create_app
from bridge.web.callers import Authenticate

KINDS = ["plain", "async"]


class Application:
    """An application that knows its users by a header, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def plain(self, connection: HTTPConnection) -> str | None:
        self.asked += 1
        return connection.headers.get("x-user")

    async def awaited(self, connection: HTTPConnection) -> str | None:
        return self.plain(connection)

    def principal(self, kind: str) -> Authenticate:
        return self.awaited if kind == "async" else self.plain


def echo() -> CompiledStateGraph[MessagesState]:
    graph = StateGraph(MessagesState)
    graph.add_node("echo", lambda state: {"messages": [AIMessage(f"Вы сказали: {state['messages'][-1].text}")]})
    graph.add_edge(START, "echo")
    return graph.compile()


@asynccontextmanager
async def client_of(principal: Authenticate, directory: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app({"echo": echo()}, Settings(db=str(directory / "b.sqlite")), principal=principal)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://bridge") as client,
    ):
        yield client


@pytest.mark.parametrize("kind", KINDS)
async def test_a_user_is_known_and_asked_for_once(kind: str, tmp_path: Path) -> None:
    application = Application()
    async with client_of(application.principal(kind), tmp_path) as client:
        answer = await client.post("/api/copilotkit-adapter/", json={"message": "Да"}, headers={"X-User": "anna"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"] == "Вы сказали: Да"
    assert application.asked == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_is_refused_on_every_route_but_health(kind: str, tmp_path: Path) -> None:
    application = Application()
    async with client_of(application.principal(kind), tmp_path) as client:
        for path in ("/agui", "/v1/models", "/api/test-copilotkit/"):
            answer = await client.get(path)
            assert answer.status_code == 401, path
            assert answer.json()["error"]["code"] == "invalid_api_key"
        asked = application.asked
        assert (await client.get("/healthz")).status_code == 200
    assert application.asked == asked


@pytest.mark.parametrize("kind", KINDS)
async def test_a_thread_belongs_to_its_user(kind: str, tmp_path: Path) -> None:
    body = {"message": "Привет", "thread_id": "t-1"}
    anna, boris = {"X-User": "anna"}, {"X-User": "boris"}
    messages = "/api/copilotkit/threads/t-1/messages"
    async with client_of(Application().principal(kind), tmp_path) as client:
        await client.post("/api/copilotkit-adapter/", json=body, headers=anna)
        theirs = await client.get(messages, headers=boris)
        assert theirs.status_code == 404
        assert theirs.json()["error"]["code"] == "thread_not_found"
        begun = await client.post("/api/copilotkit-adapter/", json={**body, "message": "Секрет"}, headers=boris)
        assert begun.status_code == 200
        mine = (await client.get(messages, headers=anna)).text
        theirs = await client.get(messages, headers=boris)
    assert "Секрет" not in mine
    assert "Секрет" in theirs.text
    assert "Привет" not in theirs.text


async def test_an_application_that_fails_is_a_server_error(tmp_path: Path) -> None:
    async def broken(connection: HTTPConnection) -> str | None:
        raise ConnectionError(f"no database for {connection.url.path}")

    async with client_of(broken, tmp_path) as client:
        answer = await client.get("/v1/models")
        assert (await client.get("/healthz/")).status_code == 200
    assert answer.status_code == 500
    assert "database" not in answer.text
