"""Who asks over the OpenAI API, and the ids that nobody names. The same for chats and responses."""

from __future__ import annotations

import uuid

from starlette.requests import HTTPConnection

from bridge.openai_compat.conversation import Caller
from bridge.openai_compat.requests import ChatRequest
from bridge.web.callers import client_of, named_in, principal_of, shares_key
from bridge.web.http import bridge_of


def new_id() -> str:
    """An id for a message, a run or a thread that the client did not name."""
    return uuid.uuid4().hex


def caller_of(request: HTTPConnection, chat: ChatRequest, *, agent: str | None = None) -> Caller:
    """Who asks, and for whom: the user and the chat are named in the body or in the headers of the settings.

    ``agent``: whom they ask, where the request's ``model`` does not say so. Raises `UnknownAgent`.
    """
    bridge = bridge_of(request)
    settings = bridge.settings
    return Caller(
        bridge.agent_name(chat.model if agent is None else agent),
        principal_of(request),
        client_of(request),
        user=named_in(request, settings.user_headers) or chat.user,
        chat=named_in(request, settings.chat_headers),
        shared=shares_key(request),
    )
