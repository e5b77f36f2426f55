"""A server in this process that is attacked over a real socket, and what must hold of every answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from starlette.applications import Starlette

from bridge import Settings, create_app
from bridge.web.protocol import http_protocol
from bridge.web.sse import SSEDecoder
from tests.server import free_port

HANGS = 30.0  # seconds after which an answer that has not ended never will


class State(MessagesState, total=False):
    basket: list[str]
    note: Any


async def answer(state: State) -> dict[str, Any]:
    """Says something short, whatever came; and keeps a little state."""
    return {"messages": [AIMessage(f"Вот {len(state['messages'])} сообщений.")], "note": state.get("note")}


GRAPH = StateGraph(State).add_node(answer).add_edge(START, "answer")
graph = GRAPH.compile()


@asynccontextmanager
async def attacked(
    agents: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[tuple[Starlette, httpx.AsyncClient]]:
    """A server and its client. At the end no run is going and no task is left behind."""
    before = asyncio.all_tasks()
    app = create_app(agents or {"a": GRAPH.compile(), "b": GRAPH.compile()}, Settings(**{"db": ":memory:", **settings}))
    port = free_port()
    config = uvicorn.Config(app, port=port, http=http_protocol(10, 65536), log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done()
        await asyncio.sleep(0.01)
    try:
        # uvicorn closes what was idle for five seconds, and httpx would use it until then
        limits = httpx.Limits(keepalive_expiry=2)
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, timeout=HANGS, trust_env=False, limits=limits) as client:
            yield app, client
        async with asyncio.timeout(HANGS):
            while app.state.bridge.runs.running:  # noqa: ASYNC110 - nothing says that all runs are over
                await asyncio.sleep(0.01)
    finally:
        server.should_exit = True
        await serving
    async with asyncio.timeout(HANGS):  # what was cancelled may still take its last turn
        while left := asyncio.all_tasks() - before:
            await asyncio.wait(left, timeout=0.1)


def check(reply: httpx.Response, sent: object = "", *, agent_fails: bool = False) -> None:
    """No 5xx, an error in its envelope, a stream with a legal end and (unless the agent does) without a failure."""
    exchange = f"{reply.request.method} {reply.request.url.raw_path!r} {sent!r}\n{reply.text[:500]}"
    assert reply.status_code < 500 or agent_fails, exchange
    kind = reply.headers.get("content-type", "")
    if kind.startswith("text/event-stream"):
        _check_stream(reply, exchange, () if agent_fails else FAULTS)
    elif reply.status_code >= 400 and kind == "application/json":
        error = reply.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}, exchange
        assert "Traceback" not in error["message"], exchange


FAULTS = ("server_error", "upstream_error", "timeout", "events_lost")


def _check_stream(reply: httpx.Response, exchange: str, faults: Collection[str]) -> None:
    frames = SSEDecoder().feed(reply.content)
    if not frames:
        assert not reply.content, exchange  # nothing is stored of a thread
        return
    if frames[-1].data == "[DONE]":
        frames.pop()
    last = json.loads(frames[-1].data)
    for frame in frames:
        assert isinstance(json.loads(frame.data), dict), exchange
    if "x-vercel-ai-ui-message-stream" in reply.headers:
        assert last["type"] in ("finish", "abort", "error"), exchange
        assert not faults or "failed" not in last.get("errorText", ""), exchange
    elif str(last.get("type")).startswith("response."):
        assert last["type"] in ("response.completed", "response.incomplete", "response.failed"), exchange
        assert not faults or last["type"] != "response.failed", exchange
    elif "type" in last:
        assert last["type"] in ("RUN_FINISHED", "RUN_ERROR"), exchange
        assert last.get("code") not in faults, exchange
    elif "error" in last:
        assert last["error"]["code"] not in faults, exchange
