"""A graph lives as long as its run, however that ends, and no two runs share one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from langchain_core.runnables import RunnableConfig

from bridge.agents.langgraph.factories import entering
from tests.factories.harness import Factory, done, ending, says, serving, text


async def test_closed_at_the_end_of_a_run(factory: Factory, tmp_path: Path) -> None:
    async with serving(tmp_path, factory.make) as bridge:
        run = await done(bridge, says("hello"))
        assert ending(run)["outcome"] == {"type": "success"}
        assert factory.log == ["open plain", "close plain"]
        await done(bridge, says("again"))
    assert factory.log == ["open plain", "close plain"] * 2


async def test_closed_when_the_graph_fails(factory: Factory, tmp_path: Path) -> None:
    async with serving(tmp_path, factory.make) as bridge:
        run = await done(bridge, says("fail"))
    assert ending(run)["type"] == "RUN_ERROR"
    assert "sk-secret" not in str(run.journal.after(0))
    assert factory.log == ["open plain", "ValueError", "close plain"]


async def test_closed_when_a_run_is_stopped(factory: Factory, tmp_path: Path) -> None:
    async with serving(tmp_path, factory.make) as bridge:
        run = await bridge.start(says("wait"))
        await factory.working.wait()
        await run.stop()
        assert ending(run)["outcome"] == {"type": "cancelled"}
        assert run.checkpoint_id is not None  # the graph's own last events
        assert factory.log == ["open plain", "CancelledError", "close plain"]


async def test_closed_when_a_run_takes_too_long(factory: Factory, tmp_path: Path) -> None:
    async with serving(tmp_path, factory.make, run_timeout=0.2) as bridge:
        run = await done(bridge, says("wait"))
    assert ending(run)["type"] == "RUN_ERROR"
    assert factory.log[-1] == "close plain"


async def test_closed_when_the_server_stops(factory: Factory, tmp_path: Path) -> None:
    async with serving(tmp_path, factory.make, shutdown_grace=0) as bridge:
        run = await bridge.start(says("wait"))
        await factory.working.wait()
    assert ending(run)["type"] == "RUN_ERROR"
    assert factory.log[-1] == "close plain"


async def test_an_abandoned_run_closes_its_graph_when_it_comes_to_its_end(factory: Factory, tmp_path: Path) -> None:
    factory.swallows = True
    async with serving(tmp_path, factory.make) as bridge:
        run = await bridge.start(says("wait"))
        await factory.working.wait()
        await run.stop()
        assert run.abandoned
        assert factory.log == ["open plain"]  # it is in use
        factory.go_on.set()
        assert run.task is not None
        await asyncio.wait([run.task], timeout=10)
    assert factory.log[-1] == "close plain"


async def test_two_runs_at_once_do_not_share_a_graph(factory: Factory, tmp_path: Path) -> None:
    async with serving(tmp_path, factory.make) as bridge:
        first = await bridge.start(says("wait", "one", "red"))
        await factory.working.wait()
        second = await done(bridge, says("hello", "two", "blue"))
        assert factory.log == ["open red", "open blue", "close blue"]
        factory.go_on.set()
        await first.wait()
    assert (text(first), text(second)) == ("red", "blue")
    assert factory.log[-1] == "close red"


async def test_a_factory_that_fails_for_one_run_fails_that_run(tmp_path: Path) -> None:
    def make(config: RunnableConfig) -> Any:
        if config["configurable"].get("flavor") == "bad":
            raise RuntimeError("sk-secret")
        return Factory().graph("good")

    async with serving(tmp_path, make) as bridge:
        failed = await done(bridge, says("hello", flavor="bad"))
        assert ending(failed)["message"] == "The agent failed (RuntimeError)."
        assert "sk-secret" not in str(failed.journal.after(0))
        assert text(await done(bridge, says("hello"))) == "good"


async def test_what_is_no_graph_is_said(tmp_path: Path) -> None:
    async def make() -> AsyncIterator[Any]:
        yield Factory().graph("never")

    async with serving(tmp_path, make) as bridge:
        failed = ending(await done(bridge, says("hello")))
    assert failed["message"] == (
        "The agent 'a' has no graph for this: its factory gave an async generator; put @contextlib.asynccontextmanager "
        "above the factory. Wanted is a compiled graph, a StateGraph, or a function that returns one."
    )


async def test_closing_is_not_waited_for_for_ever(
    factory: Factory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def make() -> AsyncIterator[Any]:
        yield factory.graph("plain")
        await asyncio.Event().wait()

    monkeypatch.setattr(entering, "CLOSING", 0.05)
    async with serving(tmp_path, make) as bridge:
        run = await done(bridge, says("hello"))
    assert ending(run)["type"] == "RUN_ERROR"


async def test_a_stop_is_a_stop_whatever_closing_raises(
    factory: Factory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    @contextmanager
    def make() -> Iterator[Any]:
        try:
            yield factory.graph("plain")
        finally:
            raise RuntimeError("cannot close")

    async with serving(tmp_path, make) as bridge:
        run = await bridge.start(says("wait"))
        await factory.working.wait()
        await run.stop()
    assert ending(run)["outcome"] == {"type": "cancelled"}
    assert "the factory of agent 'a' failed while it was closed" in caplog.text


async def test_a_failure_may_be_put_otherwise(factory: Factory, tmp_path: Path) -> None:
    @asynccontextmanager
    async def make() -> AsyncIterator[Any]:
        try:
            yield factory.graph("plain")
        except ValueError as error:
            raise LookupError from error

    async with serving(tmp_path, make) as bridge:
        assert ending(await done(bridge, says("fail")))["message"] == "The agent failed (LookupError)."


async def test_a_stop_that_is_swallowed_is_a_stop(factory: Factory, tmp_path: Path) -> None:
    @asynccontextmanager
    async def make() -> AsyncIterator[Any]:
        try:
            yield factory.graph("plain")
        except asyncio.CancelledError:
            factory.log.append("swallowed")

    async with serving(tmp_path, make) as bridge:
        run = await bridge.start(says("wait"))
        await factory.working.wait()
        await run.stop()
    assert ending(run)["outcome"] == {"type": "cancelled"}
    assert not run.abandoned
    assert factory.log == ["swallowed"]


async def test_a_stop_while_the_graph_is_made(tmp_path: Path) -> None:
    making, left = asyncio.Event(), asyncio.Event()

    async def make() -> Any:
        making.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    async with serving(tmp_path, make) as bridge:
        run = await bridge.start(says("wait"))
        await making.wait()
        await run.stop()
    assert ending(run)["outcome"] == {"type": "cancelled"}
    assert left.is_set()


@pytest.mark.parametrize("word", ["hello", "fail", "wait"])
async def test_a_task_group_is_left_by_the_task_that_entered_it(factory: Factory, tmp_path: Path, word: str) -> None:
    """Clients of MCP have one."""

    @asynccontextmanager
    async def make() -> AsyncIterator[Any]:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep_forever)
            try:
                yield factory.graph("plain")
            finally:
                group.cancel_scope.cancel()
        factory.log.append("left")

    async with serving(tmp_path, make) as bridge:
        run = await bridge.start(says(word))
        if word == "wait":
            await factory.working.wait()
            run.cancel()
        async with asyncio.timeout(10):
            await run.wait()
    assert run.record.outcome == {"hello": "success", "fail": "server_error", "wait": "cancelled"}[word]
    assert not run.abandoned


async def test_closed_when_its_events_are_no_longer_wanted(factory: Factory, tmp_path: Path) -> None:
    async with serving(tmp_path, factory.make) as bridge:
        events: Any = aiter(bridge.agent("a").run(says("hello")))
        await anext(events)
        assert factory.log == ["open plain"]
        await events.aclose()
    assert factory.log == ["open plain", "GeneratorExit", "close plain"]


async def test_what_is_no_graph_is_closed(tmp_path: Path) -> None:
    closed = False

    @contextmanager
    def make() -> Iterator[Any]:
        nonlocal closed
        try:
            yield 7
        finally:
            closed = True

    async with serving(tmp_path, make) as bridge:
        failed = ending(await done(bridge, says("hello")))
    assert "its factory gave an int. Wanted is" in failed["message"]
    assert closed
