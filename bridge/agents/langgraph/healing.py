"""A conversation in which every tool call is answered, once, right after it. Pure.

OpenAI and Anthropic refuse any other: "An assistant message with 'tool_calls' must be followed by tool messages
responding to each 'tool_call_id'"; "Each `tool_use` block must have a corresponding `tool_result` block in the next
message". A run that ends while a tool works, or a person who goes on without answering a front end's tool, leaves such
a call behind: without healing, every later turn of the thread fails.

A provider's ids of calls may repeat from turn to turn (vLLM, llama.cpp): an answer belongs to the last call of that id
that nobody has answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

Reason: TypeAlias = Callable[[AIMessage, str], str]
"""(the message, the name of the tool it calls) -> one sentence that says why the call has no answer."""

WENT_ON = "The person went on without answering this call."
NOT_JSON = "The call was not made: its arguments are not valid JSON."

_PREFIX = "unanswered:"


def ended(error: str | None = None) -> str:
    """The sentence for a tool that was at work when its run ended; ``error`` is the class of what failed."""
    return (
        f"The run failed ({error}) before this call had an answer."
        if error
        else "The run ended before this call had an answer."
    )


def is_placeholder(message_id: str | None) -> bool:
    """Whether a message of this id was put in place of an answer that had not come."""
    return bool(message_id) and str(message_id).startswith(_PREFIX)


@dataclass(frozen=True, slots=True)
class Healed:
    """What heals a conversation.

    ``added`` is to be added at the end of what the thread holds; ``rewritten`` is all that the thread should hold,
    where adding is not enough (else ``None``). ``arriving`` are the new messages, in an order that providers accept.
    """

    added: list[BaseMessage]
    rewritten: list[BaseMessage] | None
    arriving: list[BaseMessage]


def heal_messages(
    held: Sequence[BaseMessage],
    arriving: Sequence[BaseMessage],
    reason: Reason,
    *,
    carried: Sequence[BaseMessage] = (),
) -> Healed:
    """Answer every call of a thread's messages and of those that are about to join them.

    Args:
        held: what the thread holds.
        arriving: the new messages, the client's answers among them. An answer to a call that is not the thread's last
            message moves up to it; an answer to no call is left out; one with a held placeholder's id replaces it.
        reason: why a call has no answer.
        carried: messages that follow the held ones and are not stored there yet (a stopped subgraph's).
    """
    late = {message.id: message for message in arriving if is_placeholder(message.id)}
    history = [late.get(message.id, message) for message in [*held, *carried]]
    taken = {message.id for message in history if is_placeholder(message.id)}
    joining = [message for message in arriving if message.id not in taken]
    messages = [*history, *joining]
    answers, strays = _pair(messages)
    placed = {index for indexes in answers.values() for index in indexes if index is not None}
    count = len(history)
    last = _last_caller(history, answers, count)

    past: list[BaseMessage] = []
    coming: list[BaseMessage] = []
    for index, message in enumerate(messages):
        if index in placed or (index in strays and index >= count):
            continue
        side = past if index < count else coming
        side.append(message)
        if index not in answers or not isinstance(message, AIMessage):
            continue
        found = sorted(answer for answer in answers[index] if answer is not None)
        for answer in found:
            # the answers to the last message are what the graph is given next; all others belong to the past
            (coming if index == last and answer >= count else side).append(messages[answer])
        side += [
            _placeholder(message, index, number, reason)
            for number, answer in enumerate(answers[index])
            if answer is None
        ]
    stored = len(held)
    if len(past) >= stored and all(new is old for new, old in zip(past, held, strict=False)):
        return Healed(past[stored:], None, coming)
    return Healed([], past, coming)


def _pair(messages: Sequence[BaseMessage]) -> tuple[dict[int, list[int | None]], set[int]]:
    """For each message that calls tools, by its index, the index of each call's answer; and the answers to no call."""
    answers: dict[int, list[int | None]] = {}
    waiting: dict[str, list[tuple[int, int]]] = {}
    strays: set[int] = set()
    for index, message in enumerate(messages):
        if isinstance(message, AIMessage) and (message.tool_calls or message.invalid_tool_calls):
            calls = calls_of(message)
            answers[index] = [None] * len(calls)
            for number, call in enumerate(calls):
                waiting.setdefault(str(call["id"]), []).append((index, number))
        elif isinstance(message, ToolMessage):
            calls_waiting = waiting.get(message.tool_call_id)
            if calls_waiting:
                caller, number = calls_waiting.pop()
                answers[caller][number] = index
            else:
                strays.add(index)
    return answers, strays


def calls_of(message: AIMessage) -> list[Any]:
    """The calls that a provider is sent back with this message, those with unreadable arguments included."""
    return [call for call in [*message.tool_calls, *message.invalid_tool_calls] if call.get("id")]


def _last_caller(history: Sequence[BaseMessage], answers: dict[int, list[int | None]], count: int) -> int | None:
    """The index of the message whose calls nothing but their answers follow; ``None`` where the thread went on."""
    for index in range(count - 1, -1, -1):
        if index in answers:
            return index
        if not isinstance(history[index], ToolMessage):
            return None
    return None


def _placeholder(message: AIMessage, index: int, number: int, reason: Reason) -> ToolMessage:
    call = calls_of(message)[number]
    name = str(call.get("name") or "")
    text = NOT_JSON if call.get("type") == "invalid_tool_call" else reason(message, name)
    same = sum(earlier["id"] == call["id"] for earlier in calls_of(message)[:number])
    named = f"{_PREFIX}{message.id or index}:{call['id']}" + (f":{same}" if same else "")
    return ToolMessage(text, tool_call_id=str(call["id"]), name=name, id=named, status="error")
