"""The sales agent with a real ``ChatOpenAI``, talking to an OpenAI-compatible server on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.clients.agui_client import RecordedStream
from tests.clients.aimock import ModelServer, count_usage, cut, failure, serve_model, text, tool_calls
from tests.http.talking import chat, chunks_of, events_of, run_input, text_of, types_of
from tests.server import Server, serve

ANSWER = "В воронке сорок две сделки на 12,5 млн ₽."
FIXTURES = [
    *tool_calls("воронк", {"pipeline_report": {}}, ANSWER),
    failure("сбой", 500, "Внутренняя ошибка модели", type="server_error"),
    failure("ключ", 401, "Incorrect API key provided: sk-secret", type="invalid_request_error"),
    failure("много", 429, "Rate limit reached for sk-secret", type="requests", code="rate_limit_exceeded"),
    failure("счёт", 429, "You exceeded your current quota", type="insufficient_quota", code="insufficient_quota"),
    failure(
        "длинно", 400, "This model's maximum context length is 4096 tokens. sk-secret", type="invalid_request_error"
    ),
    failure("формат", 422, "Unknown response_format sk-secret", type="invalid_request_error"),
    cut("обрыв", "Эта фраза обрывается на полуслове и до конца не дойдёт.", after=4),
    text("", "Здравствуйте! Чем помочь?"),
]
RETRIES = {"OPENAI_MODEL": "gpt-4o", "OPENAI_API_KEY": "sk-secret"}


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with serve_model(FIXTURES) as running:
        yield running


@pytest.fixture(scope="module")
def bridge(model: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("models")
    with serve(directory, env={"OPENAI_BASE_URL": model.base_url, **RETRIES}) as running:
        yield running


@pytest.fixture
def there(bridge: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=bridge.url, timeout=60, trust_env=False) as opened:
        yield opened


def test_text_streams_with_usage(there: httpx.Client, model: ModelServer, recorded: list[RecordedStream]) -> None:
    asked = run_input("Привет, сделка")
    sse = there.post("/agui/default", json=asked)
    recorded.append(RecordedStream("a real model", sse.text, asked))
    events = events_of(sse.content)
    assert text_of(events) == "Здравствуйте! Чем помочь?"
    assert types_of(events).count("TEXT_MESSAGE_CONTENT") >= 3
    [usage] = events[-1]["usage"]
    assert usage["provider"] == "openai"
    assert usage["outputTokens"] > 0
    assert model.requests()[-1]["model"] == "gpt-4o"
    assert model.requests()[-1]["stream_options"] == {"include_usage": True}


def test_a_tool_is_called_and_usage_is_summed(there: httpx.Client, recorded: list[RecordedStream]) -> None:
    asked = run_input("Покажи воронку")
    sse = there.post("/agui/default", json=asked)
    recorded.append(RecordedStream("a real model calls", sse.text, asked))
    events = events_of(sse.content)
    [start] = [event for event in events if event["type"] == "TOOL_CALL_START"]
    [result] = [event for event in events if event["type"] == "TOOL_CALL_RESULT"]
    assert start["toolCallName"] == "pipeline_report"
    assert result["toolCallId"] == start["toolCallId"]
    assert text_of(events) == ANSWER

    told = there.post("/v1/chat/completions", json=chat("Покажи воронку")).json()
    assert told["choices"][0]["message"] == {"role": "assistant", "content": ANSWER, "refusal": None}
    spent = count_usage("воронк", ANSWER)  # of the second call; the first read as much
    assert told["usage"]["prompt_tokens"] == 2 * spent["prompt_tokens"]
    assert told["usage"]["completion_tokens"] > spent["completion_tokens"]


def test_usage_only_for_who_asks(there: httpx.Client) -> None:
    plain = chunks_of(there.post("/v1/chat/completions", json=chat("Привет, сделка", stream=True)).content)
    asked = chat("Привет, сделка", stream=True, stream_options={"include_usage": True})
    counted = chunks_of(there.post("/v1/chat/completions", json=asked).content)
    assert all("usage" not in chunk for chunk in plain)
    assert counted[-1]["choices"] == []
    assert counted[-1]["usage"]["total_tokens"] > 0


def test_settings_reach_the_model(there: httpx.Client, model: ModelServer) -> None:
    there.post("/v1/chat/completions", json=chat("Привет, сделка", temperature=0.3, seed=7, max_tokens=99))
    sent = model.requests()[-1]
    assert (sent["temperature"], sent["seed"]) == (0.3, 7)
    assert 99 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))


REFUSALS = {
    "сделка сбой": (502, "upstream_error", "upstream_error", "false"),
    "сделка ключ": (502, "upstream_error", "upstream_unauthorized", "false"),
    "сделка много": (429, "rate_limit_error", "upstream_rate_limited", None),
    "сделка счёт": (429, "insufficient_quota", "insufficient_quota", "false"),
    "сделка длинно": (400, "invalid_request_error", "context_length_exceeded", "false"),
    "сделка формат": (502, "upstream_error", "upstream_refused", "false"),
}


@pytest.mark.parametrize("said", REFUSALS)
def test_a_model_that_refuses_is_an_upstream_error(
    there: httpx.Client, bridge: Server, recorded: list[RecordedStream], said: str
) -> None:
    status, kind, code, retry = REFUSALS[said]
    asked = run_input(said)
    sse = there.post("/agui/default", json=asked)
    recorded.append(RecordedStream(f"a model that refuses: {said}", sse.text, asked))
    error = events_of(sse.content)[-1]
    assert (error["type"], error["code"]) == ("RUN_ERROR", code)
    for stream in (False, True):
        answer = there.post("/v1/chat/completions", json=chat(said, stream=stream))
        assert answer.status_code == status, answer.text
        assert answer.json()["error"] == {"message": error["message"], "type": kind, "param": None, "code": code}
        assert answer.headers.get("x-should-retry") == retry
        assert ("retry-after" in answer.headers) == (code == "upstream_rate_limited")
        assert "sk-secret" not in answer.text


def test_a_model_that_breaks_off_is_an_error_in_mid_stream(there: httpx.Client, recorded: list[RecordedStream]) -> None:
    asked = run_input("сделка обрыв")
    sse = there.post("/agui/default", json=asked)
    recorded.append(RecordedStream("a model that breaks off", sse.text, asked))
    events = events_of(sse.content)
    assert text_of(events).startswith("Эта фраза")
    assert events[-1]["code"] == "upstream_error"

    chunks = chunks_of(there.post("/v1/chat/completions", json=chat("сделка обрыв", stream=True)).content)
    assert text_of(chunks).startswith("Эта фраза")
    assert chunks[-1]["error"]["code"] == "upstream_error"
    assert there.post("/v1/chat/completions", json=chat("сделка обрыв")).status_code == 502
