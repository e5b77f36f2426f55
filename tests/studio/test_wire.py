"""``GET /runs/{run_id}/wire`` and ``GET /runs/announcements``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from bridge import Settings
from bridge.observe.observer import RunRecord
from bridge.studio.runs.log import Listener, RunLog
from tests.fuzz.serving import attacked
from tests.http.talking import chat, chunks_of, events_of, frames_of, run_input
from tests.test_access import Recorder, authenticate, served

STUDIO = Settings(db=":memory:", studio=True)


def rows_of(body: bytes) -> list[dict[str, Any]]:
    frames = frames_of(body)
    rows = [orjson.loads(frame.data) for frame in frames]
    assert [frame.id for frame in frames] == [str(row["seq"]) for row in rows]
    return rows


async def test_each_event_stands_beside_the_chunk_that_it_became() -> None:
    async with attacked(studio=True) as (_, client):
        answer = await client.post("/v1/chat/completions", json=chat("да", stream=True))
        sent = [chunk for chunk in chunks_of(answer.content) if chunk["choices"]]
        run = answer.headers["x-run-id"]
        rows = rows_of((await client.get(f"/runs/{run}/wire")).content)
        events = events_of((await client.get(f"/runs/{run}/events")).content)
    assert [row["event"] for row in rows] == events
    assert [row["chunk"] for row in rows] == [{**chunk, "model": "a"} for chunk in sent]
    told = [event["type"] for row in rows for event in row["responses"]]
    assert (told[0], told[-1]) == ("response.created", "response.completed")
    assert "response.output_text.delta" in told


async def test_from_any_event_on() -> None:
    async with attacked(studio=True) as (_, client):
        answer = await client.post("/agui/a", json=run_input("да"))
        run = answer.headers["x-run-id"]
        whole = rows_of((await client.get(f"/runs/{run}/wire")).content)
        for after in range(len(whole) + 1):
            rest = await client.get(f"/runs/{run}/wire?after={after}")
            assert (rows_of(rest.content) if rest.content else []) == whole[after:]


async def test_the_wire_is_one_s_own() -> None:
    async with served(Recorder(), STUDIO, authenticate=authenticate) as client:
        asked = run_input("да")
        await client.post("/agui/recorder", json=asked, headers={"X-User": "anna"})
        at = f"/runs/{asked['runId']}/wire"
        assert (await client.get(at, headers={"X-User": "boris"})).status_code == 404
        reading = {"X-User": "boris", "X-Scopes": "read"}
        assert (await client.get(f"{at}?principal=anna", headers=reading)).status_code == 403
        assert (await client.get(f"{at}?principal=anna", headers={"X-User": "boris"})).status_code == 200
        assert (await client.get(f"{at}?after=x", headers={"X-User": "anna"})).status_code == 400
        assert (await client.get("/runs/none/wire", headers={"X-User": "anna"})).status_code == 404


async def rows(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in response.aiter_lines():
        if line.startswith("data: "):
            yield orjson.loads(line[6:])


async def test_runs_are_announced_as_they_begin_and_end() -> None:
    async with attacked(studio=True) as (_, client), client.stream("GET", "/runs/announcements") as told:
        assert told.headers["content-type"].startswith("text/event-stream")
        coming = rows(told)
        heard = asyncio.ensure_future(anext(coming))
        await client.post("/v1/chat/completions", json=chat("да"), headers={"User-Agent": "OpenAI/Python"})
        async with asyncio.timeout(10):
            began, ended = await heard, await anext(coming)
    assert began["id"] == ended["id"]
    assert (ended["state"], ended["outcome"], ended["client"]) == ("ended", "success", "OpenAI/Python")
    assert ended["startedAt"] <= ended["firstWordAt"] <= ended["endedAt"]


async def test_a_server_that_shuts_down_does_not_wait_for_those_who_listen() -> None:
    async with attacked(studio=True) as (app, client), client.stream("GET", "/runs/announcements") as told:
        await app.state.bridge.end_runs()
        async with asyncio.timeout(10):
            assert [row async for row in rows(told)] == []


def record(run_id: str) -> RunRecord:
    return RunRecord("p", "a", "t", run_id, 0.0)


async def test_who_falls_behind_is_told_so() -> None:
    listener = Listener()
    for number in range(300):
        listener.tell(record(str(number)))
    told = await listener.next(1)
    assert (told[-1].run_id, len(told), listener.missed) == ("299", 256, True)
    assert await listener.next(0.01) == []


async def test_so_many_may_listen_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.studio.runs.log.LISTENERS", 1)
    async with served(Recorder(), STUDIO) as client:
        log: RunLog = client._transport.app.state.run_log  # type: ignore[attr-defined] # httpx has no public way
        with log.listening():
            assert (await client.get("/runs/announcements")).status_code == 429
