"""``bridge draw``: pictures, without a network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.commands.terminal import environment, piped
from tests.tools import require_module

NESTED = """
from langgraph.graph import START, MessagesState, StateGraph

inner = StateGraph(MessagesState).add_node("думать", lambda state: {}).add_edge(START, "думать").compile()
graph = StateGraph(MessagesState).add_node("отдел", inner).add_node("end", lambda state: {})
graph = graph.add_edge(START, "отдел").add_edge("отдел", "end").compile()
"""

# A program in which nothing can be reached.
ALONE = """\
import socket, sys

def refuse(*given, **named):
    raise AssertionError("bridge draw wants the network")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from bridge.cli import main
main()
"""


@pytest.fixture
def nested(project: Path) -> Path:
    (project / "nested.py").write_text(NESTED, "utf-8")
    return project


def alone(cwd: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-c", ALONE, *arguments], cwd=cwd, env=environment(), timeout=60, check=True)


def test_mermaid_is_printed_and_written(nested: Path) -> None:
    printed = piped(nested, "draw", "nested.py:graph")
    assert printed.stdout.count("subgraph") == 1
    assert piped(nested, "draw", "nested.py:graph", "-o", "-").stdout == printed.stdout
    alone(nested, "draw", "nested.py:graph", "-o", "graph.mmd")
    assert (nested / "graph.mmd").read_text("utf-8") == printed.stdout
    by_name = piped(nested, "draw", "talker")
    assert "answer" in by_name.stdout
    assert piped(nested, "draw", "langgraph.json").stdout == by_name.stdout


def test_a_picture_has_the_names_and_the_subgraphs(nested: Path) -> None:
    require_module("mermaidx", "mermaidx")
    alone(nested, "draw", "nested.py:graph", "-o", "graph.svg")
    picture = (nested / "graph.svg").read_text("utf-8")
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    for word in ("отдел", "думать", "end"):
        assert word in picture
    assert re.search('class="[^"]*cluster', picture)
    assert "http" not in picture.replace("http://www.w3.org/", "")
    printed = piped(nested, "draw", "nested.py:graph", "--format", "svg", "-o", "-")
    assert printed.stdout == picture


def test_a_picture_as_png(nested: Path) -> None:
    require_module("mermaidx", "mermaidx")
    alone(nested, "draw", "nested.py:graph", "-o", "graph.PNG")
    picture = (nested / "graph.PNG").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(picture[at : at + 4]) for at in (16, 20))
    assert width > 200
    assert height > width


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["talker", "-o", "graph.gif"], "must end in .svg, .png or .mmd"),
        (["talker", "-o", "no/folder/graph.mmd"], "no/folder/graph.mmd cannot be written: No such file or directory."),
        (["nothere.py:graph"], "nothere"),
        (["talker.py:NAME"], "not"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(nested: Path, arguments: list[str], why: str) -> None:
    done = piped(nested, "draw", *arguments)
    assert done.returncode != 0
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_package_that_draws(nested: Path) -> None:
    code = "import sys; sys.modules['mermaidx'] = None; from bridge.cli import main; main()"
    command = [sys.executable, "-c", code, "draw", "talker", "-o", "graph.svg"]
    done = subprocess.run(command, cwd=nested, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install mermaidx" in done.stderr
    assert not (nested / "graph.svg").exists()
