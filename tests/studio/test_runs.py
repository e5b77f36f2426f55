"""``GET /runs``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bridge import Settings
from bridge.observe.observer import RunRecord
from bridge.studio.runs.log import RunLog
from tests.http.talking import chat, run_input
from tests.test_access import Recorder, authenticate, served

STUDIO = Settings(db=":memory:", studio=True)
ANNA, BORIS = {"X-User": "anna"}, {"X-User": "boris"}


def record(run_id: str, **more: Any) -> RunRecord:
    return RunRecord(**{"principal": "p", "agent": "a", "thread_id": "t", "run_id": run_id, "started_at": 0.0, **more})


def test_pages_are_newest_first_and_meet() -> None:
    log = RunLog()
    for number in range(5):
        log.run_began(record(str(number)))
    seen, before = [], None
    for size in (2, 2, 1):
        runs, before = log.page(lambda run: True, limit=2, before=before)
        assert len(runs) == size
        seen += [run.run_id for run in runs]
        log.run_began(record("later"))  # a page goes on where the one before it ended
    assert seen == ["4", "3", "2", "1", "0"]
    assert before is None


def test_only_so_many_are_remembered() -> None:
    log = RunLog(kept=3)
    for number in range(10):
        log.run_began(record(str(number)))
    runs, more = log.page(lambda run: True, limit=50)
    assert [run.run_id for run in runs] == ["9", "8", "7"]
    assert more is None


async def listed(client: httpx.AsyncClient, headers: dict[str, str] | None = None, **query: str) -> list[Any]:
    answer = await client.get("/runs", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    runs: list[Any] = answer.json()["runs"]
    return runs


async def test_runs_of_every_client_while_they_go_and_after() -> None:
    async with served(Recorder(), STUDIO) as client:
        asked = run_input("да", thread="mine")
        await client.post("/agui/recorder", json=asked)
        await client.post("/v1/chat/completions", json=chat("да"))
        latest, first = await listed(client)
        assert (first["id"], first["threadId"], first["agent"]) == (asked["runId"], "mine", "recorder")
        assert (first["state"], first["outcome"]) == ("ended", "success")
        assert first["startedAt"] <= first["endedAt"] <= latest["endedAt"]
        assert await listed(client, thread="mine") == [first]
        assert await listed(client, state="running") == []
        assert await listed(client, agent="recorder", state="ended", limit="1") == [latest]


async def test_they_are_one_s_own() -> None:
    async with served(Recorder(), STUDIO, authenticate=authenticate) as client:
        for headers in (ANNA, BORIS):
            await client.post("/agui/recorder", json=run_input("да"), headers=headers)
        assert [run["principal"] for run in await listed(client, ANNA)] == ["anna"]
        assert [run["principal"] for run in await listed(client, ANNA, principal="anna")] == ["anna"]
        assert [run["principal"] for run in await listed(client, ANNA, principal="*")] == ["boris", "anna"]
        assert [run["principal"] for run in await listed(client, ANNA, principal="boris")] == ["boris"]
        reading = {**ANNA, "X-Scopes": "run read"}
        assert len(await listed(client, reading)) == 1
        for whose in ("*", "boris"):
            refused = await client.get("/runs", params={"principal": whose}, headers=reading)
            assert refused.status_code == 403
        assert (await client.get("/runs")).status_code == 401


async def test_a_key_that_many_have_lists_nothing() -> None:
    settings = Settings(db=":memory:", studio=True, shared_keys=("office=sk-1",))
    async with served(Recorder(), settings) as client:
        answer = await client.get("/runs", headers={"Authorization": "Bearer sk-1"})
    assert answer.status_code == 403


@pytest.mark.parametrize("query", ["state=gone", "limit=0", "limit=201", "before=x", "before=²"])
async def test_what_is_refused(query: str) -> None:
    async with served(Recorder(), STUDIO) as client:
        answer = await client.get(f"/runs?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == query.partition("=")[0]


async def test_without_the_studio_nobody_notes_them() -> None:
    async with served(Recorder()) as client:
        await client.post("/agui/recorder", json=run_input("да"))
        assert (await client.get("/runs")).status_code == 404
        log: RunLog = client._transport.app.state.run_log  # type: ignore[attr-defined] # httpx has no public way
        assert log.page(lambda run: True, limit=1) == ([], None)
