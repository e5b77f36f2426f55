"""What of OpenAI's API no agent can answer. Each address says so, so that nobody looks for a mistake of their own."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import NotServed
from bridge.web.callers import principal_of
from bridge.web.dialect import Operation

_WHAT = {
    "embeddings": "embeddings",
    "moderations": "moderations",
    "audio/speech": "speech",
    "audio/transcriptions": "transcriptions; send audio as a part of a message",
    "audio/translations": "translations of audio; send audio as a part of a message",
    "images/generations": "images by this address; a graph may answer with one",
    "images/edits": "edited images by this address; a graph may answer with one",
    "images/variations": "variations of images",
}
_DEPLOYMENT = "/openai/deployments/{model}/"


async def refuse(request: Request) -> Response:
    """Not served: an agent answers in a conversation."""
    principal_of(request)
    path = request.url.path.rstrip("/")
    name = next(name for name in _WHAT if path.endswith(name))
    raise NotServed(f"'/v1/{name}' is not served: the bridge serves agents, which make no {_WHAT[name]}.")


OPERATIONS = tuple(
    Operation("POST", f"/v1/{name}", refuse, gives=dict[str, Any], right="read", also=(_DEPLOYMENT + name,))
    for name in _WHAT
)
"""What the OpenAI dialect refuses by name. A request's body is not looked at."""
