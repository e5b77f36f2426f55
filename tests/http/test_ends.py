"""Over HTTP: agents that do not stop hold up neither a stop, nor a deletion, nor the shutdown; streams that drop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest
import uvicorn

from bridge import Settings, create_app
from tests.http.stuck import failing
from tests.http.talking import chat, frames_of, run_input
from tests.server import Server, free_port, serve

STUCK = ("stubborn=tests.http.stuck:stubborn", "sleeping=tests.http.stuck:sleeping", "failing=tests.http.stuck:failing")


@pytest.fixture(scope="module")
def stuck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("stuck")
    with serve(directory, *STUCK, "--stop-timeout", "0.3", "--disconnect-grace", "30") as running:
        yield running


def test_a_stop_is_answered_although_the_graph_does_not_stop(stuck: Server) -> None:
    body = run_input("wait")
    with httpx.Client(base_url=stuck.url, timeout=10, trust_env=False) as client:
        with client.stream("POST", "/agui/stubborn", json=body) as response:
            pieces = response.iter_raw()
            next(pieces)
            begun = time.monotonic()
            assert client.post(f"/runs/{body['runId']}/stop").json() == {"stopped": True, "runId": body["runId"]}
            rest = b"".join(pieces)
        assert time.monotonic() - begun < 5
        assert b'"type":"RUN_FINISHED"' in rest
        assert b"event" not in rest.partition(b"RUN_FINISHED")[2]
        again = run_input("wait", thread=body["threadId"])
        with client.stream("POST", "/agui/stubborn", json=again) as response:  # the thread is free
            assert response.status_code == 200
            client.post(f"/runs/{again['runId']}/stop")


def test_a_deletion_is_answered_although_the_graph_does_not_stop(stuck: Server) -> None:
    body = run_input("wait")
    with (
        httpx.Client(base_url=stuck.url, timeout=10, trust_env=False) as client,
        client.stream("POST", "/agui/stubborn", json=body) as response,
    ):
        next(response.iter_raw())
        gone = client.delete(f"/api/copilotkit/threads/{body['threadId']}?agentId=stubborn")
        assert gone.json()["deleted"] is True


@pytest.mark.parametrize("agent", ["stubborn", "sleeping"])
def test_the_shutdown_waits_for_its_grace_and_not_for_the_graph(tmp_path: Path, agent: str) -> None:
    with serve(tmp_path, *STUCK, "--shutdown-grace", "0.5") as running:
        body = run_input("wait")
        with (
            httpx.Client(base_url=running.url, timeout=20, trust_env=False) as client,
            client.stream("POST", f"/agui/{agent}", json=body) as response,
        ):
            pieces = response.iter_raw()
            next(pieces)
            begun = time.monotonic()
            running.process.terminate()
            rest = b"".join(pieces)
        assert running.process.wait(20) is not None
        assert time.monotonic() - begun < 4
        assert b'"type":"RUN_ERROR"' in rest


def test_a_stream_that_dropped_is_taken_up_again(stuck: Server) -> None:
    body = run_input("wait")
    with httpx.Client(base_url=stuck.url, timeout=10, trust_env=False) as client:
        with client.stream("POST", "/agui/stubborn", json=body) as response:
            next(response.iter_raw())
        events = f"/runs/{body['runId']}/events"
        with client.stream("GET", events, headers={"Last-Event-ID": "1"}) as response:
            assert response.status_code == 200
            pieces = response.iter_raw()
            first = next(pieces)
            client.post(f"/runs/{body['runId']}/stop")
            rest = first + b"".join(pieces)
    numbers = [frame.id for frame in frames_of(rest)]
    assert numbers == [str(number) for number in range(2, 2 + len(numbers))]
    assert orjson.loads(frames_of(rest)[-1].data)["type"] == "RUN_FINISHED"


@pytest.mark.parametrize("stream", [True, False])
def test_a_tool_that_ran_before_a_failure_does_not_make_a_success_of_it(stuck: Server, stream: bool) -> None:
    body = chat("go", model="failing", stream=stream)
    answer = httpx.post(f"{stuck.url}/v1/chat/completions", json=body, timeout=10, trust_env=False)
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "server_error"
    assert "sk-123" not in answer.text


async def test_the_same_application_can_be_served_again(tmp_path: Path) -> None:
    app = create_app({"failing": failing}, Settings(db=str(tmp_path / "db.sqlite"), shutdown_grace=0))
    for _ in range(2):
        server = uvicorn.Server(uvicorn.Config(app, port=free_port(), log_config=None))
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.config.port}", trust_env=False) as client:
            answer = await client.post("/agui/failing", json=run_input("go"))
            assert answer.status_code == 200
            assert "RUN_ERROR" in answer.text
        server.should_exit = True
        await serving
