"""How long a batch waits before it begins, in turns of the event loop."""

from __future__ import annotations

import asyncio

import pytest

from bridge.events.event import Event
from bridge.runs.batch import Batch
from bridge.runs.run import Run
from tests.stages import Stage, nothing, request, settled

OPEN: Event = {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"}
WORD: Event = {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "слово "}
NOTICE: Event = {"type": "CUSTOM", "name": "n", "value": 1}


async def turns_after(*, tokens: int, others: int = 0) -> int:
    """How many turns of the loop the batch takes to begin that comes after one of so many events."""
    batch = Batch(seconds=60)
    await batch.begin()
    batch.left -= tokens + others
    batch.others += others
    await asyncio.sleep(0)  # a batch is over with the turn of the loop that it began in
    assert batch.left == 0
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count())
    await asyncio.sleep(0)
    turns = 0
    await batch.begin()
    taken = turns
    counting.cancel()
    return taken


@pytest.mark.parametrize(
    ("tokens", "turns"),
    [(0, 0), (1, 0), (2, 4), (3, 6), (16, 32), (17, 32), (60, 32)],
)
async def test_a_batch_grows_for_twice_as_many_turns_as_the_last_had_tokens(tokens: int, turns: int) -> None:
    assert await turns_after(tokens=tokens) == turns


async def test_events_that_are_no_tokens_are_not_waited_for() -> None:
    """One part of a graph may be several of them, and no more may follow for a long time."""
    assert await turns_after(tokens=1, others=20) == 0
    assert await turns_after(tokens=2, others=20) == 4


async def turns_of_a_run(*events: Event) -> int:
    """How many turns of the loop a run takes to append the event that comes after these, which come at once."""
    stage = Stage()
    run = Run(request(), stage)
    run.start(nothing)
    stage.send(OPEN)
    await settled(run, 2)
    stage.send(*events)
    await settled(run, 2 + len(events))
    await asyncio.sleep(0)  # the batch is over
    turns = 0
    stage.send(NOTICE)
    while run.journal.last < 3 + len(events):
        await asyncio.sleep(0)
        turns += 1
    stage.end()
    await run.wait()
    return turns


async def test_a_run_waits_for_tokens_alone() -> None:
    usual = await turns_of_a_run(NOTICE)
    assert await turns_of_a_run(NOTICE, NOTICE, NOTICE, NOTICE) == usual
    assert await turns_of_a_run(WORD, WORD, WORD, WORD) >= usual + 4
