"""Bad input, on every route that takes a body: the right status, the envelope, nothing run and nothing stored."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest

from tests.http.conftest import Diary
from tests.http.stored import stored
from tests.http.talking import chat, run_input
from tests.server import Server

AGUI = "/agui/teller"
CHAT = "/v1/chat/completions"
POSTS = (AGUI, CHAT, "/api/copilotkit-streaming/", "/api/copilotkit-adapter/", "/api/test-copilotkit/")
OPENAI = (CHAT, "/api/copilotkit-streaming/", "/api/copilotkit-adapter/")

BODIES: dict[str, tuple[bytes, int]] = {
    "empty": (b"", 400),
    "not JSON": (b'{"messages": [', 400),
    "not UTF-8": ('{"message": "привет"}'.encode("cp1251"), 400),
    "an array": (b"[1, 2]", 400),
    "a string": (b'"hello"', 400),
    "null": (b"null", 400),
    "NaN": (b'{"temperature": NaN}', 400),
    "too deep": (b'{"a":' * 3000 + b"1" + b"}" * 3000, 400),
    "a little too deep": (b'{"a":' * 201 + b"1" + b"}" * 201, 400),
    "too deep, a large number": (b'{"n": 12345678901234567890, "a":' + b"[" * 200 + b"]" * 200 + b"}", 400),
    "half a million deep": (b'{"a":' + b"[" * 500_000, 400),
    "a number of 5,000 digits": (b'{"temperature": ' + b"9" * 5000 + b"}", 400),
    "10 MiB": (b'{"message": "' + b"x" * (10 * 1024 * 1024) + b'"}', 413),
}


@pytest.fixture(autouse=True)
def nothing_happens(server: Server, diary: Diary) -> Any:
    """Neither the graph nor the database hears of any of this."""
    before = stored(server), len(diary.entries("called"))
    yield
    assert (stored(server), len(diary.entries("called"))) == before


def check(answer: httpx.Response, status: int, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"]
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"].endswith(".")
    assert "Traceback" not in error["message"]
    if param is not None:
        assert error["param"] == param
    if code is not None:
        assert error["code"] == code
    return error


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", BODIES)
def test_bodies_that_are_none(client: httpx.Client, path: str, body: str) -> None:
    content, status = BODIES[body]
    error = check(client.post(path, content=content, headers={"Content-Type": "application/json"}), status)

    assert error["type"] == "invalid_request_error"
    assert error["code"] == ("request_too_large" if status == 413 else "invalid_request")


@pytest.mark.parametrize("path", POSTS)
def test_too_large_without_a_declared_length(client: httpx.Client, path: str) -> None:
    pieces = (b"x" * 1024 * 1024 for _ in range(10))
    check(client.post(path, content=pieces), 413, code="request_too_large")


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def user(content: Any = "привет", **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **more}


BAD_CHATS: dict[str, tuple[dict[str, Any], str]] = {
    "no messages": ({}, "messages"),
    "messages is null": ({"messages": None}, "messages"),
    "messages is a string": ({"messages": "привет"}, "messages"),
    "messages is empty": ({"messages": []}, "messages"),
    "a message is a string": ({"messages": ["привет"]}, "messages[0]"),
    "no role": ({"messages": [{"content": "x"}]}, "messages[0].role"),
    "a wrong role": ({"messages": [user(), {"role": "robot", "content": "x"}]}, "messages[1].role"),
    "a role that is a number": ({"messages": [{"role": 7, "content": "x"}]}, "messages[0].role"),
    "no content": ({"messages": [{"role": "user"}]}, "messages[0].content"),
    "content is a number": (chat(user(5)), "messages[0].content"),
    "content is an object": (chat(user({"text": "x"})), "messages[0].content"),
    "a part of no kind": (chat(user([{"text": "x"}])), "messages[0].content[0].type"),
    "a part that is a string": (chat(user(["x"])), "messages[0].content[0].type"),
    "a text part without text": (chat(user([{"type": "text"}])), "messages[0].content[0].text"),
    "an image without a URL": (chat(user([{"type": "image_url"}])), "messages[0].content[0].image_url.url"),
    "audio without data": (chat(user([{"type": "input_audio"}])), "messages[0].content[0].input_audio.data"),
    "a file without data": (chat(user([{"type": "file", "file": {}}])), "messages[0].content[0].file"),
    "an image from the assistant": (
        chat({"role": "assistant", "content": [{"type": "image_url", "image_url": "x"}]}, user()),
        "messages[0].content[0].type",
    ),
    "a tool message without id": (chat(user(), {"role": "tool", "content": "x"}), "messages[1].tool_call_id"),
    "calls that are an object": (
        chat({"role": "assistant", "tool_calls": {"id": "x"}}, user()),
        "messages[0].tool_calls",
    ),
    "a tool choice without a function": (chat(user(), tool_choice={"function": "x"}), "tool_choice.function.name"),
    "a tool choice without a name": (
        chat(user(), tool_choice={"type": "function", "function": {}}),
        "tool_choice.function.name",
    ),
    "a tool choice that no tool has": (chat(user(), tool_choice="any"), "tool_choice"),
    "a form that OpenAI does not have": (chat(user(), response_format={"type": "xml"}), "response_format.type"),
    "a call without a function": (
        chat({"role": "assistant", "tool_calls": [{"id": "x"}]}, user()),
        "messages[0].tool_calls[0]",
    ),
    "model is a number": (chat(user(), model=7), "model"),
    "stream is a string": (chat(user(), stream="yes"), "stream"),
    "stream_options is a list": (chat(user(), stream_options=[1]), "stream_options"),
    "two answers": (chat(user(), n=2), "n"),
    "log probabilities": (chat(user(), logprobs=True), "logprobs"),
    "audio": (chat(user(), modalities=["text", "audio"]), "modalities"),
    "modalities is a number": (chat(user(), modalities=5), "modalities"),
    "functions": (chat(user(), functions=[{"name": "f"}]), "functions"),
    "temperature is a string": (chat(user(), temperature="hot"), "temperature"),
    "temperature is true": (chat(user(), temperature=True), "temperature"),
    "temperature is too high": (chat(user(), temperature=3), "temperature"),
    "max_tokens is none": (chat(user(), max_tokens=0), "max_tokens"),
    "stop is a number": (chat(user(), stop=5), "stop"),
    "tools is an object": (chat(user(), tools={}), "tools"),
    "a tool is a string": (chat(user(), tools=["x"]), "tools[0].type"),
    "a tool of another kind": (chat(user(), tools=[{"type": "web_search"}]), "tools[0].type"),
    "a tool without a name": (chat(user(), tools=[{"type": "function", "function": {}}]), "tools[0].function.name"),
    "ag_ui is a list": (chat(user(), ag_ui=["events"]), "ag_ui"),
    "interrupts in smoke": (chat(user(), ag_ui={"interrupts": "smoke"}), "ag_ui.interrupts"),
    "disconnect explode": (chat(user(), ag_ui={"disconnect": "explode"}), "ag_ui.disconnect"),
    "a thread that is a number": (chat(user(), ag_ui={"thread_id": 5}), "ag_ui.thread_id"),
    "a thread without letters": (chat(user(), ag_ui={"thread_id": ""}), "ag_ui.thread_id"),
}


@pytest.mark.parametrize("name", BAD_CHATS)
def test_bad_chats_name_the_parameter(client: httpx.Client, name: str) -> None:
    body, param = BAD_CHATS[name]
    for path in OPENAI:
        check(client.post(path, json={"model": "teller"} | body), 400, param, "invalid_request")


BAD_MESSAGES: dict[str, tuple[dict[str, Any], str]] = {
    "empty": ({"message": "  "}, "message"),
    "a number": ({"message": 5}, "message"),
    "null": ({"message": None}, "message"),
    "a thread that is a list": ({"message": "да", "threadId": [1]}, "threadId"),
    "ag_ui that is a list": ({"message": "да", "thread_id": "t", "ag_ui": [1]}, "ag_ui"),
}


@pytest.mark.parametrize("name", BAD_MESSAGES)
@pytest.mark.parametrize("path", ["/api/copilotkit-streaming/", "/api/copilotkit-adapter/"])
def test_bad_messages(client: httpx.Client, path: str, name: str) -> None:
    body, param = BAD_MESSAGES[name]
    check(client.post(path, json={"model": "teller"} | body), 400, param)


def agui(**changed: Any) -> dict[str, Any]:
    return {**run_input("привет"), **changed}


BAD_INPUTS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "threadId"),
    "an OpenAI body": (chat("привет"), "threadId"),
    "names as Python has them": ({"thread_id": "t", "run_id": "r", "messages": []}, "threadId"),
    "a thread that is a number": (agui(threadId=7), "threadId"),
    "a thread without letters": (agui(threadId=""), "threadId"),
    "a thread that is a book": (agui(threadId="x" * 300), "threadId"),
    "a run without letters": (agui(runId=""), "runId"),
    "messages is a string": (agui(messages="x"), "messages"),
    "a message without id": (agui(messages=[{"role": "user", "content": "x"}]), "messages.0.id"),
    "a wrong role": (agui(messages=[{"id": "1", "role": "robot", "content": "x"}]), "messages.0"),
    "a tool answer by Python's names": (
        agui(messages=[{"id": "1", "role": "tool", "content": "x", "tool_call_id": "c"}]),
        "messages.0.toolCallId",
    ),
    "content is a number": (agui(messages=[{"id": "1", "role": "user", "content": 5}]), "messages.0.content"),
    "tools is an object": (agui(tools={}), "tools"),
    "a tool without a name": (agui(tools=[{"description": "x"}]), "tools.0.name"),
    "a resume of no status": (agui(resume=[{"interruptId": "i"}]), "resume.0.status"),
    "a tool choice without a function": (
        agui(forwardedProps={"toolChoice": {"function": "x"}}),
        "forwardedProps.toolChoice",
    ),
    "disconnect explode": (agui(forwardedProps={"disconnect": "explode"}), "forwardedProps.disconnect"),
}


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_bad_inputs_name_the_field(client: httpx.Client, name: str) -> None:
    body, param = BAD_INPUTS[name]
    error = check(client.post(AGUI, json=body), 400, code="invalid_request")
    assert str(error["param"]).startswith(param)


@pytest.mark.parametrize("depth", [199, 260])
def test_what_is_too_deep_is_refused_by_name(client: httpx.Client, depth: int) -> None:
    envelope = {"method": "agent/run", "params": {"agentId": "teller"}, "body": {"state": nested(depth)}}
    answers = [
        client.post(AGUI, json=agui(state={"deep": nested(depth)})),
        client.post(CHAT, json=chat("x", metadata={"deep": nested(depth)})),
        client.post("/api/copilotkit", json=envelope),
    ]
    for answer in answers:
        assert "nested deeper than 200 levels" in check(answer, 400)["message"]


@pytest.mark.parametrize("limit", ["²", "٣", "9" * 5000, "-1", "1.0", " 1", "1_0", "0", "201"])
def test_limits(client: httpx.Client, limit: str) -> None:
    check(client.get("/api/copilotkit/threads", params={"agentId": "teller", "limit": limit}), 400, "limit")


def test_a_resource_without_a_path(client: httpx.Client) -> None:
    envelope = {"method": "resource/request", "params": {"path": "//[", "httpMethod": "GET"}}
    check(client.post("/api/copilotkit", json=envelope), 400, "params.path")


def test_a_length_that_is_no_number(server: Server) -> None:
    head = "POST /agui/teller HTTP/1.1\r\nHost: x\r\nContent-Length: \u00b2\r\nConnection: close\r\n\r\n"
    with socket.create_connection((httpx.URL(server.url).host, httpx.URL(server.url).port)) as opened:
        opened.sendall(head.encode("latin-1"))
        assert opened.recv(12) == b"HTTP/1.1 400"


def test_unknown_agents(client: httpx.Client) -> None:
    answers = [
        client.post("/agui/nobody", json=run_input("привет")),
        client.post(CHAT, json=chat("привет", model="gpt-4o")),
        client.post("/api/copilotkit-streaming/", json={"message": "привет", "model": "gpt-4o"}),
        client.get("/v1/models/gpt-4o"),
    ]
    for answer in answers:
        error = check(answer, 404, code="model_not_found")
        assert "sales, teller" in error["message"]


def test_unknown_runs_and_paths(client: httpx.Client) -> None:
    check(client.get("/runs/none/events"), 404, code="run_not_found")
    check(client.post("/runs/none/stop"), 404, code="run_not_found")
    check(client.get("/nowhere"), 404, code="not_found")
    check(client.get("/v1/chat/completions"), 405, code="method_not_allowed")
    check(client.delete("/agui/teller"), 405, code="method_not_allowed")
