"""A person approves, or does not, over the Responses API: by an approval, in words, or by a call."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bridge.openai_compat.responses import fold
from tests.http.responding import read, refused, respond, stream, text_of
from tests.http.test_approval import QUOTE, REFUSED, Quotes, quotes

__all__ = ["quotes"]

INTERRUPT = {"type": "function", "name": "interrupt", "description": "Спросить человека", "parameters": None}


def asked(client: httpx.Client, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The response that asks, and its request for approval."""
    response = fold(stream(client, QUOTE, model="sales", **more))
    [request] = [item for item in response["output"] if item["type"] == "mcp_approval_request"]
    assert request["server_label"] == "sales"
    assert "15" in request["arguments"]
    assert "15 %" in text_of(response)  # who knows no approvals can read it
    return response, request


def approval(request: dict[str, Any], approve: bool, **more: Any) -> dict[str, Any]:
    return {"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": approve, **more}


@pytest.mark.parametrize("approved", [True, False])
def test_after_the_response_that_asks(client: httpx.Client, quotes: Quotes, approved: bool) -> None:
    response, request = asked(client)
    assert quotes() == []
    given = [approval(request, approved, reason="Дорого, разве нет?")]
    answer = respond(client, given, model="sales", previous_response_id=response["id"])
    assert (REFUSED in text_of(answer)) is not approved
    assert [discount for _, discount in quotes()] == ([15.0] if approved else [])
    assert read(client, answer["id"]) == answer


@pytest.mark.parametrize("approved", [True, False])
def test_at_the_end_of_a_history(client: httpx.Client, quotes: Quotes, approved: bool) -> None:
    """As the AI SDK sends it: what is stored is referred to."""
    response, request = asked(client)
    references = [{"type": "item_reference", "id": item["id"]} for item in response["output"]]
    history = [{"role": "user", "content": QUOTE}, *references, approval(request, approved)]
    answer = respond(client, history, model="sales")
    assert (REFUSED in text_of(answer)) is not approved
    assert [discount for _, discount in quotes()] == ([15.0] if approved else [])
    more = [*history, *answer["output"], {"role": "user", "content": "Спасибо"}]
    assert respond(client, more, model="sales")["status"] == "completed"
    assert len(quotes()) == approved


def test_in_a_conversation(client: httpx.Client, quotes: Quotes) -> None:
    name = client.post("/v1/conversations", json={}).json()["id"]
    _, request = asked(client, conversation=name)
    respond(client, [approval(request, True)], model="sales", conversation=name)
    assert len(quotes()) == 1


def test_in_words(client: httpx.Client, quotes: Quotes) -> None:
    response, _ = asked(client)
    again = respond(client, "может быть", model="sales", previous_response_id=response["id"])
    assert "Не удалось понять" in text_of(again)
    respond(client, "да, но 12 %", model="sales", previous_response_id=again["id"])
    assert [discount for _, discount in quotes()] == [12.0]


def test_as_a_call(client: httpx.Client, quotes: Quotes) -> None:
    response = respond(client, QUOTE, model="sales", tools=[INTERRUPT])
    [call] = [item for item in response["output"] if item["type"] == "function_call"]
    assert call["name"] == "interrupt"
    answer = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"approved": true}'}
    more: Any = {"model": "sales", "tools": [INTERRUPT], "previous_response_id": response["id"]}
    respond(client, [answer], **more)
    assert len(quotes()) == 1


def test_words_alone_where_the_client_wants_them(client: httpx.Client) -> None:
    response = respond(client, QUOTE, model="sales", ag_ui={"interrupts": "words"})
    assert [item["type"] for item in response["output"]] == ["message"]


def test_an_answer_that_nothing_waits_for_is_refused(client: httpx.Client, quotes: Quotes) -> None:
    response, request = asked(client)
    unknown = approval({"id": "mcpr_x_unknown"}, True)
    sent: Any = {"model": "sales", "previous_response_id": response["id"]}
    assert refused(client, [unknown], **sent) == (400, "invalid_request", "input")
    done = respond(client, [approval(request, True)], **sent)
    after: Any = {"model": "sales", "previous_response_id": done["id"]}
    assert refused(client, [approval(request, True)], **after) == (400, "invalid_request", "input")
    assert len(quotes()) == 1
