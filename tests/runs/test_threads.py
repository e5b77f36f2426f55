"""Plain ``def`` nodes and tools: as many at once as there are places, and an abandoned one keeps nobody waiting."""

from __future__ import annotations

import asyncio
import logging
import operator
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from bridge import Settings, create_app
from bridge.runs.threads import Workers
from tests.http.talking import events_of, run_input, text_of, types_of

PATIENCE = 30  # seconds after which a barrier or an event that never comes fails the test
NODES = 24


@asynccontextmanager
async def served(graph: Any, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app({"a": graph}, Settings(db=":memory:", **settings))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge", timeout=60) as client,
    ):
        yield client


class Met(MessagesState):
    met: Annotated[list[str], operator.add]


async def test_plain_nodes_work_at_once() -> None:
    everybody = threading.Barrier(NODES)

    def meet(state: Met) -> dict[str, Any]:
        del state
        everybody.wait(PATIENCE)  # passes only where all of them are there
        return {"met": [threading.current_thread().name]}

    graph = StateGraph(Met)
    for number in range(NODES):
        graph.add_node(f"n{number}", meet)
        graph.add_edge(START, f"n{number}")
    async with served(graph.compile(), threads=NODES) as client:
        answer = await client.post("/agui/a", json=run_input("да"))
    last = events_of(answer.content)[-1]
    assert last["type"] == "RUN_FINISHED", last


async def test_plain_tools_work_there_too() -> None:
    @tool
    def look(at: str) -> str:
        """Looks."""
        return f"{at}: {threading.current_thread().name}"

    async def ask(state: MessagesState) -> dict[str, Any]:
        del state
        return {"messages": [AIMessage("", tool_calls=[{"name": "look", "args": {"at": "x"}, "id": "c"}])]}

    graph = StateGraph(MessagesState).add_node(ask).add_node("tools", ToolNode([look]))
    graph.add_edge(START, "ask").add_edge("ask", "tools")
    async with served(graph.compile(), threads=1) as client:
        answer = await client.post("/agui/a", json=run_input("да"))
    results = [event["content"] for event in events_of(answer.content) if event["type"] == "TOOL_CALL_RESULT"]
    assert [result.partition("_")[0] for result in results] == ["x: worker"]


async def test_an_application_keeps_its_own_threads() -> None:
    def where(state: MessagesState) -> dict[str, Any]:
        del state
        return {"messages": [AIMessage(threading.current_thread().name)]}

    graph = StateGraph(MessagesState).add_node(where).add_edge(START, "where").compile()
    own = Workers(1)
    own._thread_name_prefix = "application"
    asyncio.get_running_loop().set_default_executor(own)
    async with served(graph) as client:
        answer = await client.post("/agui/a", json=run_input("да"))
    assert text_of(events_of(answer.content)).startswith("application")


async def test_a_stopped_node_that_goes_on_keeps_no_other_waiting() -> None:
    begun, release = threading.Semaphore(0), threading.Event()

    def work(state: MessagesState) -> dict[str, Any]:
        if state["messages"][-1].text == "for ever":
            begun.release()
            release.wait(PATIENCE)
        return {"messages": [AIMessage("да")]}

    graph = StateGraph(MessagesState).add_node(work).add_edge(START, "work").compile()
    try:
        async with served(graph, threads=2) as client:
            for _ in range(2):
                endless = run_input("for ever")
                answering = asyncio.create_task(client.post("/agui/a", json=endless))
                while not begun.acquire(blocking=False):  # noqa: ASYNC110 - it is another thread that says so
                    await asyncio.sleep(0.01)
                await client.post(f"/runs/{endless['runId']}/stop")
                await answering
            async with asyncio.timeout(PATIENCE):
                answer = await client.post("/agui/a", json=run_input("hello"))
            events = events_of(answer.content)
            assert types_of(events)[-1] == "RUN_FINISHED"
            assert text_of(events) == "да"
    finally:
        release.set()


def test_the_places_of_abandoned_calls_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()
    workers = Workers(1)

    def endless(began: threading.Event) -> None:
        began.set()
        release.wait(PATIENCE)

    def begin() -> Any:
        began = threading.Event()
        call = workers.submit(endless, began)
        assert began.wait(PATIENCE)
        return call

    try:
        assert begin().cancel() is False
        assert (workers.busy, workers.abandoned) == (1, 1)
        assert workers.submit(lambda: "works").result(PATIENCE) == "works"
        second = begin()
        with caplog.at_level(logging.ERROR, "bridge.threads"):
            second.cancel()
        assert "no spare thread" in caplog.text
        kept = workers.submit(lambda: "late")
        dropped = workers.submit(lambda: "never")
        assert not kept.running()
        assert dropped.cancel() is True
        release.set()
        assert kept.result(PATIENCE) == "late"
        assert dropped.cancelled()
    finally:
        release.set()
        workers.shutdown()
    assert (workers.busy, workers.abandoned) == (0, 0)


def test_what_a_call_raises_is_its_callers_and_a_closed_pool_takes_none() -> None:
    workers = Workers(1)
    with pytest.raises(ZeroDivisionError):
        workers.submit(lambda: 1 / 0).result(PATIENCE)
    began, release = threading.Event(), threading.Event()

    def work() -> str:
        began.set()
        release.wait(PATIENCE)
        return "done"

    going = workers.submit(work)
    assert began.wait(PATIENCE)
    waiting = workers.submit(lambda: "never")
    workers.shutdown(wait=False)
    assert waiting.cancelled()
    release.set()
    assert going.result(PATIENCE) == "done"
    with pytest.raises(RuntimeError, match="shutdown"):
        workers.submit(lambda: None)
