"""What `useChat` posts -> what the bridge runs. Pure.

The page's chat is a thread: its id names it. Who sends the whole chat has it compared with what the thread holds, as an
OpenAI client's history is; who sends the last message alone (``message``) sends what is new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from bridge.ai_sdk.messages import Message, is_answer, last_step, messages_of, tool_of
from bridge.errors import InvalidRequest, json_kind
from bridge.json import dumps
from bridge.openai_compat.requests import ChatRequest, extension_of, optional, settings_of
from bridge.runs.request import checked_id

Major = Literal[5, 6, 7]
"""The AI SDK's major version. A stream dies at a part that its reader does not know."""

UNKNOWN: Major = 5
"""Browsers send no version: without a sign, what all of them know."""


@dataclass(frozen=True, slots=True)
class UiChat:
    """A parsed body.

    Attributes:
        chat: as an OpenAI client would ask.
        chat_id: the page's chat, which is the thread.
        known_calls: calls in the message that the answer goes on with; their results may be sent.
        answers: the messages that answer questions of the agent's, where that is what the page sends.
    """

    chat: ChatRequest
    chat_id: str
    major: Major
    known_calls: frozenset[str] = frozenset()
    continues: str | None = None
    answers: tuple[Message, ...] = ()


def parse_ui_chat(body: Mapping[str, Any], new_id: Callable[[], str], *, header: str | None = None) -> UiChat:
    """Parse a body. Raises `InvalidRequest` that names the field. ``header``: the version, where one names it."""
    chat_id = checked_id(body.get("id"), "id")
    tools = _tools(body)
    sent = body.get("messages")
    if sent is None and body.get("message") is not None:
        sent = [body["message"]]
    if not isinstance(sent, list) or not sent:
        got = "empty" if sent == [] else json_kind(sent)
        raise InvalidRequest(f"'messages' must be an array of messages, not {got}.", param="messages")
    messages = messages_of(sent, new_id, client_tools=[tool["name"] for tool in tools])
    if system := optional(body, "system", str):  # assistant-ui has it beside the messages
        messages.insert(0, {"id": new_id(), "role": "system", "content": system})
    resume = _resumed(body, new_id)
    last = sent[-1]
    goes_on = last.get("role") == "assistant"
    parts = (last.get("parts") if goes_on else None) or []
    calls = [part["toolCallId"] for part in parts if tool_of(part) is not None]
    chat = ChatRequest(
        model=optional(body, "model", str),
        messages=[*messages, *resume],
        tools=tools,
        settings=settings_of(body),
        stream=True,
        user=optional(body, "user", str) or "",
        **extension_of(body),
    )
    return UiChat(
        chat=replace(chat, thread_id=chat_id),
        chat_id=chat_id,
        major=major_of(body.get("sdk"), header),
        known_calls=frozenset(calls),
        continues=str(last.get("id")) if goes_on and last.get("id") else None,
        answers=tuple(resume or _approvals(messages, parts[last_step(parts) :])),
    )


def major_of(given: Any, header: str | None) -> Major:
    """The major version that a body's ``sdk`` or a header names: ``6``, ``"6.0.326"`` or ``ai-sdk/6.0.326``."""
    written = str(given if given is not None else header or "").rpartition("/")[2].partition(".")[0]
    known: dict[str, Major] = {"5": 5, "6": 6, "7": 7}
    return known.get(written, UNKNOWN)


def _approvals(messages: list[Message], step: list[Mapping[str, Any]]) -> list[Message]:
    """The answers that a page gives in the last step, where it answers requests for approval there."""
    calls = {part.get("toolCallId") for part in step if tool_of(part) is not None}
    first = next((n for n in range(len(messages), 0, -1) if messages[n - 1]["role"] != "tool"), 0)
    given = [message for message in messages[first:] if is_answer(message) or message["toolCallId"] in calls]
    return given if any(is_answer(message) for message in given) else []


def _tools(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The page's tools: as AG-UI or OpenAI write them, or by name, as assistant-ui does. The AI SDK sends none."""
    given = body.get("tools")
    if isinstance(given, Mapping):
        given = [{**(tool if isinstance(tool, Mapping) else {}), "name": name} for name, tool in given.items()]
    if given is not None and not isinstance(given, list):
        raise InvalidRequest(f"'tools' must be an array or an object, not {json_kind(given)}.", param="tools")
    tools: list[dict[str, Any]] = []
    for index, tool in enumerate(given or []):
        at = f"tools[{index}]"
        held = tool.get("function", tool) if isinstance(tool, Mapping) else None
        if not isinstance(held, Mapping) or not isinstance(held.get("name"), str) or not held["name"]:
            raise InvalidRequest(f"'{at}.name' is missing.", param=f"{at}.name")
        made = {"name": held["name"], "description": str(held.get("description") or "")}
        schema = held.get("parameters", held.get("inputSchema"))
        tools.append(made | ({"parameters": schema} if isinstance(schema, Mapping) else {}))
    return tools


def _resumed(body: Mapping[str, Any], new_id: Callable[[], str]) -> list[dict[str, Any]]:
    """``resume``: answers to `data-interrupt` parts, as AG-UI writes them."""
    found: list[dict[str, Any]] = []
    for index, entry in enumerate(optional(body, "resume", list) or []):
        at = f"resume[{index}]"
        if not isinstance(entry, Mapping) or not isinstance(entry.get("interruptId"), str):
            raise InvalidRequest(f"'{at}.interruptId' must be a string.", param=f"{at}.interruptId")
        cancelled = entry.get("status") == "cancelled"
        content = "cancel" if cancelled else dumps(entry.get("payload")).decode()
        found.append({"id": new_id(), "role": "tool", "toolCallId": entry["interruptId"], "content": content})
    return found
