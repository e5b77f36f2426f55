"""What a client has after a stream: messages and state folded from events, by the rules of the official client."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

import jsonpatch

from bridge.events.event import Event

Message = dict[str, Any]


def fold_state(events: Iterable[Event], state: Any = None) -> Any:
    """The state that snapshots and deltas give."""
    for event in events:
        if event["type"] == "STATE_SNAPSHOT":
            state = copy.deepcopy(event["snapshot"])
        elif event["type"] == "STATE_DELTA":
            state = jsonpatch.apply_patch(state, event["delta"])
    return state


def fold_messages(events: Iterable[Event], history: Sequence[Message] = ()) -> list[Message]:
    """The messages that events give; like the client's ``apply/default.ts``."""
    messages = copy.deepcopy(list(history))
    for event in events:
        match event["type"]:
            case "TEXT_MESSAGE_START":
                _find(messages, event["messageId"], event.get("role", "assistant")).setdefault("content", "")
            case "REASONING_MESSAGE_START":
                _find(messages, event["messageId"], "reasoning").setdefault("content", "")
            case "TEXT_MESSAGE_CONTENT" | "REASONING_MESSAGE_CONTENT":
                message = _find(messages, event["messageId"], None)
                message["content"] = message.get("content", "") + event["delta"]
            case "TOOL_CALL_START":
                _start_call(messages, event)
            case "TOOL_CALL_ARGS":
                _call(messages, event["toolCallId"])["function"]["arguments"] += event["delta"]
            case "TOOL_CALL_RESULT":
                _result(messages, event)
            case "MESSAGES_SNAPSHOT":
                messages = _merge(messages, event["messages"])
            case _:
                pass
    return messages


def _find(messages: list[Message], identity: str, role: str | None) -> Message:
    for message in messages:
        if message["id"] == identity:
            return message
    assert role is not None, f"content for a message that was never opened: {identity}"
    messages.append({"id": identity, "role": role})
    return messages[-1]


def _start_call(messages: list[Message], event: Event) -> None:
    known = [call["id"] for message in messages for call in message.get("toolCalls", ())]
    assert event["toolCallId"] not in known, f"a tool call is told twice: {event['toolCallId']}"
    owner = _find(messages, str(event.get("parentMessageId", event["toolCallId"])), "assistant")
    function = {"name": event["toolCallName"], "arguments": ""}
    owner.setdefault("toolCalls", []).append({"id": event["toolCallId"], "type": "function", "function": function})


def _call(messages: list[Message], identity: str) -> Any:
    return next(call for message in messages for call in message.get("toolCalls", ()) if call["id"] == identity)


def _result(messages: list[Message], event: Event) -> None:
    assert all(message["id"] != event["messageId"] for message in messages), "a tool's answer is told twice"
    result = {"id": event["messageId"], "role": "tool", "toolCallId": event["toolCallId"], "content": event["content"]}
    for index, message in enumerate(messages):
        if any(call["id"] == event["toolCallId"] for call in message.get("toolCalls", ())):
            place = index + 1
            while place < len(messages) and messages[place]["role"] == "tool":
                place += 1
            messages.insert(place, result)
            return
    messages.append(result)


def _merge(messages: list[Message], snapshot: list[Message]) -> list[Message]:
    """A snapshot replaces by id and keeps what only the client has: activity, and reasoning where it has none."""
    given = {message["id"]: message for message in snapshot}
    kept = {"activity"} if any(message["role"] == "reasoning" for message in snapshot) else {"activity", "reasoning"}
    merged = [
        copy.deepcopy(given.get(message["id"], message))
        for message in messages
        if message["id"] in given or message["role"] in kept
    ]
    held = {message["id"] for message in merged}
    return merged + [copy.deepcopy(message) for message in snapshot if message["id"] not in held]
