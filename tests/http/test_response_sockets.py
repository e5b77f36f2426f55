"""WebSocket mode of the Responses API: openai-python's own connection, and clients that misbehave."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.resources.responses.responses import ResponsesConnection
from openai.types.responses import Response
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.http.conftest import AGENTS, Diary
from tests.openai_compat.responses.typed import check_stream
from tests.server import Server, serve

# the SDK opens its connection as websockets had it before 17.1
pytestmark = pytest.mark.filterwarnings("ignore:connect.. must be used as a context manager:DeprecationWarning")


@pytest.fixture
def sdk(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="sockets", max_retries=0) as client:
        yield client


@pytest.fixture
def socket(server: Server) -> Iterator[ClientConnection]:
    """A client that sends what it likes."""
    with connect(server.url.replace("http", "ws") + "/v1/responses") as opened:
        yield opened


def create(given: Any, **more: Any) -> dict[str, Any]:
    return {"type": "response.create", "model": "teller", "input": given, **more}


def events(socket: ClientConnection) -> list[dict[str, Any]]:
    """To the end of a response, or to an error."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["type"].rpartition(".")[2] not in ("completed", "incomplete", "failed", "error"):
        found.append(json.loads(socket.recv(timeout=30)))
    return found


def ask(socket: ClientConnection, given: Any, **more: Any) -> dict[str, Any]:
    """The last event of a response."""
    socket.send(json.dumps(create(given, **more)))
    return events(socket)[-1]


def completed(connection: ResponsesConnection) -> Response:
    """The next response that the SDK gets."""
    for event in connection:
        assert event.type not in ("error", "response.failed"), event
        if event.type == "response.completed":
            return event.response
    raise AssertionError("the connection ended")


def wait_until(happened: Callable[[], bool]) -> None:
    """Ten seconds at most."""
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)  # it happens in another process, which has no way to tell


def test_the_sdk_holds_a_conversation(sdk: openai.OpenAI) -> None:
    with sdk.responses.connect() as connection:
        connection.response.create(model="teller", input="count 3")
        seen: list[Any] = []
        for event in connection:
            seen.append(event)
            if event.type == "response.completed":
                break
        check_stream([event.to_dict() for event in seen])
        words = [event.delta for event in seen if event.type == "response.output_text.delta"]
        assert words == ["раз ", "два ", "три "]
        first = seen[-1].response
        assert first.output_text == "раз два три "

        connection.response.create(model="teller", input="дальше", previous_response_id=first.id)
        last = completed(connection)
        assert last.output_text == "3: дальше"
        assert last.previous_response_id == first.id
    assert sdk.responses.retrieve(last.id).output_text == "3: дальше"  # stored, as over HTTP


async def test_the_async_sdk(server: Server) -> None:
    async with (
        openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="sockets", max_retries=0) as client,
        client.responses.connect() as connection,
    ):
        await connection.response.create(model="teller", input="count 2")
        async for event in connection:
            if event.type == "response.completed":
                assert event.response.output_text == "раз два "
                break


def test_the_last_response_is_known_without_being_stored(socket: ClientConnection, server: Server) -> None:
    first = ask(socket, "count 1", store=False)["response"]
    second = ask(socket, "дальше", store=False, previous_response_id=first["id"])["response"]
    assert second["output"][0]["content"][0]["text"] == "3: дальше"
    third = ask(socket, "ещё", store=False, previous_response_id=second["id"])["response"]
    assert third["output"][0]["content"][0]["text"] == "5: ещё"
    assert httpx.get(f"{server.url}/v1/responses/{third['id']}", trust_env=False).status_code == 404
    # only the last one is kept
    gone = ask(socket, "?", store=False, previous_response_id=first["id"])
    assert (gone["status"], gone["error"]["code"]) == (400, "previous_response_not_found")
    # and nobody else has it
    with connect(server.url.replace("http", "ws") + "/v1/responses/") as other:
        assert ask(other, "?", previous_response_id=third["id"])["error"]["code"] == "previous_response_not_found"


def test_what_is_sent_meanwhile_has_its_turn(socket: ClientConnection) -> None:
    for number in range(4):
        socket.send(json.dumps(create(f"count {number + 1}")))
    answers = [events(socket) for _ in range(4)]
    lengths = [len([event for event in each if event["type"].endswith("text.delta")]) for each in answers]
    assert lengths == [1, 2, 3, 4]
    for each in answers:
        check_stream(each)


def test_a_tool_of_the_client(socket: ClientConnection) -> None:
    tool = {"type": "function", "name": "paint", "parameters": {"type": "object"}}
    asked = ask(socket, "call сделай", tools=[tool], store=False)["response"]
    [call] = [item for item in asked["output"] if item["type"] == "function_call"]
    given = [{"type": "function_call_output", "call_id": call["call_id"], "output": "готово"}]
    answer = ask(socket, given, tools=[tool], store=False, previous_response_id=asked["id"])
    assert answer["type"] == "response.completed"


def test_too_many_that_wait_are_refused_and_nobody_else_is(socket: ClientConnection) -> None:
    socket.send(json.dumps(create("silent")))
    assert json.loads(socket.recv(timeout=30))["type"] == "response.created"
    for _ in range(20):
        socket.send(json.dumps(create("count 1")))
    refused: list[dict[str, Any]] = []
    while len(refused) < 4:
        event = json.loads(socket.recv(timeout=30))
        refused += [event] if event["type"] == "error" else []
    assert {event["status"] for event in refused} == {429}
    assert refused[0]["error"]["headers"]["Retry-After"] == "1"


WRONG: dict[str, tuple[str | bytes, int, str | None]] = {
    "no JSON": ("{", 400, None),
    "bytes that are no text": (b"\xff\xfe", 400, None),
    "no object": ("[]", 400, None),
    "nothing": ("", 400, None),
    "no type": ("{}", 400, "type"),
    "an unknown type": ('{"type": "session.update"}', 400, "type"),
    "a type that is no text": ('{"type": {}}', 400, "type"),
    "no input": ('{"type": "response.create", "model": "teller"}', 400, "input"),
    "an unknown model": ('{"type": "response.create", "model": "gpt", "input": "?"}', 404, "model"),
    "a warm-up": ('{"type": "response.create", "model": "teller", "input": "?", "generate": false}', 400, "generate"),
    "a lane": ('{"type": "response.create", "model": "teller", "input": "?", "stream_id": "a"}', 400, "stream_id"),
    "nested too deep": ('{"type": ' + "[" * 500 + "]" * 500 + "}", 400, None),
    "too many items": (json.dumps(create([{"role": "user", "content": "x"}] * 6000)), 413, "input"),
}


@pytest.mark.parametrize(("sent", "status", "param"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_and_the_connection_stays(
    socket: ClientConnection, sent: str | bytes, status: int, param: str | None
) -> None:
    socket.send(sent)
    error = json.loads(socket.recv(timeout=30))
    assert (error["type"], error["status"]) == ("error", status), error
    assert error["error"]["param"] == param
    assert error["error"]["message"]
    assert ask(socket, "count 1")["type"] == "response.completed"


def test_steering_is_refused_by_name(sdk: openai.OpenAI) -> None:
    with sdk.responses.connect() as connection:
        connection.response.steer(previous_response_id="resp_1", input="быстрее")
        event: Any = connection.recv()
        assert event.type == "response.steer.failed"
        assert event.error.code == "steering_not_supported"
        assert (event.steer.input, event.steer.previous_response_id) == ("быстрее", "resp_1")


def test_a_run_that_fails_ends_its_response_alone(socket: ClientConnection) -> None:
    failed = ask(socket, "break")
    assert failed["type"] == "response.failed"
    assert "secret that" not in json.dumps(failed)
    assert ask(socket, "count 1")["type"] == "response.completed"


def test_who_leaves_stops_the_run(server: Server, diary: Diary) -> None:
    before = len(diary.entries("cancelled"))
    with connect(server.url.replace("http", "ws") + "/v1/responses") as socket:
        socket.send(json.dumps(create("slow")))
        while json.loads(socket.recv(timeout=30))["type"] != "response.output_text.delta":
            pass
    wait_until(lambda: len(diary.entries("cancelled")) > before)


def test_a_large_answer_arrives_whole(socket: ClientConnection) -> None:
    """A response object of some hundred kilobytes is one message, however the server cuts it."""
    text = "слово " * 40_000
    answer = ask(socket, text)["response"]
    assert answer["output"][0]["content"][0]["text"] == f"1: {text}"


def test_a_message_that_is_too_large_ends_the_connection(tmp_path: Path) -> None:
    with (
        serve(tmp_path, *AGENTS, "--max-body-bytes", "1000") as server,
        connect(server.url.replace("http", "ws") + "/v1/responses") as socket,
    ):
        socket.send(json.dumps(create("x" * 2000)))
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=30)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009  # RFC 6455, 7.4.1: too big


def test_who_may_not_is_told_why(tmp_path: Path) -> None:
    with serve(tmp_path, *AGENTS, "--api-key", "anna=secret", "--requests-per-minute", "4") as server:
        address = server.url.replace("http", "ws") + "/v1/responses"
        with pytest.raises(InvalidStatus) as refused:
            connect(address)
        assert refused.value.response.status_code == 401
        assert json.loads(refused.value.response.body)["error"]["code"] == "invalid_api_key"
        with connect(address, additional_headers={"Authorization": "Bearer secret"}) as socket:
            answers = [ask(socket, "count 1") for _ in range(4)]  # the connection itself was a request
            assert [answer["type"] for answer in answers] == ["response.completed"] * 3 + ["error"]
            assert (answers[3]["status"], answers[3]["error"]["code"]) == (429, "rate_limit_exceeded")


def test_a_page_of_another_site_is_kept_out(server: Server) -> None:
    address = server.url.replace("http", "ws") + "/v1/responses"
    with pytest.raises(InvalidStatus) as refused:
        connect(address, origin=Origin("https://elsewhere.example"))
    assert refused.value.response.status_code == 403
    assert b"--cors-origin" in (refused.value.response.body or b"")


def test_a_server_that_stops_ends_the_response(tmp_path: Path) -> None:
    with serve(tmp_path, *AGENTS, "--shutdown-grace", "0") as server:
        with connect(server.url.replace("http", "ws") + "/v1/responses") as socket:
            socket.send(json.dumps(create("slow")))
            while json.loads(socket.recv(timeout=30))["type"] != "response.output_text.delta":
                pass
            server.process.terminate()
            assert events(socket)[-1]["type"] == "response.failed"
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=30)
        assert server.process.wait(30) in (0, -15)
        assert "Traceback" not in server.log


def test_azure_s_address_has_it_too(server: Server) -> None:
    with (
        openai.AzureOpenAI(azure_endpoint=server.url, api_key="k", api_version="preview", max_retries=0) as client,
        client.responses.connect() as connection,
    ):
        connection.response.create(model="teller", input="count 1")
        assert completed(connection).output_text == "раз "


def test_nobody_waits_for_a_client_that_reads_nothing(server: Server) -> None:
    """Its run goes on within the journal's bound, and others are answered."""
    address = server.url.replace("http", "ws") + "/v1/responses"
    with connect(address, max_queue=1) as slow:
        slow.send(json.dumps(create("count 5000")))
        with connect(address) as other:
            assert ask(other, "count 1")["type"] == "response.completed"
