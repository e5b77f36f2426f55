"""OpenAI's other addresses: Azure's, the old completions, names with slashes, and what agents do not do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.server import Server, serve

AGENTS = ("team/sales=tests.http.graphs:teller", "other=tests.http.graphs:teller")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two agents behind keys that are limited."""
    arguments = ("--api-key", "anna=secret", "--requests-per-minute", "600", "--disconnect-grace", "0")
    with serve(tmp_path_factory.mktemp("addresses"), *AGENTS, *arguments) as running:
        yield running


@pytest.fixture
def sdk(served: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key="secret", max_retries=0) as client:
        yield client


@pytest.fixture
def azure(served: Server) -> Iterator[openai.AzureOpenAI]:
    """Azure's client: another header for the key, the model in the path, a date in the query."""
    with openai.AzureOpenAI(
        azure_endpoint=served.url, api_key="secret", api_version="2025-04-01-preview", max_retries=0
    ) as client:
        yield client


# Names with a slash


def test_a_model_s_name_may_have_slashes(sdk: openai.OpenAI) -> None:
    assert [model.id for model in sdk.models.list()] == ["team/sales", "other"]
    assert sdk.models.retrieve("team/sales").id == "team/sales"
    assert httpx.get(f"{sdk.base_url}models/team/sales/", headers=sdk.auth_headers, trust_env=False).status_code == 200
    with pytest.raises(openai.NotFoundError, match="no-such"):
        sdk.models.retrieve("team/no-such")


# Azure


def test_azure_s_client_chats(azure: openai.AzureOpenAI) -> None:
    stream = azure.chat.completions.create(
        model="other", messages=[{"role": "user", "content": "count 3"}], stream=True
    )
    chunks = list(stream)
    assert {chunk.model for chunk in chunks} == {"other"}
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "раз два три "
    text = azure.completions.create(model="other", prompt="count 2")
    assert text.choices[0].text == "раз два "


def test_the_path_names_the_model(served: Server) -> None:
    """Some of Azure's clients send none in the body, others one of OpenAI's names."""
    for body in ({}, {"model": "gpt-4.1"}):
        answer = httpx.post(
            f"{served.url}/openai/deployments/other/chat/completions?api-version=2024-10-21",
            json=body | {"messages": [{"role": "user", "content": "count 1"}]},
            headers={"api-key": "secret"},
            trust_env=False,
        )
        assert (answer.status_code, answer.json()["model"]) == (200, "other")
    answer = httpx.post(
        f"{served.url}/openai/deployments/gpt-4.1/chat/completions",
        json={"messages": [{"role": "user", "content": "count 1"}]},
        headers={"api-key": "secret"},
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


def test_azure_s_client_has_responses_and_models(azure: openai.AzureOpenAI) -> None:
    first = azure.responses.create(model="other", input="count 1")
    assert first.output_text.strip() == "раз"
    assert azure.responses.retrieve(first.id).id == first.id
    second = azure.responses.create(model="other", input="who", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    assert [model.id for model in azure.models.list()] == ["team/sales", "other"]


def test_azure_s_v1_address(served: Server) -> None:
    with openai.OpenAI(base_url=f"{served.url}/openai/v1/", api_key="secret", max_retries=0) as client:
        answer = client.chat.completions.create(model="other", messages=[{"role": "user", "content": "count 1"}])
        assert answer.choices[0].message.content == "раз "
        assert client.responses.create(model="other", input="count 1").status == "completed"


# The old completions


def test_a_text_in_and_a_text_out(sdk: openai.OpenAI) -> None:
    answer = sdk.completions.create(model="other", prompt="count 3", max_tokens=50, temperature=0)
    assert (answer.object, answer.model, answer.id[:5]) == ("text_completion", "other", "cmpl-")
    [choice] = answer.choices
    assert (choice.text, choice.index, choice.finish_reason, choice.logprobs) == ("раз два три ", 0, "stop", None)


def test_it_streams_word_by_word_and_ends_with_usage(sdk: openai.OpenAI) -> None:
    stream = sdk.completions.create(
        model="other", prompt=["count 3"], stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert {chunk.object for chunk in chunks} == {"text_completion"}
    assert len({chunk.id for chunk in chunks}) == 1
    texts = [chunk.choices[0].text for chunk in chunks if chunk.choices]
    assert [text for text in texts if text] == ["раз ", "два ", "три "]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].choices == []


def test_it_is_cut_where_the_model_was(sdk: openai.OpenAI) -> None:
    assert sdk.completions.create(model="other", prompt="cut").choices[0].finish_reason == "length"


def test_a_failure_has_its_status_or_its_frame(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as failed:
        sdk.completions.create(model="other", prompt="fail")
    assert "secret that" not in str(failed.value)
    with pytest.raises(openai.APIError), sdk.completions.create(model="other", prompt="break", stream=True) as stream:
        for _ in stream:
            pass


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"prompt": None}, "prompt"),
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"prompt": [1, 2]}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"suffix": "end"}, "suffix"),
        ({"echo": True}, "echo"),
        ({"logprobs": 0}, "logprobs"),
        ({"best_of": 2}, "best_of"),
        ({"n": 2}, "n"),
        ({"temperature": "hot"}, "temperature"),
    ],
)
def test_what_it_does_not_serve_is_named(sdk: openai.OpenAI, more: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        sdk.post("/completions", body={"prompt": "?", "model": "other"} | more, cast_to=httpx.Response)
    assert refused.value.param == param


# What agents do not do


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # two of these calls: people still have them
def test_what_is_not_served_says_so(sdk: openai.OpenAI, azure: openai.AzureOpenAI) -> None:
    calls: dict[str, Callable[[Any], Any]] = {
        "embeddings": lambda client: client.embeddings.create(model="other", input="x"),
        "moderations": lambda client: client.moderations.create(input="x"),
        "audio/speech": lambda client: client.audio.speech.create(model="other", voice="alloy", input="x"),
        "audio/transcriptions": lambda client: client.audio.transcriptions.create(
            model="other", file=("a.wav", b"RIFF" * 100_000)
        ),
        "audio/translations": lambda client: client.audio.translations.create(model="other", file=("a.wav", b"RIFF")),
        "images/generations": lambda client: client.images.generate(model="other", prompt="x"),
        "images/edits": lambda client: client.images.edit(model="other", image=("a.png", b"PNG"), prompt="x"),
        "images/variations": lambda client: client.images.create_variation(model="other", image=("a.png", b"PNG")),
    }
    for name, call in calls.items():
        for client in (sdk, azure):
            with pytest.raises(openai.NotFoundError) as refused:
                call(client)
            assert refused.value.code == "not_served", name
            assert f"'/v1/{name}'" in refused.value.message


def test_a_stranger_is_told_nothing(served: Server) -> None:
    for path in ("/v1/embeddings", "/v1/completions", "/openai/deployments/other/chat/completions"):
        assert httpx.post(f"{served.url}{path}", json={}, trust_env=False).status_code == 401


# Headers


def test_answers_say_how_long_they_took_and_what_is_left(sdk: openai.OpenAI, served: Server) -> None:
    raw = sdk.chat.completions.with_raw_response.create(
        model="other", messages=[{"role": "user", "content": "count 1"}]
    )
    assert 0 <= int(raw.headers["openai-processing-ms"]) < 10_000
    assert raw.headers["x-ratelimit-limit-requests"] == "600"
    left = int(raw.headers["x-ratelimit-remaining-requests"])
    assert 0 < left < 600
    assert raw.headers["x-ratelimit-reset-requests"].endswith("s")
    stream = sdk.chat.completions.with_raw_response.create(
        model="other", messages=[{"role": "user", "content": "count 1"}], stream=True
    )
    assert stream.headers["openai-processing-ms"]
    assert int(stream.headers["x-ratelimit-remaining-requests"]) <= left
    exposed = httpx.get(
        f"{served.url}/v1/models", headers={**sdk.auth_headers, "Origin": "https://a.example"}, trust_env=False
    ).headers["access-control-expose-headers"]
    assert "x-ratelimit-remaining-requests" in exposed.lower()


def test_without_limits_nothing_is_said_of_them(tmp_path: Path) -> None:
    with serve(tmp_path, AGENTS[1]) as server:
        answer = httpx.get(f"{server.url}/v1/models", trust_env=False)
        assert "x-ratelimit-limit-requests" not in answer.headers
        assert "openai-processing-ms" in answer.headers
        assert "openai-processing-ms" not in httpx.get(f"{server.url}/agui", trust_env=False).headers


def test_one_request_too_many_says_when_to_come_back(tmp_path: Path) -> None:
    with serve(tmp_path, AGENTS[1], "--requests-per-minute", "2") as server:
        answers = [httpx.get(f"{server.url}/v1/models", trust_env=False) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["x-ratelimit-remaining-requests"] for answer in answers] == ["1", "0", "0"]
        assert answers[2].headers["x-ratelimit-reset-requests"].startswith(("59", "1m0s"))
