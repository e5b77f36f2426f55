"""A thread is read once for a turn, however many look at it, and never as it was before somebody wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

from bridge.agents.langgraph.checkpoints import ScopedSaver, visit
from bridge.app import create_app
from bridge.runs.request import ThreadKey
from bridge.settings import Settings
from bridge.storage.sqlite_saver import SqliteSaver


def answer(state: MessagesState) -> dict[str, Any]:
    return {"messages": [AIMessage(f"answer {len(state['messages'])}")]}


def ask(state: MessagesState) -> dict[str, Any]:
    if len(state["messages"]) > 2:
        return {"messages": [AIMessage(f"said {interrupt('Which?')}")]}
    return answer(state)


GRAPH = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile()
ASKING = StateGraph(MessagesState).add_node(ask).add_edge(START, "ask").compile()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads that were read from the database, one name for each time."""
    read: list[str] = []

    def count(saver: type[BaseCheckpointSaver[Any]]) -> None:
        plain = saver.aget_tuple

        async def counted(self: BaseCheckpointSaver[Any], config: RunnableConfig) -> CheckpointTuple | None:
            read.append(config["configurable"]["thread_id"])
            return await plain(self, config)

        monkeypatch.setattr(saver, "aget_tuple", counted)

    count(SqliteSaver)
    count(AsyncSqliteSaver)
    count(AsyncPostgresSaver)
    return read


@pytest.fixture
async def client(db: str) -> AsyncIterator[AsyncClient]:
    app = create_app({"plain": GRAPH, "asking": ASKING}, Settings(db=db))
    transport = ASGITransport(app)
    async with app.router.lifespan_context(app), AsyncClient(transport=transport, base_url="http://bridge") as made:
        yield made


def agui(number: int, *texts: str) -> dict[str, Any]:
    """A client's request that brings only what is new."""
    messages = [{"id": f"{number}", "role": "user", "content": text} for text in texts]
    run = {"threadId": "t", "runId": f"r{number}", "protocolVersion": "1.0"}
    return {**run, "messages": messages, "tools": [], "context": []}


async def test_an_agui_turn_reads_its_thread_once(client: AsyncClient, reads: list[str]) -> None:
    await client.post("/agui/plain", json=agui(1, "one"))
    reads.clear()
    said = (await client.post("/agui/plain", json=agui(2, "two"))).text
    assert "answer 3" in said
    assert reads == [ThreadKey("anonymous", "plain", "t").stored_id]


@pytest.mark.parametrize("named", [True, False])
async def test_an_openai_turn_reads_its_thread_once(client: AsyncClient, reads: list[str], named: bool) -> None:
    body: dict[str, Any] = {"model": "plain", "messages": [{"role": "user", "content": "one"}]}
    if named:
        body["ag_ui"] = {"thread_id": "t"}
    first = await client.post("/v1/chat/completions", json=body)
    thread = first.headers["x-thread-id"]
    reads.clear()
    body["messages"] += [first.json()["choices"][0]["message"], {"role": "user", "content": "two"}]
    second = await client.post("/v1/chat/completions", json=body)
    assert second.headers["x-thread-id"] == thread
    assert second.json()["choices"][0]["message"]["content"] == "answer 3"
    assert reads == [ThreadKey("anonymous", "plain", thread).stored_id]
    # and the turn is found again by its history, which needs the checkpoint that was written last
    body["messages"] += [second.json()["choices"][0]["message"], {"role": "user", "content": "three"}]
    third = await client.post("/v1/chat/completions", json=body)
    assert third.headers["x-thread-id"] == thread
    assert third.json()["choices"][0]["message"]["content"] == "answer 5"


async def test_an_earlier_turn_is_answered_again_from_where_it_stood(client: AsyncClient) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "one"}]
    first = await client.post("/v1/chat/completions", json={"model": "plain", "messages": messages})
    messages += [first.json()["choices"][0]["message"], {"role": "user", "content": "two"}]
    for _ in range(2):  # the second time the thread's head has gone on
        again = await client.post("/v1/chat/completions", json={"model": "plain", "messages": messages})
        assert again.json()["choices"][0]["message"]["content"] == "answer 3"
        assert again.headers["x-thread-id"] == first.headers["x-thread-id"]


async def test_a_thread_that_waits_for_an_answer_is_read_as_it_stands(client: AsyncClient) -> None:
    await client.post("/agui/asking", json=agui(1, "one"))
    said = (await client.post("/agui/asking", json=agui(2, "two"))).text
    interrupt_id = said.partition('"interrupts":[{"id":"')[2].partition('"')[0]
    resume = [{"interruptId": interrupt_id, "status": "resolved", "payload": "this"}]
    ended = (await client.post("/agui/asking", json={**agui(3), "resume": resume})).text
    assert "said this" in ended


async def test_what_is_written_is_read(tmp_path: Path, reads: list[str]) -> None:
    key = ThreadKey("me", "plain", "t")
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "db")) as saver:
        graph: Any = GRAPH.copy(update={"checkpointer": ScopedSaver(saver, key)})
        where: RunnableConfig = {"configurable": {"thread_id": "t"}}
        await graph.ainvoke({"messages": [("user", "one")]}, where)
        visiting = visit(key)
        reads.clear()
        for _ in range(3):
            assert len((await graph.aget_state(where)).values["messages"]) == 2
        assert reads == [key.stored_id]
        assert visiting.head is None
        await graph.ainvoke({"messages": [("user", "two")]}, where)
        held = await graph.aget_state(where)
        assert len(held.values["messages"]) == 4
        assert visiting.head == held.config["configurable"]["checkpoint_id"]
        before = held.parent_config
        assert before is not None
        assert len((await graph.aget_state(before)).values["messages"]) == 3
        assert (await graph.aget_state({"configurable": {"thread_id": "other"}})).values == {}
