"""LangGraph interrupts -> AG-UI interrupts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.agents.langgraph.jsonable import jsonable
from bridge.events.interrupts import Interrupt

_MESSAGES = ("message", "question", "prompt", "title", "description")


_SCHEMAS = ("response_schema", "responseSchema", "schema")


_CALLS = ("tool_call_id", "toolCallId")


def interrupt_to_agui(item: Any) -> Interrupt:
    """A LangGraph ``Interrupt`` (or the dict that ``tasks`` parts and RemoteGraph give) as AG-UI has it.

    The value itself goes along under ``metadata.value``: the front end that knows this agent draws its dialog from it.
    """
    if isinstance(item, Mapping):
        identity, value, schema = item.get("id"), item.get("value"), item.get("response_schema")
    else:
        identity, value, schema = item.id, item.value, getattr(item, "response_schema", None)
    plain = jsonable(value)
    said: Interrupt = {"id": str(identity), "reason": "input_required"}
    if isinstance(plain, dict):
        if isinstance(plain.get("reason"), str):
            said["reason"] = plain["reason"]
        message = next((plain[name] for name in _MESSAGES if isinstance(plain.get(name), str)), None)
        call = next((plain[name] for name in _CALLS if isinstance(plain.get(name), str)), None)
        schema = schema or next((plain[name] for name in _SCHEMAS if isinstance(plain.get(name), dict)), None)
        expires = plain.get("expires_at", plain.get("expiresAt"))
        if call is not None:
            said["toolCallId"] = call
        if isinstance(expires, str):
            said["expiresAt"] = expires
    else:
        message = plain if isinstance(plain, str) else None
    if message is not None:
        said["message"] = message
    if isinstance(schema, Mapping):
        said["responseSchema"] = jsonable(schema)
    said["metadata"] = {"value": plain}
    return said
