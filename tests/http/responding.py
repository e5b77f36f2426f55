"""The Responses API as the tests speak it: requests by httpx, answers judged by OpenAI's own types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import orjson

from tests.http.talking import frames_of, reading
from tests.openai_compat.responses.typed import check_event, check_response, check_stream

PAINT = {
    "type": "function",
    "name": "paint",
    "description": "Красит страницу.",
    "parameters": {"type": "object", "properties": {"цвет": {"type": "string"}}},
}

Event = dict[str, Any]


def events_of(body: bytes, *, first: int = 0) -> list[Event]:
    """The events of a whole stream: typed, in order, each under its own name."""
    frames = frames_of(body)
    events: list[Event] = [orjson.loads(frame.data) for frame in frames]
    assert [frame.event for frame in frames] == [event["type"] for event in events]
    check_stream(events, first=first)
    return events


def stream(client: httpx.Client, given: Any, **more: Any) -> list[Event]:
    """The events of a new response."""
    answer = client.post("/v1/responses", json={"model": "teller", "input": given, "stream": True, **more})
    assert answer.status_code == 200, answer.text
    return events_of(answer.content)


def respond(client: httpx.Client, given: Any, **more: Any) -> dict[str, Any]:
    """A new response."""
    answer = client.post("/v1/responses", json={"model": "teller", "input": given, **more})
    assert answer.status_code == 200, answer.text
    response: dict[str, Any] = answer.json()
    check_response(response)
    return response


def refusal(answer: httpx.Response) -> tuple[int, Any, Any]:
    """The status of an error, its code and the parameter that it names."""
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return answer.status_code, error["code"], error["param"]


def refused(client: httpx.Client, given: Any, **more: Any) -> tuple[int, Any, Any]:
    """What becomes of a request that is not served."""
    return refusal(client.post("/v1/responses", json={"model": "teller", "input": given, **more}))


def text_of(response: dict[str, Any]) -> str:
    """As the SDKs' ``output_text``."""
    parts = [part for item in response["output"] if item["type"] == "message" for part in item["content"]]
    return "".join(part["text"] for part in parts)


def read(client: httpx.Client, response_id: str, status: int = 200) -> dict[str, Any]:
    """A response, asked for again."""
    answer = client.get(f"/v1/responses/{response_id}")
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    if status == 200:
        check_response(found)
    return found


def read_stream(client: httpx.Client, response_id: str, after: int = -1) -> list[Event]:
    """Its events, from a number on."""
    query = {"stream": "true"} | ({"starting_after": str(after)} if after >= 0 else {})
    answer = client.get(f"/v1/responses/{response_id}", params=query)
    assert answer.status_code == 200, answer.text
    return events_of(answer.content, first=after + 1)


@contextmanager
def arriving(client: httpx.Client, given: Any, **more: Any) -> Iterator[Iterator[Event]]:
    """The events of a new response as they arrive; leaving the block leaves the stream."""
    body = {"model": "teller", "input": given, "stream": True, **more}
    with reading(client, "/v1/responses", body) as frames:
        yield (_checked(orjson.loads(frame.data)) for frame in frames)


def _checked(event: Event) -> Event:
    check_event(event)
    return event
