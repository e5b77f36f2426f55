"""Usage and errors in the words of the Responses API. Pure; nothing is invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.errors import BridgeError
from bridge.openai_compat.usage import usage_of as chat_usage


def usage_of(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The sum of AG-UI's entries, or ``None`` when no model reported any.

    A detail that no model reported is 0: the API's type has no other word for it.
    """
    usage = chat_usage(entries)
    if usage is None:
        return None
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    reasoning = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens", 0)
    written = sum(entry.get("cacheWriteInputTokens") or 0 for entry in entries)
    return {
        "input_tokens": usage["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
        "output_tokens": usage["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": usage["total_tokens"],
    }


def error_of(failure: BridgeError) -> dict[str, Any]:
    """A response's ``error``. Its codes are OpenAI's, which are few; ``type`` has the bridge's own code."""
    code = "server_error"
    if failure.status == 429:
        code = "rate_limit_exceeded"
    elif failure.status < 500:
        code = "invalid_prompt"
    return {"code": code, "message": failure.message, "param": failure.param, "type": failure.code}
