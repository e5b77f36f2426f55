"""OpenAI's conversations over HTTP. A conversation is a thread of the agent that makes its first response.

Its items are what responses in it were given and gave, and what was added to it; the agent gets what was added with the
next response. What an agent has had stays: its thread cannot be made to forget one message.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import InvalidRequest, NotStored
from bridge.openai_compat.requests import optional
from bridge.openai_compat.responses.body import checked_metadata
from bridge.openai_compat.responses.conversation import items_named
from bridge.openai_compat.responses.items import Item, read_items, references
from bridge.openai_compat.responses.models import ConversationBody, ConversationObject, Deleted, ItemList
from bridge.openai_compat.responses.pages import page_of
from bridge.runs.request import ThreadKey
from bridge.storage.conversations import Conversation
from bridge.web.bodies import aside
from bridge.web.callers import principal_of
from bridge.web.dialect import Operation
from bridge.web.http import JSON, bridge_of, read_object


async def create_conversation(request: Request) -> Response:
    """``POST /v1/conversations``."""
    bridge = bridge_of(request)
    principal = principal_of(request)
    body = await read_object(request, bridge.settings.max_body_bytes)
    metadata = checked_metadata(optional(body, "metadata", dict) or {})
    items = await _items(request, body) if body.get("items") else []
    await bridge.check_quota(principal)
    made = Conversation(f"conv_{uuid.uuid4().hex}", principal, None, metadata, time.time())
    await bridge.conversations.add(made, items)
    return JSON(_shown(made))


async def read_conversation(request: Request) -> Response:
    """``GET /v1/conversations/{id}``."""
    return JSON(_shown(await _found(request)))


async def change_conversation(request: Request) -> Response:
    """``POST /v1/conversations/{id}``: other metadata."""
    bridge = bridge_of(request)
    found = await _found(request)
    body = await read_object(request, bridge.settings.max_body_bytes)
    metadata = checked_metadata(optional(body, "metadata", dict) or {})
    await bridge.conversations.change(found.id, metadata)
    return JSON({**_shown(found), "metadata": metadata})


async def delete_conversation(request: Request) -> Response:
    """``DELETE /v1/conversations/{id}``: with its items, its thread and the responses made in it."""
    bridge = bridge_of(request)
    found = await _found(request)
    if found.agent is not None:
        await bridge.forget(ThreadKey(found.principal, found.agent, found.id))
    await bridge.conversations.delete(found.id)
    return JSON({"id": found.id, "object": "conversation.deleted", "deleted": True})


async def list_items(request: Request) -> Response:
    """``GET /v1/conversations/{id}/items``."""
    found = await _found(request)
    return JSON(page_of(await bridge_of(request).conversations.items(found.id), request.query_params))


async def add_items(request: Request) -> Response:
    """``POST /v1/conversations/{id}/items``: what the agent gets with the next response."""
    bridge = bridge_of(request)
    found = await _found(request)
    body = await read_object(request, bridge.settings.max_body_bytes)
    items = await _items(request, body)
    await bridge.check_quota(found.principal)
    await bridge.conversations.append(found.id, items, given=False)
    return JSON(page_of(items, {"order": "asc", "limit": "100"}))


async def read_item(request: Request) -> Response:
    """``GET /v1/conversations/{id}/items/{item}``."""
    item, _ = await _item(request, await _found(request))
    return JSON(item)


async def delete_item(request: Request) -> Response:
    """``DELETE /v1/conversations/{id}/items/{item}``: of those that the agent has not had."""
    found = await _found(request)
    item, given = await _item(request, found)
    if given:
        raise InvalidRequest("The agent has had this item already: it cannot be taken back.", param="item_id")
    await bridge_of(request).conversations.remove(found.id, item["id"])
    return JSON(_shown(found))


def _shown(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "object": "conversation",
        "created_at": int(conversation.created_at),
        "metadata": conversation.metadata,
    }


async def _found(request: Request) -> Conversation:
    name = request.path_params["conversation_id"]
    found = await bridge_of(request).conversations.find(name, principal_of(request))
    if found is None:
        raise NotStored(f"Conversation with id '{name[:100]}' not found.")
    return found


async def _item(request: Request, conversation: Conversation) -> tuple[Item, bool]:
    name = request.path_params["item_id"]
    found = await bridge_of(request).conversations.item(conversation.id, name)
    if found is None:
        raise NotStored(f"Item with id '{name[:100]}' not found in conversation '{conversation.id}'.")
    return found


async def _items(request: Request, body: Mapping[str, Any]) -> list[Item]:
    """The items of a body, under ids of their own."""
    sent = body.get("items")
    known = await items_named(bridge_of(request), references(sent), principal_of(request))
    if not isinstance(sent, list):
        sent = None  # only ``input`` may be a text
    items: list[Item] = await aside(request, read_items, sent, "items", "new", known)
    return [{**item, "id": f"{item['id'].partition('_')[0][:8]}_{uuid.uuid4().hex}"} for item in items]


OPERATIONS = (
    Operation("POST", "/v1/conversations", create_conversation, takes=ConversationBody, gives=ConversationObject),
    Operation("GET", "/v1/conversations/{conversation_id}", read_conversation, gives=ConversationObject, right="read"),
    Operation(
        "POST",
        "/v1/conversations/{conversation_id}",
        change_conversation,
        takes=ConversationBody,
        gives=ConversationObject,
        right="manage",
    ),
    Operation("DELETE", "/v1/conversations/{conversation_id}", delete_conversation, gives=Deleted, right="manage"),
    Operation(
        "GET",
        "/v1/conversations/{conversation_id}/items",
        list_items,
        gives=ItemList,
        query=("after", "limit", "order", "include"),
        right="read",
    ),
    Operation("POST", "/v1/conversations/{conversation_id}/items", add_items, takes=ConversationBody, gives=ItemList),
    Operation(
        "GET",
        "/v1/conversations/{conversation_id}/items/{item_id}",
        read_item,
        gives=dict[str, Any],
        query=("include",),
        right="read",
    ),
    Operation(
        "DELETE",
        "/v1/conversations/{conversation_id}/items/{item_id}",
        delete_item,
        gives=ConversationObject,
        right="manage",
    ),
)
"""What the OpenAI dialect serves of conversations."""
