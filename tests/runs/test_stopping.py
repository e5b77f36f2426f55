"""A process that is asked to stop: runs end beside what its server does, whoever else handles the signal."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from bridge.runs.stopping import SIGNALS, Stopping


class Server:
    """Handles signals as servers do."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.asked.append(number)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def server() -> Server:
    server = Server()
    for number in SIGNALS:
        signal.signal(number, server.handle_exit)
    return server


@pytest.mark.parametrize("number", SIGNALS)
async def test_the_server_s_handler_is_asked_too(server: Server, number: int) -> None:
    noticed = asyncio.Event()
    stopping = Stopping(noticed.set)
    stopping.watch()
    signal.raise_signal(number)
    assert server.asked == [number]
    await noticed.wait()
    stopping.end()
    assert signal.getsignal(number) == server.handle_exit


async def test_a_handler_of_the_event_loop_s(server: Server) -> None:
    """hypercorn's, granian's and gunicorn's: asyncio reads them from a socket."""
    loop, asked, noticed = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, asked.set)
    stopping = Stopping(noticed.set)
    stopping.watch()
    signal.raise_signal(signal.SIGTERM)
    await asked.wait()
    await noticed.wait()
    stopping.end()
    loop.remove_signal_handler(signal.SIGTERM)
    assert server.asked == []


@pytest.mark.parametrize("nobody", [signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler])
async def test_what_nobody_handles_stays_so(nobody: signal.Handlers) -> None:
    for number in SIGNALS:
        signal.signal(number, nobody)
    stopping = Stopping(lambda: None)
    stopping.watch()
    assert {signal.getsignal(number) for number in SIGNALS} == {nobody}
    stopping.end()


async def test_two_applications_in_one_process(server: Server) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    one, other = Stopping(first.set), Stopping(second.set)
    one.watch()
    other.watch()
    one.end()
    signal.raise_signal(signal.SIGTERM)
    await second.wait()
    assert not first.is_set()
    assert server.asked == [signal.SIGTERM]
    other.end()
    assert signal.getsignal(signal.SIGTERM) == server.handle_exit


async def test_somebody_else_s_handler_in_front(server: Server) -> None:
    """It stays, and goes on to ask ours, which has nothing to do any more."""
    noticed: list[None] = []
    stopping = Stopping(lambda: noticed.append(None))
    stopping.watch()
    ours = signal.getsignal(signal.SIGTERM)
    assert callable(ours)

    def theirs(number: int, frame: FrameType | None) -> None:
        ours(number, frame)

    signal.signal(signal.SIGTERM, theirs)
    stopping.end()
    assert signal.getsignal(signal.SIGTERM) is theirs
    signal.raise_signal(signal.SIGTERM)
    assert server.asked == [signal.SIGTERM]
    await asyncio.sleep(0)
    assert noticed == []


async def test_in_another_thread_none_is_noticed(server: Server) -> None:
    """Python would refuse: Starlette's `TestClient` is one."""

    async def watched() -> None:
        stopping = Stopping(lambda: None)
        stopping.watch()
        stopping.end()

    thread = threading.Thread(target=asyncio.run, args=(watched(),))
    thread.start()
    await asyncio.to_thread(thread.join)
    assert signal.getsignal(signal.SIGTERM) == server.handle_exit


def test_a_loop_that_is_gone_is_told_nothing(server: Server) -> None:
    stopping = Stopping(lambda: None)

    async def watched() -> None:
        stopping.watch()

    asyncio.run(watched())
    signal.raise_signal(signal.SIGTERM)
    assert server.asked == [signal.SIGTERM]
    stopping.end()
