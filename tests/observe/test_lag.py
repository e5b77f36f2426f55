"""A blocked event loop is noticed, and who blocks it is named."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph

from bridge import Settings, create_app
from bridge.agents.base import Description, ThreadState
from bridge.agents.langgraph.place import place_of
from bridge.observe.lag import LoopWatch, line_of
from bridge.observe.observer import Blocked, Observer
from tests.http.talking import run_input

BOUND = 0.2
PATIENCE = 30


class Noted(Observer):
    """Keeps what it is given; ``seen`` is set from the watching thread, while the loop stands still."""

    def __init__(self) -> None:
        self.blocked: list[Blocked] = []
        self.seen = threading.Event()

    def loop_blocked(self, blocked: Blocked) -> None:
        self.blocked.append(blocked)
        self.seen.set()


class Blocking:
    """An agent without a graph that blocks."""

    def __init__(self, seen: threading.Event) -> None:
        self.seen = seen

    def describe(self) -> Description:
        return Description("blocking", "Blocks.")

    async def run(self, request: Any) -> AsyncIterator[Any]:
        del request
        self.seen.wait(PATIENCE)
        yield {"type": "CUSTOM", "name": "x", "value": 1}

    async def read(self, thread: Any, aliases: Any, *, checkpoint_id: Any = None, held: bool = False) -> ThreadState:
        del thread, aliases, checkpoint_id, held
        return ThreadState()

    async def forget(self, thread: Any) -> None:
        del thread


async def noted(agent: Any, observer: Noted, bound: float = BOUND) -> Blocked:
    app = create_app({"sales": agent}, Settings(db=":memory:", max_loop_lag=bound), observers=[observer])
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge", timeout=60) as client,
    ):
        answer = await client.post("/agui/sales", json=run_input("да"))
        assert b"RUN_FINISHED" in answer.content
    return observer.blocked[0]


@pytest.mark.parametrize("nested", [False, True], ids=["graph", "subgraph"])
async def test_a_node_that_blocks_is_named(nested: bool, caplog: pytest.LogCaptureFixture) -> None:
    observer = Noted()

    async def report(state: MessagesState) -> dict[str, Any]:
        del state
        observer.seen.wait(PATIENCE)  # without await: the loop has no turn until somebody has noticed
        return {"messages": [AIMessage("да")]}

    graph: Any = StateGraph(MessagesState).add_node(report).add_edge(START, "report").compile()
    if nested:
        graph = StateGraph(MessagesState).add_node("inner", graph).add_edge(START, "inner").compile()
    with caplog.at_level(logging.WARNING, "bridge.runs"):
        blocked = await noted(graph, observer)
    assert (blocked.agent, blocked.node) == ("sales", "report")
    assert blocked.seconds >= BOUND
    assert blocked.line.startswith("test_lag.py:")
    assert blocked.line.endswith(", in report")
    assert f"by agent 'sales', node 'report' ({blocked.line})" in caplog.text
    assert len(observer.blocked) == 1  # once a pause


async def test_an_agent_without_a_graph_is_named() -> None:
    observer = Noted()
    blocked = await noted(Blocking(observer.seen), observer)
    assert (blocked.agent, blocked.node) == ("sales", None)
    assert blocked.line.endswith(", in run")


async def test_nobody_watches_where_that_is_not_wanted() -> None:
    before = {thread.name for thread in threading.enumerate()}
    app = create_app({"sales": Blocking(threading.Event())}, Settings(db=":memory:", max_loop_lag=0))
    async with app.router.lifespan_context(app):
        assert "loop watch" not in {thread.name for thread in threading.enumerate()} - before


async def test_a_watch_ends_with_its_server() -> None:
    app = create_app({"sales": Blocking(threading.Event())}, Settings(db=":memory:"))
    async with app.router.lifespan_context(app):
        watch = next(thread for thread in threading.enumerate() if thread.name == "loop watch")
    assert not watch.is_alive()


async def test_many_short_steps_blame_nobody() -> None:
    observer = Noted()
    watch = LoopWatch(BOUND, observer, place_of)

    async def step() -> None:
        begun = time.thread_time()
        while time.thread_time() - begun < BOUND / 40:
            pass

    watch.start()
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(80):  # all of them in one turn of the loop
                group.create_task(step())
        async with asyncio.timeout(PATIENCE):
            while not observer.blocked:  # noqa: ASYNC110 - a thread says so
                await asyncio.sleep(0.01)
    finally:
        watch.stop()
    assert [(blocked.agent, blocked.node, blocked.line) for blocked in observer.blocked] == [(None, None, "")]


def test_the_line_is_no_library_s() -> None:
    import json  # noqa: PLC0415 - where it is used
    import sys  # noqa: PLC0415 - where it is used

    lines: list[str] = []

    def hook(pairs: Any) -> Any:
        lines.append(line_of(sys._getframe(1)))
        return pairs

    json.loads('{"a": 1}', object_pairs_hook=hook)
    assert lines[0].startswith("test_lag.py:")
