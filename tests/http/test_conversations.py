"""Conversations with the sales agent: word by word, through a restart, to a legal end."""

from __future__ import annotations

import itertools
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from bridge.web.sse import SSEDecoder
from tests.clients.agui_client import RecordedStream
from tests.http.conftest import AGENTS
from tests.http.talking import chat, chunks_of, events_of, run_input, text_of, types_of
from tests.server import Server, serve

ASKED = "Помоги с маркетингом"


@pytest.fixture(scope="module")
def paced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model takes its time over every word, and which shuts down at once."""
    directory = tmp_path_factory.mktemp("paced")
    with serve(directory, *AGENTS, "--shutdown-grace", "0", env={"DEMO_MODEL_DELAY": "0.05"}) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/agui/sales", lambda: run_input(ASKED)),
        ("/v1/chat/completions", lambda: chat(ASKED, stream=True)),
        ("/api/copilotkit-streaming/", lambda: {"message": ASKED}),
    ],
)
def test_words_arrive_apart(paced: Server, path: str, body: Callable[[], dict[str, Any]]) -> None:
    decoder, arrivals, answer_text = SSEDecoder(), [], ""
    with httpx.stream("POST", paced.url + path, json=body(), timeout=30, trust_env=False) as response:
        for piece in response.iter_raw():
            frames = [frame.data for frame in decoder.feed(piece) if frame.data != "[DONE]"]
            words = text_of(orjson.loads(data) for data in frames)
            if words:
                answer_text += words
                arrivals.append(time.monotonic())
    apart = sum(later - earlier > 0.02 for earlier, later in itertools.pairwise(arrivals))

    assert len(answer_text.split()) > 10
    assert apart >= 10
    assert arrivals[-1] - arrivals[0] > 0.5


def messages_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    [snapshot] = [event for event in events if event["type"] == "MESSAGES_SNAPSHOT"]
    messages: list[dict[str, Any]] = snapshot["messages"]
    return messages


def test_a_killed_server_has_forgotten_nothing(tmp_path: Path, recorded: list[RecordedStream]) -> None:
    with serve(tmp_path) as server, httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        first = run_input("Найди лидов в Казани с бюджетом от 500 тыс")
        events = events_of(client.post("/agui/default", json=first).content)
        asked = client.post("/v1/chat/completions", json=chat("Покажи воронку"))
        answer = asked.json()["choices"][0]["message"]["content"]
        quote = chat("Сделай КП на 10 CRM Бизнес для «Кофейня-Импульс» со скидкой 15 %")
        waiting = client.post("/v1/chat/completions", json=quote)

        server.kill()
        assert server.process.returncode == -signal.SIGKILL
        server.start()

        second = run_input("Оцени первого", thread=first["threadId"])
        sse = client.post("/agui/default", json=second)
        recorded.append(RecordedStream("after a kill", sse.text, second))
        after = events_of(sse.content)
        messages_before = messages_of(events)
        assert messages_of(after)[: len(messages_before)] == messages_before

        assert "qualify_lead" in str(after)

        again = client.post("/v1/chat/completions", json=chat("Покажи воронку", answer, "А прогноз?"))
        assert again.headers["x-thread-id"] == asked.headers["x-thread-id"]

        approved = chat(quote["messages"][0], waiting.json()["choices"][0]["message"], "да")
        done = client.post("/v1/chat/completions", json=approved)
        assert done.headers["x-thread-id"] == waiting.headers["x-thread-id"]
        assert "КП-" in done.json()["choices"][0]["message"]["content"]
    with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as crm:
        assert crm.execute("select status, discount_percent from quotes").fetchall() == [("approved", 15.0)]


def test_shutting_down_ends_every_stream_legally(paced: Server, recorded: list[RecordedStream]) -> None:
    asked = run_input("slow")
    with httpx.Client(base_url=paced.url, timeout=30, trust_env=False) as client:
        spoken = client.stream("POST", "/v1/chat/completions", json=chat("slow", model="teller", stream=True))
        whole = client.stream("POST", "/agui/teller", json=asked)
        with whole as agui, spoken as openai:
            pieces, chunks = agui.iter_raw(), openai.iter_raw()
            received = [next(pieces), next(chunks)]
            paced.process.terminate()
            received[0] += b"".join(pieces)
            received[1] += b"".join(chunks)
    assert paced.process.wait(15) in (0, -signal.SIGTERM)
    recorded.append(RecordedStream("shut down", received[0].decode(), asked))

    events, chunks_after = events_of(received[0]), chunks_of(received[1])
    assert types_of(events)[-4:] == ["TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END", "STEP_FINISHED", "RUN_ERROR"]
    assert "shutting down" in events[-1]["message"]
    assert "shutting down" in chunks_after[-1]["error"]["message"]
    assert "Traceback" not in paced.log
