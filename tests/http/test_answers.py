"""Answers that are not a plain message, over AG-UI and OpenAI."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from tests.http.talking import chat, chunks_of, events_of, reading, run_input, text_of
from tests.server import serve

GRAPHS = (
    *("structured", "narrated", "lookup", "answered", "shout", "saving"),
    *("repeating", "at_once", "trying", "tools", "release"),
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    agents = [f"{name}=tests.http.answering:{name}" for name in GRAPHS]
    with (
        serve(tmp_path_factory.mktemp("answers"), *agents) as server,
        httpx.Client(base_url=server.url, timeout=30, trust_env=False) as opened,
    ):
        yield opened


def agui(client: httpx.Client, agent: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    response = client.post(f"/agui/{agent}", json=asked)
    assert response.status_code == 200, response.text
    return events_of(response.content)


def openai(client: httpx.Client, agent: str, *texts: Any, **more: Any) -> httpx.Response:
    return client.post("/v1/chat/completions", json=chat(*texts, model=agent, **more))


def content(client: httpx.Client, agent: str, *texts: Any, stream: bool = False) -> str:
    """What an OpenAI client gets as text."""
    response = openai(client, agent, *texts, stream=stream)
    assert response.status_code == 200, response.text
    if stream:
        return text_of(chunks_of(response.content))
    message: dict[str, Any] = response.json()["choices"][0]["message"]
    return str(message["content"])


@pytest.mark.parametrize("stream", [False, True])
def test_a_structured_answer_is_json(client: httpx.Client, stream: bool) -> None:
    assert orjson.loads(content(client, "structured", "Погода?", stream=stream)) == {"city": "Казань", "degrees": 3}
    before, _, answer = content(client, "narrated", "Погода?", stream=stream).partition("\n\n")
    assert before == "Смотрю. "
    assert orjson.loads(answer) == {"city": "Казань", "degrees": 3}


def test_a_structured_answer_over_agui(client: httpx.Client) -> None:
    [*_, ending] = agui(client, "structured", run_input("Погода?"))
    assert ending["result"] == {"city": "Казань", "degrees": 3}
    assert ending["metadata"] == {"structuredResponse": True}


def test_a_graph_without_messages_refuses_them(client: httpx.Client) -> None:
    refused = openai(client, "lookup", "коты")
    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == "This agent takes no messages; its input is: answer, question."
    [*_, ending] = agui(client, "lookup", run_input("коты"))
    assert (ending["type"], ending["code"]) == ("RUN_ERROR", "invalid_request")


def test_a_graph_without_messages_takes_state(client: httpx.Client) -> None:
    for asked in (run_input(state={"question": "коты"}), run_input("Прошу", state={"question": "коты"})):
        [*_, ending] = agui(client, "lookup", asked)
        assert ending["result"] == {"question": "коты", "answer": "о коты"}


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_beside_the_messages(client: httpx.Client, stream: bool) -> None:
    assert orjson.loads(content(client, "answered", "вопрос", stream=stream)) == {"answer": "на «вопрос»"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_functional_graphs_text_is_the_answer(client: httpx.Client, stream: bool) -> None:
    assert content(client, "shout", "привет", stream=stream) == "ПРИВЕТ"


def test_a_functional_graphs_text_over_agui(client: httpx.Client) -> None:
    events = agui(client, "shout", run_input("привет"))
    assert text_of(events) == "ПРИВЕТ"
    assert events[-1]["result"] == "ПРИВЕТ"
    assert all(event["type"] != "MESSAGES_SNAPSHOT" for event in events), "it would take the question away"


def test_a_saved_history_is_whole_and_nothing_comes_twice(client: httpx.Client) -> None:
    thread = uuid.uuid4().hex
    known: list[dict[str, Any]] = []
    for turn, expected in enumerate(["Спросили: вопрос 0", "Спросили: вопрос 0, вопрос 1"]):
        question = {"id": f"u{turn}", "role": "user", "content": f"вопрос {turn}"}
        events = agui(client, "saving", run_input(thread=thread, messages=[*known, question]))
        starts = [event for event in events if event["type"] == "TEXT_MESSAGE_START"]
        assert [event["role"] for event in starts] == ["assistant"]
        assert text_of(events) == expected
        known = next(event["messages"] for event in events if event["type"] == "MESSAGES_SNAPSHOT")
        assert [message["id"] for message in known][-2:] == [f"u{turn}", starts[0]["messageId"]]
        assert len(known) == 2 * (turn + 1)


def test_a_saved_history_over_openai(client: httpx.Client) -> None:
    first = content(client, "saving", "раз")
    assert content(client, "saving", "раз", first, "два") == "Спросили: раз, два"


# Attachments

PDF = {"type": "data", "value": "JVBERi0=", "mimeType": "application/pdf"}
PHOTO = {"type": "url", "value": "https://example.invalid/a.png"}


def test_attachments_keep_what_a_client_says_of_them(client: httpx.Client) -> None:
    parts = [
        {"type": "text", "text": "прочти"},
        {"type": "document", "source": PDF, "metadata": {"filename": "offer.pdf", "pages": 3}},
        {"type": "image", "source": PHOTO, "metadata": {"detail": "low"}},
    ]
    asked = {"id": uuid.uuid4().hex, "role": "user", "content": parts}
    events = agui(client, "repeating", run_input(messages=[asked]))
    _, document, image = orjson.loads(text_of(events))
    assert document["extras"] == {"filename": "offer.pdf", "pages": 3}
    assert image == {"type": "image_url", "image_url": {"url": PHOTO["value"], "detail": "low"}}
    snapshot = next(event["messages"] for event in events if event["type"] == "MESSAGES_SNAPSHOT")
    assert snapshot[0] == asked


def test_attachments_of_clients_before_1_0_keep_their_names(client: httpx.Client) -> None:
    part = {"type": "binary", "mimeType": "application/pdf", "data": "JVBERi0=", "filename": "offer.pdf"}
    asked = {"id": uuid.uuid4().hex, "role": "user", "content": [part]}
    events = agui(client, "repeating", run_input(messages=[asked], protocolVersion=None))
    [document] = orjson.loads(text_of(events))
    assert document["extras"] == {"filename": "offer.pdf"}


def test_attachments_of_openai_clients_do_too(client: httpx.Client) -> None:
    parts = [
        {"type": "file", "file": {"filename": "offer.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
        {"type": "image_url", "image_url": {"url": PHOTO["value"], "detail": "high"}},
    ]
    document, image = orjson.loads(content(client, "repeating", {"role": "user", "content": parts}))
    assert document["extras"] == {"filename": "offer.pdf"}
    assert image["image_url"] == {"url": PHOTO["value"], "detail": "high"}


# Order


@pytest.mark.parametrize("stream", [False, True])
def test_two_models_at_once_are_two_texts(client: httpx.Client, stream: bool) -> None:
    answer = content(client, "at_once", "?", stream=stream)
    assert sorted(answer.split("\n\n")) == ["uno dos tres", "раз два три"]


def test_two_models_at_once_are_two_messages(client: httpx.Client) -> None:
    events = agui(client, "at_once", run_input("?"))
    ids = [event["messageId"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT"]
    assert len(set(ids)) == 2
    assert ids != sorted(ids, key=ids.index), "they are shown as they come"


def test_a_node_that_is_tried_again(client: httpx.Client) -> None:
    assert content(client, "trying", "?") == "раз два три четыре"
    assert content(client, "trying", "?", stream=True) == "раз два \n\nраз два три четыре"
    events = agui(client, "trying", run_input("?"))
    kinds = [event["type"] for event in events if event["type"] in ("TEXT_MESSAGE_START", "TEXT_MESSAGE_END")]
    assert kinds == ["TEXT_MESSAGE_START", "TEXT_MESSAGE_END"] * 2, "the failed attempt ends before the next begins"
    snapshot = next(event["messages"] for event in events if event["type"] == "MESSAGES_SNAPSHOT")
    assert [message["content"] for message in snapshot] == ["?", "раз два три четыре"]


def test_a_tools_result_does_not_wait_for_the_slowest(client: httpx.Client) -> None:
    results = []
    with reading(client, "/agui/tools", run_input("?")) as frames:
        for frame in frames:
            event = orjson.loads(frame.data)
            if event["type"] == "TOOL_CALL_RESULT":
                results.append((event["toolCallId"], event["content"]))
                if len(results) == 1:
                    assert results == [("fast", "быстро 1")]
                    agui(client, "release", run_input("Дальше"))
            if event["type"] == "MESSAGES_SNAPSHOT":
                snapshot = event["messages"]
    assert results == [("fast", "быстро 1"), ("slow", "медленно 1")]
    assert [message.get("toolCallId") for message in snapshot[2:]] == ["slow", "fast"]
