"""The tool calls of a conversation: which are open, and which cannot be read.

What is stored is what a model may be given: every call has its answer. A call that nobody answered before the person
went on is answered by the server.
"""

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

NOT_READABLE = "Аргументы — не JSON, повторите вызов. / The arguments are not JSON, call again."


def unreadable(message: BaseMessage) -> list[ToolMessage]:
    """The answers to calls whose arguments are no JSON: providers take no history in which one has none."""
    calls = message.invalid_tool_calls if isinstance(message, AIMessage) else []
    return [
        ToolMessage(NOT_READABLE, tool_call_id=call["id"], id=f"{call['id']}-not-readable", status="error")
        for call in calls
        if call["id"]
    ]


def garbled(messages: Sequence[BaseMessage]) -> int:
    """How many of the newest assistant messages in a row have only calls whose arguments are no JSON."""
    count = 0
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            continue
        if not isinstance(message, AIMessage) or message.tool_calls or not message.invalid_tool_calls:
            break
        count += 1
    return count


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


def is_open(messages: Sequence[BaseMessage]) -> bool:
    """Whether a call of the newest assistant message has no answer yet."""
    answered: set[str] = set()
    for message in reversed(messages):
        if isinstance(message, AIMessage):
            return any(call["id"] not in answered for call in message.tool_calls)
        if not isinstance(message, ToolMessage):
            return False
        answered.add(message.tool_call_id)
    return False
