"""A conversation has one owner: by the id that it is stored under, not by what an index says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

from bridge import Settings, create_app
from bridge.runs.request import ANONYMOUS, STORED, ThreadKey
from bridge.storage.opening import open_storage
from bridge.web.callers import digest
from tests.version_1.graphs import agui

KEYS = ("ann=key-a", "bob=key-b")
ANN, BOB = {"Authorization": "Bearer key-a"}, {"Authorization": "Bearer key-b"}
THREAD = "/api/copilotkit/threads/"
SECRET = "the secret"


def say(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
    got = ", ".join(message.text for message in state["messages"])
    return {"messages": [AIMessage(f"[{config['configurable']['thread_id']}] got: {got}")]}


SAYING = StateGraph(MessagesState).add_node(say).add_edge(START, "say")


@asynccontextmanager
async def client_of(db: str, agents: dict[str, Any] | None = None, **settings: Any) -> AsyncIterator[AsyncClient]:
    """One process: an application of its own over the database."""
    app = create_app(agents or {"say": SAYING.compile()}, Settings(db=db, **settings))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://bridge") as client,
    ):
        yield client


_NUMBERS = iter(range(1_000_000))


async def ask(client: AsyncClient, thread: str, text: str, caller: dict[str, str], agent: str = "say") -> Response:
    return await client.post(f"/agui/{agent}", json=agui(thread, f"run-{next(_NUMBERS)}", text), headers=caller)


def test_stored_ids_are_injective_and_short() -> None:
    keys = [
        ThreadKey("a", "b", "c"),
        ThreadKey("ab", "", "c"),
        ThreadKey("a", "bc", ""),
        ThreadKey("a/b", "c", "d"),
        ThreadKey("a", "b/c", "d"),
        ThreadKey("a", "b", "c" * 256),
        ThreadKey("a" * 5_000, "b", "c"),
        ThreadKey("a", "b", "c\0"),
        ThreadKey("a", "b", "\ud800"),
        ThreadKey("ё", "b", "c"),
    ]
    ids = {key.stored_id for key in keys}
    assert len(ids) == len(keys)
    assert all(len(name) == len(STORED) + 64 and name.isascii() for name in ids)
    # what is stored today is looked for under the same id by every later version
    kept = "bridge:bd735517dea8b04bba91d58ed956ea9ce3296d2f39b4a6e1103884815dd71d0d"
    assert ThreadKey("a", "b", "c").stored_id == kept


async def test_what_one_process_deletes_another_does_not_give_away(db: str) -> None:
    """A thread that is deleted in one process and continued in another used to be the next caller's to read."""
    async with client_of(db, api_keys=KEYS) as one, client_of(db, api_keys=KEYS) as other:
        await ask(one, "t", SECRET, ANN)
        await ask(other, "t", "more", ANN)
        assert (await one.delete(f"{THREAD}t", headers=ANN)).status_code == 200
        assert SECRET not in (await ask(other, "t", "again", ANN)).text  # it is deleted there as well
        await ask(other, "t", SECRET, ANN)
        taken = await ask(one, "t", "mine?", BOB)
        assert "got: mine?" in taken.text
        assert SECRET not in (await one.get(f"{THREAD}t/messages", headers=BOB)).text
        assert SECRET in (await one.get(f"{THREAD}t/messages", headers=ANN)).text


async def test_a_lost_row_gives_nothing_away(db: str) -> None:
    async with client_of(db, api_keys=KEYS) as client:
        await ask(client, "t", SECRET, ANN)
        async with open_storage(db) as storage:
            await storage.index.forget(ThreadKey("ann", "say", "t"))
        assert (await client.get(f"{THREAD}t/messages", headers=BOB)).status_code == 404
        assert SECRET not in (await ask(client, "t", "mine?", BOB)).text
        assert SECRET in (await ask(client, "t", "more", ANN)).text


@pytest.mark.parametrize("saver", ["bridge", "own"])
async def test_two_users_may_call_a_thread_the_same(tmp_path: Path, saver: str) -> None:
    async with AsyncExitStack() as stack:
        graph = SAYING.compile()
        if saver == "own":
            kept = await stack.enter_async_context(AsyncSqliteSaver.from_conn_string(str(tmp_path / "own.sqlite")))
            graph = SAYING.compile(checkpointer=kept)
        client = await stack.enter_async_context(
            client_of(str(tmp_path / "b.sqlite"), {"say": graph, "too": graph}, api_keys=KEYS)
        )
        first = await ask(client, "my-first", "from ann", ANN)
        assert "[my-first] got: from ann" in first.text  # the graph sees the client's id
        assert (await client.get(f"{THREAD}my-first/messages", headers=BOB)).status_code == 404
        assert "[my-first] got: from bob" in (await ask(client, "my-first", "from bob", BOB)).text
        assert "[my-first] got: too" in (await ask(client, "my-first", "too", ANN, "too")).text
        again = (await ask(client, "my-first", "more", ANN)).text
        assert "from ann" in again
        assert "from bob" not in again
        # one is deleted, the other stays
        assert (await client.delete(f"{THREAD}my-first?agent=say", headers=ANN)).status_code == 200
        assert "from bob" in (await client.get(f"{THREAD}my-first/messages", headers=BOB)).text
        assert "got: anew" in (await ask(client, "my-first", "anew", ANN)).text


async def test_a_graphs_own_memory_keeps_plain_ids_where_everybody_is_one(tmp_path: Path) -> None:
    """As they were before the graph was served, and as its application may go on reading them."""
    own = InMemorySaver()
    graph = SAYING.compile(checkpointer=own)
    await graph.ainvoke({"messages": [HumanMessage("before")]}, {"configurable": {"thread_id": "t"}})
    looks = ThreadKey(ANONYMOUS, "say", "x").stored_id
    async with client_of(str(tmp_path / "b.sqlite"), {"say": graph, "too": graph}) as client:
        # the client knows nothing of it yet, the graph does
        assert "got: before" in (await ask(client, "t", "after", {})).text
        held = await graph.aget_state({"configurable": {"thread_id": "t"}})
        assert held.values["messages"][2].text == "after"
        # two agents never share a thread, though they share a checkpointer; and no id reaches a stored one
        assert "got: other" in (await ask(client, "t", "other", {}, "too")).text
        await ask(client, looks, "guessed", {})
    named = ThreadKey(ANONYMOUS, "say", looks)
    assert set(own.storage) == {"t", ThreadKey(ANONYMOUS, "too", "t").stored_id, named.stored_id}


@pytest.mark.parametrize("checkpointer", [True, False])
async def test_what_a_subgraph_says_of_its_checkpointer_says_nothing_of_a_graph(
    tmp_path: Path, checkpointer: bool
) -> None:
    graph = SAYING.compile(checkpointer=checkpointer)
    async with client_of(str(tmp_path / "b.sqlite"), {"say": graph}) as client:
        await ask(client, "t", "one", {})
        assert "got: one" in (await ask(client, "t", "two", {})).text


@pytest.mark.parametrize("thread", ["a/b", "ü" * 256, "../t", "%00", "' or 1=1 --", "a\nb", "😀"])
async def test_any_id_is_an_id(db: str, thread: str) -> None:
    async with client_of(db, api_keys=KEYS) as client:
        await ask(client, thread, "one", ANN)
        assert "one" in (await ask(client, thread, "two", ANN)).text
        assert "one" not in (await ask(client, thread, "three", BOB)).text


async def test_an_id_with_nul_is_nobodys(db: str) -> None:
    async with client_of(db, api_keys=KEYS) as client:
        for path in ("messages", "state"):
            assert (await client.get(f"{THREAD}a%00b/{path}", headers=ANN)).status_code == 404
        assert (await client.delete(f"{THREAD}a%00b", headers=ANN)).status_code == 404
        assert (await ask(client, "a\0b", "x", ANN)).status_code == 400


def inner(state: MessagesState) -> dict[str, Any]:
    return {"messages": [AIMessage(f"you chose {interrupt('Which?')}")]}


async def test_a_paused_subgraph_goes_on_in_its_owners_thread(db: str) -> None:
    nested = StateGraph(MessagesState).add_node(inner).add_edge(START, "inner").compile()
    graph = StateGraph(MessagesState).add_node("nested", nested).add_edge(START, "nested").compile()
    async with client_of(db, {"say": graph}, api_keys=KEYS) as client:
        for caller, choice in ((ANN, "tea"), (BOB, "coffee")):
            asked = (await ask(client, "t", "choose", caller)).text
            interrupt_id = asked.partition('"interrupts":[{"id":"')[2].partition('"')[0]
            entry = {"interruptId": interrupt_id, "status": "resolved", "payload": choice}
            body = {**agui("t", f"r-{choice}", ""), "messages": [], "resume": [entry]}
            assert f"you chose {choice}" in (await client.post("/agui/say", json=body, headers=caller)).text


async def test_a_run_does_not_begin_in_a_thread_that_is_being_deleted(tmp_path: Path) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow(InMemorySaver):
        async def adelete_thread(self, thread_id: str) -> None:
            begun.set()
            await go_on.wait()
            await super().adelete_thread(thread_id)

    async with client_of(str(tmp_path / "b.sqlite"), {"say": SAYING.compile(checkpointer=Slow())}) as client:
        await ask(client, "t", SECRET, {})
        deleting = asyncio.create_task(client.delete(f"{THREAD}t"))
        await begun.wait()
        assert (await ask(client, "t", "too early", {})).status_code == 409
        go_on.set()
        assert (await deleting).status_code == 200
        assert SECRET not in (await ask(client, "t", "anew", {})).text


async def test_naming_and_rotating_a_key_keeps_its_threads(db: str) -> None:
    async with client_of(db, api_keys=("key-a",)) as client:
        await ask(client, "t", SECRET, ANN)
    unnamed = digest("key-a")
    new = {"Authorization": "Bearer new"}
    async with client_of(db, api_keys=(f"{unnamed}=new", "ann=key-a")) as client:
        assert SECRET in (await client.get(f"{THREAD}t/messages", headers=new)).text  # the digest is a name
        assert (await client.get(f"{THREAD}t/messages", headers=ANN)).status_code == 404


async def test_a_rotated_key_finds_histories(db: str) -> None:
    messages = [{"role": "user", "content": "hello"}]
    async with client_of(db, api_keys=("ann=key-a",)) as client:
        first = await client.post("/v1/chat/completions", json={"model": "say", "messages": messages}, headers=ANN)
    messages += [first.json()["choices"][0]["message"], {"role": "user", "content": "more"}]
    async with client_of(db, api_keys=("ann=key-b",)) as client:
        second = await client.post("/v1/chat/completions", json={"model": "say", "messages": messages}, headers=BOB)
    assert second.headers["x-thread-id"] == first.headers["x-thread-id"]
