"""Graph factories in `draw` and `check`: what a factory makes is looked at, and its failure is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli import main

PROJECT = """from langgraph.graph import START, MessagesState, StateGraph


def make(config):
    def greets(state: MessagesState) -> dict:
        return {"messages": []}

    return StateGraph(MessagesState).add_node(greets).add_edge(START, "greets").compile()


def broken(config):
    raise RuntimeError("no such database")
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "made_by.py").write_text(PROJECT, "utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", ["draw", "check"])
def test_what_a_factory_makes(command: str) -> None:
    done = CliRunner().invoke(main, [command, "made_by.py:make"])
    assert done.exit_code == 0, done.output
    assert "greets" in done.output


@pytest.mark.parametrize("command", ["draw", "check"])
def test_a_factory_that_fails(command: str) -> None:
    done = CliRunner().invoke(main, [command, "made_by.py:broken"])
    assert done.exit_code == 1
    assert done.output.count("its factory failed: RuntimeError: no such database") == 1
    assert "Traceback" not in done.output
