"""``langgraph.json``: environment, dependencies, store, checkpointer, and what of it is not served."""

from __future__ import annotations

import logging
import os
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from bridge.agents.langgraph.project import ProjectGraph
from bridge.agents.loading import LoadError
from tests.loading.projects import GRAPH, Project

ENV = GRAPH + "import os\nseen = {name: os.environ.get(name) for name in ('LOADED', 'SHELL_HAS')}\n"


def seen(project: Project) -> dict[str, str | None]:
    """What the project's module saw of its environment when it was imported."""
    project.write("agent_env.py", ENV)
    project.load()
    import agent_env  # type: ignore[import-not-found]  # the test has just written it  # noqa: PLC0415

    found: dict[str, str | None] = agent_env.seen
    return found


@pytest.fixture
def manifest() -> dict[str, Any]:
    return {"dependencies": ["."], "graphs": {"x": "./agent_env.py:graph"}}


def test_env_is_an_object(project: Project, manifest: dict[str, Any]) -> None:
    os.environ["SHELL_HAS"] = "shell"
    project.manifest(**manifest, env={"LOADED": "yes", "SHELL_HAS": "manifest"})
    assert seen(project) == {"LOADED": "yes", "SHELL_HAS": "manifest"}


def test_env_is_a_file_which_goes_over_the_shell(project: Project, manifest: dict[str, Any]) -> None:
    os.environ["SHELL_HAS"] = "shell"
    project.write("settings/local.env", "LOADED='y es'\nSHELL_HAS=file\nNOTHING\n")
    project.manifest(**manifest, env="settings/local.env")
    assert seen(project) == {"LOADED": "y es", "SHELL_HAS": "file"}
    assert "NOTHING" not in os.environ


def test_without_env_a_dotenv_is_read_and_the_shell_goes_over_it(project: Project, manifest: dict[str, Any]) -> None:
    os.environ["SHELL_HAS"] = "shell"
    project.write(".env", "LOADED=yes\nSHELL_HAS=file\n")
    project.manifest(**manifest)
    assert seen(project) == {"LOADED": "yes", "SHELL_HAS": "shell"}


def test_an_env_file_that_is_not_there_is_a_warning(
    project: Project, manifest: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    project.manifest(**manifest, env=".env.local")
    assert seen(project)["LOADED"] is None
    assert [record.message for record in caplog.records] == [
        "langgraph.json: 'env' names .env.local, which is not there."
    ]


def test_dependencies_that_are_missing_are_named_and_nothing_fails(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    project.write("agent_deps.py")
    project.write("here/helper_in_folder.py", "")
    wanted = [
        "here",
        "./nowhere",
        "no-such-package[extra]>=1",
        "langgraph>=1",
        "langgraph<1",
        "langgraph; python_version<'3'",
    ]
    wanted += ["git+https://example.com/agent.git", "no-such-package; python_version<'3'"]
    project.manifest(dependencies=wanted, graphs={"x": "./agent_deps.py:graph"})
    assert list(project.load()) == ["x"]
    said = [record.message for record in caplog.records]
    assert said[0] == "langgraph.json: 'dependencies' names the folder ./nowhere, which is not there."
    assert said[1] == (
        "langgraph.json: 'dependencies' names no-such-package[extra]>=1, which is not installed; "
        "nothing is installed for you."
    )
    assert said[2].startswith("langgraph.json: 'dependencies' names langgraph<1, and 1.")
    assert len(said) == 3
    import helper_in_folder  # type: ignore[import-not-found]  # its folder is a dependency  # noqa: F401, PLC0415


def test_what_is_not_served_is_a_warning_that_names_it(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    project.write("agent_keys.py")
    project.manifest(
        graphs={"x": "./agent_keys.py:graph"},
        auth={"path": "./auth.py:auth"},
        http={"app": "./app.py:app"},
        ui={"x": "./ui.tsx"},
        store={"ttl": {"default_ttl": 5}},
        checkpointer={"ttl": {"strategy": "delete"}, "serde": {"allowed_msgpack_modules": []}},
        webhooks={"url": {}},
        dependecies=["."],
        python_version="3.11",
        encryption=None,
    )
    project.load()
    said = [record.message.partition(":")[2] for record in caplog.records]
    assert [text.strip().partition("'")[2].partition("'")[0] for text in said] == [
        "auth",
        "http",
        "ui",
        "webhooks",
        "dependecies",
        "store.ttl",
        "checkpointer.ttl",
        "checkpointer.serde",
    ]
    assert all("is not served" in text for text in said if "dependecies" not in text)
    assert "is dependencies meant?" in said[4]
    assert "--api-key" in said[0]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "langgraph.json names no graphs."),
        ({"graphs": {"x": 7}}, "Agent 'x': langgraph.json has 7 for it; wanted is \"path/to/file.py:attribute\"."),
        (
            {"graphs": {"x": {"description": "?"}}},
            "Agent 'x': langgraph.json has {'description': '?'} for it; wanted is",
        ),
        ({"graphs": {"x": "./graph.ts:graph"}}, "Agent 'x': './graph.ts:graph' is JavaScript"),
        ({"graphs": {"x": "./a.py:graph"}, "env": [1]}, "'env' is a file's path, or an object of names and values."),
        ({"graphs": {"x": "./a.py:graph"}, "env": {"A": 1}}, "the value of 'A' in 'env' is not a string."),
        ({"graphs": {"x": "./a.py:graph"}, "dependencies": "."}, "'dependencies' is a list of folders and packages"),
        ({"graphs": {"x": "./a.py:graph"}, "store": "s"}, "'store' is an object, with a 'path' for example."),
        (
            {"graphs": {"x": "./a.py:graph"}, "store": {"index": {}}},
            "The index of langgraph.json's store has no 'embed'",
        ),
        ({"graphs": {"x": "./a.py:graph"}, "store": {"path": "./s.py:number"}}, "is an int; wanted is a BaseStore"),
        ({"graphs": {"x": "./a.py:graph"}, "store": {"path": "./s.py:nope"}}, "('./s.py:nope'): ./s.py has no 'nope'"),
        (
            {"graphs": {"x": "./a.py:graph"}, "checkpointer": {"path": "./s.py:number"}},
            "wanted is a BaseCheckpointSaver",
        ),
        (
            {"graphs": {"x": "./a.py:graph"}, "store": {"index": {"dims": 3, "embed": "nobody:model"}}},
            "The index of langgraph.json's store cannot embed with 'nobody:model': ",
        ),
    ],
)
def test_a_manifest_that_is_wrong(project: Project, said: dict[str, Any], why: str) -> None:
    project.write("a.py")
    project.write("s.py", "number = 7\n")
    project.manifest(**said)
    with pytest.raises(LoadError) as raised:
        project.load()
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)


STORES = """
from contextlib import asynccontextmanager, contextmanager
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

LOG = []
store = InMemoryStore()
saver = InMemorySaver()

def function():
    return store

async def coroutine():
    return store

@contextmanager
def manager():
    LOG.append("open")
    yield store
    LOG.append("close")

@asynccontextmanager
async def async_manager():
    LOG.append("open")
    yield store
    LOG.append("close")

def saving():
    return saver

def wrong():
    return 7

def failing():
    raise RuntimeError("the database is away")
"""


@pytest.mark.parametrize("name", ["store", "function", "coroutine", "manager", "async_manager", "InMemoryStore"])
async def test_every_form_of_a_store(project: Project, name: str) -> None:
    project.write("stores_here.py", STORES)
    project.write("agent_store.py")
    place = "stores_here.function" if name == "function" else f"./stores_here.py:{name}"  # the module's form too
    project.manifest(graphs={"x": "./agent_store.py:graph", "y": "./agent_store.py:graph"}, store={"path": place})
    loaded = project.load()
    import stores_here  # type: ignore[import-not-found]  # the test has just written it  # noqa: PLC0415

    stores = {graph.store for graph in loaded.values()}
    [resource] = stores  # one for the whole project
    for _ in range(2):  # a bridge that is opened again opens it again
        async with resource.open() as found:
            assert isinstance(found, BaseStore)
            assert name == "InMemoryStore" or found is stores_here.store
    opened = ["open", "close"] * 2 if "manager" in name else []
    assert opened == stores_here.LOG


@pytest.mark.parametrize(
    ("name", "why"), [("wrong", "gave an int; wanted is a BaseStore"), ("failing", "RuntimeError: the")]
)
async def test_a_store_that_cannot_be_opened(project: Project, name: str, why: str) -> None:
    project.write("stores_here.py", STORES)
    project.write("agent_store.py")
    project.manifest(graphs={"x": "./agent_store.py:graph"}, store={"path": f"./stores_here.py:{name}"})
    graph = project.load()["x"]
    with pytest.raises(LoadError, match=why):
        async with graph.store.open():
            pass


async def test_a_checkpointer_and_a_description(project: Project) -> None:
    project.write("stores_here.py", STORES)
    project.write("agent_store.py")
    project.manifest(
        graphs={"x": {"path": "./agent_store.py:graph", "description": "Greets."}},
        checkpointer={"path": "./stores_here.py:saving"},
    )
    graph = project.load()["x"]
    assert isinstance(graph, ProjectGraph)
    assert graph.description == "Greets."
    assert graph.checkpointer is not None
    async with graph.checkpointer.open() as saver:
        assert isinstance(saver, InMemorySaver)


async def test_a_store_with_an_index(project: Project) -> None:
    project.write("embeds.py", "def embed(texts):\n    return [[float(text.count('a'))] for text in texts]\n")
    project.write("agent_store.py")
    index = {"dims": 1, "embed": "./embeds.py:embed", "fields": ["text"]}
    project.manifest(graphs={"x": "./agent_store.py:graph"}, store={"index": index})
    async with project.load()["x"].store.open() as store:
        assert isinstance(store, InMemoryStore)
        await store.aput(("n",), "1", {"text": "bab"})
        [found] = await store.asearch(("n",), query="a")
    assert found.score == pytest.approx(1.0)


def test_a_plain_graph_of_a_plain_manifest_is_itself(project: Project) -> None:
    project.write("agent_plain.py")
    project.manifest(graphs={"x": "./agent_plain.py:graph", "b": "./agent_plain.py:builder"})
    loaded = project.load()
    assert [type(graph).__name__ for graph in loaded.values()] == ["CompiledStateGraph"] * 2


@pytest.mark.parametrize("env", [{"A=B": "1"}, {"": "1"}, {"A": "\0"}, "latin.env"])
def test_variables_that_cannot_be_set(project: Project, manifest: dict[str, Any], env: Any) -> None:
    (project.folder / "latin.env").write_bytes(b"A=\xff\n")
    project.manifest(**manifest, env=env)
    with pytest.raises(LoadError, match=r"langgraph.json: 'env' has a variable|latin.env cannot be read"):
        project.load()
