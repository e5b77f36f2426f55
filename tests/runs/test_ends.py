"""A run always ends, legally, whatever its agent does: and the thread is free, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.translate import LangGraphToAgui
from bridge.agui import Verifier
from bridge.errors import AgentFailure, LeaseLost
from bridge.events.event import Event
from bridge.observe.observer import Observer, Observers, RunRecord
from bridge.runs.journal import MemoryJournal
from bridge.runs.registry import Runs
from bridge.runs.run import Limits, Run
from tests.stages import Stage, key, nothing, request, settled

OPEN = {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"}
WORD = {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "word"}
CALL = {"type": "TOOL_CALL_START", "toolCallId": "c", "toolCallName": "look", "parentMessageId": "m"}
STEP = {"type": "STEP_STARTED", "stepName": "s"}


def legal(run: Run) -> list[str]:
    """The types of the run's events, which are a whole and legal stream."""
    verifier = Verifier()
    events = run.journal.after(0)
    for event in events:
        verifier.feed(event)
    verifier.finish()
    return [event["type"] for event in events]


async def ended(events: Any, *, limits: Limits | None = None, runs: Runs | None = None, **more: Any) -> Run:
    """The run of these events, over within moments, and its thread free."""
    runs = runs or Runs()
    run = Run(request(**more), events, limits=limits, leases=runs.leases)
    await runs.reserve(run)
    runs.begin(run, nothing)
    async with asyncio.timeout(5):
        await run.wait()
    assert runs.of_thread(key()) is None
    assert not runs.leases.held(key())
    return run


async def plain(*events: Any) -> AsyncIterator[Any]:
    for event in events:
        if isinstance(event, BaseException):
            raise event
        yield event


async def test_an_agent_that_only_yields_events_is_enough() -> None:
    run = await ended(plain(STEP, OPEN, WORD, CALL))
    assert legal(run) == [
        "RUN_STARTED",
        "STEP_STARTED",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT",
        "TOOL_CALL_START",
        "TOOL_CALL_END",
        "TEXT_MESSAGE_END",
        "STEP_FINISHED",
        "RUN_FINISHED",
    ]


async def test_an_agent_that_yields_nothing() -> None:
    assert legal(await ended(plain())) == ["RUN_STARTED", "RUN_FINISHED"]


async def test_an_iterator_that_cannot_be_closed_is_an_agent_s_stream() -> None:
    class Two:
        def __init__(self) -> None:
            self.left: list[Event] = [WORD, OPEN]

        def __aiter__(self) -> Two:
            return self

        async def __anext__(self) -> Event:
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop()

    run = await ended(Two())
    assert legal(run)[1:] == ["TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END", "RUN_FINISHED"]


@pytest.mark.parametrize("before", [[], [OPEN], [STEP, OPEN, WORD, CALL]])
async def test_an_agent_that_raises(before: list[Event]) -> None:
    run = await ended(plain(*before, RuntimeError("sk-123")))
    types = legal(run)
    assert types[-1] == "RUN_ERROR"
    assert "sk-123" not in str(run.journal.after(0))
    assert run.record.outcome == "server_error"


async def test_the_agent_s_own_start_and_end_are_not_doubled() -> None:
    started = {"type": "RUN_STARTED", "threadId": "t", "runId": "another"}
    finished = {"type": "RUN_FINISHED", "threadId": "t", "runId": "r", "outcome": {"type": "success"}, "result": 1}
    run = await ended(plain(started, OPEN, finished, WORD))
    assert legal(run) == ["RUN_STARTED", "TEXT_MESSAGE_START", "TEXT_MESSAGE_END", "RUN_FINISHED"]
    assert run.journal.after(0)[0]["runId"] == run.id
    assert run.journal.after(3)[0]["result"] == 1
    assert run.faults == 1  # the word after the end


async def test_an_agent_that_ended_its_run_is_not_asked_to_end_it_again() -> None:
    class Ended:
        """Has sent its last event, and does not return."""

        async def __aiter__(self) -> AsyncIterator[Event]:
            yield {"type": "RUN_FINISHED", "threadId": "t", "runId": "r", "result": "mine"}
            taken.set()
            await asyncio.Event().wait()

        def last_events(self, why: BaseException | None) -> list[Event]:
            return [{"type": "RUN_FINISHED", "threadId": "t", "runId": "r", "result": f"again, {why}"}]

    taken = asyncio.Event()
    run = Run(request(), Ended())
    run.start(nothing)
    await taken.wait()
    await run.stop()
    assert run.journal.after(0)[-1]["result"] == "mine"
    assert run.faults == 0


ODD: list[Any] = [
    {"type": ["a"]},
    {"type": None},
    {},
    None,
    "text",
    7,
    {"type": "TEXT_MESSAGE_CONTENT"},
    {"type": "TEXT_MESSAGE_CONTENT", "a": 1, "b": 2},
    {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": 5},
    {"type": "TEXT_MESSAGE_CONTENT", "messageId": ["m"], "delta": "x"},
    {"type": "TEXT_MESSAGE_START", "messageId": {"a": 1}},
    {"type": "TOOL_CALL_START", "toolCallId": "c"},
    {"type": "TOOL_CALL_ARGS", "toolCallId": "c", "delta": None},
    {"type": "STEP_STARTED"},
    {"type": "NO_SUCH_EVENT"},
]


@pytest.mark.parametrize("odd", ODD, ids=str)
async def test_what_nobody_could_read_is_a_fault_and_never_a_broken_run(odd: Any) -> None:
    run = await ended(plain(OPEN, WORD, odd, WORD))
    assert legal(run) == [
        "RUN_STARTED",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT",
        "TEXT_MESSAGE_CONTENT",
        "TEXT_MESSAGE_END",
        "RUN_FINISHED",
    ]
    assert run.faults == 1


class Translator:
    """Something like a translator, whose given verb raises."""

    def __init__(self, broken: str) -> None:
        self._broken = broken

    def __getattr__(self, verb: str) -> Any:
        def said(*args: Any) -> list[Event]:
            del args
            if verb == self._broken:
                raise RuntimeError("broken")
            return [OPEN] if verb == "feed" else []

        return said


class Translated:
    """A stream of events made by a translator, until the test stops or fails it."""

    def __init__(self, broken: str, how: str) -> None:
        self._translator = Translator(broken)
        self._how = how
        self.going = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[Event]:
        for event in (*self._translator.start(), *self._translator.feed("part")):
            yield event
        self.going.set()
        if self._how == "fail":
            raise ValueError("the agent failed")
        if self._how == "cancel":
            await asyncio.Event().wait()
        for event in self._translator.finish():
            yield event

    def last_events(self, why: BaseException | None) -> Iterable[Event]:
        return self._translator.cancel() if why is None else self._translator.fail(why)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("verb", "how"), [("start", ""), ("feed", ""), ("finish", ""), ("fail", "fail"), ("cancel", "cancel")]
)
async def test_a_translator_that_raises_in_any_verb(verb: str, how: str) -> None:
    runs, stream = Runs(), Translated(verb, how)
    run = Run(request(), stream, leases=runs.leases)
    await runs.reserve(run)
    runs.begin(run, nothing)
    async with asyncio.timeout(5):
        if how == "cancel":
            await stream.going.wait()
            await run.stop()
        await run.wait()
        await runs.close(AgentFailure("down"), 0)
    assert legal(run)[-1] == "RUN_ERROR"
    assert runs.of_thread(key()) is None


class Breaking(LangGraphToAgui):
    """The translator of graphs, of which one verb raises."""

    broken = ""

    def start(self) -> list[Event]:
        self._check("start")
        return super().start()

    def feed(self, part: Any) -> list[Event]:
        self._check("feed")
        return super().feed(part)

    def finish(self, paused: Sequence[tuple[str, str]] = ()) -> list[Event]:
        self._check("finish")
        return super().finish(paused)

    def fail(self, exc: BaseException) -> list[Event]:
        self._check("fail")
        return super().fail(exc)

    def cancel(self) -> list[Event]:
        self._check("cancel")
        return super().cancel()

    def _check(self, verb: str) -> None:
        if verb == self.broken:
            raise RuntimeError("broken")


def graph_of(node: Any, saver: Any = None) -> Any:
    return StateGraph(MessagesState).add_node("node", node).add_edge(START, "node").compile(checkpointer=saver)


@pytest.mark.parametrize("verb", ["start", "feed", "finish", "fail", "cancel"])
async def test_the_graphs_translator_that_raises_in_any_verb(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    going = asyncio.Event()

    async def node(state: MessagesState) -> dict[str, Any]:
        going.set()
        if verb == "fail":
            raise ValueError("the agent failed")
        if verb == "cancel":
            await asyncio.Event().wait()
        return {"messages": [AIMessage("done")]}

    monkeypatch.setattr(Breaking, "broken", verb)
    monkeypatch.setattr("bridge.agents.langgraph.agent.LangGraphToAgui", Breaking)
    runs, asked = Runs(), request()
    run = Run(asked, LangGraphAgent("a", graph_of(node)).run(asked), leases=runs.leases)
    await runs.reserve(run)
    runs.begin(run, nothing)
    async with asyncio.timeout(5):
        if verb == "cancel":
            await going.wait()
            await run.stop()
        await run.wait()
    assert legal(run)[-1] == "RUN_ERROR"
    assert runs.of_thread(key()) is None


class BrokenJournal(MemoryJournal):
    def append(self, events: Sequence[Event], fence: int = 0) -> None:
        if self.last >= 2:
            raise OSError("journal gone")
        super().append(events, fence)


async def test_a_journal_that_fails_frees_the_thread_and_its_readers() -> None:
    runs = Runs()
    run = Run(request(), plain(OPEN, WORD, WORD), journal=BrokenJournal(), leases=runs.leases)
    await runs.reserve(run)
    runs.begin(run, nothing)
    async with asyncio.timeout(5):
        await run.wait()
    assert run.over
    assert runs.of_thread(key()) is None


async def test_a_callback_that_does_not_come_back_is_not_waited_for_for_ever() -> None:
    async def store(run: Run, ending: list[Event]) -> None:
        await asyncio.Event().wait()

    runs, run = Runs(), Run(request(), plain(OPEN), limits=Limits(stop_timeout=0.05))
    await runs.reserve(run)
    runs.begin(run, store)
    async with asyncio.timeout(5):
        await run.wait()
    assert legal(run)[-1] == "RUN_FINISHED"
    assert runs.of_thread(key()) is None


class Loud(Observer):
    """Raises the exception it is given, and takes note."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name.startswith(("run_", "reader_", "fault", "events")):

            def method(*args: Any) -> None:
                self.seen.append(name)
                raise RuntimeError("an observer's own fault")

            return method
        return super().__getattribute__(name)

    def events(self, run: RunRecord, events: Sequence[Event]) -> None:
        raise AssertionError


async def test_observers_are_told_and_disturb_nobody() -> None:
    observer = Loud()
    run = Run(request(), plain(OPEN, WORD, {"type": "NO"}, ValueError("x")), observers=Observers([observer]))
    run.start(nothing)
    reader = run.join()
    async with asyncio.timeout(5):
        await run.wait()
    reader.leave()
    assert legal(run)[-1] == "RUN_ERROR"
    told = [name for name in observer.seen if name != "events"]
    assert told == ["run_began", "reader_joined", "fault", "run_failed", "run_ended", "reader_left"]
    assert observer.seen.count("events") == 2


# Agents that do not stop


def stubborn(started: asyncio.Event, release: asyncio.Event, late: list[Any]) -> Any:
    """A node that takes no notice of being cancelled, and writes when it is let go."""

    async def node(state: MessagesState) -> dict[str, Any]:
        started.set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                late.append("cancelled")
        return {"messages": [AIMessage("too late", id="late")]}

    return node


@pytest.mark.parametrize("how", ["stop", "shutdown", "leave"])
async def test_a_graph_that_swallows_its_cancellation_holds_nobody_up(how: str) -> None:
    started, release = asyncio.Event(), asyncio.Event()
    late: list[Any] = []
    graph = graph_of(stubborn(started, release, late), InMemorySaver())
    agent, runs = LangGraphAgent("a", graph), Runs()
    asked = request(holds=lambda: runs.leases.is_current(run.lease))
    run: Run = Run(asked, agent.run(asked), limits=Limits(stop_timeout=0.05, disconnect_grace=0), leases=runs.leases)
    await runs.reserve(run)
    runs.begin(run, nothing)
    await started.wait()
    async with asyncio.timeout(5):
        match how:
            case "stop":
                await run.stop()
            case "shutdown":
                await runs.close(AgentFailure("The server is shutting down."), 0, within=0.05)
            case _:
                run.join().leave()
                await run.wait()
    types = legal(run)
    assert types[-1] == ("RUN_ERROR" if how == "shutdown" else "RUN_FINISHED")
    assert run.abandoned
    assert runs.of_thread(key()) is None
    before = run.journal.last
    (task,) = runs.abandoned
    release.set()
    async with asyncio.timeout(5):
        await asyncio.wait([task])
    assert run.journal.last == before
    assert late
    assert not runs.abandoned
    assert "late" not in {message["id"] for message in (await agent.read(key(), {})).messages}


async def test_an_abandoned_run_can_write_no_more() -> None:
    class Deaf:
        """Goes on after it was told to stop, and yields."""

        def __init__(self) -> None:
            self.go = asyncio.Event()
            self.ended = asyncio.Event()

        async def __aiter__(self) -> AsyncIterator[Event]:
            yield OPEN
            while not self.go.is_set():
                try:
                    await self.go.wait()
                except asyncio.CancelledError:
                    continue
            try:
                yield WORD
            finally:
                self.ended.set()

    runs, deaf = Runs(), Deaf()
    run = Run(request(), deaf, limits=Limits(stop_timeout=0.05), leases=runs.leases)
    await runs.reserve(run)
    old = run.lease
    runs.begin(run, nothing)
    await settled(run, 2)
    await run.stop()
    assert not runs.leases.is_current(old)
    with pytest.raises(LeaseLost):
        run.journal.append([WORD], old.fence)
    after = Run(request(), plain(OPEN), leases=runs.leases)
    await runs.reserve(after)
    runs.begin(after, nothing)
    await after.wait()
    deaf.go.set()
    await deaf.ended.wait()
    assert legal(run) == ["RUN_STARTED", "TEXT_MESSAGE_START", "TEXT_MESSAGE_END", "RUN_FINISHED"]


# Whose time-out it was


async def test_a_graph_s_own_time_out_is_not_the_run_s() -> None:
    run = await ended(plain(OPEN, TimeoutError("a tool's own")), limits=Limits(timeout=60))
    assert run.journal.after(run.journal.last - 1)[0]["message"] != "The run took too long."
    late = await ended(Stage(), limits=Limits(timeout=0.02))
    assert late.journal.after(late.journal.last - 1)[0]["message"] == "The run took too long."


async def test_a_run_that_failed_still_says_what_was_used() -> None:
    async def node(state: MessagesState) -> dict[str, Any]:
        del state
        return {
            "messages": [
                AIMessage("one", usage_metadata={"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}),
            ]
        }

    def broken(state: MessagesState) -> dict[str, Any]:
        raise ValueError("the second node")

    graph = (
        StateGraph(MessagesState)
        .add_node("node", node)
        .add_node("broken", broken)
        .add_edge(START, "node")
        .add_edge("node", "broken")
        .compile()
    )
    asked = request(protocol_version="1.0")
    run = await ended(LangGraphAgent("a", graph).run(asked), protocol_version="1.0")
    error = run.journal.after(run.journal.last - 1)[0]
    assert error["type"] == "RUN_ERROR"
    assert error["usage"][0]["totalTokens"] == 7


# Run again


async def test_the_registry_takes_runs_again_after_it_was_closed() -> None:
    runs = Runs()
    await runs.close(AgentFailure("down"), 0)
    runs.open()
    run = await ended(plain(OPEN), runs=runs)
    assert legal(run)[-1] == "RUN_FINISHED"


class Ahead:
    """An agent that has made more than it could yield before it was stopped."""

    def __init__(self) -> None:
        self.waiting = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[Event]:
        yield OPEN
        self.waiting.set()
        await asyncio.Event().wait()
        yield STEP

    def last_events(self, why: BaseException | None) -> Iterable[Event]:
        del why
        return [{"type": "STEP_FINISHED", "stepName": "s"}, {"type": "TEXT_MESSAGE_END", "messageId": "m"}]


async def test_what_was_never_opened_is_not_closed() -> None:
    runs, agent = Runs(), Ahead()
    run = Run(request(), agent, leases=runs.leases)
    await runs.reserve(run)
    runs.begin(run, nothing)
    await agent.waiting.wait()
    await run.stop()
    assert legal(run) == ["RUN_STARTED", "TEXT_MESSAGE_START", "TEXT_MESSAGE_END", "RUN_FINISHED"]
    assert run.faults == 0
