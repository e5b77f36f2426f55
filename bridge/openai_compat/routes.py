"""The OpenAI API over HTTP: chat completions and models; responses and conversations have routes of their own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.openai_compat.callers import new_id
from bridge.openai_compat.completions.routes import OPERATIONS as COMPLETIONS
from bridge.openai_compat.conversations.routes import OPERATIONS as CONVERSATIONS
from bridge.openai_compat.models import ChatAnswer, ChatBody
from bridge.openai_compat.refused import OPERATIONS as REFUSED
from bridge.openai_compat.requests import parse_chat
from bridge.openai_compat.responses.routes import OPERATIONS as RESPONSES
from bridge.openai_compat.responses.socket import converse
from bridge.openai_compat.serving import complete
from bridge.web.bodies import aside
from bridge.web.callers import principal_of
from bridge.web.dialect import Dialect, Operation, Socket
from bridge.web.http import JSON, bridge_of, model_named, read_object
from bridge.web.limits import RATE_HEADERS


async def chat_completions(request: Request) -> Response:
    """``POST /v1/chat/completions``."""
    bridge = bridge_of(request)
    principal_of(request)  # nothing of a body is looked at before its sender is known
    body = await read_object(request, bridge.settings.max_body_bytes)
    return await complete(request, await aside(request, parse_chat, model_named(request, body), new_id))


async def list_models(request: Request) -> Response:
    """``GET /v1/models``: the agents."""
    bridge = bridge_of(request)
    principal_of(request)
    return JSON({"object": "list", "data": [_model(name) for name in bridge.names]})


async def read_model(request: Request) -> Response:
    """``GET /v1/models/{id}``: one agent."""
    bridge = bridge_of(request)
    principal_of(request)
    name: str = request.path_params["model"]  # whatever follows: a name may have slashes
    return JSON(_model(bridge.agent_name(name.removesuffix("/"))))


TIMING = "openai-processing-ms"

_STARTED = int(time.time())


def _model(name: str) -> Mapping[str, Any]:
    return {"id": name, "object": "model", "created": _STARTED, "owned_by": "bridge"}


def _azure(operation: Operation) -> Operation:
    """The same at the addresses where Azure's clients look for it, those of its dated API and those of its v1 API."""
    paths = [operation.path.replace("/v1/", below, 1) for below in ("/openai/v1/", "/openai/")]
    return replace(operation, also=(*operation.also, *paths))


DIALECT = Dialect(
    name="openai",
    operations=tuple(
        map(
            _azure,
            (
                Operation(
                    "POST",
                    "/v1/chat/completions",
                    chat_completions,
                    takes=ChatBody,
                    gives=ChatAnswer,
                    also=("/openai/deployments/{model}/chat/completions",),
                ),
                *COMPLETIONS,
                *RESPONSES,
                *CONVERSATIONS,
                Operation("GET", "/v1/models", list_models, gives=dict[str, Any], right="read"),
                Operation("GET", "/v1/models/{model:path}", read_model, gives=dict[str, Any], right="read"),
                *REFUSED,
            ),
        )
    ),
    cors_headers=(TIMING, *RATE_HEADERS),
    timing=TIMING,
    sockets=(Socket("/v1/responses", converse, also=("/openai/v1/responses", "/openai/responses")),),
)
