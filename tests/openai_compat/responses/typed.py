"""The types of OpenAI's own SDK as a judge: every event and object fits them, and has no field beside theirs.

But for three of a response, which OpenAI sends, and which the specification Open Responses requires (`REQUIRED`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from openai.types.conversations import ConversationItem
from openai.types.responses import Response, ResponseItem, ResponseItemList, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from bridge.json import dumps

REQUIRED = frozenset(
    (
        *(
            "id",
            "object",
            "created_at",
            "completed_at",
            "status",
            "incomplete_details",
            "model",
            "previous_response_id",
        ),
        *("instructions", "output", "error", "tools", "tool_choice", "truncation", "parallel_tool_calls", "text"),
        *(
            "top_p",
            "presence_penalty",
            "frequency_penalty",
            "top_logprobs",
            "temperature",
            "reasoning",
            "user",
            "usage",
        ),
        *("max_output_tokens", "max_tool_calls", "store", "background", "service_tier", "metadata"),
        *("safety_identifier", "prompt_cache_key"),
    )
)
"""The fields that Open Responses requires of a response, ``ResponseResource``."""

_NUMBERS = ("top_p", "temperature", "presence_penalty", "frequency_penalty", "top_logprobs")
_NOT_IN_THE_SDK = {"store", "presence_penalty", "frequency_penalty"}

_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
_ITEM: TypeAdapter[Any] = TypeAdapter(ResponseItem)
_CONVERSATION_ITEM: TypeAdapter[Any] = TypeAdapter(ConversationItem)
_LIST: TypeAdapter[Any] = TypeAdapter(ResponseItemList)
_RESPONSE: TypeAdapter[Any] = TypeAdapter(Response)

LAST = ("response.completed", "response.incomplete", "response.failed")


def _checked(adapter: TypeAdapter[Any], value: Mapping[str, Any]) -> Any:
    found = adapter.validate_json(dumps(value), strict=True)
    _no_extra(found, str(value.get("type", value.get("object"))))
    return found


def _no_extra(value: Any, at: str) -> None:
    if isinstance(value, BaseModel):
        extra = set(value.model_extra or ())
        if isinstance(value, Response):
            extra -= _NOT_IN_THE_SDK
            assert value.model_fields_set >= REQUIRED, REQUIRED - value.model_fields_set
            assert all(isinstance(getattr(value, name), int | float) for name in _NUMBERS)
        assert not extra, f"{at}: {type(value).__name__} does not know {sorted(extra)}"
        for name in type(value).model_fields:
            _no_extra(getattr(value, name), f"{at}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _no_extra(item, f"{at}[{number}]")


def check_event(event: Mapping[str, Any]) -> Any:
    """One event, as the SDK's object."""
    return _checked(_EVENT, event)


def check_response(response: Mapping[str, Any]) -> Any:
    """One response."""
    return _checked(_RESPONSE, response)


def check_item(item: Mapping[str, Any]) -> Any:
    """One item of ``input_items``."""
    return _checked(_ITEM, item)


def check_conversation_item(item: Mapping[str, Any]) -> Any:
    """One item of a conversation."""
    return _checked(_CONVERSATION_ITEM, item)


def check_list(page: Mapping[str, Any]) -> Any:
    """A page of input items."""
    return _checked(_LIST, page)


def check_stream(events: Iterable[Mapping[str, Any]], *, first: int = 0) -> list[Any]:
    """A whole stream: each event by its type, their numbers, the order of an item's events, and one end."""
    known = list(events)
    found = [check_event(event) for event in known]
    assert [event["sequence_number"] for event in known] == list(range(first, first + len(known)))
    kinds = [event["type"] for event in known]
    if first == 0:
        assert kinds[0] == "response.created"
        assert kinds.count("response.in_progress") == 1
    assert [kind for kind in kinds if kind in LAST] == kinds[-1:], kinds
    _check_items(known) if first == 0 else None
    return found


def _check_items(events: list[Mapping[str, Any]]) -> None:
    """Items come whole, one after the other; deltas add up to what is done."""
    current: Mapping[str, Any] | None = None
    count, text = 0, ""
    for event in events:
        kind = event["type"]
        if kind == "response.output_item.added":
            assert current is None
            assert event["output_index"] == count
            current, text, count = event["item"], "", count + 1
        elif kind == "response.output_item.done":
            assert current is not None
            assert event["item"]["id"] == current["id"]
            assert event["output_index"] == count - 1
            current = None
        elif "item_id" in event:
            assert current is not None
            assert event["item_id"] == current["id"]
            assert event["output_index"] == count - 1
            text += event["delta"] if kind.endswith(".delta") else ""
            whole = event.get("text", event.get("arguments"))
            assert whole in (None, text)
    assert current is None
    assert len(events[-1]["response"]["output"]) == count
