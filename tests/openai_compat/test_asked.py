"""What a new thread is asked is stored with its thread: not where its run was refused."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from langgraph.graph import START, MessagesState, StateGraph
from sqlalchemy import select

from bridge import Settings, create_app
from bridge.storage.schema import THREADS, TURNS


async def test_nothing_is_remembered_of_a_question_that_was_refused() -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def waits(state: MessagesState) -> dict[str, Any]:
        asked.set()
        await answer.wait()
        return {"messages": ["да"]}

    graph = StateGraph(MessagesState).add_node(waits).add_edge(START, "waits").compile()
    app = create_app({"waits": graph}, Settings(db=":memory:", max_runs=1))

    async def stored(table: Any) -> int:
        index = app.state.bridge.index
        return len(await index.ask(lambda database: database.execute(select(table)).all()))

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client,
    ):

        async def ask(text: str) -> httpx.Response:
            return await client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": text}]})

        first = asyncio.create_task(ask("первый"))
        await asked.wait()
        assert (await stored(THREADS), await stored(TURNS)) == (1, 1)  # before the answer
        assert (await ask("второй")).status_code == 429
        assert (await stored(THREADS), await stored(TURNS)) == (1, 1)
        answer.set()
        assert (await first).status_code == 200
