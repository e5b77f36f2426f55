"""Whether a body is a ``RunAgentInput``: item by item, in time linear in its size, until the first fault. Pure.

Pydantic's model of the whole body collects every fault of every kind a message might be: of a large hostile body,
gigabytes. Here each message, part, call, tool, context entry and answer is looked at by itself. The usual
ones are known by their keys; pydantic (``ag_ui.core``) judges the others, and words the error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from ag_ui.core import Context, Message, ResumeEntry, RunAgentInput, Tool, ToolCall, UserMessage
from pydantic import BaseModel, TypeAdapter, ValidationError

from bridge.errors import InvalidRequest

_BODY = TypeAdapter(RunAgentInput)
_MESSAGE: TypeAdapter[Any] = TypeAdapter(Message)
_CONTENT: Any = TypeAdapter(cast("Any", UserMessage.model_fields["content"].annotation))  # a string, or parts
_CALL = TypeAdapter(ToolCall)

_ROLES = frozenset({"user", "assistant", "system", "developer"})
_SHAPE = frozenset({"id", "role", "content"})


def check_input(body: Mapping[str, Any], upgrade: Callable[[Any], Any] | None = None) -> list[Any]:
    """The messages, each ``upgrade``-d just before it is looked at.

    Raises `InvalidRequest` that names the first field at fault.
    """
    known = {name: body[name] for name in _FIELDS if name in body}
    lists = {name: known[name] for name in _ITEMS if isinstance(known.get(name), list)}
    _check(_BODY, known | dict.fromkeys(lists, ()), "")
    messages: list[Any] = []
    for name, items in lists.items():
        check = _ITEMS[name]
        for index, item in enumerate(items):
            if name == "messages":
                message = item if upgrade is None else upgrade(item)
                messages.append(message)
                check(message, name, index)
            else:
                check(item, name, index)
    return messages


_FIELDS = tuple(field.alias or name for name, field in RunAgentInput.model_fields.items())


def _check_message(message: Any, name: str, index: int) -> None:
    if _is_plain_text(message):
        return
    at = f"{name}.{index}"
    content = message.get("content") if isinstance(message, Mapping) else None
    calls = message.get("toolCalls") if isinstance(message, Mapping) else None
    shallow = message
    if isinstance(content, list) or isinstance(calls, list):
        shallow = {key: [] if isinstance(value, list) else value for key, value in message.items()}
    _check(_MESSAGE, shallow, at)
    if isinstance(content, list):
        for number, part in enumerate(content):
            if not _is_text_part(part):
                _check(_CONTENT, [part], f"{at}.content", number)
    if isinstance(calls, list):
        for number, call in enumerate(calls):
            if not _is_plain_call(call):
                _check(_CALL, call, f"{at}.toolCalls.{number}")


def _is_plain_text(message: Any) -> bool:
    return (
        type(message) is dict
        and message.keys() == _SHAPE
        and type(message["id"]) is str
        and type(message["content"]) is str
        and type(message["role"]) is str
        and message["role"] in _ROLES
    )


def _is_text_part(part: Any) -> bool:
    return type(part) is dict and len(part) == 2 and part.get("type") == "text" and type(part.get("text")) is str


def _is_plain_call(call: Any) -> bool:
    if type(call) is not dict or call.keys() != _CALL_SHAPE or call["type"] != "function":
        return False
    function = call["function"]
    return (
        type(call["id"]) is str
        and type(function) is dict
        and type(function.get("name")) is str
        and type(function.get("arguments")) is str
    )


_CALL_SHAPE = frozenset({"id", "type", "function"})


def _checker(model: type[BaseModel], strings: tuple[str, ...], free: frozenset[str]) -> Callable[[Any, str, int], None]:
    """A check of items with these required ``strings`` and, at most, these fields of any value beside them."""
    adapter, known = TypeAdapter(model), free | set(strings)

    def check(item: Any, name: str, index: int) -> None:
        usual = type(item) is dict and item.keys() <= known and all(type(item.get(key)) is str for key in strings)
        if not usual:
            _check(adapter, item, f"{name}.{index}")

    return check


_check_answer = _checker(ResumeEntry, ("interruptId",), frozenset({"status", "payload"}))


def _check_resume(item: Any, name: str, index: int) -> None:
    _check_answer(item, name, index)
    if item.get("status") not in ("resolved", "cancelled"):
        _check(TypeAdapter(ResumeEntry), item, f"{name}.{index}")


_ITEMS: dict[str, Callable[[Any, str, int], None]] = {
    "messages": _check_message,
    "tools": _checker(Tool, ("name", "description"), frozenset({"parameters"})),
    "context": _checker(Context, ("description", "value"), frozenset()),
    "resume": _check_resume,
}


def _check(adapter: TypeAdapter[Any], value: Any, at: str, item: int = 0) -> None:
    """Raises `InvalidRequest` for what pydantic refuses; ``item``: which one of a list the one in ``value`` is."""
    try:
        adapter.validate_python(value, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _invalid(error, at, item) from None


def _invalid(error: ValidationError, at: str, item: int) -> InvalidRequest:
    # of a list of parts the last error is the part's, the first says that a string was expected instead
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    first = next((fault for fault in faults if any(isinstance(step, int) for step in fault["loc"])), faults[0])
    # pydantic puts the kind that it tried into the path of its fields; a client did not send that
    loc = first["loc"]
    path = [
        str(item if isinstance(step, int) else step)
        for place, step in enumerate(loc)
        if step not in _TAGS or (place and loc[place - 1] in ("text", "url", "data", "file"))
    ]
    name = ".".join(step for step in (at, *path) if step and not step.startswith("list["))
    fault = first["msg"].removeprefix("Value error, ")[:200]
    return InvalidRequest(f"'{name}': {fault}.", param=name)


_TAGS = frozenset(
    {"developer", "system", "assistant", "user", "tool", "activity", "reasoning", "str"}
    | {"text", "image", "audio", "video", "document", "url", "data", "file"}
)
