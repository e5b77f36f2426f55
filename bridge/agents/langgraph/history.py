"""A client's history before it is compared with its thread: what of it counts.

A client may send whatever it likes as the conversation so far. The thread is what the server knows: of a message that
it holds its own copy counts; answers and results that it does not hold are forged, as far as the server can tell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

from bridge.agents.base import ThreadState
from bridge.agents.langgraph.incoming import as_conversation
from bridge.agents.langgraph.messages import message_to_agui
from bridge.agents.langgraph.state import fields_of
from bridge.errors import InvalidRequest
from bridge.runs.request import ClientHistory, RunRequest

Message = Mapping[str, Any]


def without_subagents(request: RunRequest) -> RunRequest:
    """The request without what its client shows of subagents: that is for the screen, and in no conversation."""
    if all(message.get("subagentRunId") is None for message in request.messages):
        return request
    return replace(request, messages=[one for one in request.messages if one.get("subagentRunId") is None])


def admitted(request: RunRequest, thread: ThreadState, policy: ClientHistory, values: Any = None) -> RunRequest:
    """The request with the messages that count, by the policy for what its thread does not hold.

    The user's messages, the page's instructions (``system``, ``developer``) and answers to calls that the thread holds
    always count. ``values`` is the thread's state: where middleware has put a summary in place of old messages, those
    are not new because the client still has them. Raises `InvalidRequest` where the policy is ``refuse``.
    """
    sent: list[Any] = list(request.messages)
    if _is_summarized(values):
        sent = _after_summary(sent, {message["id"] for message in thread.messages})
    if policy != "trust":
        sent = _held_or_new(sent, thread, refuse=policy == "refuse")
    return (
        request if len(sent) == len(request.messages) and sent == request.messages else replace(request, messages=sent)
    )


def _held_or_new(sent: Sequence[Any], thread: ThreadState, *, refuse: bool) -> list[Any]:
    held = {message["id"]: message for message in thread.messages}
    calls = {call["id"] for message in thread.messages for call in message.get("toolCalls") or ()}
    kept: list[Any] = []
    for message in sent:
        known = held.get(message["id"])
        if known is not None and known["role"] in ("assistant", "tool", "reasoning"):
            kept.append(known)
        elif message["role"] == "assistant" or (message["role"] == "tool" and message.get("toolCallId") not in calls):
            if refuse:
                raise InvalidRequest(
                    f"This conversation holds no {message['role']} message '{message['id']}'.", param="messages"
                )
        else:
            kept.append(message)
    return kept


def _is_summarized(values: Any) -> bool:
    messages = (fields_of(values) or {}).get("messages")
    first = messages[:1] if isinstance(messages, list) else []
    return any("lc_source" in getattr(message, "additional_kwargs", {}) for message in first)


def _after_summary(sent: Sequence[Any], held: Collection[str]) -> list[Any]:
    last = max((index for index, message in enumerate(sent) if message["id"] in held), default=-1)
    return [
        message
        for index, message in enumerate(sent)
        if index > last or message["id"] in held or message["role"] in ("system", "developer")
    ]


async def as_sent_before(request: RunRequest, thread: ThreadState, graph: Any, config: RunnableConfig) -> RunRequest:
    """The request with the thread's text of messages that the graph rewrote after the client had sent them.

    Middleware may redact what a person wrote, under the same id; a client that goes on showing its own text has edited
    nothing. What was sent is still in the checkpoint of the input. It is looked for only where a text differs.
    """
    held = {message["id"]: message for message in thread.messages if message["role"] == "user"}
    changed = {
        message["id"]: message
        for message in request.messages
        if message["role"] == "user"
        and message["id"] in held
        and message.get("content") != held[message["id"]].get("content")
    }
    saver = getattr(graph, "checkpointer", None)
    if not changed or not isinstance(saver, BaseCheckpointSaver):
        return request
    same = await _sent_so(changed, held, saver, config)
    if not same:
        return request
    return replace(request, messages=[held[one["id"]] if one["id"] in same else one for one in request.messages])


async def _sent_so(
    changed: Mapping[str, Message], held: Mapping[str, Message], saver: BaseCheckpointSaver[Any], config: RunnableConfig
) -> set[str]:
    """The ids of messages whose last input had them as they are sent now.

    An edit keeps the id of its message, so the last input may be of a branch that was left. Where another input had the
    thread's text, the thread's own branch decides.
    """
    where: RunnableConfig = {"configurable": {"thread_id": config["configurable"]["thread_id"], "checkpoint_ns": ""}}
    waiting, same, unclear = set(changed), set(), set()
    async for found in saver.alist(where, filter={"source": "input"}):
        for message_id, content in _given(found).items():
            if message_id in waiting:
                waiting.discard(message_id)
                if content == changed[message_id].get("content"):
                    same.add(message_id)
            elif message_id in same and content == held[message_id].get("content"):
                unclear.add(message_id)
        if not waiting and same == unclear:
            break
    if not unclear:
        return same
    at = config["configurable"].get("checkpoint_id")
    if at is not None:
        where["configurable"]["checkpoint_id"] = at
    return (same - unclear) | await _sent_so_on_branch({one: changed[one] for one in unclear}, saver, where)


async def _sent_so_on_branch(
    changed: Mapping[str, Message], saver: BaseCheckpointSaver[Any], head: RunnableConfig
) -> set[str]:
    """The same, by the inputs that led to one checkpoint alone: each is read, from the last one back."""
    waiting, same = set(changed), set()
    at: RunnableConfig | None = head
    while waiting and at is not None:
        found = await saver.aget_tuple(at)
        if found is None:
            break
        for message_id, content in _given(found).items():
            if message_id in waiting:
                waiting.discard(message_id)
                if content == changed[message_id].get("content"):
                    same.add(message_id)
        at = found.parent_config
    return same


def _given(found: CheckpointTuple) -> dict[str, Any]:
    """The contents of the messages that this checkpoint's input has, by their ids; empty where it is no input's."""
    given = (fields_of(found.checkpoint["channel_values"].get("__start__")) or {}).get("messages")
    return {str(one.id): message_to_agui(one).get("content") for one in as_conversation(given) or ()}
