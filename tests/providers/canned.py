"""A model's server of raw bytes, for what no server should send; and a run against it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.events.event import Event
from bridge.events.verify import Verifier
from bridge.runs.request import RunRequest
from bridge.runs.run import Run

JSON = "application/json"
SSE = "text/event-stream"
DONE = b"data: [DONE]\n\n"


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """One chunk of OpenAI's chat completions."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(head).encode() + b"\n\n"


def event(kind: str, **fields: Any) -> bytes:
    """One event of OpenAI's Responses or of Anthropic."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def error(**fields: Any) -> bytes:
    """An error as most servers have it."""
    return json.dumps({"error": fields}).encode()


@dataclass
class Canned:
    """A server, and how often it was asked."""

    url: str
    asked: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def serving(
    body: bytes | Callable[[int], bytes], *, status: str = "200 OK", media: str = SSE, headers: str = ""
) -> AsyncIterator[Canned]:
    """Serve these bytes on loopback; a function is given the request's number, from 1."""
    made = Canned("")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
        made.asked.append(await reader.readexactly(length))
        sent = body(len(made.asked)) if callable(body) else body
        writer.write(
            f"HTTP/1.1 {status}\r\ncontent-type: {media}\r\n{headers}connection: close\r\n\r\n".encode() + sent
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield made


async def nothing(run: Run, ending: list[Event]) -> None:
    """There is nothing to store after these runs."""


async def run(graph: Any, *, text: str = "Look!", agent: LangGraphAgent | None = None) -> tuple[list[Event], Any]:
    """The events of one turn in the thread ``t``, which are legal whatever happens, and the agent."""
    agent = agent or LangGraphAgent("agent", graph)
    message = {"id": uuid.uuid4().hex, "role": "user", "content": text}
    request = RunRequest("agent", "t", uuid.uuid4().hex, messages=[message], protocol_version="1.0")
    made = Run(request, agent.run(request))
    made.start(nothing)
    await made.wait()
    events = made.journal.after(0)
    verifier = Verifier()
    for each in events:
        verifier.feed(each)
    verifier.finish()
    return events, agent


THREAD = RunRequest("agent", "t", "r").thread
