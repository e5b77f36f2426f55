"""What one principal, and one body, may be (issue 12, 1 and 2)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bridge import Settings
from bridge.errors import RateLimited
from bridge.json import dumps
from bridge.runs.request import RunRequest
from bridge.service import Bridge
from bridge.web.limits import RequestRate
from tests.http.talking import chat, run_input
from tests.test_access import Recorder, authenticate, served
from tests.test_principal import echo


async def silent() -> AsyncIterator[dict[str, Any]]:
    """An agent that waits for ever."""
    yield {"type": "CUSTOM", "name": "waiting", "value": None}
    await asyncio.Event().wait()


ANNA, BORIS = {"X-User": "anna"}, {"X-User": "boris"}


def test_a_minute_s_requests_come_back_one_by_one() -> None:
    now = 1000.0
    rate = RequestRate(60, lambda: now)
    for _ in range(60):
        rate.take("anna")
    with pytest.raises(RateLimited) as raised:
        rate.take("anna")
    assert raised.value.retry_after == 1
    rate.take("boris")
    now += 2.0
    rate.take("anna")
    rate.take("anna")
    with pytest.raises(RateLimited):
        rate.take("anna")
    slow = RequestRate(1, lambda: now)
    slow.take("anna")
    now += 12.0
    with pytest.raises(RateLimited) as raised:
        slow.take("anna")
    assert raised.value.retry_after == 48


async def test_requests_a_minute() -> None:
    settings = Settings(db=":memory:", requests_per_minute=3)
    async with served(Recorder(), settings, authenticate=authenticate) as client:
        statuses = [(await client.get("/v1/models", headers=ANNA)).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        refused = await client.post("/api/copilotkit/agent/recorder/run", json=run_input("да"), headers=ANNA)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "20")
        assert "requests_per_minute" in refused.json()["error"]["message"]
        russian = {**ANNA, "Accept": "text/event-stream", "Accept-Language": "ru"}
        shown = await client.post("/api/copilotkit/agent/recorder/run", json=run_input("да"), headers=russian)
        assert (shown.status_code, "минуту" in shown.text) == (429, True)  # the page shows the body as it is
        assert (await client.get("/v1/models", headers=BORIS)).status_code == 200
        assert (await client.get("/healthz")).status_code == 200


def request(principal: str, number: int) -> RunRequest:
    return RunRequest(agent="a", thread_id=f"t{number}", run_id=f"r{number}", principal=principal)


@pytest.mark.parametrize(("limit", "places"), [(None, 3), (2, 2)])
async def test_one_principal_does_not_take_every_place(limit: int | None, places: int) -> None:
    settings = Settings(db=":memory:", max_runs=6, max_runs_per_principal=limit, shutdown_grace=0.0)
    bridge = Bridge({"a": Recorder()}, settings)
    await bridge.open()
    try:
        for number in range(places):
            await bridge.start(request("anna", number), events=silent(), disconnect="continue")
        with pytest.raises(RateLimited, match=f"{places} runs of yours") as raised:
            await bridge.start(request("anna", 99), events=silent(), disconnect="continue")
        assert raised.value.retry_after > 0
        await bridge.start(request("boris", 100), events=silent())
        assert bridge.runs.running == places + 1
    finally:
        await bridge.close()


async def test_where_everybody_is_one_all_places_are_theirs() -> None:
    bridge = Bridge({"a": Recorder()}, Settings(db=":memory:", max_runs=6, shutdown_grace=0.0))
    await bridge.open()
    try:
        for number in range(6):
            await bridge.start(request("anonymous", number), events=silent())
        with pytest.raises(RateLimited, match="6 runs are going"):
            await bridge.start(request("anonymous", 99), events=silent())
    finally:
        await bridge.close()


async def test_stored_bytes(db: str) -> None:
    settings = Settings(db=db, max_stored_bytes=100_000)
    long = random.Random(1).randbytes(150_000).hex()  # PostgreSQL compresses what it stores
    async with served(echo(), settings, authenticate=authenticate) as client:
        first = await client.post("/agui/recorder", json=run_input(long, thread="t"), headers=ANNA)
        assert first.status_code == 200
        for path, body in (("/agui/recorder", run_input("да")), ("/v1/chat/completions", chat("да"))):
            refused = await client.post(path, json=body, headers=ANNA)
            assert refused.status_code == 429
            assert refused.headers["retry-after"]
            assert "max_stored_bytes" in refused.json()["error"]["message"]
        assert (await client.post("/agui/recorder", json=run_input("да"), headers=BORIS)).status_code == 200
        assert (await client.get("/api/copilotkit/threads/t/messages", headers=ANNA)).status_code == 200
        assert (await client.delete("/api/copilotkit/threads/t", headers=ANNA)).status_code == 200
        again = await client.post("/agui/recorder", json=run_input("да"), headers=ANNA)
        assert again.status_code == 200


def test_a_run_has_an_end_by_default() -> None:
    assert Settings().run_timeout == 3600


async def test_no_limit_is_a_zero() -> None:
    bridge = Bridge({"a": Recorder()}, Settings(db=":memory:", run_timeout=0))
    await bridge.open()
    run = await bridge.start(request("anna", 1))
    await asyncio.wait_for(run.wait(), 10)
    assert run.record.outcome == "success"
    await bridge.close()


LIMITS: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "max_messages": ({"max_messages": 2}, run_input("да") | {"messages": [{}] * 3}, 413),
    "max_tools": ({"max_tools": 2}, run_input("да") | {"tools": [{}] * 3}, 413),
    "max_tools, context": ({"max_tools": 2}, run_input("да") | {"context": [{}] * 3}, 413),
    "max_values": ({"max_values": 40}, run_input("да") | {"state": {"x": [1] * 50}}, 413),
    "max_depth": ({"max_depth": 4}, run_input("да") | {"state": {"x": {"y": {"z": {}}}}}, 400),
    "max_body_bytes": ({"max_body_bytes": 1000}, run_input("да" * 1000), 413),
}


@pytest.mark.parametrize("name", LIMITS)
async def test_each_limit_is_named(name: str) -> None:
    setting, body, status = LIMITS[name]
    enveloped = {"method": "agent/run", "params": {"agentId": "recorder"}, "body": body}
    async with served(Recorder(), Settings(db=":memory:", **setting)) as client:
        for path, sent in (("/agui/recorder", body), ("/api/copilotkit", enveloped)):
            refused = await client.post(path, json=sent)
            assert refused.status_code == status, refused.text
            assert next(iter(setting)) in refused.json()["error"]["message"]
    async with served(Recorder()) as client:
        assert (await client.post("/agui/recorder", json=run_input("да"))).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "gzip, identity", "zstd"])
async def test_an_encoded_body_is_refused_by_name(encoding: str) -> None:
    async with served(Recorder()) as client:
        for path in ("/agui/recorder", "/v1/chat/completions", "/api/copilotkit", "/api/test-copilotkit"):
            refused = await client.post(path, content=b"x", headers={"Content-Encoding": encoding})
            assert refused.status_code == 415
            assert f"'Content-Encoding: {encoding.lower()}'" in refused.json()["error"]["message"]
        plain = {"Content-Encoding": "identity"}
        assert (await client.post("/agui/recorder", json=run_input("да"), headers=plain)).status_code == 200


async def test_a_body_has_a_deadline() -> None:
    async def halves() -> Any:
        yield b'{"messages": ['
        await asyncio.Event().wait()

    async with served(Recorder(), Settings(db=":memory:", body_timeout=0.05)) as client:
        for path in ("/agui/recorder", "/v1/chat/completions", "/api/copilotkit/agent/recorder/run"):
            refused = await client.post(path, content=halves(), timeout=httpx.Timeout(10))
            assert refused.status_code == 408
            assert refused.headers["connection"] == "close"
            assert "body_timeout" in refused.json()["error"]["message"]


async def test_bodies_that_come_in_at_once_have_a_bound() -> None:
    """One that is slow keeps no small body out, and no large one for longer than it comes itself."""
    holds, come = asyncio.Event(), asyncio.Event()
    half = b'{"state": "' + b"x" * 200_000
    rest = b'", ' + dumps(run_input("да") | {"state": None})[1:]

    async def slow() -> Any:
        yield half
        holds.set()  # more is asked for: this much was taken
        await come.wait()
        yield rest

    async def large() -> Any:
        yield half
        yield rest

    async with served(Recorder(), Settings(db=":memory:", body_memory_bytes=300_000)) as client:
        first = asyncio.create_task(client.post("/agui/recorder", content=slow()))
        bodies = client._transport.app.state.bodies  # type: ignore[attr-defined] # httpx has no public way
        await asyncio.wait_for(holds.wait(), 10)
        refused = await client.post("/v1/chat/completions", content=large())
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert "body_memory_bytes" in refused.json()["error"]["message"]
        assert (await client.post("/agui/recorder", json=run_input("да"))).status_code == 200  # a small one
        come.set()
        assert (await first).status_code == 200
        assert bodies.held == 0
        assert (await client.post("/agui/recorder", content=large())).status_code == 200


async def test_a_body_above_the_bound_is_taken_alone() -> None:
    async with served(Recorder(), Settings(db=":memory:", body_memory_bytes=1)) as client:
        body = run_input("да") | {"state": "x" * 200_000}
        assert (await client.post("/agui/recorder", json=body)).status_code == 200


async def test_the_database_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "bridge.sqlite"
    other = tmp_path / "shared" / "bridge.sqlite"
    other.parent.mkdir(mode=0o755)
    other.touch(0o644)
    other.chmod(0o644)
    for file, folder in ((path, 0o700), (other, 0o755)):
        async with served(echo(), Settings(db=str(file))) as client:
            assert (await client.post("/agui/recorder", json=run_input("да"))).status_code == 200
            modes = {each.name: each.stat().st_mode & 0o777 for each in file.parent.iterdir()}
            assert set(modes.values()) == {0o600}, modes
            assert len(modes) == 3  # its journals too
        assert file.parent.stat().st_mode & 0o777 == folder


async def test_the_default_folder_is_made_private(tmp_path: Path) -> None:
    path = tmp_path / ".bridge" / "bridge.sqlite"
    path.parent.mkdir(mode=0o755)
    async with served(echo(), Settings(db=str(path))):
        assert path.parent.stat().st_mode & 0o777 == 0o700
