"""The Responses API over HTTP: what is answered, what is refused, and where a response goes on."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bridge.openai_compat.responses import fold
from tests.http.responding import PAINT, arriving, events_of, read, refused, respond, stream, text_of
from tests.http.talking import chat
from tests.openai_compat.responses.typed import check_list


def test_a_stream_and_its_fold(client: httpx.Client) -> None:
    events = stream(client, "count 5", metadata={"a": "b"}, instructions="Считай.")
    deltas = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    assert deltas == ["раз ", "два ", "три ", "четыре ", "пять "]
    response = fold(events)
    assert response == events[-1]["response"] == read(client, response["id"])
    assert text_of(response) == "раз два три четыре пять "
    assert (response["model"], response["instructions"], response["metadata"]) == ("teller", "Считай.", {"a": "b"})
    assert response["completed_at"] >= response["created_at"]
    whole = respond(client, "count 5", metadata={"a": "b"}, instructions="Считай.")
    changing = ("id", "created_at", "completed_at", "output")
    assert {**whole, **dict.fromkeys(changing)} == {**response, **dict.fromkeys(changing)}
    assert text_of(whole) == text_of(response)
    assert whole == read(client, whole["id"])


def test_headers(client: httpx.Client) -> None:
    answer = client.post("/v1/responses", json={"model": "teller", "input": "count 1", "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-thread-id"]
    assert answer.headers["x-run-id"]
    assert b"[DONE]" not in answer.content


def test_reasoning(client: httpx.Client) -> None:
    response = fold(stream(client, "think", reasoning={"summary": "auto"}))
    thought, message = response["output"]
    assert thought["summary"] == [{"type": "summary_text", "text": "Надо подумать."}]
    assert message["content"][0]["text"] == "Готово."
    assert [item["type"] for item in respond(client, "think")["output"]] == ["reasoning", "message"]


def test_a_tool_of_the_client(client: httpx.Client) -> None:
    asked = client.post("/v1/responses", json={"model": "teller", "input": "call", "stream": True, "tools": [PAINT]})
    events = events_of(asked.content)
    [call] = events[-1]["response"]["output"]
    assert (call["type"], call["call_id"], call["name"]) == ("function_call", "call_1", "paint")
    assert call["arguments"] == '{"цвет": "красный"}'
    answer = {"type": "function_call_output", "call_id": "call_1", "output": "готово"}
    by_id = respond(client, [answer], tools=[PAINT], previous_response_id=events[-1]["response"]["id"])
    assert text_of(by_id) == "3: готово"
    parts = {**answer, "output": [{"type": "input_text", "text": "го"}, {"type": "input_text", "text": "тово"}]}
    history = [{"role": "user", "content": "call"}, call, parts]
    answered = client.post("/v1/responses", json={"model": "teller", "input": history, "tools": [PAINT]})
    assert text_of(answered.json()) == "3: готово"
    assert answered.headers["x-thread-id"] == asked.headers["x-thread-id"]
    refers = [{"role": "user", "content": "call"}, {"type": "item_reference", "id": call["id"]}, answer]
    assert text_of(respond(client, refers, tools=[PAINT])) == "3: готово"


def test_a_tool_of_the_server_is_nobody_elses(client: httpx.Client) -> None:
    response = fold(stream(client, "Покажи воронку", model="sales", tools=[PAINT]))
    assert {item["type"] for item in response["output"]} <= {"message", "reasoning"}
    assert "₽" in text_of(response)
    usage = response["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 0


def test_an_answer_that_is_cut(client: httpx.Client) -> None:
    response = fold(stream(client, "cut", max_output_tokens=5))
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert respond(client, "cut")["status"] == "incomplete"


def test_a_failure_has_its_status_where_it_can(client: httpx.Client) -> None:
    for streamed in (True, False):
        assert refused(client, "fail", stream=streamed) == (500, "server_error", None)
    response = fold(stream(client, "break"))
    assert response["status"] == "failed"
    assert response["error"]["code"] == "server_error"
    assert "secret" not in str(response)
    assert text_of(response) == "Начало ответа"
    assert read(client, response["id"]) == response
    assert refused(client, "break") == (500, "server_error", None)


def test_instructions_are_replaced_per_turn(client: httpx.Client) -> None:
    first = respond(
        client, [{"role": "developer", "content": "Д"}, {"role": "user", "content": "who"}], instructions="А"
    )
    assert text_of(first).startswith("['А', 'Д']")
    second = respond(client, "who", instructions="Б", previous_response_id=first["id"])
    assert text_of(second).startswith("['Б', 'Д']")
    third = respond(client, "who", previous_response_id=second["id"])
    assert text_of(third).startswith("['Д']")
    assert (second["instructions"], third["instructions"]) == ("Б", None)


def test_parameters_come_back(client: httpx.Client) -> None:
    schema = {"type": "json_schema", "name": "n", "schema": {"type": "object"}}
    response = respond(client, "hello", temperature=0.5, text={"format": schema}, max_output_tokens=9)
    assert (response["temperature"], response["text"]["format"], response["max_output_tokens"]) == (0.5, schema, 9)


# Where it goes on


def test_a_response_goes_on_from_another(client: httpx.Client) -> None:
    first = respond(client, "раз")
    second = respond(client, "два", previous_response_id=first["id"])
    assert (text_of(first), text_of(second)) == ("1: раз", "3: два")
    assert second["previous_response_id"] == first["id"]
    fork = respond(client, "другое", previous_response_id=first["id"])
    assert text_of(fork) == "3: другое"
    assert text_of(respond(client, "три", previous_response_id=second["id"])) == "5: три"
    assert text_of(respond(client, "ещё", previous_response_id=fork["id"])) == "5: ещё"


def test_the_same_text_again_is_a_new_message(client: httpx.Client) -> None:
    first = respond(client, "привет")
    assert text_of(respond(client, "привет", previous_response_id=first["id"])) == "3: привет"


def test_the_model_is_that_of_the_response_before(client: httpx.Client) -> None:
    first = respond(client, "раз")
    answer = client.post("/v1/responses", json={"input": "два", "previous_response_id": first["id"]})
    assert answer.json()["model"] == "teller"
    assert refused(client, "два", model="sales", previous_response_id=first["id"]) == (400, "invalid_request", "model")


def test_a_fork_while_the_thread_is_busy_goes_on_beside_it(client: httpx.Client) -> None:
    first = respond(client, "раз")
    with arriving(client, "slow", previous_response_id=first["id"]) as events:
        next(events)
        beside = respond(client, "два", previous_response_id=first["id"])
    assert text_of(beside) == "3: два"


def test_a_history_is_found_again_as_in_a_chat(client: httpx.Client) -> None:
    first = client.post("/v1/responses", json={"model": "teller", "input": "раз"})
    answer = first.json()
    history = [{"role": "user", "content": "раз"}, *answer["output"], {"role": "user", "content": "два"}]
    second = client.post("/v1/responses", json={"model": "teller", "input": history, "store": False})
    assert second.json()["output"][0]["content"][0]["text"] == "3: два"
    assert second.headers["x-thread-id"] == first.headers["x-thread-id"]
    as_chat = chat("раз", "1: раз", "два", "3: два", "три", model="teller")
    third = client.post("/v1/chat/completions", json=as_chat)
    assert third.headers["x-thread-id"] == first.headers["x-thread-id"]


def test_an_unknown_response_is_refused(client: httpx.Client) -> None:
    named = (400, "previous_response_not_found", "previous_response_id")
    assert refused(client, "?", previous_response_id="resp_unknown") == named
    assert refused(client, "?", conversation="conv_unknown") == (404, "not_found", "conversation")
    assert refused(client, "?", model="nobody") == (404, "model_not_found", "model")
    kept = respond(client, "раз", store=False)
    assert refused(client, "два", previous_response_id=kept["id"]) == named
    read(client, kept["id"], 404)


def test_a_partial_answer_to_calls_is_refused(client: httpx.Client) -> None:
    calls = [{"type": "function_call", "call_id": name, "name": "paint", "arguments": "{}"} for name in ("a", "b")]
    sent = [{"role": "user", "content": "?"}, *calls, {"type": "function_call_output", "call_id": "a", "output": "да"}]
    answer = client.post("/v1/responses", json={"model": "teller", "input": sent})
    assert answer.status_code == 400
    assert "'b'" in answer.json()["error"]["message"]
    assert answer.json()["error"]["param"] == "input"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": 7}, "input"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"background": True, "store": False}, "background"),
    ],
)
def test_what_is_not_served_is_named(client: httpx.Client, body: dict[str, Any], param: str) -> None:
    assert refused(client, "?", **body)[::2] == (400, param) if "input" not in body else True
    answer = client.post("/v1/responses", json={"model": "teller", "input": "?", **body})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_input_items(client: httpx.Client) -> None:
    sent = [{"role": "user", "content": str(number)} for number in range(3)]
    response = respond(client, sent)
    url = f"/v1/responses/{response['id']}/input_items"
    newest = client.get(url).json()
    check_list(newest)
    assert [item["content"][0]["text"] for item in newest["data"]] == ["2", "1", "0"]
    page = client.get(url, params={"order": "asc", "limit": "2"}).json()
    assert ([item["content"][0]["text"] for item in page["data"]], page["has_more"]) == (["0", "1"], True)
    rest = client.get(url, params={"order": "asc", "after": page["last_id"]}).json()
    assert ([item["content"][0]["text"] for item in rest["data"]], rest["has_more"]) == (["2"], False)
    for name, wrong in (("order", "up"), ("limit", "0"), ("after", "nothing")):
        assert client.get(url, params={name: wrong}).json()["error"]["param"] == name


def test_input_tokens(client: httpx.Client) -> None:
    def count(**body: Any) -> int:
        answer = client.post("/v1/responses/input_tokens", json={"model": "teller", **body})
        assert answer.status_code == 200, answer.text
        assert answer.json()["object"] == "response.input_tokens"
        counted: int = answer.json()["input_tokens"]
        return counted

    short, long = count(input="раз"), count(input="раз " * 100)
    assert 0 < short < 10
    assert 150 < long < 400
    assert count(input="раз", tools=[PAINT]) > short
    first = respond(client, "раз " * 100)
    assert count(input="раз", previous_response_id=first["id"]) > long


def test_compaction_is_refused_by_name(client: httpx.Client) -> None:
    answer = client.post("/v1/responses/compact", json={"model": "teller", "input": "?"})
    assert answer.status_code == 400
    assert "compact" in answer.json()["error"]["message"]
