"""Integers beyond 64 bits, halves of surrogate pairs, odd events: through every address, and no stream breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.http.odd import LARGE, WRITTEN
from tests.http.talking import chat, chunks_of, run_input
from tests.server import Server, serve


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("odd"), "odd=tests.http.odd:graph") as running:
        yield running


@pytest.fixture
def client(odd: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=odd.url, timeout=30, trust_env=False) as opened:
        yield opened


def ask(client: httpx.Client, text: str | None, **more: Any) -> list[dict[str, Any]]:
    """The events of a run; integers exact, as Python's parser reads them."""
    answer = client.post("/agui/odd", json=run_input(text, **more))
    assert answer.status_code == 200, answer.text
    assert all(line.startswith(("data: ", "id: ", ":")) for line in answer.text.splitlines() if line)
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT")


TEXTS = {"halves": "a 😀 b", "lone": "a \ufffd b", "lines": "a\u2028b\u2029\u0085c"}


@pytest.mark.parametrize("asked", TEXTS)
def test_text(client: httpx.Client, asked: str) -> None:
    events = ask(client, asked)
    assert events[-1]["type"] == "RUN_FINISHED"
    assert text_of(events) == TEXTS[asked]

    streamed = client.post("/v1/chat/completions", json=chat(asked, model="odd", stream=True))
    assert len(streamed.text.splitlines()) == streamed.text.count("\n")
    streamed_text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks_of(streamed.content))
    whole = client.post("/v1/chat/completions", json=chat(asked, model="odd")).json()["choices"][0]["message"]
    assert whole["content"] == streamed_text
    assert streamed_text == TEXTS[asked]


@pytest.mark.parametrize("asked", TEXTS)
def test_the_next_turn_finds_its_thread(client: httpx.Client, asked: str) -> None:
    first = client.post("/v1/chat/completions", json=chat(asked, model="odd", user=f"next {asked}"))
    history = [{"role": "user", "content": asked}, first.json()["choices"][0]["message"]]
    second = client.post("/v1/chat/completions", json=chat(*history, "next", model="odd", user=f"next {asked}"))
    assert second.headers["x-thread-id"] == first.headers["x-thread-id"]


def test_state(client: httpx.Client) -> None:
    thread = "odd-state"
    for _ in range(2):
        events = ask(client, "hello", thread=thread)
        assert events[-1]["type"] == "RUN_FINISHED"
    [snapshot] = [event["snapshot"] for event in events if event["type"] == "STATE_SNAPSHOT"][:1]
    assert snapshot["number"] == LARGE
    assert snapshot["note"]["large"] == LARGE

    events = ask(client, "hello", thread=thread, state={"number": LARGE + 1})  # and a client may send one
    assert events[-1]["type"] == "RUN_FINISHED"
    numbers = [event["snapshot"]["number"] for event in events if event["type"] == "STATE_SNAPSHOT"]
    assert numbers[0] == LARGE + 1


def test_arguments(client: httpx.Client) -> None:
    events = ask(client, "call")
    assert events[-1]["type"] == "RUN_FINISHED"
    arguments = "".join(event["delta"] for event in events if event["type"] == "TOOL_CALL_ARGS")
    assert json.loads(arguments)["n"] == LARGE
    [snapshot] = [event["messages"] for event in events if event["type"] == "MESSAGES_SNAPSHOT"]
    [call] = [call for message in snapshot for call in message.get("toolCalls", ())]
    assert json.loads(call["function"]["arguments"])["n"] == LARGE


def test_arguments_that_come_back(client: httpx.Client) -> None:
    function = {"name": "look", "arguments": json.dumps({"n": LARGE, "half": "\ud83d"})}
    called = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c", "type": "function", "function": function}],
    }
    answered = {"role": "tool", "tool_call_id": "c", "content": "\ud83d"}
    body = json.dumps(chat({"role": "user", "content": "hi"}, called, answered, model="odd")).encode()
    answer = client.post("/v1/chat/completions", content=body)
    assert answer.status_code == 200, answer.text
    thread = answer.headers["x-thread-id"]
    [call] = [
        call
        for event in ask(client, "more", thread=thread)
        if event["type"] == "MESSAGES_SNAPSHOT"
        for message in event["messages"]
        for call in message.get("toolCalls", ())
    ]
    assert json.loads(call["function"]["arguments"]) == {"n": LARGE, "half": "\ufffd"}


def test_an_interrupt_and_its_answer(client: httpx.Client) -> None:
    *_, last = ask(client, "ask", thread="odd-ask")
    [interrupt] = last["outcome"]["interrupts"]
    assert interrupt["metadata"]["value"]["number"] == LARGE
    answer = {"interruptId": interrupt["id"], "status": "resolved", "payload": {"number": LARGE + 2}}
    events = ask(client, None, thread="odd-ask", resume=[answer])
    assert events[-1]["outcome"]["type"] == "success"
    assert str(LARGE + 2) in json.dumps([event for event in events if event["type"].startswith("STATE_")])


def test_an_interrupt_as_a_call(client: httpx.Client) -> None:
    body = chat("ask", model="odd", ag_ui={"interrupts": "tool"})
    for stream in (False, True):
        answer = client.post("/v1/chat/completions", json=body | {"stream": stream})
        assert answer.status_code == 200
        assert str(LARGE) in answer.text
        assert not stream or answer.text.endswith("data: [DONE]\n\n")


def test_what_a_node_writes(client: httpx.Client) -> None:
    events = ask(client, "written")
    custom = [event for event in events if event["type"] == "CUSTOM"]
    assert len(custom) == len(WRITTEN["written"])
    assert custom[0]["value"] == {"type": ["a"]}
    assert (custom[1]["name"], custom[1]["value"]) == ("x", 1)
    assert events[-1]["type"] == "RUN_FINISHED"
    assert text_of(events) == "ok"


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


ODD_INPUTS: dict[str, dict[str, Any]] = {
    "a version that is a power": {"protocolVersion": "²"},
    "a version of 5,000 digits": {"protocolVersion": "9" * 5000},
    "calls of a user": {"messages": [{"id": "1", "role": "user", "content": "x", "toolCalls": [{}]}]},
    "a state 150 deep": {"state": {"deep": nested(150)}},
    "properties 150 deep": {"forwardedProps": {"deep": nested(150)}},
}


@pytest.mark.parametrize("name", ODD_INPUTS)
def test_odd_inputs_run(client: httpx.Client, name: str) -> None:
    answer = client.post("/agui/odd", json=run_input("x") | ODD_INPUTS[name])
    assert answer.status_code == 200, answer.text
    assert '"RUN_FINISHED"' in answer.text
