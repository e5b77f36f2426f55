"""A run belongs to the server: it ends once, legally, whatever ends it, and its readers come and go."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridge.agui import Verifier
from bridge.errors import AgentFailure, InvalidRequest, RateLimited, ThreadBusy, UnknownRun
from bridge.runs.registry import Runs
from bridge.runs.run import Limits, Run
from tests.stages import Stage, key, nothing, request, settled

OPEN = {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"}
WORD = {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "да"}
CLOSED = ["RUN_STARTED", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END"]


async def begun(runs: Runs | None = None, *, thread: str = "t", **more: Any) -> tuple[Run, Stage]:
    """A run that has begun, and its stage."""
    asked = request(thread)
    stage = Stage()
    run = Run(asked, stage, **more)
    runs = runs or Runs()
    await runs.reserve(run)
    runs.begin(run, nothing)
    return run, stage


def emitted(run: Run) -> list[str]:
    verifier = Verifier()
    for event in run.journal.after(0):
        verifier.feed(event)
    verifier.finish()
    return [event["type"] for event in run.journal.after(0)]


async def test_a_run_from_its_start_to_its_end() -> None:
    run, stage = await begun()
    stage.send(OPEN, WORD)
    assert len(await settled(run, 3)) == 3
    assert not run.over
    stage.end()
    await run.wait()
    assert emitted(run) == [*CLOSED, "RUN_FINISHED"]
    assert run.ended_at is not None


async def test_stopped_in_mid_message() -> None:
    run, stage = await begun()
    stage.send(OPEN, WORD)
    await settled(run, 3)
    await run.stop()
    assert stage.closed.is_set()
    assert emitted(run) == [*CLOSED, "RUN_FINISHED"]
    await run.stop()
    assert len(run.journal.after(0)) == 5


async def test_stopped_before_its_first_turn() -> None:
    run, _ = await begun()
    async with asyncio.timeout(5):
        await run.stop()
    assert emitted(run) == ["RUN_STARTED", "RUN_FINISHED"]


async def test_stopped_twice_at_once() -> None:
    run, stage = await begun()
    stage.send(OPEN, WORD)
    await settled(run, 3)
    await asyncio.gather(run.stop(), run.stop(AgentFailure("too late")), run.stop())
    assert emitted(run) == [*CLOSED, "RUN_FINISHED"]


async def test_a_failure() -> None:
    run, stage = await begun()
    stage.send(OPEN, WORD, RuntimeError("sk-123"))
    await run.wait()
    assert emitted(run) == [*CLOSED, "RUN_ERROR"]
    assert "sk-123" not in str(run.journal.after(0))


async def test_a_run_that_takes_too_long() -> None:
    run, stage = await begun(limits=Limits(timeout=0.05))
    stage.send(OPEN, WORD)
    await run.wait()
    assert emitted(run) == [*CLOSED, "RUN_ERROR"]
    assert run.journal.after(4)[0]["code"] == "timeout"
    assert stage.closed.is_set()


async def test_the_last_reader_takes_the_run_with_it() -> None:
    run, stage = await begun(limits=Limits(disconnect_grace=0))
    await settled(run, 1)
    first, second = run.join(), run.join()
    first.leave()
    first.leave()
    stage.send(OPEN, WORD)
    await settled(run, 3)
    second.leave()
    await run.wait()
    assert emitted(run) == [*CLOSED, "RUN_FINISHED"]
    assert stage.closed.is_set()


async def test_a_run_that_was_asked_to_goes_on() -> None:
    run, stage = await begun(disconnect="continue", limits=Limits(disconnect_grace=0))
    await settled(run, 1)
    run.join().leave()
    stage.send(OPEN, WORD)
    stage.end()
    await run.wait()
    assert emitted(run) == [*CLOSED, "RUN_FINISHED"]


async def test_leaving_at_the_end_does_not_disturb_what_is_being_stored() -> None:
    asked = request()
    stage, storing, stored = Stage(), asyncio.Event(), []

    async def store(run: Run, ending: list[dict[str, Any]]) -> None:
        storing.set()
        for _ in range(3):
            await asyncio.sleep(0)
        stored.append(ending[-1]["type"])

    runs, run = Runs(), Run(asked, stage, limits=Limits(disconnect_grace=0))
    await runs.reserve(run)
    runs.begin(run, store)
    reader = run.join()
    stage.end()
    await storing.wait()
    reader.leave()
    await run.stop()
    assert stored == ["RUN_FINISHED"]


async def test_what_fails_after_the_run_does_not_take_its_end() -> None:
    async def store(run: Run, ending: list[dict[str, Any]]) -> None:
        raise OSError("disk full")

    asked = request()
    stage, runs = Stage(), Runs()
    run = Run(asked, stage)
    await runs.reserve(run)
    runs.begin(run, store)
    stage.end()
    await run.wait()
    assert emitted(run) == ["RUN_STARTED", "RUN_FINISHED"]
    assert runs.of_thread(key()) is None


async def test_one_wake_up_a_batch() -> None:
    run, stage = await begun()
    await settled(run, 1)
    wakes = 0

    async def read() -> None:
        nonlocal wakes
        number = run.journal.last
        while not run.over or run.journal.last > number:
            await run.journal.changed(number, None)
            wakes += 1
            number = run.journal.last

    reader = asyncio.create_task(read())
    await asyncio.sleep(0)
    stage.send(OPEN, *[WORD] * 500)
    stage.end()
    await reader
    assert run.journal.last > 500
    assert wakes <= 500 / 32 + 3  # a batch is what comes before the run lets others have their turn


async def test_waiting_times_out_and_receives_the_end() -> None:
    run, stage = await begun()
    await settled(run, 1)
    assert await run.journal.changed(1, 0.01) is False
    assert await run.journal.changed(0, 0) is True
    waiting = asyncio.create_task(run.journal.changed(1, None))
    await asyncio.sleep(0)
    stage.end()
    assert await waiting is True
    cancelled = asyncio.create_task(run.journal.changed(99, None))
    assert await cancelled is True  # the run is over: there is nothing to wait for


async def test_a_reader_that_is_cancelled_is_cancelled() -> None:
    run, stage = await begun()
    await settled(run, 1)
    waiting = asyncio.create_task(run.journal.changed(1, 5))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    stage.end()
    await run.wait()


async def test_one_run_at_a_time_in_a_thread() -> None:
    runs = Runs()
    run, stage = await begun(runs)
    with pytest.raises(ThreadBusy, match="'t'"):
        await runs.reserve(Run(request(), Stage()))
    with pytest.raises(InvalidRequest):
        await runs.reserve(run)
    beside, _ = await begun(runs, thread="u")
    asked = request(ephemeral=True)
    await runs.reserve(Run(asked, Stage()))
    assert runs.of_thread(key()) is run
    assert runs.running == 3
    stage.end()
    await run.wait()
    again, _ = await begun(runs)
    for going in (beside, again):
        await going.stop()


async def test_a_thread_that_is_held_is_the_holders() -> None:
    runs = Runs()
    async with runs.hold(key()) as lease:
        with pytest.raises(ThreadBusy, match="'t'"):
            await runs.reserve(Run(request(), Stage()))
        with pytest.raises(ThreadBusy, match="'t'"):
            async with runs.hold(key()):
                pass
        run = Run(request(), Stage())
        await runs.reserve(run, lease)
    with pytest.raises(ThreadBusy, match="'t'"):
        async with runs.hold(key()):
            pass
    runs.release(run)
    async with runs.hold(key()):
        pass


async def test_a_place_that_is_not_used_is_given_back() -> None:
    runs = Runs(max_running=1)
    first = Run(request(), Stage())
    await runs.reserve(first)
    with pytest.raises(RateLimited):
        await runs.reserve(Run(request("u"), Stage()))
    runs.release(first)
    run, _ = await begun(runs)
    await run.stop()


async def test_finished_runs_are_kept_for_a_while() -> None:
    runs = Runs(keep=2)
    ended = []
    for number in range(4):
        run, stage = await begun(runs, thread=f"t{number}")
        stage.end()
        await run.wait()
        ended.append(run)
    assert runs.running == 0
    for run in ended[:2]:
        with pytest.raises(UnknownRun):
            runs.get(run.id, "anonymous")
    for run in ended[2:]:
        assert runs.get(run.id, "anonymous") is run
        with pytest.raises(UnknownRun):
            runs.get(run.id, "somebody else")


async def test_finished_runs_are_bounded_in_bytes() -> None:
    runs = Runs(keep_bytes=20_000)
    for number in range(20):
        run, stage = await begun(runs, thread=f"t{number}")
        stage.send({"type": "CUSTOM", "name": "n", "value": "x" * 3000})
        stage.end()
        await run.wait()
    kept = sum(one.journal.size for one in runs._finished.values())
    assert 0 < kept <= 20_000 + 4000


async def test_shutting_down() -> None:
    runs = Runs()
    quick, quick_stage = await begun(runs, thread="quick")
    slow, slow_stage = await begun(runs, thread="slow")
    slow_stage.send(OPEN, WORD)
    await settled(slow, 3)
    late_request = request("late")
    late = Run(late_request, Stage())
    await runs.reserve(late)
    quick_stage.end()
    await runs.close(AgentFailure("The server is shutting down."), 0.05)
    assert emitted(quick) == ["RUN_STARTED", "RUN_FINISHED"]
    assert emitted(slow) == [*CLOSED, "RUN_ERROR"]
    assert slow.journal.after(4)[0]["message"] == "The server is shutting down."
    with pytest.raises(RateLimited):
        await runs.reserve(Run(request("new"), Stage()))
    runs.begin(late, nothing)
    await late.wait()
    assert emitted(late) == ["RUN_STARTED", "RUN_ERROR"]
