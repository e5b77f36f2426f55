"""Model servers that fall silent: the run's own time ends the wait with a true sentence, and frees what it held.

``ChatOpenAI`` itself waits ten minutes for an answer, and two minutes for the next chunk of one.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.runs.request import RunRequest
from bridge.runs.run import Limits, Run
from tests.providers.canned import DONE, chunk, nothing
from tests.providers.classes import CLASSES
from tests.providers.test_faults import graph_of

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning"),
]

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
WHOLE = chunk({"content": "Yes."}, "stop") + DONE
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def framed(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body)


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[tuple[str, list[asyncio.Event]]]:
    """A server that keeps its connections open: its address, and for each connection when the client closed it."""
    closed: list[asyncio.Event] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gone = asyncio.Event()
        closed.append(gone)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = next(
                    (int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0
                )
                await reader.readexactly(length)
                await answer(writer)
        except (asyncio.IncompleteReadError, OSError):
            gone.set()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", closed
    finally:
        server.close()


async def turn(model: BaseChatModel, limit: float | None) -> list[dict[str, Any]]:
    agent = LangGraphAgent("agent", graph_of(model))
    message = {"id": uuid.uuid4().hex, "role": "user", "content": "Look!"}
    request = RunRequest("agent", uuid.uuid4().hex, uuid.uuid4().hex, messages=[message], protocol_version="1.0")
    made = Run(request, agent.run(request), limits=Limits(timeout=limit))
    made.start(nothing)
    await asyncio.wait_for(made.wait(), 30)
    return made.journal.after(0)


async def never(writer: asyncio.StreamWriter) -> None:
    """The connection is accepted, and that is all."""


async def head_alone(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)


async def half(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + framed(chunk({"content": "Hel"})))


async def comments(writer: asyncio.StreamWriter) -> None:
    """Keep-alives of the model's server: there is always something to read, and never a word."""
    writer.write(HEAD)
    while not writer.is_closing():
        writer.write(framed(b": waiting\n\n"))
        await writer.drain()
        await asyncio.sleep(0.02)  # a server's pace, no wait for anything


async def whole_and_closed(writer: asyncio.StreamWriter) -> None:
    """The answer is whole, and the connection that was to be kept is closed."""
    writer.write(HEAD + framed(WHOLE) + b"0\r\n\r\n")
    writer.close()


@pytest.mark.parametrize("answer", [never, head_alone, half, comments])
@pytest.mark.parametrize("name", ["ChatOpenAI", "ChatOpenAI, Responses API"])
async def test_the_runs_time_ends_the_wait_and_the_connection(answer: Answer, name: str) -> None:
    async with answering(answer) as (url, closed):
        events = await turn(CLASSES[name].build(url), 0.5)
        assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", "timeout")
        assert events[-1]["message"] == "The run took too long."
        for gone in closed:
            await asyncio.wait_for(gone.wait(), 5)


@pytest.mark.parametrize("answer", [head_alone, half, comments])
async def test_the_models_own_time_ends_a_silent_stream(answer: Answer) -> None:
    async with answering(answer) as (url, _):
        model = ChatOpenAI(
            model="m", api_key=SecretStr("k"), base_url=f"{url}/v1", max_retries=0, stream_chunk_timeout=0.3
        )
        events = await turn(model, None)
    assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", "timeout")
    assert events[-1]["message"] == "The agent took too long to answer."


async def test_a_connection_that_the_server_closed_is_not_waited_on() -> None:
    async with answering(whole_and_closed) as (url, _):
        model = CLASSES["ChatOpenAI"].build(url)
        for _ in range(5):
            assert (await turn(model, 10))[-1]["type"] == "RUN_FINISHED"


async def test_runs_that_were_given_up_leave_room_in_the_pool() -> None:
    """More than the pool of one client has connections (openai's has 1,000, so a small one is given)."""
    stuck = True

    async def answer(writer: asyncio.StreamWriter) -> None:
        await (half(writer) if stuck else whole_and_closed(writer))

    async with answering(answer) as (url, _), httpx.AsyncClient(limits=httpx.Limits(max_connections=2)) as client:
        model = ChatOpenAI(
            model="m", api_key=SecretStr("k"), base_url=f"{url}/v1", max_retries=0, http_async_client=client
        )
        for _ in range(4):
            assert (await turn(model, 0.2))[-1]["code"] == "timeout"
        stuck = False
        assert (await turn(model, 10))[-1]["type"] == "RUN_FINISHED"


async def test_a_server_with_one_place_takes_the_next_run_when_the_first_was_given_up() -> None:
    place, begun = asyncio.Semaphore(1), asyncio.Event()
    first = True

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal first
        await reader.readuntil(b"\r\n\r\n")
        async with place:
            if first:
                first = False
                begun.set()
                await half(writer)
                while await reader.read(65536):
                    pass  # until the client goes
            else:
                await whole_and_closed(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        model = CLASSES["ChatOpenAI"].build(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        waiting = asyncio.create_task(turn(model, 1.0))
        await asyncio.wait_for(begun.wait(), 10)
        queued = await turn(model, 20.0)
        stuck = await waiting
    assert stuck[-1]["code"] == "timeout"
    assert queued[-1]["type"] == "RUN_FINISHED"
