"""Suggestions: beside the thread, with the tool forced, in the user's language."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import orjson
import pytest

from tests.copilotkit.chat import named, run_input, user
from tests.copilotkit.conftest import KEYS
from tests.copilotkit.live import Event, events
from tests.server import Server

SUGGEST = {
    "name": "copilotkitSuggest",
    "description": "Suggest what the user may ask next",
    "parameters": {
        "type": "object",
        "properties": {
            "suggestions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"title": {"type": "string"}, "message": {"type": "string"}},
                },
            }
        },
        "required": ["suggestions"],
    },
}
FORCED = {"toolChoice": {"type": "function", "function": {"name": "copilotkitSuggest"}}}
# as CopilotKit 1.74 asks, whatever the user speaks
ASKED_IN_ENGLISH = """Suggest what the user could say next. \
Provide clear, highly relevant suggestions by calling the `copilotkitSuggest` tool.
Provide at least 2 and at most 3 suggestions.
The user has the following tools available: []."""


class Page:
    """Requests below ``/api/copilotkit``."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.thread = uuid.uuid4().hex

    def post(self, operation: str, sent: dict[str, Any]) -> list[Event]:
        return events(self.client.post(f"/agent/default/{operation}", json=sent))

    def stored(self) -> httpx.Response:
        return self.client.post("/agent/default/connect", json=run_input(self.thread))

    def listed(self) -> set[str]:
        return {thread["id"] for thread in self.client.get("/threads?limit=200").json()["threads"]}


@pytest.fixture
def page(bridge: Server) -> Any:
    headers = {"Authorization": f"Bearer {KEYS[0]}"}
    base = f"{bridge.url}/api/copilotkit"
    with httpx.Client(base_url=base, headers=headers, timeout=30, trust_env=False) as client:
        yield Page(client)


def suggested(received: list[Event]) -> list[dict[str, str]]:
    """The one call of the tool, and nothing else said."""
    assert received[-1]["type"] == "RUN_FINISHED"
    assert named(received, "TEXT_MESSAGE_CONTENT") == []
    (call,) = named(received, "TOOL_CALL_START")
    assert call["toolCallName"] == "copilotkitSuggest"
    arguments = orjson.loads("".join(event["delta"] for event in named(received, "TOOL_CALL_ARGS")))
    suggestions: list[dict[str, str]] = arguments["suggestions"]
    return suggestions


@pytest.mark.parametrize(
    ("operation", "props"),
    [
        ("suggest", FORCED),
        ("suggest", {}),  # the address alone says what is wanted
        ("run", FORCED),  # clients that do not know the operation
    ],
)
def test_suggestions_are_made_in_russian_and_not_stored(page: Page, operation: str, props: dict[str, Any]) -> None:
    question = user("Помоги с маркетингом")
    received = page.post("run", run_input(page.thread, [question]))
    answer = named(received, "MESSAGES_SNAPSHOT")[-1]["messages"]
    before, listed = page.stored().text.count("messageId"), page.listed()
    held = named(events(page.stored()), "MESSAGES_SNAPSHOT")

    wish = user(ASKED_IN_ENGLISH)
    sent = run_input(page.thread, [*answer, wish], tools=[SUGGEST], forwardedProps=props)
    found = suggested(page.post(operation, sent))
    assert 2 <= len(found) <= 3
    for suggestion in found:
        assert set(suggestion) == {"title", "message"}
        assert any("а" <= letter <= "я" for letter in suggestion["message"].lower())

    assert named(events(page.stored()), "MESSAGES_SNAPSHOT") == held
    assert page.stored().text.count("messageId") == before
    assert page.listed() == listed


def test_suggestions_on_throw_away_threads_leave_no_threads(page: Page) -> None:
    listed = page.listed()
    for operation in ("suggest", "run"):
        thread = uuid.uuid4().hex
        sent = run_input(thread, [user("Привет"), user(ASKED_IN_ENGLISH)], tools=[SUGGEST], forwardedProps=FORCED)
        assert suggested(page.post(operation, sent))
        assert page.client.post("/agent/default/connect", json=run_input(thread)).content == b""
        assert page.client.get(f"/threads/{thread}/messages").status_code == 404
    assert page.listed() == listed
