"""What is asked of the graphs of ``project``, and how each of the two servers is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.agui.fold import fold_messages

HERE = Path(__file__).parent
PROJECTS = ("first", "second")
ANSWERS = HERE / "answers.json"
ENVIRONMENT = {"PARITY_OUTSIDE": "outside", "PARITY_SHELL": "from the shell"}
"""What the shell has when either server is started."""


@dataclass(frozen=True)
class Turn:
    """One request: a message, or the answer to a question."""

    text: str = "hello"
    configurable: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    resume: Any = None


@dataclass(frozen=True)
class Talk:
    """The turns of one thread."""

    name: str
    graph: str
    turns: tuple[Turn, ...]
    project: str = "first"


def _talk(name: str, graph: str, *turns: Turn, project: str = "first") -> Talk:
    return Talk(name, graph, turns or (Turn(),), project)


_A, _B, _BAD = ({"flavor": flavor} for flavor in ("a", "b", "bad"))

TALKS = (
    _talk("a compiled graph", "plain", Turn(), Turn()),
    _talk("a graph that is not compiled", "builder"),
    _talk("a module's name", "by_module"),
    _talk("an object with a path and a description", "described"),
    _talk("no argument", "no_argument"),
    _talk("no argument, async", "no_argument_async"),
    _talk("with the config", "with_config", Turn(configurable=_A), Turn(configurable=_B)),
    _talk("with the config, async, without an annotation", "with_config_async", Turn(configurable=_A)),
    _talk("a context manager", "manager", Turn(), Turn("fail"), Turn("log")),
    _talk("an async context manager", "manager_async", Turn(), Turn("fail"), Turn("log")),
    _talk("a class that is a context manager", "manager_class", Turn(configurable=_A)),
    _talk("an object that can be called", "callable_object", Turn(configurable=_A)),
    _talk("a partial function", "partial", Turn(configurable=_A)),
    _talk("with the runtime", "with_runtime", Turn(), Turn(context={"language": "ru"})),
    _talk("with both", "with_both", Turn(configurable=_A), Turn(context={"language": "ru", "level": 2})),
    _talk("with both, the runtime first", "with_both_swapped", Turn(configurable=_A)),
    _talk("annotations that are text", "with_text_annotations", Turn(configurable=_A)),
    _talk("the config, looked up", "looks_up_config", Turn(configurable=_A)),
    _talk("a graph for each run", "per_run", Turn(configurable=_A), Turn(configurable=_B), Turn(configurable=_A)),
    _talk("the thread's config goes on", "per_run", Turn(configurable=_A), Turn()),
    _talk("a question of a graph made by config", "asks", Turn(configurable=_A), Turn(resume="yes", configurable=_A)),
    _talk("an answer without the config", "asks", Turn(configurable=_A), Turn(resume="yes")),
    _talk("a factory's own checkpointer", "own_checkpointer", Turn(), Turn()),
    _talk("a factory's own store", "own_store", Turn("keep abc"), Turn("abc")),
    _talk("a context", "context", Turn(context={"language": "ru", "level": 3})),
    _talk("a context with defaults", "context", Turn(context={"level": 3})),
    _talk("no context", "context"),
    _talk(
        "a store that is searched by meaning", "store", Turn("keep aaa"), Turn("keep bbb"), Turn("keep ccc"), Turn("bb")
    ),
    _talk("the environment", "env"),
    _talk("a folder of dependencies", "dependency"),
    _talk("a factory that fails for one run", "failing", Turn(configurable=_BAD), Turn(configurable=_A)),
    _talk("a factory that gives no graph", "not_a_graph", Turn(configurable=_BAD), Turn(configurable=_A)),
    _talk("a factory that fails when it is closed", "failing_end", Turn(configurable=_BAD), Turn(configurable=_A)),
    _talk("a factory that hides a failure", "hiding", Turn("fail"), Turn("log")),
    _talk("a generator that is no context manager", "plain_generator"),
    _talk("a factory that gives a runnable", "runnable"),
    _talk("a project's checkpointer", "plain", Turn(), Turn(), project="second"),
    _talk("a project's checkpointer, and a factory", "factory", Turn(), Turn(), project="second"),
    _talk("an environment that is an object", "env", project="second"),
    _talk("a project's store", "store", project="second"),
)

Ask = Callable[[str, Turn], Any]
"""Ask the graph of this name; the answer: what it said, ``{"asked": …}`` or ``{"failed": True}``."""

FAILED = {"failed": True}


def hold(talk: Talk, ask: Ask) -> list[Any]:
    """The answers of one conversation."""
    return [ask(talk.graph, turn) for turn in talk.turns]


def recorded() -> dict[str, list[Any]]:
    """Talk -> the answers of LangGraph's server."""
    answers: dict[str, list[Any]] = json.loads(ANSWERS.read_text("utf-8"))
    return answers


def ask_langgraph(client: httpx.Client) -> Ask:
    """A thread of LangGraph's server."""
    thread = client.post("/threads", json={}).json()["thread_id"]

    def ask(graph: str, turn: Turn) -> Any:
        body: dict[str, Any] = {"assistant_id": graph}
        if turn.resume is None:
            body["input"] = {"messages": [{"role": "user", "content": turn.text}]}
        else:
            body["command"] = {"resume": turn.resume}
        body |= {"config": {"configurable": turn.configurable}} if turn.configurable else {}
        body |= {"context": turn.context} if turn.context else {}
        answer = client.post(f"/threads/{thread}/runs/wait", json=body).json()
        if "__error__" in answer:
            return FAILED
        if answer.get("__interrupt__"):
            return {"asked": answer["__interrupt__"][0]["value"]}
        last = (answer.get("messages") or [{"type": None}])[-1]
        return json.loads(last["content"]) if last["type"] == "ai" else {"unanswered": True}

    return ask


def ask_bridge(client: httpx.Client) -> Ask:
    """A thread of the bridge, by AG-UI."""
    thread = str(uuid4())
    messages: list[dict[str, Any]] = []
    waiting: list[str] = []

    def ask(graph: str, turn: Turn) -> Any:
        nonlocal messages
        resume = [{"interruptId": each, "status": "resolved", "payload": turn.resume} for each in waiting]
        waiting.clear()
        if turn.resume is None:
            messages.append({"id": str(uuid4()), "role": "user", "content": turn.text})
        body = {
            "threadId": thread,
            "runId": str(uuid4()),
            "messages": messages,
            "state": {},
            "tools": [],
            "context": [],
            "forwardedProps": {"config": {"configurable": turn.configurable}, "context": turn.context},
            "resume": resume,
            "protocolVersion": "1.0",
        }
        events = events_of(client.post(f"/agui/{graph}", json=body).text)
        messages = fold_messages(events, messages)
        last = events[-1]
        if last["type"] == "RUN_ERROR":
            return FAILED
        outcome = last.get("outcome") or {}
        if outcome.get("type") == "interrupt":
            waiting.extend(each["id"] for each in outcome["interrupts"])
            return {"asked": outcome["interrupts"][0]["metadata"]["value"]}
        said = messages[-1]
        return json.loads(said["content"]) if said["role"] == "assistant" else {"unanswered": True}

    return ask


def events_of(body: str) -> list[Any]:
    """The events of a stream that is over."""
    lines: Iterable[str] = body.splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
