"""What a model's server can do wrong, as the bytes that it sends, and what a client is to be told of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.providers.canned import DONE, JSON, SSE, chunk, error

BROKE_OFF = "The model's answer broke off before its end."
EMPTY = "The model gave no answer; the conversation may be too long for it."
FAILED = "The agent's model could not be reached, or failed"
TOO_LONG = "The conversation is too long for the model: begin a new one."
REFUSED = "The model's server refused the agent's request"
KEY = "The model's server refused the agent's key"
QUOTA = "The agent's account with the model's provider has no quota left."
RATE = "The model's server takes no more requests for now."
FILTER = "The content filter of the model's provider refused the request: put it in other words."

SECRET = "sk-secret of the prompt"
"""In every server's own words. None of it may reach a client."""


@dataclass(frozen=True)
class Fault:
    """One fault of a server of OpenAI's chat completions.

    ``body``: what it sends with ``status`` and ``media``. ``heard``: the answer's beginning that the client has been
    sent before. ``code``, ``http``, ``says``: the error, its HTTP status where nothing was sent before, and how its
    sentence begins. ``again``: whether trying the same again may help. ``abrupt``: the connection is reset.
    """

    body: bytes
    code: str
    http: int
    says: str
    status: str = "200 OK"
    media: str = SSE
    heard: str = ""
    again: bool = True
    abrupt: bool = False


def refusal(status: str, told: str, http: int, says: str, *, again: bool = False, **fields: Any) -> Fault:
    """The server answers with an HTTP error and a JSON of it."""
    body = error(**{"message": SECRET} | fields)
    return Fault(body, told, http, says, status=status, media=JSON, again=again)


HALF = chunk({"role": "assistant", "content": ""}) + chunk({"content": "Hel"}) + chunk({"content": "lo"})
HALF_CALL = chunk(
    {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a'}}]}
)
WHOLE = chunk({"role": "assistant", "content": ""}) + chunk({"content": "Whole."}) + chunk({}, "stop") + DONE


def said(**fields: Any) -> bytes:
    """An error in a stream that has begun."""
    return b"data: " + json.dumps({"error": {"message": SECRET, **fields}}).encode() + b"\n\n"


FAULTS = {
    "cut": Fault(HALF, "upstream_error", 502, BROKE_OFF, heard="Hello"),
    "cut, and [DONE]": Fault(HALF + DONE, "upstream_error", 502, BROKE_OFF, heard="Hello"),
    "cut in a call": Fault(HALF + HALF_CALL + DONE, "upstream_error", 502, BROKE_OFF, heard="Hello"),
    "cut in a character": Fault(HALF + b'data: {"choices": "\xd0', "upstream_error", 502, FAILED, heard="Hello"),
    "reset": Fault(HALF, "upstream_error", 502, FAILED, heard="Hello", abrupt=True),
    "reset before a word": Fault(b"", "upstream_error", 502, FAILED, abrupt=True),
    "ended with the reason error": Fault(
        HALF + chunk({}, "error") + DONE, "upstream_error", 502, BROKE_OFF, heard="Hello"
    ),
    "an error in the stream": Fault(
        HALF + said(type="server_error", code=None), "upstream_error", 502, FAILED, heard="Hello"
    ),
    "an error before a word": Fault(said(type="server_error", code=None), "upstream_error", 502, FAILED),
    "too long, said in the stream": Fault(
        said(type="invalid_request_error", code="context_length_exceeded"),
        "context_length_exceeded",
        400,
        TOO_LONG,
        again=False,
    ),
    "nothing": Fault(b"", "upstream_empty", 502, EMPTY),
    "[DONE] alone": Fault(DONE, "upstream_empty", 502, EMPTY),
    "comments alone": Fault(b": hello\n\n: hello\n\n", "upstream_empty", 502, EMPTY),
    "a page": Fault(b"<html>Welcome</html>", "upstream_empty", 502, EMPTY, media="text/html"),
    "half a chunk": Fault(b'data: {"choices": [\n\n', "upstream_error", 502, FAILED),
    "a number": Fault(b"data: 7\n\n", "upstream_error", 502, FAILED),
    "too long, OpenAI": refusal(
        "400 No", "context_length_exceeded", 400, TOO_LONG, code="context_length_exceeded", type="invalid_request_error"
    ),
    "too long, llama.cpp": refusal(
        "400 No", "context_length_exceeded", 400, TOO_LONG, code=400, type="exceed_context_size_error", n_ctx=512
    ),
    "too long, vLLM": refusal(
        "400 No",
        "context_length_exceeded",
        400,
        TOO_LONG,
        message=f"This model's maximum context length is 512 tokens. {SECRET}",
        code=400,
    ),
    "a parameter": refusal("400 No", "upstream_refused", 502, REFUSED, type="invalid_request_error", code=None),
    "no such model": refusal("404 No", "upstream_refused", 502, REFUSED, code="model_not_found"),
    "unprocessable": refusal("422 No", "upstream_refused", 502, REFUSED),
    "a wrong key": refusal("401 No", "upstream_unauthorized", 502, KEY, code="invalid_api_key"),
    "a key without the right": refusal("403 No", "upstream_unauthorized", 502, KEY),
    "no credit": refusal("402 No", "insufficient_quota", 429, QUOTA),
    "no quota": refusal("429 No", "insufficient_quota", 429, QUOTA, code="insufficient_quota"),
    "too many requests": refusal("429 No", "upstream_rate_limited", 429, RATE, again=True, code="rate_limit_exceeded"),
    "filtered": refusal("400 No", "content_filter", 400, FILTER, code="content_filter"),
    "an unknown format": refusal("500 No", "upstream_error", 502, FAILED, again=True),
    "overloaded": refusal("503 No", "upstream_error", 502, FAILED, again=True, code="overloaded"),
    "a proxy's page": Fault(b"<html>Bad gateway</html>", "upstream_error", 502, FAILED, "502 No", "text/html"),
}
