"""The tree of errors, and what each is in each language."""

from __future__ import annotations

import asyncio
import inspect
import re

import httpx
import orjson
import pytest
from langchain_openai import ChatOpenAI
from langgraph.errors import GraphRecursionError
from pydantic import SecretStr

from bridge import errors
from bridge.errors import BridgeError, failure_of_code, json_kind
from bridge.failures import run_failure
from tests.clients.canned import serve_canned
from tests.server import free_port

TABLE = {
    "InvalidRequest": (400, "invalid_request_error", "invalid_request"),
    "UnknownPreviousResponse": (400, "invalid_request_error", "previous_response_not_found"),
    "InvalidKey": (401, "invalid_request_error", "invalid_api_key"),
    "Forbidden": (403, "invalid_request_error", "forbidden"),
    "UnknownAgent": (404, "invalid_request_error", "model_not_found"),
    "UnknownThread": (404, "invalid_request_error", "thread_not_found"),
    "UnknownRun": (404, "invalid_request_error", "run_not_found"),
    "NotServed": (404, "invalid_request_error", "not_served"),
    "NotStored": (404, "invalid_request_error", "not_found"),
    "ThreadBusy": (409, "invalid_request_error", "thread_busy"),
    "InterruptPending": (409, "invalid_request_error", "interrupt_pending"),
    "RequestTimeout": (408, "invalid_request_error", "request_timeout"),
    "RequestTooLarge": (413, "invalid_request_error", "request_too_large"),
    "UnsupportedBody": (415, "invalid_request_error", "unsupported_encoding"),
    "RateLimited": (429, "rate_limit_error", "rate_limit_exceeded"),
    "AgentFailure": (500, "server_error", "server_error"),
    "UpstreamFailure": (502, "upstream_error", "upstream_error"),
    "UpstreamEmpty": (502, "upstream_error", "upstream_empty"),
    "UpstreamUnauthorized": (502, "upstream_error", "upstream_unauthorized"),
    "UpstreamRefused": (502, "upstream_error", "upstream_refused"),
    "UpstreamFiltered": (400, "invalid_request_error", "content_filter"),
    "UpstreamRateLimited": (429, "rate_limit_error", "upstream_rate_limited"),
    "QuotaExhausted": (429, "insufficient_quota", "insufficient_quota"),
    "ContextTooLong": (400, "invalid_request_error", "context_length_exceeded"),
    "RunTimeout": (504, "timeout", "timeout"),
    "JournalOverrun": (500, "server_error", "events_lost"),
    "StorageFailure": (503, "server_error", "storage_failed"),
    "StorageUnavailable": (503, "server_error", "storage_unavailable"),
    "StorageBusy": (503, "server_error", "storage_busy"),
    "StorageFull": (507, "server_error", "storage_full"),
    "StorageReadOnly": (503, "server_error", "storage_read_only"),
    "NotSaved": (500, "server_error", "not_saved"),
    "LeaseLost": (500, "server_error", "server_error"),
}
ABSTRACT = {"BridgeError", "ClientError", "RunFailure"}
SECRET = "sk-123 и весь разговор"


def classes() -> dict[str, type[BridgeError]]:
    found = inspect.getmembers(errors, inspect.isclass)
    return {name: kind for name, kind in found if issubclass(kind, BridgeError)}


def test_every_error_has_its_row() -> None:
    assert set(classes()) == set(TABLE) | ABSTRACT


@pytest.mark.parametrize("name", TABLE)
def test_the_table(name: str) -> None:
    status, kind, code = TABLE[name]
    error = classes()[name]("Так вышло.", **({} if name.endswith("RateLimited") else {"param": "messages"}))

    assert error.status == status
    said = error.envelope()["error"]
    assert said == {"message": "Так вышло.", "type": kind, "param": error.param, "code": code}


def test_the_tree_is_drawn_in_the_docstring() -> None:
    drawn = re.findall(r"[├└]── (\w+)(?: +(\d+))?", errors.__doc__ or "")
    assert {name for name, _ in drawn} | {"BridgeError"} == set(classes())
    assert {name: int(status) for name, status in drawn if status} == {name: row[0] for name, row in TABLE.items()}


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (RuntimeError(SECRET), "AgentFailure"),
        (KeyError(SECRET), "AgentFailure"),
        (GraphRecursionError(SECRET), "AgentFailure"),
        (TimeoutError(SECRET), "RunTimeout"),
        (httpx.ReadTimeout(SECRET), "RunTimeout"),
        (httpx.ConnectError(SECRET), "UpstreamFailure"),
        (errors.ThreadBusy("Занято."), "ThreadBusy"),
    ],
)
def test_what_left_the_agent(error: Exception, name: str) -> None:
    failure = run_failure(error)
    assert type(failure).__name__ == name
    assert SECRET not in failure.message


def chat_model(base_url: str, timeout: float = 5) -> ChatOpenAI:
    return ChatOpenAI(base_url=base_url, api_key=SecretStr("sk-123"), model="m", max_retries=0, timeout=timeout)


async def error_of(model: ChatOpenAI) -> BridgeError:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - which one is what this is about
        async for _ in model.astream("привет"):
            pass
    return run_failure(raised.value)


async def test_a_model_that_nobody_serves() -> None:
    failure = await error_of(chat_model(f"http://127.0.0.1:{free_port()}/v1"))
    assert (failure.status, failure.code) == (502, "upstream_error")


async def test_an_error_inside_the_models_stream() -> None:
    error = {"error": {"message": SECRET, "type": "server_error", "param": None, "code": "overloaded"}}
    with serve_canned([f"data: {orjson.dumps(error).decode()}\n\n"]) as url:
        failure = await error_of(chat_model(f"{url}/v1"))
    assert (failure.status, failure.code) == (502, "upstream_error")
    assert SECRET not in failure.message


async def test_a_model_that_never_answers() -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(wait, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        failure = await error_of(chat_model(f"http://127.0.0.1:{port}/v1", timeout=0.1))
    assert (failure.status, failure.code) == (504, "timeout")


@pytest.mark.parametrize("code", ["server_error", "upstream_error", "timeout", "events_lost", "invalid_request"])
def test_a_code_stands_for_its_error(code: str) -> None:
    failure = failure_of_code(code, "Так вышло.")
    assert (failure.code, failure.message) == (code, "Так вышло.")


@pytest.mark.parametrize("code", [None, "", "of the graph's own"])
def test_another_code_is_the_agents_failure(code: str | None) -> None:
    assert failure_of_code(code, "Так вышло.").status == 500


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "null"), (True, "a boolean"), (1, "a number"), (0.5, "a number"), ("", "a string"), ([], "an array")],
)
def test_json_kinds(value: object, said: str) -> None:
    assert json_kind(value) == said
    assert json_kind({}) == "an object"
