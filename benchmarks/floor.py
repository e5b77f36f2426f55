"""The floor: LangGraph's own ``astream`` loop in a process of its own, with no bridge and no HTTP.

Same protocol as `benchmarks.client`: one JSON job per line on stdin, one outcome per line on stdout. Its one argument
is a SQLite file for LangGraph's checkpointer; without it there is none. Whatever ``bridge serve`` does for its speed
that is not the bridge (the garbage collector, SQLite's way to commit) is done here too, and nothing is done for a token
but to count it, unless the job wants the gaps.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from contextlib import AsyncExitStack, suppress
from time import perf_counter
from typing import Any
from uuid import uuid4

import uvloop

from benchmarks import graph as served
from benchmarks.stats import shares
from bridge.storage.grouped import connect
from bridge.storage.sqlite_saver import SqliteSaver


async def follow(graph: Any, thread: str, job: dict[str, Any]) -> dict[str, Any]:
    """One run, read to its end: when its first part and token came, and how many did. Times in seconds."""
    start = perf_counter()
    first_part: float | None = None
    first_token: float | None = None
    last = 0.0
    tokens = 0
    gaps: list[float] | None = [] if job["gaps"] else None
    messages = [("user" if number % 2 == 0 else "ai", f"message {number}") for number in range(job["history"])]
    given = {"messages": [*messages, ("user", job["question"])]}
    with suppress(asyncio.CancelledError):  # at the deadline: what came until then counts
        async for message, _ in graph.astream(given, {"configurable": {"thread_id": thread}}, stream_mode="messages"):
            if first_part is None:
                first_part = perf_counter() - start
            if message.content:
                tokens += 1
                if first_token is None:
                    last = perf_counter()
                    first_token = last - start
                elif gaps is not None:
                    now = perf_counter()
                    gaps.append(now - last)
                    last = now
    return {"first_event": first_part, "first_token": first_token, "tokens": tokens, "gaps": gaps or ()}


async def measure(graph: Any, job: dict[str, Any]) -> dict[str, Any]:
    """All runs at once."""
    threads = job["threads"] or [str(uuid4()) for _ in range(job["streams"])]
    start = perf_counter()
    runs = [asyncio.create_task(follow(graph, thread, job)) for thread in threads]
    _, late = await asyncio.wait(runs, timeout=job["deadline"])
    seconds = perf_counter() - start
    for run in late:
        run.cancel()
    results = await asyncio.gather(*runs)
    return {
        "seconds": seconds,
        "tokens": sum(result["tokens"] for result in results),
        "size": 0,
        "first_event": [result["first_event"] for result in results],
        "first_token": [result["first_token"] for result in results],
        "gaps": shares([gap for result in results for gap in result["gaps"]]),
        "errors": [f"{len(late)} runs did not end"] if late else [],
    }


def calm_garbage_collector() -> None:
    """As ``bridge serve`` does when it has started (`bridge.cli`): else part of our lead would be the collector's."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


async def main() -> None:
    async with AsyncExitStack() as stack:
        saver = None
        if len(sys.argv) > 1:
            connection = await stack.enter_async_context(connect(sys.argv[1]))
            await connection.execute("pragma synchronous = normal")  # as `bridge.storage` does
            saver = SqliteSaver(connection)
            await saver.setup()
        graph = served.builder.compile(checkpointer=saver)
        calm_garbage_collector()
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await measure(graph, json.loads(line))), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
