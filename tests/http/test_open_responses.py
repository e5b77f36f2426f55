"""What the compliance suite of Open Responses asks of a server (https://www.openresponses.org/compliance).

The suite is a program for Bun that no registry has; these are its seven questions, to the sales agent and its built-in
model. ``typed.check_response`` requires every field that its schema requires.
"""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest

from bridge.openai_compat.responses import fold
from tests.http.responding import respond, stream

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the current weather for a location",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"}},
        "required": ["location"],
    },
}
DOT = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def message(role: str, content: Any) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": content}


QUESTIONS: dict[str, list[dict[str, Any]]] = {
    "basic text": [message("user", "Say hello in exactly 3 words.")],
    "system prompt": [message("system", "You are a pirate."), message("user", "Say hello.")],
    "image": [
        message(
            "user",
            [
                {"type": "input_text", "text": "What do you see in this image? Answer in one sentence."},
                {"type": "input_image", "image_url": DOT},
            ],
        )
    ],
    "several turns": [
        message("user", "My name is Alice."),
        message("assistant", "Hello Alice! Nice to meet you."),
        message("user", "What is my name?"),
    ],
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer(client: httpx.Client, question: str) -> None:
    response = respond(client, QUESTIONS[question], model="sales", stream=False)
    assert response["status"] == "completed"
    assert response["output"]


def test_a_stream(client: httpx.Client) -> None:
    events = stream(client, [message("user", "Count from 1 to 5.")], model="sales")
    assert fold(events)["status"] == "completed"


def test_a_tool(client: httpx.Client) -> None:
    asked = [message("user", "What's the weather like in San Francisco?")]
    whole = respond(client, asked, model="sales", tools=[WEATHER], stream=False)
    [call] = [item for item in whole["output"] if item["type"] == "function_call"]
    assert (call["name"], orjson.loads(call["arguments"])) == ("get_weather", {"location": "San Francisco"})
    events = stream(client, asked, model="sales", tools=[WEATHER])
    kinds = {event["type"] for event in events}
    assert {"response.function_call_arguments.delta", "response.function_call_arguments.done"} <= kinds
    for kind in ("added", "done"):
        items = [event["item"]["type"] for event in events if event["type"] == f"response.output_item.{kind}"]
        assert "function_call" in items
