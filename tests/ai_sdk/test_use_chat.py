"""`useChat` of AI SDK 5, 6 and 7 (the class it is made of) in front of a real server with the sales agent."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.clients.node import run_node
from tests.http.conftest import AGENTS
from tests.server import Server, serve

MAJORS = pytest.mark.parametrize("major", [5, 6, 7])
PAINT = {
    "name": "set_theme_color",
    "description": "Изменить цвет темы страницы. Change the theme colour of the page.",
    "parameters": {"type": "object", "properties": {"color": {"type": "string"}}},
}
QUOTE = "Сделай КП на 10 CRM Бизнес для «Кофейня-Импульс» со скидкой 15 %"


@pytest.fixture(scope="module")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("chats"), *AGENTS, "--disconnect-grace", "0") as running:
        yield running


def hold(server: Server, major: int, *steps: dict[str, Any], path: str = "/api/chat/teller", **more: Any) -> list[Any]:
    """What the chat was after each step."""
    document = {
        "major": major,
        "api": f"{server.url}{path}",
        "id": uuid.uuid4().hex,
        "body": {"sdk": major},
        "steps": steps,
    }
    seen = run_node("uichat.mjs", documents=[document | more])
    assert len(seen) == len(steps), seen
    return seen


def send(text: str) -> dict[str, Any]:
    return {"do": "send", "text": text}


def text_of(message: dict[str, Any]) -> str:
    return "|".join(part["text"] for part in message["parts"] if part["type"] == "text")


def ready(*seen: dict[str, Any]) -> None:
    for each in seen:
        assert (each["status"], each.get("error")) == ("ready", None), each


@MAJORS
def test_a_conversation_an_edit_and_another_answer(chats: Server, major: int) -> None:
    seen = hold(
        chats,
        major,
        send("count 3"),
        send("дальше"),
        {"do": "regenerate"},
        {"do": "edit", "index": 2, "text": "иначе"},
        {"do": "last", "text": "последнее"},
    )
    ready(*seen)
    assert [text_of(each["messages"][-1]) for each in seen] == [
        "раз два три ",
        "3: дальше",
        "3: дальше",  # another answer to the same message: the thread forked before it
        "3: иначе",
        "5: последнее",
    ]
    assert len(seen[-1]["messages"]) == 6
    assert [each["data"]["notes"] for each in seen[0]["data"] if each["type"] == "data-state"] or not seen[0]["data"]


@MAJORS
def test_a_tool_of_the_page_is_called_and_the_answer_goes_on(chats: Server, major: int) -> None:
    output = {"do": "output", "tool": "set_theme_color", "output": "готово"}
    body = {"sdk": major, "tools": [PAINT]}
    asked, done = hold(chats, major, send("call сделай"), output, body=body, automatic=True)
    ready(asked, done)
    [call] = [part for part in asked["messages"][-1]["parts"] if part["type"] == "tool-set_theme_color"]
    assert (call["state"], call["input"]) == ("input-available", {"цвет": "красный"})
    assert len(done["messages"]) == 2  # one message of the page goes on
    assert text_of(done["messages"][-1]) == "3: готово"


@MAJORS
def test_the_server_s_tools_and_state_are_seen_and_nothing_is_sent_twice(chats: Server, major: int) -> None:
    seen = hold(chats, major, send("Покажи воронку"), send("Спасибо"), path="/api/chat", automatic=True)
    ready(*seen)
    answer = seen[0]["messages"][-1]
    [tool] = [part for part in answer["parts"] if part["type"] == "dynamic-tool"]
    assert (tool["toolName"], tool["state"], tool["providerExecuted"]) == ("pipeline_report", "output-available", True)
    [state] = [part for part in answer["parts"] if part["type"] == "data-state"]
    assert "pipeline" in state["data"]
    assert "₽" in text_of(answer)
    assert answer["metadata"]["usage"]
    assert len(seen[1]["messages"]) == 4


@pytest.mark.parametrize("major", [6, 7])
@pytest.mark.parametrize("approved", [True, False])
def test_an_approval_is_a_request_on_the_call(chats: Server, major: int, approved: bool) -> None:
    answer = {"do": "approve", "approved": approved, "reason": "дорого"}
    asked, done = hold(chats, major, send(QUOTE), answer, path="/api/chat", automatic=True)
    ready(asked, done)
    [call] = [part for part in asked["messages"][-1]["parts"] if part.get("toolName") == "make_quote"]
    assert call["state"] == "approval-requested"
    assert len(done["messages"]) == 2
    [call] = [part for part in done["messages"][-1]["parts"] if part.get("toolName") == "make_quote"]
    assert call["state"] == "output-available", call
    said = text_of(done["messages"][-1])
    assert said
    assert ("не согласова" in said) != approved, said


@pytest.mark.parametrize("major", [6, 7])
def test_the_chat_goes_on_after_an_approval(chats: Server, major: int) -> None:
    """The answered request stays in the page's history; it is no answer to anything any more."""
    answer = {"do": "approve", "approved": True}
    steps = (send("Покажи воронку"), send(QUOTE), answer, send("Спасибо"), {"do": "regenerate"}, send(QUOTE), answer)
    seen = hold(chats, major, *steps, send("Спасибо"), path="/api/chat", automatic=True)
    ready(*seen)
    assert [len(each["messages"]) for each in seen] == [2, 4, 4, 6, 6, 8, 8, 10]
    for each in (seen[3], seen[4], seen[7]):
        assert "ожалуйста" in text_of(each["messages"][-1]), text_of(each["messages"][-1])
    calls = [part for part in seen[-1]["messages"][3]["parts"] if part.get("toolName") == "make_quote"]
    assert [part["state"] for part in calls] == ["output-available"]


@MAJORS
def test_a_reloaded_page_shows_the_question_that_waits(chats: Server, major: int) -> None:
    chat, answer = uuid.uuid4().hex, {"do": "approve", "approved": True} if major >= 6 else send("да")
    [asked] = hold(chats, major, send(QUOTE), path="/api/chat", id=chat)
    url = f"{chats.url}/api/chat/{chat}/messages?sdk={major}"
    messages = httpx.get(url, trust_env=False).json()
    assert [part["type"] for part in messages[-1]["parts"]][-1] == "data-interrupt"
    assert text_of(messages[-1]) == text_of(asked["messages"][-1])
    seen = hold(chats, major, answer, send("Спасибо"), path="/api/chat", id=chat, messages=messages, automatic=True)
    ready(*seen)
    assert "согласована" in text_of(seen[0]["messages"][-1])
    assert "ожалуйста" in text_of(seen[1]["messages"][-1])


@pytest.mark.parametrize("major", [6, 7])
def test_who_types_on_at_a_request_is_asked_in_words(chats: Server, major: int) -> None:
    steps = (send("Покажи воронку"), send(QUOTE), send("да"), send("да"), send("Спасибо"))
    seen = hold(chats, major, *steps, path="/api/chat", automatic=True)
    ready(*seen)
    words = [text_of(each["messages"][-1]) for each in seen]
    assert words[1] == ""
    assert "Согласовать скидку 15 %" in words[2]  # the typed word was said before the question was read
    assert "согласована" in words[3]
    assert "ожалуйста" in words[4]


def test_before_6_an_approval_is_asked_and_answered_in_words(chats: Server) -> None:
    asked, done = hold(chats, 5, send(QUOTE), send("да"), path="/api/chat")
    ready(asked, done)
    assert "15" in text_of(asked["messages"][-1])
    assert [part["type"] for part in asked["messages"][-1]["parts"]].count("data-interrupt") == 1
    assert text_of(done["messages"][-1])


@MAJORS
def test_a_page_with_a_dialog_answers_the_question_itself(chats: Server, major: int) -> None:
    """By ``resume``, as AG-UI's clients do; any kind of question."""
    chat = uuid.uuid4().hex
    body: dict[str, Any] = {"sdk": 5}
    [asked] = hold(chats, major, send(QUOTE), path="/api/chat", body=body, id=chat)
    [question] = [part["data"] for part in asked["messages"][-1]["parts"] if part["type"] == "data-interrupt"]
    entry = {"interruptId": question["id"], "status": "resolved", "payload": {"approved": True}}
    body = {"sdk": 5, "resume": [entry]}
    [done] = hold(
        chats, major, {"do": "send", "text": "ок"}, path="/api/chat", body=body, id=chat, messages=asked["messages"]
    )
    ready(done)
    assert text_of(done["messages"][-1])


@MAJORS
def test_a_failure_is_one_sentence(chats: Server, major: int) -> None:
    [failed] = hold(chats, major, send("fail"))
    assert failed["status"] == "error"
    assert failed["error"]
    assert "secret" not in failed["error"]
    [refused] = hold(chats, major, send("x"), path="/api/chat/nobody")
    assert refused["status"] == "error"
    assert refused["error"].startswith("No agent 'nobody' is served")


@MAJORS
def test_a_reloaded_page_takes_the_answer_up_from_its_beginning(chats: Server, major: int) -> None:
    chat = uuid.uuid4().hex
    first = {"id": "u1", "role": "user", "parts": [{"type": "text", "text": "slow"}]}
    body = {"id": chat, "messages": [first], "ag_ui": {"disconnect": "continue"}, "sdk": major}
    with httpx.stream("POST", f"{chats.url}/api/chat/teller", json=body, trust_env=False, timeout=30) as answer:
        assert answer.headers["x-vercel-ai-ui-message-stream"] == "v1"
        assert next(answer.iter_text())
    with httpx.stream("GET", f"{chats.url}/api/chat/teller/{chat}/stream", trust_env=False, timeout=30) as again:
        pieces = again.iter_text()
        assert next(pieces).startswith('data: {"type":"start"')
        stopped = httpx.delete(f"{chats.url}/api/chat/teller/{chat}/stream", trust_env=False, timeout=30)
        assert stopped.json() == {"stopped": True}
        assert '"type":"abort"' in "".join(pieces)
    [resumed] = hold(chats, major, {"do": "resume"}, id=chat, messages=[first])
    ready(resumed)  # 204: nothing goes on
    history = httpx.get(f"{chats.url}/api/chat/teller/{chat}/messages", trust_env=False).json()
    assert [message["role"] for message in history] == ["user"]  # of a node that was stopped nothing is stored


def test_a_page_that_leaves_stops_the_run(chats: Server) -> None:
    chat = uuid.uuid4().hex
    body = {"id": chat, "messages": [{"id": "u", "role": "user", "parts": [{"type": "text", "text": "slow"}]}]}
    with httpx.stream("POST", f"{chats.url}/api/chat/teller", json=body, trust_env=False, timeout=30) as answer:
        pieces = answer.iter_text()  # held: dropped, it would close the stream
        assert next(pieces)
        busy = httpx.post(f"{chats.url}/api/chat/teller", json=body, trust_env=False, timeout=30)
        assert busy.status_code == 409
        assert busy.headers["content-type"].startswith("text/plain")
    deadline = time.monotonic() + 20
    while httpx.get(f"{chats.url}/healthz", trust_env=False).json()["runs"]:
        assert time.monotonic() < deadline
    assert httpx.get(f"{chats.url}/api/chat/teller/{chat}/stream", trust_env=False).status_code == 204
