"""Readers come late, read slowly, leave and come back: bounded in memory, and nothing is lost while it can be kept."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
import weakref
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from starlette.types import Message

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agui.encode import SSEEncoder
from bridge.errors import InvalidRequest, JournalOverrun, ThreadBusy, UnknownRun
from bridge.events.event import Event
from bridge.openai_compat import AguiToChunks
from bridge.openai_compat.completion import Completion
from bridge.openai_compat.encode import ChunkEncoder
from bridge.runs.journal import Budget, MemoryJournal
from bridge.runs.registry import Runs
from bridge.runs.request import RunRequest
from bridge.runs.run import Limits, Run
from bridge.web.stream import PIECE, Encoder, RunStream
from tests.runs.test_ends import OPEN, WORD, plain
from tests.stages import Stage, key, nothing, request, settled


def token(text: str) -> Event:
    return {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": text}


async def over(*events: Event, **more: Any) -> Run:
    """A run of these events that is over."""
    run = Run(request(), plain(OPEN, *events), **more)
    run.start(nothing)
    await run.wait()
    return run


class Client:
    """The ASGI side of a client: what it was sent, and ``gate`` to hold its socket up."""

    def __init__(self, *, open: bool = True, takes: int | None = None) -> None:  # noqa: A002 - a gate is open
        self.takes = takes  # so many messages, then its socket is full
        self.messages: list[Message] = []
        self.gate = asyncio.Event()
        self.gone = asyncio.Event()
        self.sent = asyncio.Semaphore(0)
        if open:
            self.gate.set()

    async def send(self, message: Message) -> None:
        await self.gate.wait()
        self.messages.append(message)
        self.sent.release()
        if len(self.messages) == self.takes:
            self.gate.clear()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)


async def read(response: Any, client: Client) -> None:
    await response({"type": "http", "asgi": {"spec_version": "2.3"}}, client.receive, client.send)


# What a client is sent when something breaks


class Unsayable(SSEEncoder):
    def encode_all(self, events: Sequence[Event], first: int) -> bytes:
        if any(event["type"] == "CUSTOM" for event in events):
            raise OverflowError("an integer of 70 bits")
        return super().encode_all(events, first)


async def test_a_reader_that_fails_in_encoding_says_so_in_its_language() -> None:
    run = await over({"type": "CUSTOM", "name": "n", "value": 1})
    client = Client()
    await read(RunStream(run, Unsayable()), client)
    assert b'"type":"RUN_ERROR"' in client.messages[-1]["body"]
    assert client.messages[-1]["more_body"] is False


class NoChunk(AguiToChunks):
    def feed(self, event: Any) -> Any:
        if event["type"] == "CUSTOM":
            raise KeyError("no word for it")
        return super().feed(event)


async def test_an_openai_reader_that_fails_gets_an_error_streamed_or_not() -> None:
    run = await over({"type": "CUSTOM", "name": "n", "value": 1})
    streamed, whole = Client(), Client()
    await read(RunStream(run, ChunkEncoder(NoChunk(id="c", model="m", created=1))), streamed)
    assert b'data: {"error":' in streamed.messages[-1]["body"]
    assert b"[DONE]" not in streamed.body
    await read(Completion(run, NoChunk(id="c", model="m", created=1), headers={}), whole)
    assert whole.messages[0]["status"] == 500
    assert b'"error"' in whole.body


async def test_a_journal_without_an_end_is_an_error_for_its_readers() -> None:
    class Breaks(MemoryJournal):
        def append(self, events: Sequence[Event], fence: int = 0) -> None:
            if self.last >= 2:
                raise OSError("gone")
            super().append(events, fence)

    run = await over(WORD, journal=Breaks())
    client = Client()
    await read(RunStream(run, SSEEncoder()), client)
    assert b'"type":"RUN_ERROR"' in client.messages[-1]["body"]


@pytest.mark.parametrize(
    ("encoder", "last"),
    [
        (SSEEncoder(), [b'"type":"RUN_FINISHED"']),
        (ChunkEncoder(AguiToChunks(id="c", model="m", created=1)), [b'"finish_reason":"stop"', b"data: [DONE]"]),
    ],
    ids=["AG-UI", "OpenAI"],
)
async def test_the_last_frames_and_the_end_are_one_write(encoder: Encoder, last: list[bytes]) -> None:
    client = Client()
    await read(RunStream(await over(WORD), encoder), client)
    assert client.messages[-1]["more_body"] is False
    assert all(frame in client.messages[-1]["body"] for frame in last)
    assert all(message.get("more_body", True) for message in client.messages[:-1])


# Leaving and coming back


async def test_a_reader_that_comes_back_in_time_finds_its_run_going() -> None:
    stage = Stage()
    run = Run(request(), stage, limits=Limits(disconnect_grace=0.05))
    run.start(nothing)
    stage.send(OPEN, WORD)
    await settled(run, 3)
    run.join().leave()
    back = run.join(2)
    stage.send(WORD)
    await settled(run, 4)
    await asyncio.wait({asyncio.create_task(run.wait())}, timeout=0.1)
    assert not run.over
    back.leave()
    async with asyncio.timeout(5):
        await run.wait()
    assert stage.closed.is_set()


async def test_a_stop_does_not_wait_for_the_grace() -> None:
    stage = Stage()
    run = Run(request(), stage, limits=Limits(disconnect_grace=3600))
    run.start(nothing)
    await settled(run, 1)
    run.join().leave()
    async with asyncio.timeout(5):
        await run.stop()


@pytest.mark.parametrize("disconnect", ["cancel", "continue"])
async def test_a_new_run_waits_for_one_that_everybody_left(disconnect: Any) -> None:
    runs = Runs(patience=5)
    stage = Stage()
    left = Run(request(), stage, disconnect=disconnect, leases=runs.leases)
    await runs.reserve(left)
    runs.begin(left, nothing)
    await settled(left, 1)
    left.join().leave()
    waiting = asyncio.create_task(runs.reserve(Run(request(), plain(), leases=runs.leases)))
    if disconnect == "continue":
        done, _ = await asyncio.wait({waiting}, timeout=0.02)
        assert not done
        stage.end()
    async with asyncio.timeout(5):
        await waiting
    assert left.over


async def test_a_run_that_somebody_reads_is_not_taken_from_them() -> None:
    runs = Runs(patience=0.01)
    stage = Stage()
    run = Run(request(), stage, leases=runs.leases)
    await runs.reserve(run)
    runs.begin(run, nothing)
    with pytest.raises(ThreadBusy):  # its reader has not come yet
        await runs.reserve(Run(request(), plain(), leases=runs.leases))
    run.join()
    with pytest.raises(ThreadBusy):
        await runs.reserve(Run(request(), plain(), leases=runs.leases))
    stage.end()
    await run.wait()


async def test_a_run_that_goes_on_without_readers_is_waited_for_so_long_and_no_longer() -> None:
    runs = Runs(patience=0.02)
    run = Run(request(), Stage(), disconnect="continue", leases=runs.leases)
    await runs.reserve(run)
    runs.begin(run, nothing)
    run.join().leave()
    with pytest.raises(ThreadBusy):
        await runs.reserve(Run(request(), plain(), leases=runs.leases))
    await run.stop()


# Late and slow readers


async def test_a_late_reader_of_a_long_run_reads_a_piece_at_a_time() -> None:
    words = [token("слово " * 4) for _ in range(30_000)]
    run = await over(*words)
    client = Client()
    others = 0

    async def other() -> None:
        nonlocal others
        while True:
            await asyncio.sleep(0)
            others += 1

    beside = asyncio.create_task(other())

    async def pausing(message: Message) -> None:
        await asyncio.sleep(0)  # a socket that takes one piece at a time
        client.messages.append({**message, "body": len(message.get("body", b""))})

    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        await RunStream(run, SSEEncoder(numbered=True)).read(pausing)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        beside.cancel()
    sizes = [message["body"] for message in client.messages]
    assert sum(sizes) > 2_000_000
    assert max(sizes) <= PIECE * 1.5
    assert others >= len(sizes) - 1
    assert peak - before < 1_000_000


async def test_a_large_event_is_sent_in_pieces() -> None:
    run = await over({"type": "CUSTOM", "name": "n", "value": "x" * 300_000})
    client = Client()
    await read(RunStream(run, SSEEncoder()), client)
    assert max(len(message.get("body", b"")) for message in client.messages) <= PIECE
    assert client.body.count(b"x") == 300_000


async def test_a_hundred_slow_readers_hold_a_piece_each() -> None:
    run = await over(*[token("word " * 10) for _ in range(40_000)])
    clients = [Client(open=False) for _ in range(100)]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        reading = [asyncio.create_task(read(RunStream(run, SSEEncoder(numbered=True)), client)) for client in clients]
        for _ in range(20):
            await asyncio.sleep(0)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        for client in clients:
            client.gone.set()
        await asyncio.gather(*reading)
    assert (after - before) / 100 < 256 * 1024


class Ballast(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], add_messages]
    ballast: str
    left: int


async def test_a_graph_with_a_large_state_does_not_lose_its_answer() -> None:
    """Twelve steps of 2 MB, an answer of one line, a journal of 16 MB: an OpenAI client gets the line."""

    def step(state: Ballast) -> dict[str, Any]:
        left = state.get("left", 12) - 1
        update: dict[str, Any] = {"ballast": chr(ord("a") + left) * 2_000_000, "left": left}
        return update if left else update | {"messages": [AIMessage("the line")]}

    graph: Any = StateGraph(Ballast).add_node(step).add_edge(START, "step")
    graph.add_conditional_edges("step", lambda state: "step" if state["left"] else "__end__")
    asked = request(messages=[{"id": "u", "role": "user", "content": "go"}], protocol_version="1.0")
    journal = MemoryJournal(16 * 1024 * 1024)
    run = Run(asked, LangGraphAgent("a", graph.compile()).run(asked), journal=journal)
    run.start(nothing)
    client = Client()
    await read(Completion(run, AguiToChunks(id="c", model="m", created=1), headers={}), client)
    assert client.messages[0]["status"] == 200, client.body[:300]
    assert "the line" in client.body.decode()
    assert journal.first > 1  # it did not fit


async def test_a_run_waits_for_a_reader_that_is_behind_but_not_for_ever() -> None:
    events = [{"type": "CUSTOM", "name": "n", "value": "x" * 1000} for _ in range(50)]
    journal = MemoryJournal(10_000)
    run = Run(request(), plain(*events), journal=journal, limits=Limits(slow_reader=0.2))
    run.start(nothing)
    slow = run.join()
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await run.wait()
    got: list[Event] = []
    while len(got) < 20:  # while it reads, nothing is lost
        got += await journal.read(len(got), 3000)
        slow.advance(len(got))
        await asyncio.sleep(0)
    await run.wait()  # and when it does not, the run goes on
    assert time.monotonic() - begun < 3
    with pytest.raises(JournalOverrun):
        await journal.read(20, 1000)


async def test_a_reader_that_keeps_up_loses_nothing_of_a_run_that_does_not_fit() -> None:
    events = [{"type": "CUSTOM", "name": "n", "value": f"{number:04}" + "x" * 1000} for number in range(200)]
    run = Run(request(), plain(*events), journal=MemoryJournal(10_000), limits=Limits(slow_reader=3600))
    run.start(nothing)
    client = Client()
    async with asyncio.timeout(10):  # the run goes on as soon as the reader has read, not when its patience is over
        await read(RunStream(run, SSEEncoder()), client)
    assert client.body.count(b'"CUSTOM"') == 200
    assert b"RUN_FINISHED" in client.body


async def test_an_idle_stream_is_kept_alive_again_and_again() -> None:
    stage = Stage()
    run = Run(request(), stage)
    run.start(nothing)
    client = Client()
    reading = asyncio.create_task(read(RunStream(run, SSEEncoder(), keep_alive=0.02), client))
    async with asyncio.timeout(5):
        while client.body.count(b": keep-alive\n\n") < 3:
            await client.sent.acquire()
    stage.end()
    await reading
    quiet = Client()
    await read(RunStream(run, SSEEncoder(), keep_alive=3600), quiet)
    assert b"keep-alive" not in quiet.body


# What is kept of runs that are over


async def test_a_run_that_is_over_keeps_no_request() -> None:
    big = [{"id": "u", "role": "user", "content": "x" * 1_000_000}]
    asked = request(messages=big, state={"a": "b"}, forwarded_props={"c": "d"})
    run = Run(asked, plain(OPEN))
    run.start(nothing)
    await run.wait()
    assert run.request.messages == []
    assert run.request.state is None
    assert run.request.thread == asked.thread


async def test_finished_runs_age_by_themselves() -> None:
    class Emptied(Budget):
        empty = asyncio.Event()

        def change(self, size: int) -> None:
            super().change(size)
            if self.used == 0:
                self.empty.set()

    runs, budget = Runs(keep_seconds=0.02), Emptied()
    run = Run(request(), plain(OPEN), journal=MemoryJournal(budget=budget), leases=runs.leases)
    await runs.reserve(run)
    runs.begin(run, nothing)
    await run.wait()
    assert runs.get(run.id, "anonymous") is run
    async with asyncio.timeout(5):
        await budget.empty.wait()
    with pytest.raises(UnknownRun):
        runs.get(run.id, "anonymous")


async def test_all_journals_together_have_one_bound() -> None:
    runs = Runs(journal_memory=100_000)
    going, stage = None, Stage()
    going = Run(request("going"), stage, journal=MemoryJournal(budget=runs.budget), leases=runs.leases)
    await runs.reserve(going)
    runs.begin(going, nothing)
    for number in range(30):
        run = Run(
            request(f"t{number}"),
            plain({"type": "CUSTOM", "name": "n", "value": "x" * 9000}),
            journal=MemoryJournal(budget=runs.budget),
            leases=runs.leases,
        )
        await runs.reserve(run)
        runs.begin(run, nothing)
        await run.wait()
        assert runs.budget.used <= 110_000
    stage.send(*[{"type": "CUSTOM", "name": "n", "value": "y" * 9000} for _ in range(30)])
    await settled_last(going, 31)
    assert runs.budget.used <= 110_000
    assert going.journal.first > 1
    stage.end()
    await going.wait()


async def settled_last(run: Run, number: int) -> None:
    while run.journal.last < number:
        assert await run.journal.changed(run.journal.last, 5)


async def test_a_journal_that_is_discarded_is_not_counted() -> None:
    budget = Budget()
    journal = MemoryJournal(budget=budget)
    journal.append([OPEN, *[token("слово")] * 300])
    assert budget.used > 0
    journal.discard()
    assert budget.used == 0
    journal.append([OPEN])
    assert budget.used == 0


# Whose runs


async def test_another_principal_s_run_id_is_free() -> None:
    runs = Runs()

    async def of(principal: str, agent: str = "a") -> Run:
        asked = RunRequest(agent=agent, thread_id=f"t-{agent}", run_id="r", principal=principal)
        run = Run(asked, plain(OPEN), leases=runs.leases)
        await runs.reserve(run)
        runs.begin(run, nothing)
        await run.wait()
        return run

    mine, yours, other = await of("me"), await of("you"), await of("me", "b")
    assert runs.get("r", "you") is yours
    assert runs.get("r", "me", "a") is mine
    assert runs.get("r", "me", "b") is other
    with pytest.raises(InvalidRequest, match="a, b"):
        runs.get("r", "me")
    with pytest.raises(UnknownRun):
        runs.get("r", "you", "b")


async def test_a_delete_beside_a_start_waits_its_turn() -> None:
    runs = Runs()
    async with runs.hold(key()):
        with pytest.raises(ThreadBusy):
            await runs.reserve(Run(request(), plain(), leases=runs.leases))
    run = Run(request(), plain(), leases=runs.leases)
    await runs.reserve(run)
    with pytest.raises(ThreadBusy):
        async with runs.hold(key()):
            pass
    runs.begin(run, nothing)
    await run.wait()


async def test_a_hundred_slow_readers_of_a_large_event_hold_it_once() -> None:
    run = await over({"type": "CUSTOM", "name": "n", "value": "x" * 8_000_000})
    clients = [Client(takes=3) for _ in range(100)]  # the headers, the events before, a piece of the large one
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        reading = [asyncio.create_task(read(RunStream(run, SSEEncoder(numbered=True)), client)) for client in clients]
        for client in clients:
            while client.gate.is_set():
                await client.sent.acquire()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        for client in clients:
            client.gone.set()
        await asyncio.gather(*reading)
    assert after - before - 8_000_000 < 100 * 256 * 1024


async def test_a_graph_that_never_waits_lets_others_have_the_loop() -> None:
    """A batch has an end: with one of a million events nobody would be served before the run is over."""
    turns = 0

    async def quick() -> AsyncIterator[Event]:
        yield OPEN
        for _ in range(1000):
            yield WORD

    run = Run(request(), quick())
    run.start(nothing)
    while not run.over:
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 1000 // 64


# Large events, and one bound for all journals

LARGE: Event = {"type": "CUSTOM", "name": "n", "value": "ы" * 300_000}


async def kept(runs: Runs, thread: str) -> Run:
    """A finished run with a large event."""

    async def large() -> AsyncIterator[Event]:
        yield LARGE

    run = Run(request(thread), large(), journal=MemoryJournal(budget=runs.budget))
    await runs.reserve(run)
    runs.begin(run, nothing)
    await run.wait()
    return run


@pytest.mark.parametrize("numbered", [True, False])
async def test_a_large_event_in_pieces_is_the_same_frame(numbered: bool) -> None:
    run = await over(LARGE, {"type": "CUSTOM", "name": "after", "value": [2**70, "\u2028"]})
    whole = SSEEncoder(numbered=numbered).encode_all(run.journal.after(0), 1)
    client = Client()
    await read(RunStream(run, SSEEncoder(numbered=numbered)), client)
    assert client.body == whole
    assert max(len(message.get("body", b"")) for message in client.messages) <= PIECE
    assert LARGE in run.journal.after(0)  # what is kept as bytes is read as it was
    assert LARGE in run.journal.whole()


async def test_what_somebody_reads_counts_until_they_leave() -> None:
    runs = Runs(keep=0)
    first = await kept(runs, "first")
    assert runs.budget.used == 0  # nobody reads it: it is gone
    runs = Runs(keep=1)
    first = await kept(runs, "first")
    reader = first.join()
    await kept(runs, "second")
    with pytest.raises(UnknownRun):
        runs.get(first.id, first.request.principal)
    assert runs.budget.used > 2 * 600_000
    reader.leave()
    assert 600_000 < runs.budget.used < 2 * 600_000


async def test_a_slow_reader_of_a_finished_run_loses_it_where_memory_ends() -> None:
    """One bound for all journals, whoever reads them: its connection is closed within the frame, not told an end."""
    runs = Runs(journal_memory=1_000_000)
    first = await kept(runs, "first")
    client = Client(takes=4)
    reading = asyncio.create_task(read(RunStream(first, SSEEncoder()), client))
    while client.gate.is_set():
        await client.sent.acquire()
    second = await kept(runs, "second")
    assert runs.budget.used <= runs.budget.limit
    client.takes = None
    client.gate.set()
    await reading
    assert not any(message.get("more_body") is False for message in client.messages)
    assert second.journal.large(2) == "CUSTOM"  # the newest is whole


async def test_a_finished_run_holds_its_journal_alone() -> None:
    """The verifier looks at a snapshot when somebody asks who owns what; nobody does after a run's end."""

    class Messages(list[Any]):
        """A list that can be referred to weakly."""

    run = await over({"type": "MESSAGES_SNAPSHOT", "messages": Messages([{"id": "m", "role": "user", "content": "x"}])})
    held = [event["messages"] for event in run.journal.after(0) if event["type"] == "MESSAGES_SNAPSHOT"]
    last = weakref.ref(held.pop())
    while run.journal.forget_oldest():
        pass
    gc.collect()
    assert last() is None
