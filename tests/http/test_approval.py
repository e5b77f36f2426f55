"""A person approves, or does not, in each of the languages that clients speak; the CRM shows what came of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx
import orjson
import pytest

from bridge.openai_compat.fold import Fold
from tests.clients.agui_client import RecordedStream
from tests.http.stored import stored
from tests.http.talking import chat, chunks_of, events_of, run_input, text_of
from tests.server import Server

QUOTE = "Сделай КП на 10 CRM Бизнес для «Кофейня-Импульс» со скидкой 15 %"
INTERRUPT = {"type": "function", "function": {"name": "interrupt", "description": "Спросить человека"}}
REFUSED = "не согласовали"

Quotes = Callable[[], list[tuple[str, float]]]


@pytest.fixture
def quotes(server: Server) -> Quotes:
    """The quotes that were made since this test began: status, discount."""

    def read() -> list[tuple[str, float]]:
        with closing(sqlite3.connect(server.db.with_name("crm.sqlite"))) as crm:
            if not crm.execute("select 1 from sqlite_master where name = 'quotes'").fetchall():
                return []
            return crm.execute("select status, discount_percent from quotes order by id").fetchall()

    before = len(read())
    return lambda: read()[before:]


@pytest.mark.parametrize("approved", [True, False])
def test_over_agui_1_0(client: httpx.Client, recorded: list[RecordedStream], quotes: Quotes, approved: bool) -> None:
    asked = run_input(QUOTE)
    first = client.post("/agui/sales", json=asked)
    outcome = events_of(first.content)[-1]["outcome"]
    assert outcome["type"] == "interrupt"
    [interrupt] = outcome["interrupts"]
    assert "15 %" in interrupt["message"]
    assert interrupt["responseSchema"]["required"] == ["approved"]
    assert quotes() == []

    entry = {"interruptId": interrupt["id"], "status": "resolved", "payload": {"approved": approved}}
    answer = run_input(thread=asked["threadId"], resume=[entry])
    second = client.post("/agui/sales", json=answer)
    recorded += [
        RecordedStream(f"asked, {approved}", first.text, asked),
        RecordedStream(f"answered, {approved}", second.text, answer),
    ]
    events = events_of(second.content)
    assert events[-1]["outcome"] == {"type": "success"}
    assert quotes() == ([("approved", 15.0)] if approved else [])
    assert (REFUSED in text_of(events)) is not approved


def test_a_cancelled_entry_refuses(client: httpx.Client, quotes: Quotes) -> None:
    asked = run_input(QUOTE)
    [interrupt] = events_of(client.post("/agui/sales", json=asked).content)[-1]["outcome"]["interrupts"]
    entry = {"interruptId": interrupt["id"], "status": "cancelled"}
    body = run_input(thread=asked["threadId"], resume=[entry])
    assert REFUSED in text_of(events_of(client.post("/agui/sales", json=body).content))
    assert quotes() == []


def test_an_answer_to_nothing_is_refused(client: httpx.Client, server: Server) -> None:
    thread = run_input("count 1")
    client.post("/agui/sales", json=thread)
    before = stored(server)
    entry = {"interruptId": "none", "status": "resolved", "payload": True}
    body = run_input(thread=thread["threadId"], resume=[entry])
    events = events_of(client.post("/agui/sales", json=body).content)
    assert stored(server) == before
    assert events[-1]["type"] == "RUN_ERROR"
    assert events[-1]["code"] == "invalid_request"
    assert "'none'" in events[-1]["message"]


@pytest.mark.parametrize(
    "answer",
    [
        {"resume": [{"interruptId": "none", "status": "resolved", "payload": True}]},
        {"forwardedProps": {"command": {"resume": True}}},
    ],
)
def test_an_answer_on_a_new_thread_is_refused_and_leaves_nothing(
    client: httpx.Client, server: Server, answer: dict[str, Any]
) -> None:
    before = stored(server)
    refused = client.post("/agui/sales", json=run_input(**answer))
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "invalid_request"
    assert "pending" in refused.json()["error"]["message"]
    assert stored(server) == before


@pytest.mark.parametrize("approved", [True, False])
def test_over_agui_before_1_0(
    client: httpx.Client, recorded: list[RecordedStream], quotes: Quotes, approved: bool
) -> None:
    asked = run_input(QUOTE)
    del asked["protocolVersion"]
    first = client.post("/agui/sales", json=asked)
    events = events_of(first.content)
    assert "outcome" not in events[-1]
    [custom] = [event for event in events if event["type"] == "CUSTOM"]
    assert custom["name"] == "on_interrupt"
    assert custom["value"]["quote"]["discount_percent"] == 15
    assert quotes() == []

    answer = run_input(thread=asked["threadId"], forwardedProps={"command": {"resume": {"approved": approved}}})
    del answer["protocolVersion"]
    second = client.post("/agui/sales", json=answer)
    recorded += [
        RecordedStream(f"asked before 1.0, {approved}", first.text, asked),
        RecordedStream(f"answered before 1.0, {approved}", second.text, answer),
    ]
    assert quotes() == ([("approved", 15.0)] if approved else [])
    assert (REFUSED in text_of(events_of(second.content))) is not approved


@pytest.mark.parametrize(("words", "approved"), [("Да.", True), ("нет, спасибо", False), ("yes", True)])
def test_in_words_over_openai(client: httpx.Client, quotes: Quotes, words: str, approved: bool) -> None:
    history: list[dict[str, Any]] = chat(QUOTE)["messages"]

    def say(text: str | None = None) -> str:
        if text is not None:
            history.append({"role": "user", "content": text})
        answer = client.post("/v1/chat/completions", json={"messages": history, "stream": True})
        chunks = chunks_of(answer.content)
        assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
        history.append({"role": "assistant", "content": text_of(chunks)})
        return text_of(chunks)

    asked = say()
    assert "15 %" in asked
    assert "Ответьте: да / нет\n" in asked
    assert "Скидка, % (от 0 до 30" in asked
    assert quotes() == []

    for unclear in ("наверное", "да, но не больше 99 %", "сколько это в долларах?"):
        assert say(unclear) == f"Не удалось понять ответ. Чтобы отказаться, ответьте «отмена».\n\n{asked}"
        assert quotes() == []

    said = say(words)
    assert quotes() == ([("approved", 15.0)] if approved else [])
    assert (REFUSED in said) is not approved


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("да, но не больше 12 %", [("approved", 12.0)]),
        ("согласен на 12 %", [("approved", 12.0)]),
        ("approve it", [("approved", 15.0)]),
        ("нет, слишком дорого", []),
        ("отмена", []),
    ],
)
def test_a_decision_with_a_condition(client: httpx.Client, quotes: Quotes, words: str, made: Any) -> None:
    first = client.post("/v1/chat/completions", json=chat(QUOTE)).json()["choices"][0]["message"]["content"]
    done = client.post("/v1/chat/completions", json=chat(QUOTE, first, words)).json()
    assert quotes() == made
    assert (REFUSED in done["choices"][0]["message"]["content"]) is not bool(made)


def test_answered_again_the_new_answer_counts(client: httpx.Client, quotes: Quotes) -> None:
    first = client.post("/v1/chat/completions", json=chat(QUOTE)).json()["choices"][0]["message"]["content"]
    for words, refused, made in (("да", False, 1), ("нет", True, 1), ("да, но не больше 11 %", False, 2)):
        done = client.post("/v1/chat/completions", json=chat(QUOTE, first, words)).json()
        assert (REFUSED in done["choices"][0]["message"]["content"]) is refused
        assert len(quotes()) == made
    assert quotes() == [("approved", 15.0), ("approved", 11.0)]


def test_an_object_in_words(client: httpx.Client, quotes: Quotes) -> None:
    first = client.post("/v1/chat/completions", json=chat(QUOTE)).json()["choices"][0]["message"]["content"]
    client.post("/v1/chat/completions", json=chat(QUOTE, first, '{"approved": true, "discount": 12}'))
    assert quotes() == [("approved", 12.0)]


@pytest.mark.parametrize(
    ("content", "approved"),
    [('{"approved": true}', True), ('{"approved": false}', False), ("да", True), ("нет", False)],
)
@pytest.mark.parametrize("declared", [True, False])
def test_as_a_tool_over_openai(
    client: httpx.Client, quotes: Quotes, content: str, approved: bool, declared: bool
) -> None:
    how = {"tools": [INTERRUPT]} if declared else {"ag_ui": {"interrupts": "tool"}}
    answer = client.post("/v1/chat/completions", json=chat(QUOTE, **how)).json()
    [choice] = answer["choices"]
    assert choice["finish_reason"] == "tool_calls"
    [call] = choice["message"]["tool_calls"]
    assert call["function"]["name"] == "interrupt"
    assert "15 %" in orjson.loads(call["function"]["arguments"])["message"]

    told = {"role": "tool", "tool_call_id": call["id"], "content": content}
    body = {**chat(QUOTE), "messages": [*chat(QUOTE)["messages"], choice["message"], told], **how}
    done = client.post("/v1/chat/completions", json=body).json()["choices"][0]
    assert done["finish_reason"] == "stop"
    assert quotes() == ([("approved", 15.0)] if approved else [])
    assert (REFUSED in done["message"]["content"]) is not approved


def _reversed(value: Any) -> Any:
    """The fields of all objects in the other order."""
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


def _whole(value: Any) -> Any:
    """JavaScript: 15.0 is 15."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


REWRITES: dict[str, Callable[[Any], str]] = {
    "numbers": lambda value: json.dumps(_whole(value), ensure_ascii=False, separators=(",", ":")),
    "order": lambda value: json.dumps(_reversed(value), ensure_ascii=False),
    "white space": lambda value: json.dumps(value, ensure_ascii=False, indent=4),
    "escapes": lambda value: json.dumps(value, ensure_ascii=True),
}


@pytest.mark.parametrize("rewrite", REWRITES)
@pytest.mark.parametrize("stream", [True, False])
def test_as_a_tool_through_a_client_that_rewrites_arguments(
    client: httpx.Client, quotes: Quotes, rewrite: str, stream: bool
) -> None:
    """And through its next turn, by which the whole history comes back."""
    history = chat(QUOTE)["messages"]

    def send() -> dict[str, Any]:
        body = {"messages": history, "tools": [INTERRUPT], "stream": stream}
        answer = client.post("/v1/chat/completions", json=body)
        folded = Fold()
        if stream:
            for chunk in chunks_of(answer.content):
                folded.add(chunk)
            return folded.message()
        return answer.json()["choices"][0]["message"]  # type: ignore[no-any-return]

    asked = send()
    [call] = asked["tool_calls"]
    sent = call["function"]["arguments"]
    assert "15.0" in sent
    call["function"]["arguments"] = REWRITES[rewrite](orjson.loads(sent))
    assert call["function"]["arguments"] != sent
    history += [asked, {"role": "tool", "tool_call_id": call["id"], "content": '{"approved": true}'}]
    done = send()
    assert REFUSED not in done["content"]
    assert quotes() == [("approved", 15.0)]
    history += [done, {"role": "user", "content": "Спасибо"}]
    assert send()["content"]
    assert quotes() == [("approved", 15.0)]


def test_asked_over_openai_and_answered_over_agui(client: httpx.Client, quotes: Quotes) -> None:
    asked = client.post("/v1/chat/completions", json=chat(QUOTE))
    body = run_input(thread=asked.headers["x-thread-id"], forwardedProps={"command": {"resume": {"approved": True}}})
    client.post("/agui/sales", json=body)
    assert quotes() == [("approved", 15.0)]
