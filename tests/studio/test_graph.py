"""``GET /agents/{agent}/graph``."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, MessagesState, StateGraph

from bridge import Settings, create_app
from graphs.agent import build_graph
from tests.test_access import Recorder


async def step(state: MessagesState) -> dict[str, Any]:
    del state
    return {}


def made(config: RunnableConfig) -> Any:
    """A factory."""
    del config
    return StateGraph(MessagesState).add_node("made", step).add_edge(START, "made").compile()


def failing(config: RunnableConfig) -> Any:
    del config
    raise RuntimeError("sk-secret")


AGENTS = {"sales": build_graph(), "made": made, "failing": failing}


@asynccontextmanager
async def client_of(**more: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app({**AGENTS, "recorder": Recorder()}, Settings(db=":memory:", **more))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://bridge/agents") as client,
    ):
        yield client


async def test_a_graph_as_json() -> None:
    async with client_of(studio=True) as client:
        answer = await client.get("/sales/graph")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["agent"], found["kind"], found["unknown"]) == ("sales", "langgraph", [])
    assert {node["id"] for node in found["root"]["nodes"]} >= {"supervisor", "sales", "marketing", "assistant"}


async def test_one_that_a_factory_makes() -> None:
    async with client_of(studio=True) as client:
        found = (await client.get("/made/graph")).json()
    assert {node["path"] for node in found["root"]["nodes"]} == {"made", "__start__"}


async def test_what_has_no_graph_is_one_node() -> None:
    """Another kind of agent; a factory that fails, whose words stay in the log."""
    async with client_of(studio=True) as client:
        recorder, failed = await client.get("/recorder/graph"), await client.get("/failing/graph")
    assert [node["path"] for node in recorder.json()["root"]["nodes"]] == ["recorder"]
    assert [node["path"] for node in failed.json()["root"]["nodes"]] == ["failing"]
    assert [each["node"] for each in failed.json()["unknown"]] == ["failing"]
    assert "sk-secret" not in failed.text


@pytest.mark.parametrize(
    ("wanted", "kind", "begins"),
    [
        ("mermaid", "text/vnd.mermaid", b"flowchart TD"),
        ("svg", "image/svg+xml", b"<svg"),
        ("png", "image/png", b"\x89PNG"),
    ],
)
async def test_pictures(wanted: str, kind: str, begins: bytes) -> None:
    async with client_of(studio=True) as client:
        answer = await client.get(f"/made/graph?format={wanted}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert answer.content.startswith(begins)


async def test_without_what_draws_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mermaidx", None)
    async with client_of(studio=True) as client:
        answer = await client.get("/sales/graph?format=svg")
    assert answer.status_code == 400
    assert "pip install mermaidx" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("asked", "status"), [("/sales/graph?format=gif", 400), ("/nobody/graph", 404)])
async def test_what_is_refused(asked: str, status: int) -> None:
    async with client_of(studio=True) as client:
        assert (await client.get(asked)).status_code == status


async def test_keys_are_asked_for() -> None:
    async with client_of(studio=True, api_keys=("sk-1",)) as client:
        assert (await client.get("/sales/graph")).status_code == 401
        assert (await client.get("/sales/graph", headers={"Authorization": "Bearer sk-1"})).status_code == 200


@pytest.mark.parametrize("studio", [False, None])
async def test_without_the_studio_there_is_none(studio: bool | None) -> None:
    async with client_of(studio=studio) as client:
        assert (await client.get("/sales/graph")).status_code == 404


async def test_it_is_in_the_description_of_the_api() -> None:
    async with client_of(studio=True) as client:
        described = (await client.get("http://bridge/openapi.json")).json()
    answers = described["paths"]["/agents/{agent}/graph"]["get"]["responses"]
    assert "200" in answers
    assert {"Node", "Edge", "Level", "Unknown"} <= set(described["components"]["schemas"])
