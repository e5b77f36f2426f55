"""A project's own store and checkpointer, while it is served."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from bridge import Settings
from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.loading import LoadError
from bridge.runs.run import Run
from bridge.service import Bridge
from tests.loading.projects import GRAPH, Project
from tests.stages import request
from tests.test_cli import bridge as command

OWN = """
from contextlib import asynccontextmanager
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

LOG = []
saver = InMemorySaver()
store = InMemoryStore()

@asynccontextmanager
async def saving():
    LOG.append("open")
    yield saver
    LOG.append("close")

def failing():
    raise RuntimeError("the database is away")
"""

AGENTS = GRAPH + (
    "from langgraph.checkpoint.memory import InMemorySaver\n\n"
    "own = builder.compile(checkpointer=InMemorySaver())\n\n\n"
    "def make(config):\n    return builder\n\n\n"
    "def make_own(config):\n    return builder.compile(checkpointer=InMemorySaver())\n\n\n"
    "def fail(config):\n    raise KeyError('MY_KEY')\n"
)


@asynccontextmanager
async def serving(
    tmp_path: Path, given: dict[str, Any], types: tuple[str, ...] = (), **more: Any
) -> AsyncIterator[Bridge]:
    bridge = Bridge(given, Settings(db=str(tmp_path / "b.sqlite"), serializer_types=types), **more)
    await bridge.open()
    try:
        yield bridge
    finally:
        await bridge.close()


async def talk(bridge: Bridge, agent: str, thread: str = "t") -> Run:
    asked = request(thread, messages=[{"id": uuid4().hex, "role": "user", "content": "hello"}])
    run = await bridge.start(replace(asked, agent=agent))
    await run.wait()
    assert run.record.outcome == "success"
    return run


@pytest.fixture
def own(project: Project) -> Project:
    project.write("own_things.py", OWN)
    project.write("own_agents.py", AGENTS)
    return project


@pytest.mark.parametrize("types", [(), ("tests.stages:Stage",)], ids=["one saver", "a copy for each agent"])
async def test_a_projects_checkpointer_keeps_what_its_graphs_say(
    own: Project, tmp_path: Path, types: tuple[str, ...]
) -> None:
    graphs = {name: f"./own_agents.py:{name}" for name in ("graph", "make", "own")}
    own.manifest(graphs=graphs, checkpointer={"path": "./own_things.py:saving"})
    loaded = own.load()
    import own_things  # type: ignore[import-not-found]  # the test has just written it  # noqa: PLC0415

    for _ in range(2):  # a bridge may be opened again
        async with serving(tmp_path, loaded, types) as bridge:
            for name in graphs:
                await talk(bridge, name)
    assert own_things.LOG == ["open", "close"] * 2
    saver: InMemorySaver = own_things.saver
    # the first agent's threads keep the ids that clients gave them; the graph with a checkpointer of its own keeps that
    assert len(saver.storage) == 2
    assert "t" in saver.storage
    async with serving(tmp_path, loaded, types) as bridge:
        for name in graphs:
            state = await bridge.read(request().thread._replace(agent=name))
            assert [message["role"] for message in state.messages] == ["user", "assistant"] * 2, name
            await bridge.forget(request().thread._replace(agent=name))
    assert all(not kept for kept in saver.storage.values())


async def test_a_factorys_own_checkpointer_is_not_used_and_the_log_says_so_once(
    own: Project, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own.manifest(graphs={"x": "./own_agents.py:make_own"})
    async with serving(tmp_path, own.load()) as bridge:
        for _ in range(2):
            await talk(bridge, "x")
        state = await bridge.read(request().thread._replace(agent="x"))
    assert len(state.messages) == 4
    assert caplog.text.count("its factory gives the graph a checkpointer of its own, which is not used") == 1


async def test_the_applications_store_goes_over_the_projects(own: Project, tmp_path: Path) -> None:
    own.manifest(graphs={"x": "./own_agents.py:graph"}, store={"path": "./own_things.py:store"})
    loaded = own.load()
    import own_things  # noqa: PLC0415

    for given, expected in ((None, own_things.store), (InMemoryStore(), None)):
        async with serving(tmp_path, loaded, store=given) as bridge:
            agent = bridge.agent("x")
            assert isinstance(agent, LangGraphAgent)
            assert agent.graph.store is (expected or given)


async def test_a_description_is_the_agents(own: Project, tmp_path: Path) -> None:
    graphs = {name: {"path": f"./own_agents.py:{name}", "description": f"{name}!"} for name in ("graph", "make")}
    own.manifest(graphs=graphs)
    async with serving(tmp_path, own.load()) as bridge:
        assert [bridge.agent(name).describe().description for name in graphs] == ["graph!", "make!"]


def test_a_factory_is_drawn(own: Project) -> None:
    drawn = command("draw", "own_agents:make", cwd=own.folder)
    assert drawn.returncode == 0, drawn.stderr
    assert "answer" in drawn.stdout


def test_a_factory_that_cannot_be_drawn(own: Project) -> None:
    drawn = command("draw", "x=own_agents:fail", cwd=own.folder)
    assert drawn.returncode == 1
    assert drawn.stderr == "Error: Agent 'x': its factory failed: KeyError: 'MY_KEY'\n"


def test_a_store_that_cannot_be_opened_is_one_line(own: Project) -> None:
    own.manifest(graphs={"x": "./own_agents.py:graph"}, store={"path": "./own_things.py:failing"})
    served = command("serve", "--port", "0", "--db", ":memory:", cwd=own.folder)
    assert served.returncode == 1
    assert served.stderr.splitlines()[-1] == (
        "Error: The store of langgraph.json ('./own_things.py:failing') failed: RuntimeError: the database is away"
    )
    assert "Traceback" not in served.stderr


def test_bad_loads_have_no_cause_in_what_is_shown(own: Project) -> None:
    own.write("bad_agent.py", "import nothere\n")
    with pytest.raises(LoadError):
        own.load("bad_agent:graph")
    served = command("serve", "bad_agent:graph", cwd=own.folder)
    assert served.stderr == (
        "Error: Agent 'bad-agent': bad_agent.py, line 1, imports 'nothere', which is neither installed here nor in a "
        "folder of the project.\n"
    )


def test_pruning_knows_factories(own: Project, tmp_path: Path) -> None:
    own.manifest(graphs={"x": "./own_agents.py:make"})
    pruned = command(
        "prune", "--db", str(tmp_path / "p.sqlite"), "--retention-days", "1", "langgraph.json", cwd=own.folder
    )
    assert pruned.returncode == 0, pruned.stderr
    assert pruned.stdout.startswith("0 threads deleted")
