"""Errors over AG-UI in the language of the person who reads them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from langgraph.graph import START, MessagesState, StateGraph

from bridge import Settings, create_app
from bridge.web.sentences import RUSSIAN
from tests.http.talking import events_of, run_input


def fails(state: MessagesState) -> dict[str, Any]:
    raise RuntimeError("no such table")


GRAPH = StateGraph(MessagesState).add_node(fails).add_edge(START, "fails").compile()


@pytest.mark.parametrize(
    ("asks_for", "russian"),
    [("ru-RU,ru;q=0.9,en;q=0.8", True), ("en-US,en;q=0.9,ru;q=0.8", False), ("", False)],
)
async def test_a_run_that_fails(asks_for: str, russian: bool) -> None:
    app = create_app({"fails": GRAPH}, Settings(db=":memory:"))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client,
    ):
        headers = {"Accept-Language": asks_for}
        answer = await client.post("/agui/fails", json=run_input("привет"), headers=headers)
        error = events_of(answer.content)[-1]
        assert (error["type"], error["code"]) == ("RUN_ERROR", "server_error")
        assert (error["message"] == RUSSIAN["server_error"]) is russian
        again = await client.get(f"/runs/{answer.headers['x-run-id']}/events", headers=headers)
        assert events_of(again.content)[-1] == error


async def test_what_is_wrong_with_a_request_is_said_to_its_developer_in_any_language() -> None:
    graph = StateGraph(MessagesState).add_node("says", lambda state: {"messages": ["да"]}).add_edge(START, "says")
    app = create_app({"says": graph.compile()}, Settings(db=":memory:"))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client,
    ):
        headers = {"Accept-Language": "ru"}
        await client.post("/agui/says", json=run_input("привет", thread="t"), headers=headers)
        resume = [{"interruptId": "never-asked", "status": "resolved", "payload": True}]
        answer = await client.post("/agui/says", json=run_input(thread="t", resume=resume), headers=headers)
        error = events_of(answer.content)[-1]
        assert (error["type"], error["code"]) == ("RUN_ERROR", "invalid_request")
        assert error["message"] != RUSSIAN["invalid_request"]
        assert "interrupt" in error["message"].lower()
