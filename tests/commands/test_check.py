"""``bridge check``: what it says of a graph, and its exit status."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict
from uuid import UUID

import pytest
from langchain_core.messages import AnyMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode
from langgraph.types import interrupt
from pydantic import BaseModel

from bridge.agents.langgraph.examination import Examination, examine
from bridge.agents.langgraph.storable import unstorable
from tests.commands.terminal import COLOR, piped, terminal


async def step(state: Any) -> dict[str, Any]:
    return {}


def plain(state: Any) -> dict[str, Any]:
    return {}


def confirm(what: str) -> Any:
    return interrupt(what)


async def asking(state: Any) -> dict[str, Any]:
    return {"answer": confirm("sure?")}


@tool("interrupt")
async def taken(why: str) -> str:
    """A tool with a name that clients know."""
    return why


@tool
def slow(why: str) -> str:
    """A tool that is a plain function."""
    return why


@entrypoint()
async def functional(messages: list[AnyMessage]) -> list[AnyMessage]:
    return messages


class Unreduced(TypedDict):
    messages: list[AnyMessage]


class Locked(MessagesState):
    lock: NotRequired[threading.Event]


class Silent(TypedDict):
    question: str


class Out(TypedDict):
    basket: list[str]


class Whole(MessagesState):
    basket: list[str]
    secret: str


def of(schema: Any, *nodes: Any, compiled: dict[str, Any] | None = None, **schemas: Any) -> Any:
    builder = StateGraph(schema, **schemas)
    for number, node in enumerate(nodes or (step,)):
        builder.add_node(f"n{number}", node)
        builder.add_edge(START, f"n{number}")
    return builder.compile(**(compiled or {}))


def leads(state: Any) -> str:
    return "n0"


GRAPHS: dict[str, tuple[Any, str | None, str]] = {
    "clean": (of(MessagesState), None, ""),
    "no reducer": (of(Unreduced), "error", "'messages' has no reducer"),
    "not JSON": (of(Locked), "error", "state key 'lock' holds a Event"),
    "no messages": (of(Silent), "warning", "no state key 'messages'"),
    "output without messages": (of(Whole, output_schema=Out), "warning", "output schema has no 'messages'"),
    "input without messages": (of(Whole, input_schema=Out), "warning", "input schema has no 'messages'"),
    "plain node": (
        of(MessagesState, plain),
        "warning",
        "plain def nodes, each in a thread while it works (--threads): n0",
    ),
    "plain node below": (of(MessagesState, of(MessagesState, plain)), "warning", "(--threads): n0"),
    "plain tool": (
        of(MessagesState, ToolNode([slow])),
        "warning",
        "plain def tools, each in a thread while it works: slow",
    ),
    "taken name": (of(MessagesState, ToolNode([taken])), "error", "the tool 'interrupt' has a name that is taken"),
    "forgetful": (of(MessagesState, compiled={"checkpointer": InMemorySaver()}), "warning", "a restart forgets them"),
    "functional": (functional, None, ""),
    "a router that does not say where it leads": (
        StateGraph(MessagesState).add_node("n0", step).add_conditional_edges(START, leads).compile(),
        "warning",
        "what follows '__start__': the router 'leads' does not say where it leads; write graph.add_conditional_edges",
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_what_is_unsafe(name: str) -> None:
    graph, level, text = GRAPHS[name]
    found = examine(graph).findings
    assert [finding.level for finding in found] == ([] if level is None else [level])
    assert all(text in finding.text for finding in found)


def facts(found: Examination, subject: str) -> list[str]:
    return [text for about, text in found.facts if about == subject]


def test_what_the_bridge_will_do() -> None:
    inner = of(MessagesState, asking)
    graph = of(Whole, step, inner, ToolNode([taken]), output_schema=Out, compiled={"interrupt_before": ["n0"]})
    found = examine(graph)
    assert found.drawing == ["__start__ → n0, n1, n2", "n0", "n1", "    __start__ → n0", "    n0", "n2"]
    assert facts(found, "state") == [
        "clients see basket",
        "clients may write basket",
        "never leaves the server: messages, secret (not in the output schema)",
    ]
    assert facts(found, "tools") == ["run on the server, shown to clients: interrupt"]
    assert facts(found, "interrupts") == [
        "asked in every client, and answered there: n0",
        "pauses before n0, until somebody says to go on",
    ]
    assert facts(found, "memory") == ["conversations are kept in the bridge's database"]


class Color(Enum):
    RED = 1


class Model(BaseModel):
    at: datetime
    kind: Color


@dataclass
class Holder:
    inner: dict[str, threading.Event]


class Odd:
    pass


@pytest.mark.parametrize(
    ("hint", "name"),
    [
        (str, None),
        (Any, None),
        (dict[str, list[int | None]], None),
        (Annotated[list[AnyMessage], add_messages], None),
        (Literal["a"], None),
        (Model, None),
        (Out, None),
        (UUID | Path | Color, None),
        (Callable[[], None], "a function"),
        (list[Callable[..., Any]], "a function"),
        (dict[str, Odd], "a Odd"),
        (Odd | None, "a Odd"),
        (Holder, "a Event"),
        (Annotated[list[Odd], add_messages], "a Odd"),
    ],
)
def test_which_types_can_be_stored(hint: Any, name: str | None) -> None:
    assert unstorable(hint) == name


def test_the_exit_status_is_for_machines(project: Path) -> None:
    good = piped(project, "check")
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith("talker\n    __start__ → answer\n")
    assert "interrupts: asked in every client, and answered there: answer\n" in good.stdout
    assert good.stdout.endswith("  no errors, no warnings.\n")
    assert not COLOR.search(good.stdout)
    warned = piped(project, "check", "talker.py:blocking")
    assert warned.returncode == 0
    assert "1 warning." in warned.stdout
    assert piped(project, "check", "talker.py:blocking", "--strict").returncode == 1
    (project / "wrong.py").write_text("from tests.commands.test_check import *\ngraph = GRAPHS['no reducer'][0]")
    wrong = piped(project, "check", "talker.py:graph", "wrong.py:graph")
    assert wrong.returncode == 1
    assert "error: 'messages' has no reducer" in wrong.stdout
    assert "  1 error, no warnings.\n" in wrong.stdout


def test_colors(project: Path) -> None:
    with terminal(project, "check", "talker.py:blocking") as checked:
        assert checked.ends() == 0
        assert "\x1b[33mwarning: \x1b[0m" in checked.screen


NEWCOMERS = {
    "no such file": ("nothere.py:graph", "", "nothere"),
    "no such module": ("nothere:graph", "", "nothere"),
    "no such attribute": ("mine.py:grpah", "graph = 7", "grpah"),
    "not a graph": ("mine.py:graph", "graph = 7", "graph"),
    "a syntax error": ("mine.py:graph", "def (:", "line 1"),
    "a failing import": ("mine.py:graph", "import nothere_either", "nothere_either"),
    "no key": ("mine.py:graph", "from langchain_openai import ChatOpenAI\nmodel = ChatOpenAI()", "OPENAI_API_KEY"),
}


@pytest.mark.parametrize("command", ["check", "draw", "chat", "serve"])
@pytest.mark.parametrize("case", NEWCOMERS)
def test_what_a_newcomer_meets(project: Path, case: str, command: str) -> None:
    """Every command says it, in one line, and ends."""
    target, text, said = NEWCOMERS[case]
    (project / "mine.py").write_text(text, "utf-8")
    done = piped(project, command, target, *(["--port", "0"] if command == "serve" else []))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
