"""What every stream and every answer carries, whatever is in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.http.conftest import AGENTS
from tests.http.stored import stored
from tests.http.talking import STREAM_HEADERS, chat, chunks_of, events_of, reading, run_input, text_of
from tests.server import Server, serve

SLASHES = pytest.mark.parametrize("slash", ["", "/"])
STREAMS: dict[str, Callable[[], dict[str, Any]]] = {
    "/agui/teller": lambda: run_input("count 3"),
    "/v1/chat/completions": lambda: chat("count 3", model="teller", stream=True),
    "/api/copilotkit-streaming": lambda: {"message": "count 3", "model": "teller"},
    "/api/test-copilotkit": lambda: {"message": "проверка"},
}
GETS = ("/healthz", "/agui", "/v1/models", "/v1/models/teller", "/api/test-copilotkit")


@SLASHES
@pytest.mark.parametrize("path", STREAMS)
def test_headers_of_every_stream(client: httpx.Client, path: str, slash: str) -> None:
    answer = client.post(path + slash, json=STREAMS[path](), follow_redirects=False)

    assert answer.status_code == 200
    assert {name: answer.headers.get(name) for name in STREAM_HEADERS} == STREAM_HEADERS
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-request-id"]
    assert answer.headers["x-thread-id"]
    assert "content-length" not in answer.headers
    assert b"\r" not in answer.content
    assert answer.content.endswith(b"\n\n")
    assert "\\u" not in answer.text


@SLASHES
@pytest.mark.parametrize("path", GETS)
def test_both_forms_of_a_path(client: httpx.Client, path: str, slash: str) -> None:
    answer = client.get(path + slash, follow_redirects=False)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"


@SLASHES
def test_a_run_is_read_and_stopped_under_both_forms(client: httpx.Client, slash: str) -> None:
    asked = run_input("count 3")
    first = client.post("/agui/teller", json=asked)
    again = client.get(f"/runs/{asked['runId']}/events{slash}", follow_redirects=False)
    stopped = client.post(f"/runs/{asked['runId']}/stop{slash}", follow_redirects=False)

    assert {name: again.headers.get(name) for name in STREAM_HEADERS} == STREAM_HEADERS
    assert again.content == first.content
    assert stopped.json() == {"stopped": False, "runId": asked["runId"]}


@SLASHES
def test_the_adapter_answers_as_one_completion(client: httpx.Client, slash: str) -> None:
    asked = {"message": "count 3", "model": "teller"}
    answer = client.post("/api/copilotkit-adapter" + slash, json=asked, follow_redirects=False)

    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["object"] == "chat.completion"
    assert answer.json()["choices"][0]["message"]["content"] == "раз два три "
    assert "раз два три" in answer.text


def test_cyrillic_goes_out_as_utf8(client: httpx.Client) -> None:
    asked = {"/agui/teller": run_input("count 2"), "/v1/chat/completions": chat("count 2", model="teller")}
    for path, body in asked.items():
        content = client.post(path, json=body).content
        assert "два".encode() in content
        assert b"\\u" not in content


def test_an_idle_stream_sends_keep_alives(client: httpx.Client) -> None:
    for path, body in (
        ("/agui/teller", run_input("silent")),
        ("/v1/chat/completions", chat("silent", model="teller", stream=True)),
    ):
        with client.stream("POST", path, json=body) as answer:
            received = b""
            for piece in answer.iter_raw():
                received += piece
                if received.count(b": keep-alive\n\n") == 2:
                    break
        assert received.count(b": keep-alive\n\n") == 2


def test_the_id_of_a_request(client: httpx.Client) -> None:
    assert client.get("/healthz", headers={b"X-Request-Id": "мой".encode()}).headers["x-request-id"]
    assert client.get("/healthz", headers={"X-Request-Id": "req-7"}).headers["x-request-id"] == "req-7"
    assert client.get("/nowhere").headers["x-request-id"]


@pytest.mark.parametrize("thread", ["беседа № 1", "a\r\nSet-Cookie: x=1", "100%", " край "])
def test_any_thread_id_fits_in_a_header(client: httpx.Client, thread: str) -> None:
    answer = client.post("/agui/teller", json=run_input("count 1", thread=thread))

    assert events_of(answer.content)[0]["threadId"] == thread
    assert "set-cookie" not in answer.headers
    again = client.post(
        "/v1/chat/completions",
        json=chat("кто", model="teller"),
        headers={"X-Thread-Id": answer.headers["x-thread-id"]},
    )
    assert again.headers["x-thread-id"] == answer.headers["x-thread-id"]
    assert again.json()["choices"][0]["message"]["content"] == "3: кто"


def test_what_a_browser_may_do(client: httpx.Client) -> None:
    origin = {"Origin": "http://localhost:3000"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}

    simple = client.post("/agui/teller", json=run_input("count 1"), headers=origin)
    preflight = client.options("/agui/teller", headers=origin | asked)
    failed = client.post("/agui/teller", content=b"{", headers=origin)

    assert simple.headers["access-control-allow-origin"] == "*"
    assert "x-thread-id" in simple.headers["access-control-expose-headers"].lower()
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-headers"] == "authorization,content-type"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert failed.status_code == 400
    assert failed.headers["access-control-allow-origin"] == "*"


def test_what_is_served_is_listed(client: httpx.Client) -> None:
    info = client.get("/api/test-copilotkit/").json()

    assert info["agents"] == ["sales", "teller"]
    assert info["default_agent"] == "sales"
    assert {"langgraph", "starlette", "ag_ui"} <= set(info["versions"])
    assert "/v1/chat/completions" in info["endpoints"]
    agents = client.get("/agui").json()
    assert [agent["name"] for agent in agents["agents"]] == ["sales", "teller"]
    assert agents["agents"][0]["capabilities"]["transport"]["resumable"] is True
    assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["sales", "teller"]
    assert client.get("/v1/models/teller").json()["object"] == "model"


def test_the_wiring_is_checked_without_model_or_database(client: httpx.Client, server: Server) -> None:
    before = stored(server)
    spoken = chunks_of(client.post("/api/test-copilotkit/", json={"message": "проверка"}).content)
    received = events_of(client.post("/api/test-copilotkit/", json=run_input("проверка")).content)

    assert text_of(spoken) == text_of(received)
    assert "по-русски" in text_of(received)
    assert stored(server) == before


def test_a_stream_is_not_one_burst(client: httpx.Client) -> None:
    pieces: list[Any] = []
    with reading(client, "/agui/teller", run_input("slow")) as frames:
        for frame in frames:
            pieces.append(orjson.loads(frame.data))
            if len(pieces) == 20:
                break
    assert pieces[-1]["type"] == "TEXT_MESSAGE_CONTENT"


def test_only_the_origins_that_are_named_may_read(tmp_path: Path) -> None:
    named = ("https://app.example", "https://chat.example")
    options = [option for origin in named for option in ("--cors-origin", origin)]
    with serve(tmp_path, *AGENTS, *options) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        for origin, allowed in ((named[0], named[0]), (named[1], named[1]), ("https://evil.example", None)):
            asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            asked = client.options("/agui/teller", headers={**asks, "Access-Control-Request-Headers": "content-type"})
            streamed = client.post("/agui/teller", json=run_input("count 1"), headers={"Origin": origin})
            for answer in (asked, streamed):  # without a key a page that was not named is refused, and may read why
                assert answer.status_code == (200 if allowed else 403)
                assert answer.headers["access-control-allow-origin"] == (allowed or "*")
                assert not allowed or "Origin" in answer.headers["vary"]
