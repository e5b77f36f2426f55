"""What all tools have in common: the run they are in, their answer, and how they fail."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

from langchain_core.messages import ToolCall, ToolMessage
from langgraph.errors import GraphBubbleUp
from langgraph.prebuilt import ToolRuntime
from langgraph.prebuilt.tool_node import ToolCallRequest, ToolInvocationError
from langgraph.types import Command

from graphs.language import Language, conversation_language
from graphs.request import read_request

log = logging.getLogger(__name__)

ASK = "Nothing was changed. Correct the arguments if the conversation says how; else ask the user one short question."

# Any, not AgentState: pydantic builds a schema of this type for every tool, and cannot for such a TypedDict
# on 3.11.
Runtime = ToolRuntime[None, Any]


class ToolError(ValueError):
    """A tool cannot do what it was asked.

    The message is for the user as well; `next_step` is for the model alone: what to do instead.
    """

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.next_step = next_step


def language_of(runtime: Runtime) -> Language:
    """The language of the conversation the tool runs in."""
    return conversation_language(runtime.state["messages"], read_request(runtime.config).client_context)


def answer(runtime: Runtime, content: Mapping[str, Any], **state: Any) -> Command[Any]:
    """The tool's result as JSON for the model, and what it changes in the shared state."""
    message = ToolMessage(
        json.dumps(content, ensure_ascii=False),
        tool_call_id=runtime.tool_call_id or "",
        id=str(uuid4()),
    )
    return Command(update={**state, "messages": [message]})


async def run_tool(
    request: ToolCallRequest, execute: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]]
) -> ToolMessage | Command[Any]:
    """Run one tool; whatever goes wrong becomes its answer, except an interrupt."""
    call = request.tool_call
    try:
        result = await execute(request)
    except GraphBubbleUp:
        raise
    except ToolInvocationError as error:
        faults = error.filtered_errors or error.source.errors()
        details = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']} (получено / got {fault.get('input')!r})"
            for fault in faults
        )
        names = ", ".join(sorted({str(fault["loc"][0]) for fault in faults if fault["loc"]}))
        return _failure(
            call,
            f"Неверные аргументы / Wrong arguments: {details}",
            f"Nothing was changed. Correct {names or 'the arguments'} and call {call['name']} again; if you do not"
            " know the value, ask the user for it.",
        )
    except ToolError as error:
        return _failure(call, str(error), error.next_step or ASK)
    except Exception:
        log.exception("tool %s failed", call["name"])
        return _failure(
            call,
            "Внутренняя ошибка инструмента, попробуйте позже. / The tool failed internally, try again later.",
            "Do not call it again in this turn. Tell the user that it did not work and what you could not find out.",
        )
    if isinstance(result, ToolMessage):
        # One id from the stream to the checkpoint; left to others it would be given later, and differ.
        result.id = result.id or str(uuid4())
    return result


def _failure(call: ToolCall, text: str, next_step: str) -> ToolMessage:
    """An error as the tool's answer; `marking` puts the next step where the model reads it."""
    return ToolMessage(
        text,
        name=call["name"],
        tool_call_id=call["id"] or "",
        id=str(uuid4()),
        status="error",
        artifact={"next_step": next_step},
    )
