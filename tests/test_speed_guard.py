"""A guard against getting slow that does not look at a clock: counts that are the same on every machine.

`benchmarks/` has the times. Here is what they rest on: how much Python runs for one token between LangGraph's part and
the client's frame, how many writes a burst of tokens takes, how often a reader is woken for it, and what a token leaves
behind. A bound that is exceeded wants a look at the hot path, not a higher bound.
"""

from __future__ import annotations

import asyncio
import sys
import tracemalloc
from collections.abc import AsyncIterator, Callable, Sequence
from types import FrameType
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langgraph.graph import START, MessagesState, StateGraph
from starlette.types import Message

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.translate import LangGraphToAgui
from bridge.agui import Verifier
from bridge.agui.encode import SSEEncoder
from bridge.events.event import Event
from bridge.openai_compat import AguiToChunks
from bridge.openai_compat.encode import ChunkEncoder
from bridge.openai_compat.responses import AguiToResponseEvents
from bridge.openai_compat.responses.encode import ResponseEncoder
from bridge.runs.journal import MemoryJournal
from bridge.runs.request import RunRequest
from bridge.runs.run import Run
from bridge.web.stream import Encoder, RunStream
from tests.stages import nothing

TOKENS = 1000
PART = {
    "type": "messages",
    "ns": (),
    "data": (
        AIMessageChunk(content="слово ", id="m"),
        {"langgraph_node": "answer", "langgraph_checkpoint_ns": "answer:1"},
    ),
}


def agui() -> Encoder:
    return SSEEncoder(numbered=True)


def openai() -> Encoder:
    return ChunkEncoder(AguiToChunks(id="chatcmpl-r", model="tokens", created=1))


def responses() -> Encoder:
    head = {"id": "resp_r", "object": "response", "created_at": 1, "status": "in_progress", "model": "tokens"}
    return ResponseEncoder(AguiToResponseEvents(head))


def path(encoder: Encoder) -> Callable[[], bytes]:
    """What happens to one token: translate, verify, keep, read, encode. Warm: the message is open."""
    translator, verifier, journal = LangGraphToAgui("t", "r"), Verifier(strict=False), MemoryJournal()

    def token() -> bytes:
        events = translator.feed(PART)
        for event in events:
            verifier.feed(event)
        journal.append(events)
        return encoder.encode_all(journal.after(journal.last - len(events)), journal.last)

    for event in translator.start():
        verifier.feed(event)
        journal.append([event])
    for _ in range(10):
        token()
    assert verifier.faults == 0
    return token


def calls(work: Callable[[], object]) -> int:
    """Functions called, Python's and C's."""
    count = 0

    def note(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        del frame, arg
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count - 1  # the second setprofile


# When this was written, with Python 3.11: 29, 30 and 31.
@pytest.mark.parametrize("encoder", [agui, openai, responses])
def test_a_token_costs_few_calls(encoder: Callable[[], Encoder]) -> None:
    token = path(encoder())

    def burst() -> None:
        for _ in range(TOKENS):
            token()

    assert calls(burst) / TOKENS <= 32


# The events of a response repeat its text when it is done: until then its encoder keeps the letters.
@pytest.mark.parametrize(("encoder", "letters"), [(agui, 0), (openai, 0), (responses, 16)])
def test_a_token_leaves_little_behind(encoder: Callable[[], Encoder], letters: int) -> None:
    token = path(encoder())
    for _ in range(100):
        token()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(TOKENS):
            token()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (
        after - before
    ) / TOKENS <= 32 + letters  # its letters and where they end: 15 bytes, and the buffers' room to grow
    assert (peak - before) / TOKENS <= 64 + letters  # nothing is piled up on the way


class Bursts:
    """Tokens that are all there at once, then silence until the test says so."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = sizes
        self.more = asyncio.Semaphore(0)

    async def __aiter__(self) -> AsyncIterator[Event]:
        yield {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"}
        for size in self._sizes:
            await self.more.acquire()
            for _ in range(size):
                yield {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "слово "}
        await self.more.acquire()


class CountedJournal(MemoryJournal):
    """A journal that counts how often its readers wait, and so are woken."""

    waits = 0

    def next_change(self) -> asyncio.Future[bool]:
        self.waits += 1
        return super().next_change()


# A run gives way to others every 64 parts: so a burst of 20 is one write, and one of 320 at most six.
@pytest.mark.parametrize("encoder", [agui, openai, responses])
@pytest.mark.parametrize(("size", "most"), [(20, 1), (320, 6)])
async def test_a_burst_is_one_wake_up_and_one_write(encoder: Callable[[], Encoder], size: int, most: int) -> None:
    request = RunRequest(agent="tokens", thread_id="t", run_id="r")
    burst = Bursts([size])
    journal = CountedJournal()
    run = Run(request, burst, journal=journal)
    bodies: asyncio.Queue[bytes] = asyncio.Queue()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            bodies.put_nowait(message["body"])

    run.start(nothing)
    reading = asyncio.create_task(RunStream(run, encoder()).read(send))
    received = 0
    while received < 2:  # RUN_STARTED and the message's start
        received += (await bodies.get()).count(b"data: ")
    waits, writes, frames = journal.waits, 0, 0
    burst.more.release()
    while frames < size:
        frames += (await bodies.get()).count('":"слово "'.encode())
        writes += 1
    assert frames == size
    assert writes <= most
    assert journal.waits - waits <= most
    burst.more.release()
    await reading


class TurnByTurn(GenericFakeChatModel):
    """Gives the event loop a turn before each token, as a model does that reads a socket which is never empty."""

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        del args, kwargs
        for _ in range(TOKENS):
            await asyncio.sleep(0)
            yield ChatGenerationChunk(message=AIMessageChunk(content="слово "))


# LangGraph alone hands over such tokens by threes: 333 writes. When this was written: 36.
@pytest.mark.parametrize("encoder", [agui, openai, responses])
async def test_tokens_that_come_with_every_turn_of_the_loop_are_few_writes(encoder: Callable[[], Encoder]) -> None:
    model = TurnByTurn(messages=iter(()))

    async def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile()
    request = RunRequest(agent="tokens", thread_id="t", run_id="r", ephemeral=True)
    journal = CountedJournal()
    run = Run(request, LangGraphAgent("tokens", graph).run(request), journal=journal)
    bodies: list[bytes] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            bodies.append(message["body"])

    run.start(nothing)
    await RunStream(run, encoder()).read(send)
    assert b"".join(bodies).count(b'":"%b"' % "слово ".encode()) == TOKENS
    assert len(bodies) <= TOKENS / 16
    assert journal.waits <= TOKENS / 16
