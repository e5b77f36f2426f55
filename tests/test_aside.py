"""Large values are worked on beside the event loop: counted by what the loop's own thread does, not by time."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Annotated, Any

import httpx
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.graph import START, MessagesState, StateGraph

from benchmarks import shapes
from bridge import Settings, create_app
from bridge.aside import LARGE, aside, aside_if, is_large


class Counted:
    """A value that counts how often it is looked at."""

    looks = 0

    @property
    def content(self) -> str:
        """As a message's."""
        Counted.looks += 1
        return "x"


class Raises:
    @property
    def content(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "large"),
    [
        (None, False),
        ("x" * 1_000, False),
        ("x" * LARGE, True),
        (b"x" * LARGE, True),
        pytest.param(1 << 300_000, True, id="an integer"),
        ([1.5, None, True] * 100, False),
        ([[]] * 5_000, True),
        ({"a": {"b": ["x" * LARGE]}}, True),
        ([HumanMessage("x" * 1_000)] * 100, False),
        ([HumanMessage("x" * 1_000)] * 300, True),
        ([HumanMessage([{"type": "text", "text": "x" * LARGE}])], True),
        (Raises(), False),
    ],
)
def test_what_is_large(value: Any, large: bool) -> None:
    assert is_large(value) is large


def test_what_is_within_itself_comes_to_an_end() -> None:
    held: list[Any] = []
    held.append(held)
    assert is_large(held)


def test_only_so_many_values_are_looked_at() -> None:
    Counted.looks = 0
    assert is_large([[Counted()] * 100 for _ in range(1_000)])
    assert Counted.looks <= 4_096


async def test_the_context_is_the_callers_and_the_thread_is_not() -> None:
    name: ContextVar[str] = ContextVar("name")
    name.set("mine")
    here = threading.get_ident()
    assert await aside(name.get) == "mine"
    assert await aside(threading.get_ident) != here
    assert await aside_if(False, threading.get_ident) == here


async def test_a_failure_is_the_callers() -> None:
    with pytest.raises(ZeroDivisionError):
        await aside(lambda: 1 // 0)


async def test_who_is_cancelled_waits_for_what_has_begun_and_not_for_the_rest() -> None:
    begun, go_on = threading.Event(), threading.Event()
    done: list[str] = []

    def work() -> None:
        begun.set()
        go_on.wait(10)
        done.append("first")

    first = asyncio.create_task(aside(work))
    await asyncio.to_thread(begun.wait, 10)
    second = asyncio.create_task(aside(done.append, "second"))
    await asyncio.sleep(0)
    for task in (first, second):
        task.cancel()
    await asyncio.wait((second,))
    assert not first.done()
    go_on.set()
    await asyncio.wait((first,))
    assert first.cancelled()
    assert second.cancelled()
    await aside(int)
    assert done == ["first"]


# What the loop itself does for a large body

MOST = 150_000
"""Calls of functions in the loop's thread for one request. A body of 240,000 values takes several for each."""

_LANGGRAPH = "_messages.py"
"""LangGraph's own handler of ``stream_mode="messages"`` looks at each value of a state once, for messages."""


def _latest(before: Any, given: Any) -> Any:
    del before
    return given


class Kept(MessagesState):
    """Messages, and whatever the client calls its state."""

    data: Annotated[Any, _latest]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async def say(state: Kept) -> dict[str, Any]:
        del state
        return {"messages": [AIMessage("да")]}

    graph = StateGraph(Kept).add_node(say).add_edge(START, "say").compile()
    app = create_app({"tokens": graph}, Settings(db=":memory:"))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://bridge", timeout=120) as opened,
    ):
        yield opened


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Count the calls of functions in this thread, by file."""
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, argument: object) -> None:
        del argument
        file = frame.f_code.co_filename.rpartition("/")[2]
        if event in ("call", "c_call") and file != _LANGGRAPH:
            calls[file] += 1

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


AGUI = (
    "data: strings",
    "data: objects",
    "data: deep",
    "data: many keys",
    "messages: calls",
    "tools: tools of deep schemas",
    "forwardedProps: objects",
)
CHAT = (
    "messages: one message of escapes",
    "messages: an answer of many values",
    "messages: a call of objects",
    "messages: calls",
    "unknown: objects",
)


@pytest.mark.parametrize(
    ("path", "shape"),
    [*(("/agui/tokens", shape) for shape in AGUI), *(("/v1/chat/completions", shape) for shape in CHAT)],
)
async def test_the_loop_does_little_for_a_large_body(client: httpx.AsyncClient, path: str, shape: str) -> None:
    made = shapes.agui_shapes() if path.startswith("/agui") else shapes.chat_shapes()
    body = made[shape]().encode()
    with counting() as calls:
        answer = await client.post(path, content=body)
    assert answer.status_code == 200, answer.text[:200]
    assert '"RUN_ERROR"' not in answer.text[-500:]
    assert sum(calls.values()) < MOST, calls.most_common(5)


async def test_fields_of_forwarded_props_have_a_bound(client: httpx.AsyncClient) -> None:
    """Each is a key of the graph's config, which LangGraph looks through again and again."""
    for held in (
        {f"a{number}": 1 for number in range(1_001)},
        {"context": {f"a{number}": 1 for number in range(1_001)}},
        {"config": {"configurable": {f"a{number}": 1 for number in range(1_001)}}},
    ):
        sent = {"threadId": "t", "runId": "r", "state": {}, "messages": [], "tools": [], "context": []}
        answer = await client.post("/agui/tokens", json=sent | {"forwardedProps": held})
        assert answer.status_code == 413
        assert "at most 1000 are taken" in answer.text
