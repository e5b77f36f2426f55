"""The conversation as a model may be given it.

Providers refuse a history in which a tool call has no answer right after it. Ours may have such calls: those
of the front end stay open until it answers, which may be after the user has gone on writing, or never; an
approval may never be given. What is stored stays as it happened; only what the model reads is put in order.
"""

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

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
            ordered += [
                answers.get(call["id"] or "") or _not_executed(call["id"] or "")
                for call in message.tool_calls
            ]
    return ordered


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


def open_calls(messages: Sequence[BaseMessage]) -> list[str]:
    """Ids of the calls of the newest assistant message that nobody has answered yet."""
    call = last_call(messages)
    if call is None:
        return []
    answered = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    return [
        tool_call["id"]
        for tool_call in call.tool_calls
        if tool_call["id"] and tool_call["id"] not in answered
    ]
