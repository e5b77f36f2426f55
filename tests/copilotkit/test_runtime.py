"""The runtime's operations over REST, over the single endpoint, and at the address people already have."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.web.sse import SSEDecoder
from tests.clients.agui_client import talk
from tests.copilotkit.chat import deltas, named, run_input, spoken_text, user
from tests.copilotkit.graphs import WHOLE, Halves, asker, echo, speaker
from tests.copilotkit.live import Event, events, live

BASES = ("/api/copilotkit", "/api/copilotkit-streaming")
STREAM = {"Accept": "text/event-stream"}
ORIGIN = "http://page.example:3000"


def plain(heard: list[Event]) -> list[Event]:
    """The events without what is new in each run."""
    fresh = ("threadId", "runId", "messageId")
    return [{key: value for key, value in event.items() if key not in fresh} for event in heard]


@pytest.mark.parametrize("base", BASES)
async def test_info_names_the_default_agent_twice(base: str) -> None:
    async with live({"sales": echo(), "asker": asker()}) as page:
        rest = (await page.client.get(f"{page.url}{base}/info")).json()
        single = (await page.client.post(page.url + base, json={"method": "info"})).json()
    assert rest == single
    assert set(rest["agents"]) == {"sales", "asker", "default"}
    assert rest["agents"]["default"] == rest["agents"]["sales"]
    assert rest["mode"] == "sse"
    assert rest["suggestions"] is rest["telemetryDisabled"] is True
    assert rest["threadEndpoints"] == {"list": True, "inspect": True, "mutations": True, "realtimeMetadata": False}
    assert rest["singleRoute"] == {"resourceOperations": True, "threadEndpoints": rest["threadEndpoints"]}


async def test_an_agent_called_default_is_itself() -> None:
    async with live({"first": echo(), "default": asker()}) as page:
        agents = (await page.ask("GET", "/info")).json()["agents"]
        assert agents["default"]["name"] == "default"
        assert (await page.say("t", "Скидка"))[-2]["type"] == "CUSTOM"


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_single_endpoint_says_what_rest_says(base: str, slash: str) -> None:
    async with live({"echo": echo()}) as page:
        said: dict[str, list[list[Event]]] = {}
        for way in ("REST", "envelope"):
            said[way] = []
            for operation in ("run", "connect", "suggest"):
                messages = [] if operation == "connect" else [user("Привет")]
                sent = run_input(f"thread of {way}", messages)
                if way == "REST":
                    path, body = f"{base}/agent/default/{operation}{slash}", sent
                else:
                    path = base + slash
                    body = {"method": f"agent/{operation}", "params": {"agentId": "default"}, "body": sent}
                answer = await page.client.post(page.url + path, json=body, headers=STREAM, follow_redirects=False)
                said[way].append(plain(events(answer)))
    run, connect, suggest = said["REST"]
    assert [event["type"] for event in run][-1] == "RUN_FINISHED"
    assert named(connect, "MESSAGES_SNAPSHOT")
    assert spoken_text(suggest) == "Вы сказали: Привет"
    assert [without_ids(heard) for heard in said["envelope"]] == [without_ids(heard) for heard in said["REST"]]


def without_ids(heard: list[Event]) -> list[Any]:
    """The same with the ids inside snapshots left out."""
    return [
        [(message["role"], message["content"]) for message in event["messages"]] if "messages" in event else event
        for event in heard
    ]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("client", ["1.0.0", "0.0.59"])
async def test_both_generations_of_the_client_read_a_run(base: str, client: Any) -> None:
    model = Halves()
    model.gate.set()
    async with live({"speaker": speaker(model)}) as page:
        heard = await talk(
            f"{page.url}{base}/agent/default/run", run_input("t", [user("Привет")]), client=client, headers=STREAM
        )
    assert heard.verdict.error is None
    assert len(deltas(heard.events)) == 6
    assert heard.verdict.messages[-1]["content"] == WHOLE
    assert heard.verdict.state == {"stage": "draft"}


@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_address_people_have_recognises_who_is_calling(slash: str) -> None:
    async with live({"echo": echo()}) as page:
        address = f"{page.url}/api/copilotkit-streaming{slash}"
        for body in (
            {"model": "echo", "messages": [{"role": "user", "content": "Привет"}]},
            {"model": "echo", "messages": [{"role": "user", "content": "Привет"}], "stream": False},
            {"message": "Привет"},
        ):
            answer = await page.client.post(address, json=body)
            assert answer.headers["content-type"].startswith("text/event-stream")
            *frames, last = SSEDecoder().feed(answer.content)
            assert last.data == "[DONE]"
            assert all('"object":"chat.completion.chunk"' in frame.data for frame in frames)
            assert "Вы сказали: Привет" in answer.text

        call = {"method": "agent/run", "params": {"agentId": "default"}, "body": run_input("t", [user("Привет")])}
        assert spoken_text(events(await page.client.post(address, json=call))) == "Вы сказали: Привет"

        below = f"{page.url}/api/copilotkit-streaming/agent/default/run{slash}"
        heard = events(await page.client.post(below, json=run_input("t", [user("Ещё")])))
        assert spoken_text(heard) == "Вы сказали: Ещё"

        unknown = await page.client.post(address, json={"method": "agent/dance"})
        assert unknown.status_code == 400
        assert "agent/dance" in unknown.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/info", "/agent/default/run", "/threads/t", ""])
async def test_cors_with_credentials_echoes_the_origin_and_the_headers(path: str) -> None:
    wanted = "authorization,content-type,x-copilotkit-runtime-client-gql-version"
    async with live({"echo": echo()}, cors_origins=(ORIGIN,), cors_credentials=True) as page:
        for method in ("GET", "POST", "PATCH", "DELETE"):
            preflight = await page.client.options(
                page.runtime + path,
                headers={
                    "Origin": ORIGIN,
                    "Access-Control-Request-Method": method,
                    "Access-Control-Request-Headers": wanted,
                },
            )
            assert preflight.status_code == 200
            assert preflight.headers["access-control-allow-origin"] == ORIGIN
            assert preflight.headers["access-control-allow-credentials"] == "true"
            assert set(wanted.split(",")) <= set(preflight.headers["access-control-allow-headers"].lower().split(","))
            assert method in preflight.headers["access-control-allow-methods"]
        for answer in (
            await page.ask("GET", "/info", Origin=ORIGIN, Cookie="session=1"),
            await page.ask("POST", "/agent/default/run", run_input("t", [user("Привет")]), Origin=ORIGIN),
            await page.ask("POST", "/agent/nobody/run", run_input("t"), Origin=ORIGIN),
        ):
            assert answer.headers["access-control-allow-origin"] == ORIGIN
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert "Origin" in answer.headers["vary"]


async def test_cors_without_credentials_and_with_chosen_origins() -> None:
    async with live({"echo": echo()}) as page:
        assert (await page.ask("GET", "/info", Origin=ORIGIN)).headers["access-control-allow-origin"] == "*"
    async with live({"echo": echo()}, cors_origins=(ORIGIN,), cors_credentials=True) as page:
        mine = await page.ask("GET", "/info", Origin=ORIGIN)
        other = await page.ask("GET", "/info", Origin="http://evil.example")
        assert mine.headers["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-origin" not in other.headers
