"""A graph lives as long as its run, or the look at its thread, however these end; and no two runs share one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.config import get_config, get_store
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt
from langgraph_sdk.runtime import ServerRuntime

from bridge import Settings
from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.factories import agent as factory_agent
from bridge.agents.langgraph.factories import entering
from bridge.agents.langgraph.factories.agent import FactoryAgent
from bridge.agui import Verifier
from bridge.errors import AgentFailure, RunTimeout
from bridge.runs.request import Principal, RunRequest
from bridge.runs.run import Run
from bridge.service import Bridge
from tests.stages import request

pytestmark = pytest.mark.anyio


class Factory:
    """A factory that writes down what it was asked for, and what became of its graphs. Its node does what is asked."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.accesses: list[str] = []
        self.working = asyncio.Event()
        self.go_on = asyncio.Event()
        self.swallows = False

    @asynccontextmanager
    async def make(self, config: RunnableConfig, runtime: ServerRuntime[Any]) -> AsyncIterator[Any]:
        flavor = config["configurable"].get("flavor", "plain")
        self.accesses.append(runtime.access_context)
        if runtime.access_context != "threads.create_run":
            yield self.graph(flavor)
            return
        self.log.append(f"open {flavor}")
        try:
            yield self.graph(flavor)
        except BaseException as error:
            self.log.append(type(error).__name__)
            raise
        finally:
            await asyncio.sleep(0)
            self.log.append(f"close {flavor}")

    def graph(self, flavor: str) -> StateGraph[Any, Any, Any, Any]:
        async def work(state: MessagesState) -> dict[str, Any]:
            match state["messages"][-1].content:
                case "wait":
                    await self._wait()
                case "fail":
                    raise ValueError("sk-secret")
                case "ask":
                    return {"messages": [AIMessage(f"{flavor}: {interrupt('?')}")]}
            return {"messages": [AIMessage(flavor)]}

        graph = StateGraph(MessagesState)
        graph.add_node(f"work_{flavor}", work)
        graph.add_edge(START, f"work_{flavor}")
        return graph

    async def _wait(self) -> None:
        self.working.set()
        while not self.go_on.is_set():
            try:
                await self.go_on.wait()
            except asyncio.CancelledError:
                if not self.swallows:
                    raise


@pytest.fixture
def factory() -> Factory:
    return Factory()


@asynccontextmanager
async def serving(tmp_path: Path, given: Any, **settings: Any) -> AsyncIterator[Bridge]:
    bridge = Bridge({"a": given}, Settings(db=str(tmp_path / "b.sqlite"), stop_timeout=0.5, **settings))
    await bridge.open()
    try:
        yield bridge
    finally:
        await bridge.close()


def says(text: str, thread: str = "t", flavor: str | None = None, **more: Any) -> RunRequest:
    props = {"config": {"configurable": {} if flavor is None else {"flavor": flavor}}}
    messages = [] if not text else [{"id": f"{thread} {text}", "role": "user", "content": text}]
    return request(thread, messages=messages, forwarded_props=props, protocol_version="1.0", **more)


def ending(run: Run) -> dict[str, Any]:
    """The last event of a run, all of which are legal."""
    verifier = Verifier()
    events = run.journal.after(0)
    for event in events:
        verifier.feed(event)
    verifier.finish()
    return events[-1]


def text(run: Run) -> str:
    snapshots = [event for event in run.journal.after(0) if event["type"] == "MESSAGES_SNAPSHOT"]
    return str(snapshots[-1]["messages"][-1]["content"])


async def done(bridge: Bridge, asked: RunRequest) -> Run:
    run = await bridge.start(asked)
    async with asyncio.timeout(20):
        await run.wait()
    return run


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


async def test_a_read_is_by_a_graph_made_as_for_the_run_before(factory: Factory, tmp_path: Path) -> None:
    async with serving(tmp_path, factory.make) as bridge:
        run = await done(bridge, says("ask", flavor="red"))
        state = await bridge.read(run.request.thread)
        assert [item["metadata"]["value"] for item in state.interrupts] == ["?"]
        assert factory.accesses == ["threads.create_run", "threads.read"]
        resume = [{"interruptId": state.interrupts[0]["id"], "status": "resolved", "payload": "yes"}]
        assert text(await done(bridge, says("", resume=resume))) == "red: yes"
        # what another turn sends holds for that turn
        assert text(await done(bridge, says("hello", flavor="blue"))) == "blue"
        assert text(await done(bridge, says("hello again"))) == "plain"
    assert [line for line in factory.log if "close" in line] == [f"close {x}" for x in ("red", "red", "blue", "plain")]


async def test_a_thread_that_is_new_needs_no_graph(factory: Factory, tmp_path: Path) -> None:
    async with serving(tmp_path, factory.make) as bridge:
        assert not (await bridge.read(says("").thread)).exists
        assert not (await bridge.agent("a").read(says("").thread, {})).exists
        assert bridge.agent("a").describe().kind == "langgraph"
    assert factory.accesses == []


async def test_a_run_beside_its_thread_stores_nothing(factory: Factory, tmp_path: Path) -> None:
    async with serving(tmp_path, factory.make) as bridge:
        run = await done(bridge, says("hello", flavor="red", ephemeral=True))
        assert text(run) == "red"
        assert not (await bridge.agent("a").read(run.request.thread, {})).exists
    assert factory.log == ["open red", "close red"]


async def test_a_fork_and_a_deleted_thread(factory: Factory, tmp_path: Path) -> None:
    async with serving(tmp_path, factory.make) as bridge:
        first = await done(bridge, says("hello", flavor="red"))
        await done(bridge, says("and", flavor="blue"))
        forked = await done(bridge, says("other", flavor="green", checkpoint_id=first.checkpoint_id))
        assert text(forked) == "green"
        state = await bridge.read(forked.request.thread)
        assert [message["content"] for message in state.messages] == ["hello", "red", "other", "green"]
        await bridge.forget(forked.request.thread)
        assert not (await bridge.agent("a").read(forked.request.thread, {})).exists


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


async def test_a_factory_that_fails_for_a_look_says_so_and_the_log_says_why(
    factory: Factory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def make(runtime: ServerRuntime[Any]) -> Any:
        if runtime.execution_runtime is None:
            raise KeyError("sk-secret")
        return factory.graph("plain")

    async with serving(tmp_path, make) as bridge:
        run = await done(bridge, says("hello"))
        with pytest.raises(AgentFailure) as raised:
            await bridge.read(run.request.thread)
        assert text(await done(bridge, says("hello again"))) == "plain"
    assert raised.value.message == "The agent failed (KeyError)."
    assert "the factory of agent 'a' failed (threads.read)" in caplog.text
    assert "test_lives.py" in caplog.text  # the user's own frame


async def test_what_is_no_graph_is_said(tmp_path: Path) -> None:
    async def make() -> AsyncIterator[Any]:
        yield Factory().graph("never")

    async with serving(tmp_path, make) as bridge:
        failed = ending(await done(bridge, says("hello")))
    assert failed["message"] == (
        "The agent 'a' has no graph for this: its factory gave an async generator; put @contextlib.asynccontextmanager "
        "above the factory. Wanted is a compiled graph, a StateGraph, or a function that returns one."
    )


async def test_a_factory_that_waits_for_ever_is_not_waited_for_when_a_thread_is_read(
    factory: Factory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = asyncio.Event()

    @asynccontextmanager
    async def make(runtime: ServerRuntime[Any]) -> AsyncIterator[Any]:
        try:
            if runtime.execution_runtime is None:
                await asyncio.Event().wait()
            yield factory.graph("plain")
        finally:
            closed.set()

    async with serving(tmp_path, make) as bridge:
        run = await done(bridge, says("hello"))
        closed.clear()
        monkeypatch.setattr(factory_agent, "LOOKING", 0.05)
        with pytest.raises(RunTimeout, match="was not made within"):
            await bridge.read(run.request.thread)
    assert closed.is_set()


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


async def test_a_runtime_of_langgraphs_own(factory: Factory, tmp_path: Path) -> None:
    seen: list[Any] = []
    kept = {"team": "sales"}

    def make(runtime: Runtime[Any]) -> Any:
        seen.append((runtime.context, runtime.store is not None))
        if runtime.context is not None:
            runtime.context.clear()
        return factory.graph("plain")

    async def context(asked: RunRequest) -> dict[str, str]:
        return kept

    bridge = Bridge({"a": make}, Settings(db=str(tmp_path / "b.sqlite")), context=context)
    await bridge.open()
    run = await done(bridge, says("hello"))
    await bridge.read(run.request.thread)
    await bridge.close()
    assert seen == [({}, True), (None, True)]  # it was cleared
    assert kept == {"team": "sales"}


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


async def test_the_caller_is_the_runtimes_user(tmp_path: Path) -> None:
    seen: list[Any] = []

    def make(runtime: ServerRuntime[Any]) -> Any:
        seen.append(runtime.ensure_user() if runtime.user else None)
        return Factory().graph("plain")

    async with serving(tmp_path, make) as bridge:
        await done(bridge, says("hello"))
        caller = Principal("anna", {"team": "sales", "name": "Anna"}, frozenset({"run"}))
        await bridge.start(says("hello", "anna's", principal="anna"), caller=caller)
        await bridge.close()
    nobody, anna = seen
    assert nobody is None
    assert (anna.identity, anna.display_name, anna.permissions, anna["team"]) == ("anna", "Anna", ["run"], "sales")
    assert "team" in anna
    assert "identity" in list(anna)


async def test_config_and_store_are_found_while_a_graph_is_made_and_not_after(tmp_path: Path) -> None:
    seen: list[Any] = []

    @asynccontextmanager
    async def make() -> AsyncIterator[Any]:
        seen.append((get_config()["configurable"]["graph_id"], get_store() is not None))

        def work(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
            seen.append("graph_id" in {**config["configurable"], **config["metadata"]})
            return {"messages": [AIMessage("done")]}

        graph = StateGraph(MessagesState)
        graph.add_node("work", work)
        graph.add_edge(START, "work")
        yield graph
        seen.append(var_child_runnable_config.get())

    async with serving(tmp_path, make) as bridge:
        await done(bridge, says("hello"))
    assert seen == [("a", True), False, None]


async def test_looks_are_bounded(factory: Factory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looking, most, gate = 0, 0, asyncio.Event()

    @asynccontextmanager
    async def make(runtime: ServerRuntime[Any]) -> AsyncIterator[Any]:
        nonlocal looking, most
        if runtime.execution_runtime is None:
            looking += 1
            most = max(most, looking)
            if looking == 2:
                gate.set()
            await gate.wait()
        yield factory.graph("plain")
        looking -= runtime.execution_runtime is None

    monkeypatch.setattr(factory_agent, "LOOKS", 2)
    async with serving(tmp_path, make) as bridge:
        run = await done(bridge, says("hello"))
        states = await asyncio.gather(*(bridge.read(run.request.thread) for _ in range(6)))
    assert [len(state.messages) for state in states] == [2] * 6
    assert most == 2
    assert looking == 0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            lambda one, two, three: None,
            "the factory of agent 'a' wants one, two, three, and a factory is given a config",
        ),
        (
            7,
            "agent 'a' is an int, not a graph; wanted is a compiled graph, a StateGraph, or a function",
        ),
    ],
)
async def test_what_an_application_cannot_serve(tmp_path: Path, given: Any, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        async with serving(tmp_path, given):
            pass


async def test_an_application_may_give_a_graph_that_is_not_compiled(factory: Factory, tmp_path: Path) -> None:
    async with serving(tmp_path, factory.graph("red")) as bridge:
        assert text(await done(bridge, says("hello"))) == "red"


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


async def test_a_graph_to_draw(factory: Factory, tmp_path: Path) -> None:
    seen: list[Any] = []

    def make(runtime: ServerRuntime[Any]) -> Any:
        seen.append((runtime.access_context, runtime.ensure_user().identity))
        return factory.graph("red")

    for given in (make, factory.graph("red")):
        async with serving(tmp_path, given) as bridge:
            agent = bridge.agent("a")
            assert isinstance(agent, FactoryAgent | LangGraphAgent)
            async with agent.looked_at(principal=Principal("anna")) as bound:
                assert "work_red" in bound.graph.get_graph().nodes
    assert seen == [("assistants.read", "anna")]


async def test_what_a_config_says_of_its_run_and_of_its_thread(factory: Factory, tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []

    def make(config: RunnableConfig, runtime: ServerRuntime[Any]) -> Any:
        seen.append({**config["configurable"], "user": runtime.user and runtime.user.identity})
        return factory.graph("plain")

    async with serving(tmp_path, make) as bridge:
        run = await done(bridge, says("hello", "mine", "red", principal="anna"))
        await bridge.read(run.request.thread)
    ran, read = seen
    same = {"thread_id": "mine", "principal": "anna", "graph_id": "a", "flavor": "red", "user": "anna"}
    assert {name: ran[name] for name in same} == {name: read[name] for name in same} == same
    assert (ran["run_id"], "run_id" in read) == (run.id, False)
    assert (ran["__is_for_execution__"], read["__is_for_execution__"]) == (True, False)
    assert "client_tools" in ran
