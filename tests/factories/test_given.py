"""What a factory is given for a run, for a look at a thread and for a drawing, and how long such a look may take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.config import get_config, get_store
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime
from langgraph_sdk.runtime import ServerRuntime

from bridge import Settings
from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.factories import agent as factory_agent
from bridge.agents.langgraph.factories.agent import FactoryAgent
from bridge.errors import AgentFailure, RunTimeout
from bridge.runs.request import Principal, RunRequest
from bridge.service import Bridge
from tests.factories.harness import Factory, done, says, serving, text


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
    assert "test_given.py" in caplog.text  # the user's own frame


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
