"""Runs over HTTP: read again from any event, stopped, left, one at a time in a thread."""

from __future__ import annotations

import threading
import time

import httpx
import orjson
import pytest

from tests.clients.agui_client import RecordedStream
from tests.http.conftest import Diary
from tests.http.talking import chat, chunks_of, events_of, frames_of, reading, run_input, text_of, types_of
from tests.server import Server

LEFT = 0.2
"""Within so many seconds of the client's leaving the model call must have been cancelled."""


def wait_for(diary: Diary, what: str, count: int, seconds: float = 10) -> list[tuple[float, str]]:
    """The diary's entries, once there are so many: another process writes it, there is nothing to await."""
    deadline = time.monotonic() + seconds
    while len(diary.entries(what)) < count:
        assert time.monotonic() < deadline, f"{what}: {diary.entries(what)}"
        threading.Event().wait(0.01)
    return diary.entries(what)


def test_a_stream_is_taken_up_after_every_event(client: httpx.Client, recorded: list[RecordedStream]) -> None:
    asked = run_input("count 12")
    whole = client.post("/agui/teller", json=asked).content
    recorded.append(RecordedStream("twelve words", whole.decode(), asked))
    frames = frames_of(whole)

    assert [frame.id for frame in frames] == [str(number) for number in range(1, len(frames) + 1)]
    pieces = whole.split(b"\n\n")[:-1]
    for number in range(len(frames) + 2):
        rest = client.get(f"/runs/{asked['runId']}/events", headers={"Last-Event-ID": str(number)}).content
        assert rest == b"".join(piece + b"\n\n" for piece in pieces[number:])
    assert client.get(f"/runs/{asked['runId']}/events", params={"after": 3}).content == b"".join(
        piece + b"\n\n" for piece in pieces[3:]
    )


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "٣", "²", "9" * 5000])
def test_a_last_event_id_that_is_none(client: httpx.Client, number: str) -> None:
    asked = run_input("count 1")
    client.post("/agui/teller", json=asked)
    answer = client.get(f"/runs/{asked['runId']}/events", headers={b"Last-Event-ID": number.encode()})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "Last-Event-ID"


def test_a_run_is_followed_by_a_second_window_and_stopped(
    client: httpx.Client, server: Server, diary: Diary, recorded: list[RecordedStream]
) -> None:
    asked = run_input("slow")
    with reading(client, "/agui/teller", asked) as first:
        received = [next(first) for _ in range(15)]
        with (
            httpx.Client(base_url=server.url, timeout=30, trust_env=False) as window,
            window.stream("GET", f"/runs/{asked['runId']}/events") as second,
        ):
            before = len(diary.entries("cancelled"))
            stopped = stop(server, asked["runId"])
            content = second.read()
        received += list(first)
    assert stopped.json() == {"stopped": True, "runId": asked["runId"]}
    assert len(diary.entries("cancelled")) == before + 1
    assert [orjson.loads(frame.data) for frame in received] == events_of(content)
    events = events_of(content)
    assert events[-1]["outcome"] == {"type": "cancelled"}
    assert types_of(events).count("TEXT_MESSAGE_END") == 1
    # only clients from 1.0 on know this outcome
    recorded.append(RecordedStream("stopped, 1.0", content.decode(), asked))


def stop(server: Server, run_id: str) -> httpx.Response:
    """Press stop, from somewhere else."""
    return httpx.post(f"{server.url}/runs/{run_id}/stop", timeout=30, trust_env=False)


def test_a_stopped_run_ends_in_plain_words_before_1_0(
    client: httpx.Client, server: Server, recorded: list[RecordedStream]
) -> None:
    asked = run_input("slow")
    del asked["protocolVersion"]
    with client.stream("POST", "/agui/teller", json=asked) as response:
        content = b""
        for piece in response.iter_raw():
            if not content:
                stop(server, asked["runId"])
            content += piece
    assert set(events_of(content)[-1]) == {"type", "threadId", "runId"}
    recorded.append(RecordedStream("stopped, before 1.0", content.decode(), asked))


@pytest.mark.parametrize("question", ["slow", "silent"])
@pytest.mark.parametrize("path", ["/agui/teller", "/v1/chat/completions", "not streamed"])
def test_leaving_cancels_the_model_call(client: httpx.Client, diary: Diary, path: str, question: str) -> None:
    called, cancelled = len(diary.entries("called")), len(diary.entries("cancelled"))
    if path == "not streamed":
        with pytest.raises(httpx.ReadTimeout):
            client.post("/v1/chat/completions", json=chat(question, model="teller"), timeout=0.5)
        left = time.time()
    else:
        body = run_input(question) if path.startswith("/agui") else chat(question, model="teller", stream=True)
        with client.stream("POST", path, json=body) as response:
            pieces = response.iter_raw()  # held: dropped, it would close the stream
            next(pieces)
            wait_for(diary, "called", called + 1)
        left = time.time()
    at, _ = wait_for(diary, "cancelled", cancelled + 1)[-1]
    assert at - left < LEFT


@pytest.mark.parametrize("path", ["/agui/teller", "/v1/chat/completions"])
def test_a_run_that_was_asked_to_goes_on_without_its_client(client: httpx.Client, diary: Diary, path: str) -> None:
    finished = len(diary.entries("finished"))
    if path.startswith("/agui"):
        body = run_input("count 300", forwardedProps={"disconnect": "continue"})
    else:
        body = chat("count 300", model="teller", stream=True, ag_ui={"disconnect": "continue"})
    with client.stream("POST", path, json=body) as response:
        next(response.iter_raw())
        run_id = response.headers["x-run-id"]
    wait_for(diary, "finished", finished + 1)
    events = events_of(client.get(f"/runs/{run_id}/events").content)
    assert events[-1]["type"] == "RUN_FINISHED"
    assert len(text_of(events).split()) == 300


def test_one_run_at_a_time_in_a_thread(client: httpx.Client, server: Server) -> None:
    asked = run_input("slow")
    thread = asked["threadId"]
    with (
        reading(client, "/agui/teller", asked) as frames,
        httpx.Client(base_url=server.url, timeout=30, trust_env=False) as other,
    ):
        next(frames)
        refused = [
            other.post("/agui/teller", json=run_input("count 1", thread=thread)),
            other.post("/v1/chat/completions", json=chat("да", model="teller"), headers={"X-Thread-Id": thread}),
        ]
        same = other.post("/agui/teller", json={**run_input("count 1"), "runId": asked["runId"]})
        beside = other.post("/agui/teller", json=run_input("count 1"))
        other.post(f"/runs/{asked['runId']}/stop")
        free = other.post("/agui/teller", json=run_input("count 1", thread=thread))
    for answer in refused:
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "thread_busy"
    assert same.status_code == 400
    assert same.json()["error"]["param"] == "runId"
    assert beside.status_code == 200
    assert events_of(free.content)[-1]["outcome"] == {"type": "success"}


def test_the_thread_is_free_when_the_end_has_been_received(client: httpx.Client) -> None:
    thread = run_input()["threadId"]
    for number in range(1, 9):
        events = events_of(client.post("/agui/teller", json=run_input(f"тише {number}", thread=thread)).content)
        assert text_of(events) == f"{2 * number - 1}: тише {number}"


@pytest.mark.parametrize(("question", "words"), [("fail", ""), ("break", "Начало ответа")])
def test_a_failure_is_reported_in_each_clients_language(
    client: httpx.Client, server: Server, recorded: list[RecordedStream], question: str, words: str
) -> None:
    asked = run_input(question)
    sse = client.post("/agui/teller", json=asked)
    recorded.append(RecordedStream(f"failure: {question}", sse.text, asked))
    events = events_of(sse.content)
    assert events[-1]["type"] == "RUN_ERROR"
    assert events[-1]["code"] == "server_error"
    assert text_of(events) == words

    streamed = client.post("/v1/chat/completions", json=chat(question, model="teller", stream=True))
    whole = client.post("/v1/chat/completions", json=chat(question, model="teller"))
    assert whole.status_code == 500
    assert whole.json()["error"]["type"] == "server_error"
    if words:
        chunks = chunks_of(streamed.content)
        assert text_of(chunks) == words
        assert chunks[-1]["error"]["message"] == whole.json()["error"]["message"]
        assert b"[DONE]" not in streamed.content
    else:
        assert streamed.status_code == 500
        assert streamed.json() == whole.json()
    for answer in (sse, streamed, whole):
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text
    assert "a secret that no client may see" in server.log


def test_nothing_of_the_state_reaches_an_openai_client_that_did_not_ask(client: httpx.Client) -> None:
    plain = client.post("/v1/chat/completions", json=chat("count 3", model="teller", stream=True))
    asked = chat("count 3", model="teller", stream=True, ag_ui={"events": True})
    extended = client.post("/v1/chat/completions", json=asked)

    for word in ("заметка", "пароль", "keep", "STATE", "STEP", "ag_ui", "notes"):
        assert word not in plain.text
    events = [chunk["ag_ui"] for chunk in chunks_of(extended.content)]
    assert "STATE_SNAPSHOT" in types_of(events)
    assert "заметка" in extended.text
    assert types_of(events)[0] == "RUN_STARTED"
    assert types_of(events)[-1] == "RUN_FINISHED"
