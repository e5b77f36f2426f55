"""What PostgreSQL's JSON has no place for is stored all the same (issue 12, 2)."""

from __future__ import annotations

import math
from typing import Any

import pytest
from langgraph.graph import START, MessagesState, StateGraph

from bridge import Settings
from bridge.storage.odd_values import is_odd
from tests.http.talking import events_of, run_input
from tests.test_access import served

NUL = "a\x00b"


class State(MessagesState, total=False):
    note: Any
    made: Any


@pytest.mark.parametrize(
    "value",
    [NUL, "\x00", "half \ud800", "\udc00", math.nan, math.inf, -math.inf, {NUL: NUL}, [NUL, math.nan], "plain", 1],
)
async def test_a_state_s_value(db: str, value: Any) -> None:
    seen: list[Any] = []

    async def make(state: State) -> dict[str, Any]:
        seen.append(state.get("made"))
        return {"made": value}

    graph = StateGraph(State).add_node(make).add_edge(START, "make").compile()
    async with served(graph, Settings(db=db)) as client:
        for _ in range(2):
            answer = await client.post("/agui/recorder", json=run_input("да", thread="t"))
            assert events_of(answer.content)[-1]["type"] == "RUN_FINISHED"
        assert (await client.get("/api/copilotkit/threads/t/state")).status_code == 200
    assert seen[0] is None
    if isinstance(value, str) and value.isprintable():
        assert seen[1] == value
    elif isinstance(value, float):
        assert repr(seen[1]) == repr(value)
    elif value == NUL:
        assert seen[1] == NUL


async def test_what_a_client_sends(db: str) -> None:
    graph = StateGraph(State).add_node("pass", lambda state: {}).add_edge(START, "pass").compile()
    user = {"id": NUL, "role": "user", "name": NUL, "content": NUL}
    async with served(graph, Settings(db=db)) as client:
        body = run_input(thread="t", messages=[user], state={"note": NUL})
        assert events_of((await client.post("/agui/recorder", json=body)).content)[-1]["type"] == "RUN_FINISHED"
        held = (await client.get("/api/copilotkit/threads/t/messages")).json()["messages"]
        assert [(message["id"], message["content"]) for message in held] == [(NUL, NUL)]
        assert (await client.get("/api/copilotkit/threads/t/state")).json()["state"]["note"] == NUL
        renamed = await client.patch("/api/copilotkit/threads/t", json={"name": NUL})
        assert (renamed.status_code, renamed.json()["error"]["param"]) == (400, "name")
        for cursor in ("1~a%00b", "x~b"):
            listed = await client.get(f"/api/copilotkit/threads?agentId=recorder&cursor={cursor}")
            assert listed.status_code == 400


def test_what_is_odd() -> None:
    assert [value for value in ("", "да", "🦊", 1.5, 10**400, None, True, [NUL]) if is_odd(value)] == []
