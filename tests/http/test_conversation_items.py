"""OpenAI's conversations over HTTP: responses one after the other under a name, and the items of both sides."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from openai.types.conversations import Conversation
from pydantic import TypeAdapter

from bridge.openai_compat.responses import fold
from tests.http.responding import PAINT, arriving, read, refusal, refused, respond, stream, text_of
from tests.http.talking import run_input
from tests.openai_compat.responses.typed import check_conversation_item

CONVERSATION: TypeAdapter[Any] = TypeAdapter(Conversation)


def begin(client: httpx.Client, **body: Any) -> str:
    answer = client.post("/v1/conversations", json=body)
    assert answer.status_code == 200, answer.text
    made = CONVERSATION.validate_json(answer.content, strict=True)
    assert not made.model_extra
    name: str = made.id
    assert name.startswith("conv_")
    return name


def items(client: httpx.Client, name: str, **query: str) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/conversations/{name}/items", params={"order": "asc", **query})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    for item in found:
        check_conversation_item(item)
    return found


def texts(found: list[dict[str, Any]]) -> list[str]:
    return ["".join(part["text"] for part in item["content"]) for item in found if item["type"] == "message"]


def test_responses_go_on_in_it(client: httpx.Client) -> None:
    name = begin(client, metadata={"тема": "счёт"})
    first = respond(client, "раз", conversation=name)
    second = fold(stream(client, "два", conversation={"id": name}))
    assert (text_of(first), text_of(second)) == ("1: раз", "3: два")
    assert first["conversation"] == second["conversation"] == {"id": name}
    assert texts(items(client, name)) == ["раз", "1: раз", "два", "3: два"]
    one = items(client, name)[1]
    assert client.get(f"/v1/conversations/{name}/items/{one['id']}").json() == one
    page = client.get(f"/v1/conversations/{name}/items", params={"limit": "1"}).json()
    assert (texts(page["data"]), page["has_more"]) == (["3: два"], True)


def test_the_same_words_again_are_a_new_message(client: httpx.Client) -> None:
    name = begin(client)
    assert [text_of(respond(client, "раз", conversation=name)) for _ in range(3)] == ["1: раз", "3: раз", "5: раз"]


def test_what_it_begins_with_the_agent_gets_with_the_first_response(client: httpx.Client) -> None:
    before = [
        {"role": "developer", "content": "Д"},
        {"role": "user", "content": "раз"},
        {"role": "assistant", "content": "да"},
    ]
    name = begin(client, items=before)
    assert texts(items(client, name)) == ["Д", "раз", "да"]
    assert text_of(respond(client, "who", conversation=name, instructions="А")).startswith("['А', 'Д']")
    assert text_of(respond(client, "who", conversation=name, instructions="Б")).startswith("['Б', 'Д']")
    assert text_of(respond(client, "три", conversation=name)) == "8: три"


def test_items_are_added_and_taken_back(client: httpx.Client) -> None:
    name = begin(client)
    respond(client, "раз", conversation=name)
    added = client.post(
        f"/v1/conversations/{name}/items",
        json={"items": [{"role": "user", "content": "два"}, {"role": "user", "content": "лишнее"}]},
    )
    assert texts(added.json()["data"]) == ["два", "лишнее"]
    extra = added.json()["data"][1]
    url = f"/v1/conversations/{name}/items/{extra['id']}"
    assert client.delete(url).json()["id"] == name
    assert refusal(client.get(url)) == (404, "not_found", None)
    assert text_of(respond(client, "три", conversation=name)) == "4: три"
    assert texts(items(client, name)) == ["раз", "1: раз", "два", "три", "4: три"]
    had = items(client, name)[0]
    assert refusal(client.delete(f"/v1/conversations/{name}/items/{had['id']}")) == (400, "invalid_request", "item_id")


def test_a_tool_of_the_client(client: httpx.Client) -> None:
    name = begin(client)
    [call] = respond(client, "call", conversation=name, tools=[PAINT])["output"]
    answer = {"type": "function_call_output", "call_id": call["call_id"], "output": "готово"}
    assert text_of(respond(client, [answer], conversation=name, tools=[PAINT])) == "3: готово"
    assert [item["type"] for item in items(client, name)] == [
        *["message", "function_call", "function_call_output", "message"]
    ]


def test_metadata(client: httpx.Client) -> None:
    name = begin(client, metadata={"a": "b"})
    url = f"/v1/conversations/{name}"
    assert client.get(url).json()["metadata"] == {"a": "b"}
    assert client.post(url, json={"metadata": {"c": "d"}}).json()["metadata"] == {"c": "d"}
    assert client.get(url).json()["metadata"] == {"c": "d"}
    assert refusal(client.post(url, json={"metadata": {"a": 1}})) == (400, "invalid_request", "metadata.a")


def test_it_is_the_same_thread_for_other_clients(client: httpx.Client) -> None:
    name = begin(client)
    respond(client, "раз", conversation=name)
    agui = client.post("/agui/teller", json=run_input("два", thread=name))
    assert "3: два" in agui.text
    assert text_of(respond(client, "три", conversation=name)) == "5: три"


def test_it_is_with_one_agent(client: httpx.Client) -> None:
    name = begin(client)
    respond(client, "раз", conversation=name)
    assert refused(client, "два", model="sales", conversation=name) == (400, "invalid_request", "model")


def test_one_response_at_a_time(client: httpx.Client) -> None:
    name = begin(client)
    with arriving(client, "slow", conversation=name) as events:
        next(events)
        assert refused(client, "два", conversation=name)[:2] == (409, "thread_busy")


def test_deleted_it_is_gone_with_all_that_is_in_it(client: httpx.Client) -> None:
    name = begin(client)
    response = respond(client, "раз", conversation=name)
    gone = client.delete(f"/v1/conversations/{name}").json()
    assert gone == {"id": name, "object": "conversation.deleted", "deleted": True}
    assert refusal(client.get(f"/v1/conversations/{name}")) == (404, "not_found", None)
    assert refused(client, "два", conversation=name)[0] == 404
    read(client, response["id"], 404)
    unused = begin(client)
    assert client.delete(f"/v1/conversations/{unused}").status_code == 200
    assert client.get(f"/v1/conversations/{unused}/items").status_code == 404


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"items": "раз"}, "items"),
        ({"items": [{"type": "web_search_call"}]}, "items[0].type"),
        ({"metadata": []}, "metadata"),
    ],
)
def test_what_is_not_served_is_named(client: httpx.Client, body: dict[str, Any], param: str) -> None:
    assert refusal(client.post("/v1/conversations", json=body)) == (400, "invalid_request", param)


def test_a_response_that_was_refused_leaves_it_to_any_agent(client: httpx.Client) -> None:
    name = begin(client)
    calls = [
        {"type": "function_call", "call_id": "a", "name": "paint", "arguments": "{}"},
        {"type": "function_call", "call_id": "b", "name": "paint", "arguments": "{}"},
    ]
    partial = [*calls, {"type": "function_call_output", "call_id": "a", "output": "да"}]
    assert refused(client, partial, conversation=name)[0] == 400
    assert text_of(respond(client, "Привет", model="sales", conversation=name))
    assert refused(client, "два", conversation=name) == (400, "invalid_request", "model")
