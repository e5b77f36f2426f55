"""The conversation as a model may be given it.

Providers refuse a history in which a tool call has no answer right after it. Ours may have such calls: those
of the front end stay open until it answers, which may be after the user has gone on writing, or never; an
approval may never be given. What is stored stays as it happened; only what the model reads is put in order.
"""

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

NOT_READABLE = "Аргументы — не JSON, повторите вызов. / The arguments are not JSON, call again."
NOT_EXECUTED = "Не выполнено: пользователь продолжил разговор. / Not executed: the user went on."


def complete_history(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """The messages with every tool call answered right after it.

    Answers that came late move up to their call, missing ones are made up as "not executed", answers to
    nothing are left out.
    """
    answers: dict[str, ToolMessage] = {}
    for message in messages:
        if isinstance(message, ToolMessage):
            answers.setdefault(message.tool_call_id, message)
    ordered: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, ToolMessage):
            continue
        ordered.append(message)
        if isinstance(message, AIMessage):
            calls = [call["id"] or "" for call in message.tool_calls]
            ordered += [answers.get(call_id) or _not_executed(call_id) for call_id in calls]
            ordered += [_not_readable(call["id"] or "") for call in message.invalid_tool_calls]
    return ordered


def garbled(messages: Sequence[BaseMessage]) -> int:
    """How many of the newest assistant messages in a row have only calls whose arguments are no JSON."""
    count = 0
    for message in reversed(messages):
        if not isinstance(message, AIMessage) or message.tool_calls or not message.invalid_tool_calls:
            break
        count += 1
    return count


def _not_readable(call_id: str) -> ToolMessage:
    return ToolMessage(NOT_READABLE, tool_call_id=call_id, id=f"{call_id}-not-readable", status="error")


def _not_executed(call_id: str) -> ToolMessage:
    return ToolMessage(NOT_EXECUTED, tool_call_id=call_id, id=f"{call_id}-not-executed", status="error")


def last_call(messages: Sequence[BaseMessage]) -> AIMessage | None:
    """The assistant's message that the newest tool results belong to, or that still waits for them.

    None when somebody else has spoken since.
    """
    for message in reversed(messages):
        if isinstance(message, AIMessage):
            return message if message.tool_calls else None
        if not isinstance(message, ToolMessage):
            return None
    return None
