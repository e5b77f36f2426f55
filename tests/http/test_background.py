"""Responses in the background, read again, cancelled, deleted; and what a killed server has kept of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

from bridge.openai_compat.responses import fold
from tests.databases import postgres
from tests.http.responding import (
    arriving,
    read,
    read_stream,
    refusal,
    refused,
    respond,
    stream,
    text_of,
)
from tests.openai_compat.responses.typed import check_response
from tests.server import Server, serve, serve_twice


def finished(client: httpx.Client, response_id: str) -> dict[str, Any]:
    """Poll, as the SDK's users do."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found = read(client, response_id)
        if found["status"] not in ("queued", "in_progress"):
            return found
    raise AssertionError("it does not end")


def test_polling(client: httpx.Client) -> None:
    begun = respond(client, "count 20", background=True)
    assert (begun["status"], begun["output"], begun["background"]) == ("queued", [], True)
    response = finished(client, begun["id"])
    assert response["status"] == "completed"
    assert text_of(response).count(" ") == 20
    assert text_of(respond(client, "два", previous_response_id=begun["id"])) == "3: два"


def test_a_failure_in_the_background(client: httpx.Client) -> None:
    response = finished(client, respond(client, "fail", background=True)["id"])
    assert (response["status"], response["error"]["code"]) == ("failed", "server_error")
    events = stream(client, "fail", background=True)
    assert [event["type"] for event in events][:3] == ["response.created", "response.queued", "response.in_progress"]
    assert events[-1]["type"] == "response.failed"


def test_a_stream_that_was_left_is_read_from_where_it_was_left(client: httpx.Client) -> None:
    received: list[dict[str, Any]] = []
    with arriving(client, "slow", background=True) as events:
        for event in events:
            received.append(event)
            if event["type"] == "response.output_text.delta":
                break
    name = received[0]["response"]["id"]
    assert read(client, name)["status"] == "in_progress"
    last = received[-1]["sequence_number"]
    with client.stream("GET", f"/v1/responses/{name}", params={"stream": "true", "starting_after": last}) as going:
        assert going.status_code == 200
        pieces = going.iter_bytes()
        first = next(pieces)
        assert f'"sequence_number":{last + 1}'.encode() in first
        cancelled = client.post(f"/v1/responses/{name}/cancel").json()
        rest = b"".join(pieces)
    assert b"response.incomplete" in rest
    check_response(cancelled)
    assert cancelled["status"] == "cancelled"
    assert text_of(cancelled).startswith("ещё ")
    again = read_stream(client, name)
    assert again[: len(received)] == received
    assert fold(again) == cancelled == read(client, name)
    assert client.post(f"/v1/responses/{name}/cancel").json() == cancelled


@pytest.mark.parametrize("streamed", [True, False])
def test_every_stored_response_is_streamed_again_from_any_number(client: httpx.Client, streamed: bool) -> None:
    if streamed:
        events = stream(client, "count 30")
        name = events[-1]["response"]["id"]
        assert read_stream(client, name) == events
    else:
        name = respond(client, "count 30")["id"]
        events = read_stream(client, name)
    assert fold(events) == read(client, name)
    for after in (0, 5, len(events) - 2):
        assert read_stream(client, name, after) == events[after + 1 :]
    assert client.get(f"/v1/responses/{name}", params={"stream": "true", "starting_after": 10**6}).content == b""


def test_only_what_is_made_in_the_background_is_cancelled(client: httpx.Client) -> None:
    name = respond(client, "раз")["id"]
    assert refusal(client.post(f"/v1/responses/{name}/cancel"))[0] == 400
    assert refusal(client.post("/v1/responses/resp_unknown/cancel")) == (404, "not_found", None)


def test_delete(client: httpx.Client) -> None:
    first = respond(client, "раз")
    second = respond(client, "два", previous_response_id=first["id"])
    gone = client.delete(f"/v1/responses/{first['id']}")
    assert gone.json() == {"id": first["id"], "object": "response", "deleted": True}
    read(client, first["id"], 404)
    assert refusal(client.delete(f"/v1/responses/{first['id']}"))[0] == 404
    assert refused(client, "?", previous_response_id=first["id"])[1] == "previous_response_not_found"
    assert text_of(respond(client, "три", previous_response_id=second["id"])) == "5: три"


def test_delete_stops_what_goes_on(client: httpx.Client) -> None:
    name = respond(client, "slow", background=True)["id"]
    assert client.delete(f"/v1/responses/{name}").status_code == 200
    read(client, name, 404)


def test_bad_queries(client: httpx.Client) -> None:
    name = respond(client, "раз")["id"]
    for query, param in (
        ({"stream": "maybe"}, "stream"),
        ({"starting_after": "1"}, "starting_after"),
        ({"stream": "true", "starting_after": "-1"}, "starting_after"),
        ({"stream": "true", "starting_after": "²"}, "starting_after"),
    ):
        assert refusal(client.get(f"/v1/responses/{name}", params=query)) == (400, "invalid_request", param)


# Whose they are


def test_a_response_is_its_owners(tmp_path: Path) -> None:
    with serve(tmp_path, "teller=tests.http.graphs:teller", "--api-key", "ann=sk-1", "--api-key", "bob=sk-2") as server:
        ann, bob = (
            httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False)
            for key in ("sk-1", "sk-2")
        )
        with ann, bob:
            name = respond(ann, "раз")["id"]
            item = {"type": "item_reference", "id": read(ann, name)["output"][0]["id"]}
            for answer in (
                bob.get(f"/v1/responses/{name}"),
                bob.get(f"/v1/responses/{name}", params={"stream": "true"}),
                bob.get(f"/v1/responses/{name}/input_items"),
                bob.post(f"/v1/responses/{name}/cancel"),
                bob.delete(f"/v1/responses/{name}"),
            ):
                assert refusal(answer) == (404, "not_found", None)
            assert refused(bob, "?", previous_response_id=name)[1] == "previous_response_not_found"
            assert refused(bob, [item])[2] == "input[0].id"
            assert text_of(respond(ann, [item, {"role": "user", "content": "два"}])) == "2: два"
            conversation = ann.post("/v1/conversations", json={}).json()["id"]
            assert refused(bob, "?", conversation=conversation)[0] == 404
            assert bob.get(f"/v1/conversations/{conversation}").status_code == 404
            for path in ("/v1/responses", f"/v1/responses/{name}", f"/v1/conversations/{conversation}"):
                method = "POST" if path == "/v1/responses" else "GET"
                assert httpx.request(method, server.url + path, json={}, trust_env=False).status_code == 401


# What is kept


@contextmanager
def started(directory: Path, db: str, *arguments: str) -> Iterator[tuple[Server, httpx.Client]]:
    with (
        serve(directory, "teller=tests.http.graphs:teller", "--db", db, *arguments) as server,
        httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client,
    ):
        yield server, client


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield str(tmp_path / "kept.sqlite")
    else:
        with postgres() as url:
            yield url


def change(db: str, statement: str) -> None:
    """What nobody waits for in a test: time."""
    url = db.replace("postgresql://", "postgresql+psycopg://") if "://" in db else f"sqlite:///{db}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_killed_server_has_kept_them(tmp_path: Path, db: str) -> None:
    with started(tmp_path, db) as (server, client):
        events = stream(client, "count 30")
        name = events[-1]["response"]["id"]
        conversation = client.post("/v1/conversations", json={"metadata": {"a": "b"}}).json()["id"]
        respond(client, "раз", conversation=conversation)
        with arriving(client, "slow", background=True) as going:
            unfinished = next(going)["response"]["id"]
            server.restart()
        assert read_stream(client, name) == events
        assert read_stream(client, name, 10) == events[11:]
        assert fold(events) == read(client, name)
        assert text_of(respond(client, "два", previous_response_id=name)) == "3: два"
        assert text_of(respond(client, "два", conversation=conversation)) == "3: два"
        assert read(client, unfinished)["status"] == "in_progress"  # another process may be at work on it
        change(db, f"update bridge_responses set alive_at = alive_at - 100 where id = '{unfinished}'")
        lost = read(client, unfinished)
        assert lost["status"] == "failed"
        assert "stopped" in lost["error"]["message"]
        assert fold(read_stream(client, unfinished)) == lost


def test_a_setting_says_how_long(tmp_path: Path, db: str) -> None:
    with started(tmp_path, db, "--response-days", "2") as (server, client):
        old, new = respond(client, "раз")["id"], respond(client, "два")["id"]
        conversation = client.post("/v1/conversations", json={}).json()["id"]
        change(db, f"update bridge_responses set created_at = created_at - 3 * 86400 where id = '{old}'")
        change(db, "update bridge_conversations set created_at = created_at - 3 * 86400")
        read(client, old, 404)
        read(client, new)
        server.restart()
        read(client, new)
        until = time.monotonic() + 10
        while client.get(f"/v1/conversations/{conversation}").status_code != 404:
            assert time.monotonic() < until


def test_they_go_with_their_thread(tmp_path: Path, db: str) -> None:
    with started(tmp_path, db) as (_, client):
        first = client.post("/v1/responses", json={"model": "teller", "input": "раз"})
        name, thread = first.json()["id"], first.headers["x-thread-id"]
        gone = client.delete(f"/api/copilotkit/threads/{thread}", params={"agentId": "teller"})
        assert gone.status_code in (200, 204), gone.text
        read(client, name, 404)
        assert refused(client, "?", previous_response_id=name)[1] == "previous_response_not_found"


def test_a_database_of_version_3_is_brought_up_to_date(tmp_path: Path, db: str) -> None:
    with started(tmp_path, db) as (_, client):
        respond(client, "раз")
    for table in ("bridge_responses", "bridge_conversations", "bridge_conversation_items"):
        change(db, f"drop table {table}")
    change(db, "update bridge_schema set version = 3")
    with started(tmp_path, db) as (_, client):
        name = respond(client, "раз")["id"]
        read(client, name)


def test_another_process_reads_it(tmp_path: Path, db: str) -> None:
    with serve_twice(tmp_path, db, "teller=tests.http.graphs:teller") as (one, other):
        clients = [httpx.Client(base_url=server.url, timeout=30, trust_env=False) for server in (one, other)]
        with clients[0] as first, clients[1] as second:
            name = respond(first, "count 200", background=True)["id"]
            events = read_stream(second, name)
            assert fold(events) == read(first, name) == read(second, name)
            slow = respond(first, "slow", background=True)["id"]
            assert read(second, slow)["status"] == "in_progress"
            assert refusal(second.post(f"/v1/responses/{slow}/cancel"))[:2] == (409, "thread_busy")
            assert first.post(f"/v1/responses/{slow}/cancel").json() == read(second, slow)
            assert text_of(respond(second, "два", previous_response_id=name)) == "3: два"


def test_a_stream_that_goes_on_is_known_by_its_id(client: httpx.Client) -> None:
    with arriving(client, "slow") as events:
        name = next(events)["response"]["id"]
        assert read(client, name)["status"] == "in_progress"
        assert client.get(f"/v1/responses/{name}/input_items").json()["data"]
        assert client.delete(f"/v1/responses/{name}").json()["deleted"]
        assert [event["response"]["status"] for event in events if event["type"] == "response.incomplete"] == [
            "cancelled"
        ]
    read(client, name, 404)
