"""API keys: who may call, and whose a thread is."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.http.conftest import AGENTS
from tests.http.talking import chat, reading, run_input
from tests.server import Server, serve

PATHS = {
    "/agui/teller": run_input("count 1"),
    "/v1/chat/completions": chat("count 1", model="teller"),
    "/api/copilotkit-streaming/": {"message": "count 1", "model": "teller"},
    "/api/copilotkit-adapter/": {"message": "count 1", "model": "teller"},
    "/api/test-copilotkit/": {},
    "/runs/none/stop": {},
}
GETS = ("/agui", "/v1/models", "/v1/models/teller", "/api/test-copilotkit/", "/runs/none/events")


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two keys, and cookies allowed from one origin."""
    directory = tmp_path_factory.mktemp("locked")
    keys = ("--api-key", "ключ-А", "--api-key", "key-b")
    with serve(directory, *AGENTS, *keys, "--cors-origin", "https://app.example", "--cors-credentials") as running:
        yield running


def caller(server: Server, key: str | None) -> httpx.Client:
    headers = {} if key is None else {b"Authorization": f"Bearer {key}".encode()}
    return httpx.Client(base_url=server.url, headers=headers, timeout=30, trust_env=False)


def test_nobody_and_a_stranger_are_refused(locked: Server) -> None:
    for key in (None, "key-c", "ключ-Б"):
        with caller(locked, key) as client:
            answers = [client.post(path, json=body) for path, body in PATHS.items()]
            answers += [client.post(path, content=b"{") for path in PATHS]
            answers += [client.get(path) for path in GETS]
            for answer in answers:
                assert answer.status_code == 401, answer.url
                assert answer.json()["error"]["code"] == "invalid_api_key"
                assert "key-" not in answer.text
            assert client.get("/healthz").status_code == 200


def test_a_key_opens(locked: Server) -> None:
    with caller(locked, "key-b") as client:
        for path, body in PATHS.items():
            if not path.startswith("/runs"):
                assert client.post(path, json=body).status_code == 200
    with httpx.Client(base_url=locked.url, headers={"X-API-Key": "key-b"}, trust_env=False) as client:
        assert client.get("/v1/models").status_code == 200
    with caller(locked, "ключ-А") as client:
        assert client.get("/v1/models").status_code == 200


def test_somebody_elses_thread_and_run_are_not_found(locked: Server) -> None:
    with caller(locked, "key-b") as mine, caller(locked, "ключ-А") as other:
        asked = run_input("count 3")
        assert mine.post("/agui/teller", json=asked).status_code == 200
        thread = asked["threadId"]

        messages = f"/api/copilotkit/threads/{thread}/messages"
        assert other.get(messages).json()["error"]["code"] == "thread_not_found"
        assert mine.get(messages, params={"agent": "sales"}).json()["error"]["code"] == "thread_not_found"
        held = mine.get(messages).json()
        assert other.get(f"/runs/{asked['runId']}/events").json()["error"]["code"] == "run_not_found"
        assert other.post(f"/runs/{asked['runId']}/stop").status_code == 404
        assert mine.get(f"/runs/{asked['runId']}/events").status_code == 200

        # beginning a thread of that name is his own thread's first turn
        by_header = {"X-Thread-Id": thread}
        answer = other.post("/v1/chat/completions", json=chat("да", model="teller"), headers=by_header)
        assert (answer.status_code, answer.headers["x-thread-id"]) == (200, thread)
        named = other.post("/v1/chat/completions", json=chat("и ещё", model="teller", ag_ui={"thread_id": thread}))
        assert named.json()["choices"][0]["message"]["content"] == "3: и ещё"
        assert mine.get(messages).json() == held


def test_one_id_of_two_agents_is_two_threads(locked: Server) -> None:
    with caller(locked, "key-b") as client:
        asked = run_input("count 2")
        thread = asked["threadId"]
        client.post("/agui/teller", json=asked)
        client.post("/agui/sales", json=run_input("Покажи воронку продаж", thread=thread))
        messages = f"/api/copilotkit/threads/{thread}/messages"
        asked_which = client.get(messages)
        assert asked_which.status_code == 400
        assert "sales, teller" in asked_which.json()["error"]["message"]
        teller = client.get(messages, params={"agent": "teller"}).text
        sales = client.get(messages, params={"agentId": "sales"}).text
        assert ("count 2" in teller, "воронку" in teller) == (True, False)
        assert ("count 2" in sales, "воронку" in sales) == (False, True)
        assert client.delete(f"/api/copilotkit/threads/{thread}", params={"agent": "sales"}).status_code == 200
        assert client.get(messages).text == teller


def test_a_stranger_does_not_stop_a_run(locked: Server) -> None:
    with caller(locked, "key-b") as mine, caller(locked, "ключ-А") as other:
        asked = run_input("slow")
        with reading(mine, "/agui/teller", asked) as frames:
            next(frames)
            assert other.post(f"/runs/{asked['runId']}/stop").status_code == 404
            assert next(frames).data
            assert mine.post(f"/runs/{asked['runId']}/stop").json()["stopped"] is True


def test_histories_of_two_keys_never_meet(locked: Server) -> None:
    threads = []
    for key in ("key-b", "ключ-А"):
        with caller(locked, key) as client:
            first = client.post("/v1/chat/completions", json=chat("одна и та же фраза", model="teller"))
            answer_text = first.json()["choices"][0]["message"]["content"]
            again = chat("одна и та же фраза", answer_text, "дальше", model="teller")
            second = client.post("/v1/chat/completions", json=again)
            assert second.headers["x-thread-id"] == first.headers["x-thread-id"]
            assert second.json()["choices"][0]["message"]["content"] == "3: дальше"
            threads.append(second.headers["x-thread-id"])
    assert threads[0] != threads[1]


def test_with_credentials_the_origin_is_echoed(locked: Server) -> None:
    origin = {"Origin": "https://app.example"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-thread-id"}
    with caller(locked, "key-b") as client:
        simple = client.get("/v1/models", headers=origin)
        preflight = client.options("/agui/teller", headers=origin | asked)
    with caller(locked, None) as client:
        refused = client.get("/v1/models", headers=origin)
    for answer in (simple, preflight, refused):
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "Origin" in answer.headers["vary"]
    assert preflight.headers["access-control-allow-headers"] == "authorization,x-thread-id"
    assert refused.status_code == 401
