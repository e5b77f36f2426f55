"""Threads that a database is asked in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from bridge.storage.asking import Askers

pytestmark = pytest.mark.anyio


@pytest.fixture
def one() -> Iterator[Askers]:
    askers = Askers(1, "asked")
    yield askers
    askers.close()


async def test_questions_are_answered_in_their_order(one: Askers) -> None:
    asked: list[int] = []

    def note(number: int) -> int:
        asked.append(number)
        return number

    given = await asyncio.gather(*(one.ask(partial(note, number)) for number in range(50)))
    assert asked == given == list(range(50))


async def test_answers_that_are_ready_together_wake_the_loop_once(one: Askers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop has one turn for sixteen of them."""
    free = threading.Event()
    held = asyncio.ensure_future(one.ask(free.wait))
    tasks = [asyncio.ensure_future(one.ask(lambda: None)) for _ in range(40)]
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    told: list[int] = []
    give = loop.call_soon_threadsafe

    def counted(tell: Any, answers: Any) -> Any:
        told.append(len(answers))
        return give(tell, answers)

    monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
    free.set()
    await asyncio.gather(held, *tasks)
    assert sum(told) == 41
    assert max(told) == 16
    assert len(told) <= 4


@pytest.mark.parametrize(
    ("raised", "told"), [(LookupError("mine"), LookupError), (StopIteration(), RuntimeError)], ids=["error", "stop"]
)
async def test_each_is_told_of_its_own_error(one: Askers, raised: Exception, told: type[Exception]) -> None:
    def fail() -> None:
        raise raised

    free = threading.Event()
    asked = [one.ask(free.wait), one.ask(fail), one.ask(lambda: 3)]
    tasks = [asyncio.ensure_future(question) for question in asked]
    await asyncio.sleep(0)
    free.set()  # they are answered together
    async with asyncio.timeout(10):
        first, failed, last = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, last) == (True, 3)
    assert isinstance(failed, told)


async def test_who_asks_what_is_closed_is_told_at_once() -> None:
    closed = Askers(1, "closed")
    assert await closed.ask(lambda: 1) == 1
    closed.close()
    with pytest.raises(RuntimeError, match="closed"):
        async with asyncio.timeout(10):
            await closed.ask(lambda: 2)


async def test_what_is_given_up_before_it_begins_is_not_done(one: Askers) -> None:
    free, asked = threading.Event(), list[str]()
    held = asyncio.ensure_future(one.ask(free.wait))
    given_up = asyncio.ensure_future(one.ask(lambda: asked.append("given up")))
    last = asyncio.ensure_future(one.ask(lambda: asked.append("last")))
    await asyncio.sleep(0)
    given_up.cancel()
    free.set()
    await asyncio.wait((held, given_up, last))
    assert given_up.cancelled()
    assert asked == ["last"]


async def test_several_threads_answer_beside_one_another() -> None:
    several = Askers(3, "asked")
    together = threading.Barrier(3, timeout=10)
    try:
        assert sorted(await asyncio.gather(*(several.ask(together.wait) for _ in range(3)))) == [0, 1, 2]
    finally:
        several.close()


async def test_an_answer_of_one_of_several_waits_for_no_other_question() -> None:
    several = Askers(2, "asked")
    first, second, third = (threading.Event() for _ in range(3))
    try:
        held = [asyncio.ensure_future(several.ask(event.wait)) for event in (first, second, third)]
        await asyncio.sleep(0)
        first.set()  # this thread then waits for the third
        async with asyncio.timeout(10):
            assert await held[0]
        assert not any(task.done() for task in held[1:])
    finally:
        second.set()
        third.set()
        await asyncio.gather(*held)
        several.close()


async def test_who_gives_up_while_it_is_answered_takes_nobody_along(one: Askers) -> None:
    begun, free = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        free.wait()

    given_up = asyncio.ensure_future(one.ask(wait))
    last = asyncio.ensure_future(one.ask(lambda: "still here"))
    await asyncio.to_thread(begun.wait, 10)
    given_up.cancel()
    free.set()
    async with asyncio.timeout(10):
        assert await last == "still here"


def test_threads_end_when_they_are_told_to() -> None:
    async def ask() -> int:
        several = Askers(2, "to be closed")
        ident = await several.ask(threading.get_ident)
        several.close()
        return ident

    asyncio.run(ask())
    for thread in threading.enumerate():
        if thread.name == "to be closed":
            thread.join(10)
            assert not thread.is_alive()


async def test_an_event_loop_that_has_gone_holds_nobody_up(one: Askers) -> None:
    free = threading.Event()
    begun = threading.Event()

    def wait() -> None:
        begun.set()
        free.wait()

    def elsewhere() -> None:
        loop = asyncio.new_event_loop()
        task = loop.create_task(one.ask(wait))
        loop.run_until_complete(asyncio.sleep(0))
        begun.wait(10)
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    await asyncio.to_thread(thread.join, 10)
    free.set()
    assert await one.ask(lambda: "still here") == "still here"
