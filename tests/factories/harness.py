"""A factory that is watched, a bridge that serves it, and runs of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt
from langgraph_sdk.runtime import ServerRuntime

from bridge import Settings
from bridge.agui import Verifier
from bridge.runs.request import RunRequest
from bridge.runs.run import Run
from bridge.service import Bridge
from tests.stages import request


class Factory:
    """A factory that writes down what it was asked for, and what became of its graphs. Its node does what is asked."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.accesses: list[str] = []
        self.working = asyncio.Event()
        self.go_on = asyncio.Event()
        self.swallows = False

    @asynccontextmanager
    async def make(self, config: RunnableConfig, runtime: ServerRuntime[Any]) -> AsyncIterator[Any]:
        flavor = config["configurable"].get("flavor", "plain")
        self.accesses.append(runtime.access_context)
        if runtime.access_context != "threads.create_run":
            yield self.graph(flavor)
            return
        self.log.append(f"open {flavor}")
        try:
            yield self.graph(flavor)
        except BaseException as error:
            self.log.append(type(error).__name__)
            raise
        finally:
            await asyncio.sleep(0)
            self.log.append(f"close {flavor}")

    def graph(self, flavor: str) -> StateGraph[Any, Any, Any, Any]:
        async def work(state: MessagesState) -> dict[str, Any]:
            match state["messages"][-1].content:
                case "wait":
                    await self._wait()
                case "fail":
                    raise ValueError("sk-secret")
                case "ask":
                    return {"messages": [AIMessage(f"{flavor}: {interrupt('?')}")]}
            return {"messages": [AIMessage(flavor)]}

        graph = StateGraph(MessagesState)
        graph.add_node(f"work_{flavor}", work)
        graph.add_edge(START, f"work_{flavor}")
        return graph

    async def _wait(self) -> None:
        self.working.set()
        while not self.go_on.is_set():
            try:
                await self.go_on.wait()
            except asyncio.CancelledError:
                if not self.swallows:
                    raise


@asynccontextmanager
async def serving(tmp_path: Path, given: Any, **settings: Any) -> AsyncIterator[Bridge]:
    bridge = Bridge({"a": given}, Settings(db=str(tmp_path / "b.sqlite"), stop_timeout=0.5, **settings))
    await bridge.open()
    try:
        yield bridge
    finally:
        await bridge.close()


def says(text: str, thread: str = "t", flavor: str | None = None, **more: Any) -> RunRequest:
    props = {"config": {"configurable": {} if flavor is None else {"flavor": flavor}}}
    messages = [] if not text else [{"id": f"{thread} {text}", "role": "user", "content": text}]
    return request(thread, messages=messages, forwarded_props=props, protocol_version="1.0", **more)


def ending(run: Run) -> dict[str, Any]:
    """The last event of a run, all of which are legal."""
    verifier = Verifier()
    events = run.journal.after(0)
    for event in events:
        verifier.feed(event)
    verifier.finish()
    return events[-1]


def text(run: Run) -> str:
    snapshots = [event for event in run.journal.after(0) if event["type"] == "MESSAGES_SNAPSHOT"]
    return str(snapshots[-1]["messages"][-1]["content"])


async def done(bridge: Bridge, asked: RunRequest) -> Run:
    run = await bridge.start(asked)
    async with asyncio.timeout(20):
        await run.wait()
    return run
