"""Bodies of 8 MiB, of every shape that is slow in some parser, and how long the event loop stood still for each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

MIB = 1024 * 1024
SIZE = 8 * MIB - 1024


def filled(before: str, piece: str, after: str, size: int = SIZE) -> bytes:
    """A text with as many pieces, separated by commas, as fit."""
    count = (size - len(before.encode()) - len(after.encode())) // (len(piece.encode()) + 1)
    return (before + ",".join([piece] * count) + after).encode()


RUN = '{"threadId":"t","runId":"r","state":{},"tools":[],"context":[],"forwardedProps":{},"messages":['
USER = '{"id":"m","role":"user","content":"x"}'


def run(name: str, piece: str) -> bytes:
    """A RunAgentInput whose field ``name`` holds many pieces."""
    if name == "messages":
        return filled(RUN, piece, "]}")
    return filled(RUN + USER + f'],"{name}":[', piece, "]}")


def one_text(piece: str) -> bytes:
    """A RunAgentInput of one message, which is this again and again."""
    count = (SIZE - 200) // len(piece.encode())
    return (RUN + '{"id":"m","role":"user","content":"' + piece * count + '"}]}').encode()


SHAPES: dict[str, Callable[[], bytes]] = {
    "one long text": lambda: one_text("слово "),
    "one text of spaces": lambda: one_text(" "),
    "one text of escapes": lambda: one_text("\\n"),
    "one text of braces": lambda: one_text("{[,:"),
    "one text of quotation marks": lambda: one_text('\\"'),
    "one text of backslashes": lambda: one_text("\\\\"),
    "surrogate halves": lambda: one_text("\\ud800"),
    "small messages": lambda: run("messages", USER),
    "empty messages": lambda: run("messages", "{}"),
    "messages of wrong parts": lambda: run("messages", '{"id":"m","role":"user","content":[{"type":"text"}]}'),
    "one message of parts": lambda: filled(
        RUN + '{"id":"m","role":"user","content":[', '{"type":"text","text":"x"}', "]}]}"
    ),
    "messages as large as they may be many": lambda: run(
        "messages", '{"id":"m","role":"user","content":"' + "x" * 1_650 + '"}'
    ),
    "tools": lambda: run("tools", '{"name":"a","description":"b","parameters":{}}'),
    "large tools": lambda: run("tools", '{"name":"a","description":"b","parameters":{"x":"' + "y" * 9000 + '"}}'),
    "state of numbers": lambda: run("state", "1"),
    "state of large numbers": lambda: run("state", "12345678901234567890"),
    "state of numbers, one of them large": lambda: run("state", "1").replace(b"[1,1,", b"[123456789012345678901,"),
    "state of objects": lambda: run("state", "{}"),
    "state of arrays": lambda: run("state", "[]"),
    "state of texts": lambda: run("state", '"abc"'),
    "as many values as there may be": lambda: run("state", '"' + "z" * 40 + '"'),
    "long arrays within each other": lambda: run("state", "[" * 150 + "]" * 150),
    "not closed": lambda: RUN.encode() + b"[" * (SIZE - len(RUN)),
    "not UTF-8 at its end": lambda: (
        (RUN + '{"id":"m","role":"user","content":"').encode() + b"x" * (SIZE - 200) + b"\xff"
    ),
}


class Pauses:
    """The longest time for which the loop stood still, in seconds."""

    longest = 0.0


@asynccontextmanager
async def watching(every: float = 0.002) -> AsyncIterator[Pauses]:
    """Measure while something is done."""
    pauses = Pauses()

    async def watch() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(every)
            now = time.perf_counter()
            pauses.longest = max(pauses.longest, now - last - every)
            last = now

    task = asyncio.create_task(watch())
    await asyncio.sleep(every * 2)
    try:
        yield pauses
    finally:
        await asyncio.sleep(every * 2)
        task.cancel()
