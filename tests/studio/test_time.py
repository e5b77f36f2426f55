"""``/threads/{thread_id}/history``, ``state`` and ``fork``: checkpoints are read, forked, changed, and gone on from."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import interrupt

from bridge import Settings, create_app
from tests.http.talking import events_of, run_input
from tests.test_access import Recorder, authenticate


class State(MessagesState, total=False):
    city: str
    seen: Annotated[list[str], operator.add]


RUNS: list[str] = []


async def find(state: State) -> dict[str, Any]:
    RUNS.append("find")
    return {"city": "Kazan", "seen": ["find"]}


async def write(state: State) -> dict[str, Any]:
    RUNS.append("write")
    return {"messages": [AIMessage(f"Leads of {state['city']}.")], "seen": ["write"]}


async def check(state: State) -> dict[str, Any]:
    RUNS.append("check")
    return {"seen": ["check"]}


async def ask(state: State) -> dict[str, Any]:
    return {"seen": [str(interrupt("Send it?"))]}


def graph() -> Any:
    builder = StateGraph(State).add_node(find).add_node(write).add_node(check)
    builder.add_edge(START, "find").add_edge("find", "write").add_edge("write", "check").add_edge("check", END)
    return builder.compile()


def asking() -> Any:
    builder = StateGraph(State).add_node(find).add_node(ask).add_edge(START, "find").add_edge("find", "ask")
    return builder.compile()


def parallel() -> Any:
    builder = StateGraph(State).add_node(find).add_node(check).add_node(write)
    builder.add_edge(START, "find").add_edge(START, "check").add_edge(["find", "check"], "write")
    return builder.compile()


def made(config: RunnableConfig) -> Any:
    """A factory: each run has a graph of its own."""
    RUNS.append(f"made {config['configurable'].get('flavor', '')}")
    return graph()


@asynccontextmanager
async def client_of(db: str = ":memory:", **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    agents = {"leads": graph(), "asking": asking(), "parallel": parallel(), "made": made, "recorder": Recorder()}
    app = create_app(agents, Settings(db=db, studio=True), **more)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge") as client,
    ):
        RUNS.clear()
        yield client


async def turn(client: httpx.AsyncClient, text: str | None = "Hi", agent: str = "leads", **more: Any) -> list[Any]:
    answer = await client.post(f"/agui/{agent}", json=run_input(text, **{"thread": "t", **more}))
    assert answer.status_code == 200, answer.text
    return events_of(answer.content)


async def history(client: httpx.AsyncClient, thread: str = "t", agent: str = "leads", **query: str) -> list[Any]:
    answer = await client.get(f"/threads/{thread}/history", params={"agent": agent, **query})
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["checkpoints"]
    return found


def before(checkpoints: list[Any], node: str) -> dict[str, Any]:
    """The checkpoint from which this node runs next."""
    found: dict[str, Any] = next(one for one in checkpoints if node in one["next"])
    return found


async def fork(client: httpx.AsyncClient, checkpoint: str, agent: str = "leads", **more: Any) -> dict[str, Any]:
    body = {"checkpoint": checkpoint, **more}
    answer = await client.post(f"/threads/t/fork?agent={agent}", json=body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_history_is_a_line_from_the_input_to_the_end(db: str) -> None:
    async with client_of(db) as client:
        await turn(client)
        found = await history(client)
        assert [one["step"] for one in found] == [3, 2, 1, 0, -1]
        assert [one["next"] for one in found] == [[], ["check"], ["write"], ["find"], ["__start__"]]
        assert [one["source"] for one in found] == ["loop", "loop", "loop", "loop", "input"]
        assert [one["parent"] for one in found] == [*(one["id"] for one in found[1:]), None]
        assert [task["name"] for one in found for task in one["tasks"]] == ["check", "write", "find", "__start__"]
        pages = [await history(client, limit="2"), await history(client, limit="2", before=found[1]["id"])]
        assert [one["id"] for page in pages for one in page] == [one["id"] for one in found[:4]]


async def test_the_state_at_each_step() -> None:
    async with client_of() as client:
        await turn(client)
        cities = []
        for one in await history(client):
            answer = await client.get(f"/threads/t/state?agent=leads&checkpoint={one['id']}")
            cities.append(answer.json()["values"].get("city"))
        assert cities == ["Kazan", "Kazan", "Kazan", None, None]
        now = (await client.get("/threads/t/state")).json()  # one agent has such a thread
    assert now["values"]["seen"] == ["find", "write", "check"]
    assert [message["role"] for message in now["values"]["messages"]] == ["user", "assistant"]


async def test_a_fork_with_edited_state_gives_the_edited_outcome(db: str) -> None:
    async with client_of(db) as client:
        await turn(client)
        at = before(await history(client), "write")
        made = await fork(client, at["id"], values={"city": "Perm", "seen": ["edited"]})
        thread = made["threadId"]
        assert thread != "t"
        assert made["state"]["next"] == ["write"]
        assert made["state"]["values"]["seen"] == ["edited"]  # not added to what was there
        RUNS.clear()
        events = await turn(client, None, thread=thread, forwardedProps={"continue": True})
        assert events[-1]["type"] == "RUN_FINISHED"
        assert RUNS == ["write", "check"]
        ended = (await client.get(f"/threads/{thread}/state")).json()["values"]
        assert [message["content"] for message in ended["messages"]] == ["Hi", "Leads of Perm."]
        assert ended["seen"] == ["edited", "write", "check"]
        original = (await client.get("/threads/t/state")).json()["values"]
        assert original["messages"][-1]["content"] == "Leads of Kazan."
        listed = (await client.get("/api/copilotkit/threads?agentId=leads")).json()["threads"]
        assert {one["id"] for one in listed} == {"t", thread}


async def test_the_same_of_an_agent_that_a_factory_makes() -> None:
    async with client_of() as client:
        await turn(client, agent="made", forwardedProps={"config": {"configurable": {"flavor": "mint"}}})
        found = await history(client, agent="made")
        assert [one["next"] for one in found] == [[], ["check"], ["write"], ["find"], ["__start__"]]
        made = await fork(client, before(found, "write")["id"], agent="made", values={"city": "Perm"})
        await turn(client, None, "made", thread=made["threadId"], forwardedProps={"continue": True})
        ended = (await client.get(f"/threads/{made['threadId']}/state?agent=made")).json()["values"]
        assert ended["messages"][-1]["content"] == "Leads of Perm."
        missing = {"checkpoint": "1ef663ba-28fe-6528-8002-5a559208592c"}
        assert (await client.post("/threads/t/fork?agent=made", json=missing)).status_code == 404
        assert (await client.get("/threads/t/state?agent=made", params=missing)).status_code == 404
        edited = await client.post("/threads/t/state?agent=made", json={"values": {"city": "Tver"}, "asNode": "find"})
        assert edited.json()["state"]["next"] == ["write"]


async def test_a_fork_that_changes_nothing_runs_the_same_nodes_again() -> None:
    async with client_of() as client:
        await turn(client)
        for node, ran in (("find", ["find", "write", "check"]), ("check", ["check"])):
            made = await fork(client, before(await history(client), node)["id"], threadId=f"from {node}")
            assert made["threadId"] == f"from {node}"
            RUNS.clear()
            await turn(client, None, thread=f"from {node}", forwardedProps={"continue": True})
            assert ran == RUNS
        again = await turn(client, None, thread="from check", forwardedProps={"continue": True})
        assert (again[-1]["type"], again[-1]["code"]) == ("RUN_ERROR", "invalid_request")


async def test_a_message_is_edited_and_not_added() -> None:
    async with client_of() as client:
        await turn(client)
        at = before(await history(client), "find")
        [message] = (await client.get(f"/threads/t/state?checkpoint={at['id']}")).json()["values"]["messages"]
        made = await fork(client, at["id"], values={"messages": [{**message, "content": "Bye"}]})
        assert [one["content"] for one in made["state"]["values"]["messages"]] == ["Bye"]


async def test_a_step_of_two_nodes_is_forked_whole() -> None:
    async with client_of() as client:
        await turn(client, agent="parallel")
        at = before(await history(client, agent="parallel"), "write")
        made = await fork(client, at["id"], agent="parallel", values={"city": "Omsk"})
        assert made["state"]["next"] == ["write"]
        await turn(client, None, "parallel", thread=made["threadId"], forwardedProps={"continue": True})
        ended = (await client.get(f"/threads/{made['threadId']}/state?agent=parallel")).json()["values"]
        assert ended["messages"][-1]["content"] == "Leads of Omsk."


async def test_a_question_of_the_old_branch_is_asked_again() -> None:
    async with client_of() as client:
        await turn(client, agent="asking")
        made = await fork(client, before(await history(client, agent="asking"), "ask")["id"], agent="asking")
        events = await turn(client, None, "asking", thread=made["threadId"], forwardedProps={"continue": True})
        assert events[-1]["outcome"]["type"] == "interrupt"


async def test_a_thread_is_changed_in_place() -> None:
    async with client_of() as client:
        await turn(client)
        answer = await client.post("/threads/t/state?agent=leads", json={"values": {"city": "Tver"}, "asNode": "find"})
        assert answer.json()["state"]["next"] == ["write"]
        latest, *_ = await history(client)
        assert latest["source"] == "update"
        await turn(client, None, forwardedProps={"continue": True})
        ended = (await client.get("/threads/t/state")).json()["values"]
        assert ended["messages"][-1]["content"] == "Leads of Tver."


async def test_a_thread_that_has_a_run_is_not_changed() -> None:
    async with client_of() as client:
        await turn(client)
        bridge = client._transport.app.state.bridge  # type: ignore[attr-defined] # httpx has no public way
        thread = await bridge.index.holder("t", agents=["leads"], principal="anonymous")
        async with bridge.hold(thread.key):
            answer = await client.post("/threads/t/state?agent=leads", json={"values": {"city": "Tver"}})
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "thread_busy")
            assert await history(client)  # reading waits for nobody
            await fork(client, before(await history(client), "write")["id"])
        assert (await history(client))[0]["source"] == "loop"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "checkpoint"),
    ({"checkpoint": 7}, "checkpoint"),
    ({"checkpoint": "{write}", "values": []}, "values"),
    ({"checkpoint": "{write}", "values": {"town": "x"}}, "values.town"),
    ({"checkpoint": "{write}", "values": {"_city": "x"}}, "values._city"),
    ({"checkpoint": "{write}", "values": {"messages": [7]}}, "values.messages"),
    ({"checkpoint": "{write}", "values": {"messages": [{"role": "nobody", "content": "x"}]}}, "values.messages"),
    ({"checkpoint": "{write}", "values": {"city": "x"}, "asNode": "nowhere"}, "asNode"),
    ({"checkpoint": "{__start__}", "values": {"city": "x"}}, "asNode"),
    ({"checkpoint": "{write}", "threadId": "t"}, "threadId"),
    ({"checkpoint": "{write}", "threadId": ""}, "threadId"),
]


@pytest.mark.parametrize(("body", "param"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
async def test_what_is_wrong_is_named_and_nothing_stored(body: dict[str, Any], param: str) -> None:
    async with client_of() as client:
        await turn(client)
        found = await history(client)
        sent = {**body}
        if isinstance(sent.get("checkpoint"), str):
            sent["checkpoint"] = before(found, sent["checkpoint"].strip("{}"))["id"]
        answer = await client.post("/threads/t/fork?agent=leads", json=sent)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text
        assert await history(client) == found
        assert len((await client.get("/api/copilotkit/threads?agentId=leads")).json()["threads"]) == 1


async def test_what_is_not_there_and_who_may_not() -> None:
    async with client_of(authenticate=authenticate) as client:
        anna, boris = {"X-User": "anna"}, {"X-User": "boris"}
        await client.post("/agui/leads", json=run_input("Hi", thread="t"), headers=anna)
        await client.post("/agui/recorder", json=run_input("Hi", thread="r"), headers=anna)
        found = (await client.get("/threads/t/history", headers=anna)).json()["checkpoints"]
        body = {"checkpoint": found[0]["id"]}
        for path in ("/threads/t/history", "/threads/t/state"):
            assert (await client.get(path, headers=boris)).status_code == 404
        for path in ("/threads/t/fork", "/threads/t/state"):
            sent = {**body, "values": {"city": "x"}}
            assert (await client.post(path, json=sent, headers=boris)).status_code == 404
            reading = {**anna, "X-Scopes": "read run"}
            assert (await client.post(path, json=sent, headers=reading)).status_code == 403
        missing = {"checkpoint": "1ef663ba-28fe-6528-8002-5a559208592c"}
        assert (await client.post("/threads/t/fork", json=missing, headers=anna)).status_code == 404
        assert (await client.get("/threads/t/state", params=missing, headers=anna)).status_code == 404
        refused = await client.get("/threads/r/history", headers=anna)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "agent")


async def test_two_forks_into_one_new_thread_at_once() -> None:
    async with client_of() as client:
        await turn(client)
        body = {"checkpoint": before(await history(client), "write")["id"], "threadId": "new"}
        answers = await asyncio.gather(*(client.post("/threads/t/fork?agent=leads", json=body) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) in ([200, 400], [200, 409])
        assert [one["step"] for one in await history(client, "new")] == [1]
