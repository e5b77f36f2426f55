"""A completions body -> a chat of one message. Pure.

The API is older than chats; editors, autocompletion and scripts still speak it. It has no roles, no tools and no
thread; ``ag_ui`` and ``X-Thread-Id`` give it one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridge.errors import InvalidRequest, json_kind
from bridge.openai_compat.requests import ChatRequest, optional, parse_chat

_SHARED = frozenset(
    (
        *("model", "stream", "stream_options", "max_tokens", "temperature", "top_p", "stop", "seed", "user"),
        *("presence_penalty", "frequency_penalty", "logit_bias", "n", "ag_ui", "metadata", "safety_identifier"),
    )
)
"""What means the same in a chat. Fields that neither knows are ignored there, and so they are here."""


def parse_completion(body: Mapping[str, Any], new_id: Callable[[], str]) -> ChatRequest:
    """Parse a body. Raises `InvalidRequest` that names the parameter."""
    for name in ("echo", "suffix"):
        if body.get(name):
            raise InvalidRequest(f"'{name}' is not served: an agent answers a text, it does not extend it.", param=name)
    if body.get("logprobs") is not None:
        raise InvalidRequest("Log probabilities are not served.", param="logprobs")
    if (optional(body, "best_of", int) or 1) != 1:
        raise InvalidRequest("One answer is given; 'best_of' must be 1.", param="best_of")
    message = {"role": "user", "content": _prompt(body.get("prompt"))}
    return parse_chat({"messages": [message], **{name: body[name] for name in _SHARED if name in body}}, new_id)


def _prompt(value: Any) -> str:
    """One text, alone or in an array. Tokens are another model's, and several texts would be several answers."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        value = value[0]
    if not isinstance(value, str):
        got = f"an array of {len(value)}" if isinstance(value, list) else json_kind(value)
        raise InvalidRequest(f"'prompt' must be one string, not {got}.", param="prompt")
    return value
