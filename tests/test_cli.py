"""The command line: every form of an agent, Mermaid, and errors in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import orjson
import pytest

from bridge.agents.loading import LoadError, load_agents
from tests.server import ROOT, serve

MODULE = '''"""Agents for tests."""
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph

builder = StateGraph(MessagesState)
builder.add_node("answer", lambda state: {"messages": [AIMessage("Привет")]})
builder.add_edge(START, "answer")
graph = builder.compile()
other_agent = graph
number = 7


def made():
    return builder


def made_with_config(config):
    assert "configurable" in config
    return graph
'''


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with agents in it, and no trace of them afterwards."""
    name = f"agents_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE, "utf-8")
    (tmp_path / "broken.py").write_text("def (", "utf-8")
    (tmp_path / "raising.py").write_text("raise ValueError('no key')", "utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    return tmp_path


def module(here: Path) -> str:
    return f"agents_{here.name.replace('-', '_')}"


def test_forms_of_an_agent(here: Path) -> None:
    name = module(here)
    loaded = load_agents(
        [f"{name}:graph", f"{name}:other_agent", f"sales={name}:made", f"b={name}.py:made_with_config"], here
    )
    assert list(loaded) == [name.replace("_", "-"), "other-agent", "sales", "b"]
    assert [hasattr(graph, "astream") for graph in loaded.values()] == [True, True, False, False]
    assert all(graph.get_graph().nodes for graph in loaded.values())


def test_a_langgraph_json(here: Path) -> None:
    graphs = {"sales": f"./{module(here)}.py:graph", "b": {"path": f"{module(here)}:made"}}
    (here / "langgraph.json").write_bytes(orjson.dumps({"dependencies": ["."], "graphs": graphs}))
    assert list(load_agents([], here)) == ["sales", "b"]
    assert list(load_agents(["langgraph.json"], here.parent / here.name)) == ["sales", "b"]


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("nothing", "'nothing' is not of the form module:attribute"),
        ("no_such_module:graph", "there is no module 'no_such_module'"),
        ("{module}:missing", "has no 'missing'"),
        ("{module}:number", "is an int, not a graph"),
        ("x=broken:graph", "broken.py, line 1: "),
        ("x=raising:graph", "ValueError: no key"),
        ("missing.json", "missing.json is not here"),
        ("bad.json", "bad.json is not JSON"),
        ("list.json", "list.json names no graphs"),
        ("numbers.json", "numbers.json has 7 for it"),
        ("missing.py:graph", "missing"),
    ],
)
def test_what_cannot_be_loaded_says_why(here: Path, target: str, why: str) -> None:
    (here / "bad.json").write_text("{")
    (here / "list.json").write_text("[]")
    (here / "numbers.json").write_text('{"graphs": {"x": 7}}')
    with pytest.raises(LoadError) as raised:
        load_agents([target.format(module=module(here))], here)
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_agent_and_no_manifest(here: Path) -> None:
    with pytest.raises(LoadError, match=r"no langgraph.json here"):
        load_agents([], here)


def bridge(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bridge.cli", *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_draw(here: Path) -> None:
    drawn = bridge("draw", f"{module(here)}:graph", cwd=here)
    assert drawn.returncode == 0
    assert "graph TD;" in drawn.stdout
    assert "answer" in drawn.stdout
    failed = bridge("draw", f"{module(here)}:missing", cwd=here)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.startswith("Error: Agent ")
    assert failed.stderr.count("\n") == 1


def test_serve_says_in_one_line_what_is_wrong(here: Path) -> None:
    for arguments in (["x=raising:graph"], [f"{module(here)}:graph", "--db", str(here / "broken.py" / "no.sqlite")]):
        failed = bridge("serve", *arguments, "--port", "0", cwd=here)
        assert failed.returncode != 0
        assert "Error: " in failed.stderr
        assert "Traceback" not in failed.stderr


def test_serve_a_module_from_here(here: Path) -> None:
    name = module(here)
    with serve(here, f"sales={name}:graph", f"{name}:made", cwd=here) as server:
        models = httpx.get(f"{server.url}/v1/models", trust_env=False).json()
        body = {"model": "made", "messages": [{"role": "user", "content": "x"}]}
        answer = httpx.post(f"{server.url}/v1/chat/completions", json=body, trust_env=False).json()
    assert [model["id"] for model in models["data"]] == ["sales", "made"]
    assert answer["choices"][0]["message"]["content"] == "Привет"
    assert "Serving sales, made on http://127.0.0.1:" in server.log
