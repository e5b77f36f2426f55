"""What model servers say when they fail, each in its own way -> the code that clients get."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.exceptions  # type: ignore[import-untyped]
import google.auth.exceptions
import httpx
import openai
import pytest
import requests
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph

from bridge.app import create_app
from bridge.errors import UpstreamRateLimited, failure_of_event
from bridge.failures import revealed, run_failure
from bridge.settings import Settings
from tests.providers.canned import JSON, SSE, chunk, error, event, run, serving
from tests.providers.classes import CLASSES, KEY

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the providers' packages, among themselves
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning"),
]


def whole(url: str) -> BaseChatModel:
    """ChatOpenAI, not streamed."""
    return ChatOpenAI(model="gpt-x", api_key=KEY, base_url=f"{url}/v1", max_retries=0, disable_streaming=True)


def whole_responses(url: str) -> BaseChatModel:
    """The Responses API, not streamed."""
    fields: dict[str, Any] = {"use_responses_api": True, "disable_streaming": True}
    return ChatOpenAI(model="gpt-x", api_key=KEY, base_url=f"{url}/v1", max_retries=0, **fields)


BUILD: dict[str, Callable[[str], BaseChatModel]] = {
    "openai": CLASSES["ChatOpenAI"].build,
    "whole": whole,
    "responses": CLASSES["ChatOpenAI, Responses API"].build,
    "whole responses": whole_responses,
    "anthropic": CLASSES["ChatAnthropic"].build,
    "gemini": CLASSES["ChatGoogleGenerativeAI"].build,
    "ollama": CLASSES["ChatOllama"].build,
}
USAGE = {"input_tokens": 1, "output_tokens": 1}
BEGUN = event(
    "message_start",
    message={"id": "m", "type": "message", "role": "assistant", "content": [], "model": "c", "usage": USAGE}
    | {"stop_reason": None, "stop_sequence": None},
)
RESPONSE = {"id": "r", "object": "response", "created_at": 1, "model": "m", "status": "failed", "output": []}
RESPONSE |= {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
HTML = b"<html>secret</html>"
NULL_END = b'{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":null,'
NULL_END += b'"message":{"role":"assistant","content":"secr"}}]}'


def failed(code: str) -> bytes:
    """A response that failed after its stream had begun."""
    return event(
        "response.failed", response=RESPONSE | {"error": {"code": code, "message": "secret"}}, sequence_number=1
    )


Row = tuple[str, bytes, str, str, str]
"""The class, the answer, its status and type, the code."""


def odd(name: str, body: bytes, media: str = JSON, code: str = "upstream_error", status: str = "200 OK") -> Row:
    """What is no answer at all."""
    return (name, body, status, media, code)


def refused(name: str, code: str, /, **fields: Any) -> Row:
    """A 400 whose words alone tell what it is about."""
    return (name, error(**fields), "400 Bad Request", JSON, code)


def broken(name: str, code: str, body: bytes) -> Row:
    """A stream that had begun."""
    return (name, body, "200 OK", SSE, code)


def of_openai(word: str) -> bytes:
    """An error in a stream of chat completions."""
    return chunk({"content": "a"}) + b"data: " + error(message="secret", code=word) + b"\n\n"


def of_responses(word: str) -> bytes:
    return event("error", code=word, message="secret", sequence_number=1)


def of_anthropic(word: str) -> bytes:
    return BEGUN + event("error", error={"type": word, "message": "secret"})


ROWS = [
    odd("whole", HTML, "text/html"),
    odd("whole", b""),
    odd("whole", b"{}"),
    odd("whole", b'{"choices":['),
    odd("whole", b'{"id":"x","object":"chat.completion","choices":[]}'),
    odd("whole", b'{"id":"x","choices":null}'),
    odd("whole", NULL_END),
    odd("whole", error(message="secret", code="rate_limit_exceeded"), code="upstream_rate_limited"),
    odd("whole responses", HTML, "text/html"),
    odd("gemini", HTML, "text/html"),
    odd("ollama", HTML, "text/html"),
    odd("openai", HTML, "text/html", status="502 Bad Gateway"),
    odd("openai", HTML, "text/html", "upstream_refused", "404 Not Found"),
    odd("openai", chunk({"content": "a"}) + b'data: {"choices": [{"del', SSE),
    odd("openai", b'data: {"id":"x","choices":[{"delta":"x","index":0}]}\n\n', SSE),
    odd("openai", b'data: {"choices":"x"}\n\n', SSE),
    refused("gemini", "upstream_unauthorized", code=400, message="API key not valid.", status="INVALID_ARGUMENT"),
    refused("gemini", "context_length_exceeded", code=400, message="The input token count (9) exceeds", status="X"),
    refused("anthropic", "insufficient_quota", type="invalid_request_error", message="Your credit balance is too low"),
    refused("anthropic", "context_length_exceeded", type="x", message="prompt is too long: 9 tokens > 8"),
    refused("openai", "content_filter", message="filtered", code="content_filter", status=400),
    refused("openai", "context_length_exceeded", code=400, message="x", type="exceed_context_size_error"),
    refused("openai", "context_length_exceeded", code=400, message="exceeds the available context size"),
    broken("anthropic", "upstream_error", of_anthropic("overloaded_error")),
    broken("anthropic", "upstream_rate_limited", of_anthropic("rate_limit_error")),
    broken("anthropic", "upstream_unauthorized", of_anthropic("authentication_error")),
    broken("openai", "upstream_rate_limited", of_openai("rate_limit_exceeded")),
    broken("openai", "insufficient_quota", of_openai("insufficient_quota")),
    broken("openai", "context_length_exceeded", of_openai("context_length_exceeded")),
    broken("openai", "upstream_unauthorized", of_openai("invalid_api_key")),
    broken("openai", "content_filter", of_openai("content_filter")),
    broken("openai", "upstream_error", of_openai("server_error")),
    broken("responses", "upstream_rate_limited", of_responses("rate_limit_exceeded")),
    broken("responses", "upstream_error", of_responses("server_error")),
    broken("responses", "context_length_exceeded", failed("context_length_exceeded")),
    broken("responses", "upstream_error", failed("server_error")),
]


@pytest.mark.parametrize(("name", "body", "status", "media", "code"), ROWS)
async def test_a_servers_words(name: str, body: bytes, status: str, media: str, code: str) -> None:
    async with serving(body, status=status, media=media) as server:
        model = BUILD[name](server.url)

        async def ask(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        events, _ = await run(StateGraph(MessagesState).add_node(ask).add_edge(START, "ask").compile(InMemorySaver()))
    assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", code), events[-1]
    assert "secret" not in str(events)
    assert "HTTP 200" not in events[-1]["message"]


@pytest.mark.parametrize(("given", "seconds"), [("37", 37), ("0.2", 1), ("99999", 3600), ("soon", 5), (None, 5)])
async def test_the_seconds_to_wait_are_the_servers(given: str | None, seconds: int) -> None:
    headers = "" if given is None else f"retry-after: {given}\r\n"
    async with serving(error(message="x"), status="429 No", media=JSON, headers=headers) as server:
        model = BUILD["openai"](server.url)

        async def ask(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        events, _ = await run(StateGraph(MessagesState).add_node(ask).add_edge(START, "ask").compile(InMemorySaver()))
    assert events[-1]["metadata"] == {"retryAfter": seconds}
    failure = failure_of_event(events[-1])
    assert isinstance(failure, UpstreamRateLimited)
    assert failure.retry_after == seconds


@pytest.mark.parametrize("stream", [False, True])
async def test_an_openai_client_waits_as_long_as_the_models_server_asks(tmp_path: Path, *, stream: bool) -> None:
    async with serving(error(message="x"), status="429 No", media=JSON, headers="retry-after: 37\r\n") as server:
        model = BUILD["openai"](server.url)

        async def ask(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        graph = StateGraph(MessagesState).add_node(ask).add_edge(START, "ask").compile()
        app = create_app({"a": graph}, Settings(db=str(tmp_path / "b.sqlite")))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client,
        ):
            body = {"model": "a", "stream": stream, "messages": [{"role": "user", "content": "Hi"}]}
            answer = await client.post("/v1/chat/completions", json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "37")
    assert answer.json()["error"]["code"] == "upstream_rate_limited"


def of_http(error: Exception) -> Exception:
    """The error as a node's own HTTP call raises it: with frames, none of which is a model's."""
    try:
        raise error
    except Exception as raised:
        return raised


ASKED = httpx.Request("GET", "http://crm")
AWS = {"ResponseMetadata": {"HTTPStatusCode": 404}, "Error": {"Code": "NoSuchKey", "Message": "secret"}}
OWN = {
    "a status": httpx.HTTPStatusError("secret", request=ASKED, response=httpx.Response(401, request=ASKED)),
    "no connection": httpx.ConnectError("secret"),
    "requests": requests.HTTPError("401 for http://u:secret@crm", response=requests.Response()),
    "AWS": botocore.exceptions.ClientError(AWS, "GetObject"),
    "a key of a dict": KeyError("rate_limit_exceeded"),
    "a word": ValueError("invalid_api_key"),
}


@pytest.mark.parametrize("name", OWN)
def test_what_a_node_meets_elsewhere_is_not_the_models(name: str) -> None:
    assert run_failure(of_http(OWN[name])).code == "server_error"


def test_what_a_tool_wraps_is_the_tools() -> None:
    wrapped = ValueError("the CRM is away")
    wrapped.__cause__ = of_http(httpx.ConnectError("secret"))
    assert run_failure(of_http(wrapped)).message == "The agent failed (ValueError)."


@pytest.mark.parametrize(
    "missing",
    [
        openai.OpenAIError("The api_key client option must be set"),
        TypeError("Could not resolve authentication method. Expected …"),
        botocore.exceptions.NoCredentialsError(),
        google.auth.exceptions.DefaultCredentialsError("secret"),  # type: ignore[no-untyped-call]
    ],
    ids=lambda missing: type(missing).__name__,
)
def test_a_key_that_is_missing(missing: Exception) -> None:
    failure = run_failure(missing)
    assert (failure.code, failure.message) == ("upstream_unauthorized", "The agent has no key for its model's server.")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("redis://:hunter22@host/0", "hunter22"),
        ("postgresql://user:p/w@host/db", "p/w"),
        ("AIzaSyD-1234567890abcdefghijklmnopqrstu", "AIza"),
        ("hf_abcdefghijklmnop, ghp_abcdefghijklmnop", "abcdef"),
        ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN"),
        ("eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl", "c2ln"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNl"),
        ("Authorization: Bearer abc.def", "abc.def"),
        ("https://host/?sig=abcdefghij&x=1", "abcdefghij"),
        ("https://host/?api_key=abcdefgh", "abcdefgh"),
        ("Incorrect API key provided: abcd1234****5678.", "abcd1234"),
        ("{'api_key': 'abcdefgh'}", "abcdefgh"),
        ("OPENAI_API_KEY=abcdefgh", "abcdefgh"),
        ("aws_secret_access_key='abcdefgh'", "abcdefgh"),
        ("password=hunter22", "hunter22"),
        ("sk-proj-abc_def-123", "abc_def"),
    ],
)
def test_a_developer_sees_no_key(text: str, secret: str) -> None:
    assert secret not in revealed(ValueError(f"Refused: {text}"))
    assert "Refused: " in revealed(ValueError(f"Refused: {text}"))
