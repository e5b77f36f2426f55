"""The floor: LangGraph's own ``astream`` loop in a process of its own, with no bridge and no HTTP.

Speaks like `benchmarks.client`: one JSON job per line on stdin, one outcome per line on stdout. ``modes`` are the
stream modes; ``db`` a SQLite file for LangGraph's checkpointer, or none. ``rss`` asks for memory only.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from time import perf_counter
from typing import Any
from uuid import uuid4

import uvloop
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from benchmarks import graph as served
from benchmarks.stats import shares


async def follow(graph: Any, thread: str, job: dict[str, Any]) -> dict[str, Any]:
    """One run, read as a server would read it."""
    kwargs: dict[str, Any] = {"stream_mode": job["modes"]}
    if len(job["modes"]) > 1:
        kwargs |= {"subgraphs": True, "version": "v2"}
    else:
        kwargs |= {"stream_mode": job["modes"][0]}
    start = last = perf_counter()
    first_part: float | None = None
    first_token: float | None = None
    tokens = 0
    gaps: list[float] = []
    messages = [("user" if number % 2 == 0 else "ai", f"message {number}") for number in range(job["history"])]
    given = {"messages": [*messages, ("user", job["question"])]}
    async for part in graph.astream(given, {"configurable": {"thread_id": thread}}, **kwargs):
        first_part = first_part or perf_counter() - start
        if len(job["modes"]) > 1:
            if part["type"] != "messages":
                continue
            part = part["data"]  # noqa: PLW2901 - the v2 envelope
        if part[0].content:
            now = perf_counter()
            if first_token is None:
                first_token = now - start
            else:
                gaps.append(now - last)
            last = now
            tokens += 1
    return {"first_event": first_part, "first_token": first_token, "tokens": tokens, "gaps": gaps}


async def measure(graph: Any, job: dict[str, Any]) -> dict[str, Any]:
    """All runs at once."""
    threads = job["threads"] or [str(uuid4()) for _ in range(job["streams"])]
    start = perf_counter()
    runs = [asyncio.create_task(follow(graph, thread, job)) for thread in threads]
    done, late = await asyncio.wait(runs, timeout=job["deadline"])
    seconds = perf_counter() - start
    for run in late:
        run.cancel()
    results = [run.result() for run in done]
    return {
        "seconds": seconds,
        "tokens": sum(result["tokens"] for result in results),
        "size": 0,
        "first_event": [result["first_event"] for result in results],
        "first_token": [result["first_token"] for result in results],
        "gaps": shares([gap for result in results for gap in result["gaps"]]),
        "errors": [f"{len(late)} runs did not end"] if late else [],
    }


async def main() -> None:
    async with AsyncExitStack() as stack:
        saver = None
        if len(sys.argv) > 1:
            saver = await stack.enter_async_context(AsyncSqliteSaver.from_conn_string(sys.argv[1]))
        graph = served.builder.compile(checkpointer=saver)
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await measure(graph, json.loads(line))), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
