"""What a run held is free as soon as nobody needs it: the collector that finds cycles hardly ever comes to old ones."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator
from typing import Any
from weakref import WeakSet

import httpx
import pytest
from langgraph.graph import START, MessagesState, StateGraph

from bridge import Settings
from bridge.runs.run import Run
from tests.http.talking import chat, run_input
from tests.test_access import served
from tests.test_principal import echo

ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "AG-UI": ("/agui/recorder", run_input("да")),
    "chat": ("/v1/chat/completions", chat("да")),
    "chat, streamed": ("/v1/chat/completions", chat("да", stream=True)),
    "Responses": ("/v1/responses", {"input": "да", "model": "recorder"}),
    "Responses, streamed": ("/v1/responses", {"input": "да", "model": "recorder", "stream": True}),
    "CopilotKit, its adapter": ("/api/copilotkit-adapter/", {"message": "да"}),
    "CopilotKit, streamed": ("/api/copilotkit-streaming/", {"message": "да"}),
    "CopilotKit": ("/api/copilotkit/agent/recorder/run", run_input("да")),
}


@pytest.fixture
def by_counting() -> Iterator[None]:
    """Without the collector: what is free is free because nothing refers to it."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> WeakSet[Run]:
    """The runs that have begun and are not free yet."""
    begun: WeakSet[Run] = WeakSet()
    begin = Run.start

    def start(run: Run, *args: Any, **more: Any) -> None:
        begun.add(run)
        begin(run, *args, **more)

    monkeypatch.setattr(Run, "start", start)
    return begun


async def forgotten(client: httpx.AsyncClient, runs: WeakSet[Run]) -> None:
    """The only run is over, and the registry keeps none: it must be free."""
    assert len(runs) == 1
    await next(iter(runs)).wait()
    registry = client._transport.app.state.bridge.runs  # type: ignore[attr-defined] # httpx has no public way
    registry._keep = 0
    registry.forget_old()
    assert len(runs) == 0


@pytest.mark.parametrize("language", ASKED)
@pytest.mark.usefixtures("by_counting")
async def test_a_run_that_is_forgotten_is_free(language: str, runs: WeakSet[Run]) -> None:
    """A run that its own request knew was a cycle: its journal, and a request of 8 MB, waited for the collector."""
    path, body = ASKED[language]
    async with served(echo()) as client:
        assert (await client.post(path, json=body)).status_code == 200
        await forgotten(client, runs)


async def broken(state: MessagesState) -> dict[str, Any]:
    raise RuntimeError(str(len(state["messages"])))


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.usefixtures("by_counting")
async def test_so_is_one_that_failed(runs: WeakSet[Run], stream: bool, caplog: pytest.LogCaptureFixture) -> None:
    """An exception refers to the frames that it went through."""
    caplog.set_level(logging.CRITICAL, "bridge.runs")  # what pytest keeps of a log has the frames too
    graph = StateGraph(MessagesState).add_node("broken", broken).add_edge(START, "broken").compile()
    async with served(graph) as client:
        answer = await client.post("/v1/chat/completions", json=chat("да", stream=stream))
        assert "RuntimeError" in answer.text
        await forgotten(client, runs)


async def waiting(state: MessagesState) -> dict[str, Any]:
    del state
    await asyncio.Event().wait()
    return {}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.usefixtures("by_counting")
async def test_so_is_one_that_took_too_long(runs: WeakSet[Run], stream: bool) -> None:
    graph = StateGraph(MessagesState).add_node("waiting", waiting).add_edge(START, "waiting").compile()
    async with served(graph, Settings(db=":memory:", run_timeout=0.1)) as client:
        answer = await client.post("/v1/chat/completions", json=chat("да", stream=stream))
        assert "timeout" in answer.text
        await forgotten(client, runs)


@pytest.mark.usefixtures("by_counting")
async def test_so_is_one_that_was_stopped(runs: WeakSet[Run]) -> None:
    begun = asyncio.Event()

    async def begins(state: MessagesState) -> dict[str, Any]:
        begun.set()
        return await waiting(state)

    graph = StateGraph(MessagesState).add_node("waiting", begins).add_edge(START, "waiting").compile()
    async with served(graph) as client:
        asked = run_input("да")
        answer = asyncio.create_task(client.post("/agui/recorder", json=asked))
        await begun.wait()
        assert (await client.post(f"/runs/{asked['runId']}/stop")).status_code == 200
        assert "RUN_FINISHED" in (await answer).text
        del answer
        await forgotten(client, runs)
