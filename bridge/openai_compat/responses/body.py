"""A body of ``POST /v1/responses`` -> what the bridge runs, and the response object that its run begins with. Pure.

As in a chat (`bridge.openai_compat.requests`) every parameter is served, refused by name, or unknown and ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import InvalidRequest, json_kind
from bridge.openai_compat.requests import ChatRequest, extension_of, optional, refuse_tiers, settings_of
from bridge.openai_compat.responses.items import Item, messages_of, read_items
from bridge.runs.request import checked_id

_REFUSED = (
    *("prompt", "max_tool_calls", "context_management", "background_options", "moderation", "image"),
    *("access_programs", "functions", "function_call", "messages"),
)
"""Parameters that ask for something which is not served."""

_INCLUDABLE = frozenset(
    (
        "file_search_call.results",
        "web_search_call.results",
        "web_search_call.action.sources",
        "message.input_image.image_url",
        "computer_call_output.output.image_url",
        "code_interpreter_call.outputs",
        "reasoning.encrypted_content",
    )
)
"""What ``include`` may name: parts of items that no response has, or has without being asked. The reasoning of an agent
stays in its thread: there is nothing encrypted to send back."""

_UNSAID: Mapping[str, Any] = {
    "frequency_penalty": 0,
    "max_tool_calls": None,
    "presence_penalty": 0,
    "service_tier": "default",
    "top_logprobs": 0,
}
"""What a response repeats of parameters that are not served. Open Responses (https://www.openresponses.org) requires
them, and a number for ``temperature`` and ``top_p``: where a request has none, OpenAI's default."""

_TRUNCATION = ("auto", "disabled")
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class ResponsesRequest:
    """A parsed body.

    Attributes:
        chat: what to run; its messages are those of ``items`` and ``instructions``.
        items: the input, in its full form.
        head: the parameters, as the response object repeats them.
        previous: ``previous_response_id``.
        conversation: its id.
    """

    chat: ChatRequest
    items: list[Item] = field(default_factory=list)
    head: dict[str, Any] = field(default_factory=dict)
    previous: str | None = None
    conversation: str | None = None
    store: bool = True
    background: bool = False


def parse_response_request(
    body: Mapping[str, Any], *, base: str, known: Mapping[str, Item], new_id: Callable[[], str]
) -> ResponsesRequest:
    """Parse a body. Raises `InvalidRequest` that names the parameter.

    Args:
        base: what the ids of items are made of (the response's own id).
        known: items that the input refers to (`bridge.openai_compat.responses.items.references`).
        new_id: names messages.
    """
    _refuse(body)
    previous, conversation = _optional_id(body, "previous_response_id"), _conversation(body)
    if previous is not None and conversation is not None:
        raise InvalidRequest(
            "'previous_response_id' and 'conversation' are two ways to go on: send one.", param="previous_response_id"
        )
    corner = extension_of(body)
    if corner["tools_shown"] not in (None, "hide"):
        raise InvalidRequest("'ag_ui.tools' is served for chats only.", param="ag_ui.tools")
    if corner["extension"]:
        raise InvalidRequest("'ag_ui.events' is for chat completions; it is not served here.", param="ag_ui.events")
    if corner["thread_id"] is not None and (previous or conversation) is not None:
        raise InvalidRequest(
            "'ag_ui.thread_id' names a thread, and so does what the response goes on from: send one.",
            param="ag_ui.thread_id",
        )
    store = optional(body, "store", bool) is not False
    background = optional(body, "background", bool) is True
    if background and not store:
        raise InvalidRequest("'background' needs 'store': its response is asked for later.", param="background")
    instructions = optional(body, "instructions", str)
    sent = body.get("input")
    if sent is None and (previous is not None or conversation is not None):
        sent = []
    items = read_items(sent, "input", base, known)
    if not items and previous is None and conversation is None:
        raise InvalidRequest("'input' is empty; at least one item is needed.", param="input")
    tools, head_tools = _tools(body)
    settings, head = _settings(body, [tool["name"] for tool in tools])
    said = [{"id": new_id(), "role": "system", "content": instructions}] if instructions else []
    user = optional(body, "user", str) or optional(body, "safety_identifier", str) or ""
    chat = ChatRequest(
        model=optional(body, "model", str),
        messages=[*said, *messages_of(items, new_id)],
        tools=tools,
        settings=settings,
        stream=optional(body, "stream", bool) is True,
        user=user,
        **corner,
    )
    head |= {
        "background": background,
        "conversation": None if conversation is None else {"id": conversation},
        "instructions": instructions,
        "previous_response_id": previous,
        "store": store,
        "tools": head_tools,
    }
    return ResponsesRequest(chat, items, head, previous, conversation, store, background)


def head_of(request: ResponsesRequest, *, response_id: str, model: str, created_at: int) -> dict[str, Any]:
    """The response object before anything has come of it."""
    return {
        "id": response_id,
        "object": "response",
        "created_at": created_at,
        "status": "queued" if request.background else "in_progress",
        "model": model,
        "output": [],
        "error": None,
        "incomplete_details": None,
        "completed_at": None,
        "usage": None,
        **request.head,
    }


def _refuse(body: Mapping[str, Any]) -> None:
    for name in _REFUSED:
        if body.get(name) is not None:
            raise InvalidRequest(f"'{name}' is not served.", param=name)
    if body.get("top_logprobs"):
        raise InvalidRequest("Log probabilities are not served.", param="top_logprobs")
    for index, name in enumerate(optional(body, "include", list) or []):
        if not isinstance(name, str) or name not in _INCLUDABLE:
            at = f"include[{index}]"
            got = repr(name[:60]) if isinstance(name, str) else json_kind(name)
            raise InvalidRequest(f"'{at}' is {got}, which is not served.", param=at)
    refuse_tiers(body)


def _optional_id(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    return None if value is None else checked_id(value, name)


def _conversation(body: Mapping[str, Any]) -> str | None:
    value = body.get("conversation")
    if isinstance(value, Mapping):
        value = value.get("id", "")
    return None if value is None else checked_id(value, "conversation")


def _settings(body: Mapping[str, Any], tools: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters by the names that a graph knows them by (those of a chat), and as the response repeats them."""
    text, reasoning = optional(body, "text", dict) or {}, optional(body, "reasoning", dict) or {}
    response_format = _format(text)
    choice = _tool_choice(body.get("tool_choice"), tools)
    metadata = _metadata(body)
    effort = _one_of(reasoning, "reasoning", "effort", _EFFORTS)
    summary = _one_of(reasoning, "reasoning", "summary", ("auto", "concise", "detailed"))
    verbosity = _one_of(text, "text", "verbosity", ("low", "medium", "high"))
    truncation = _one_of(body, "", "truncation", _TRUNCATION)
    tokens = body.get("max_output_tokens")
    as_chat = {
        **{name: body.get(name) for name in ("temperature", "top_p", "user", "parallel_tool_calls")},
        "max_completion_tokens": tokens,
        "metadata": metadata or None,
        "response_format": response_format,
        "reasoning_effort": effort,
        "verbosity": verbosity,
        "tool_choice": _as_in_chat(choice),
    }
    try:
        settings = settings_of(as_chat)
    except InvalidRequest as error:
        if error.param != "max_completion_tokens":
            raise
        raise InvalidRequest(
            error.message.replace("max_completion_tokens", "max_output_tokens"), param="max_output_tokens"
        ) from None
    settings |= {} if truncation != "auto" else {"truncation": truncation}
    verbose = {} if verbosity is None else {"verbosity": verbosity}
    head = {
        **_UNSAID,
        **{name: optional(body, name, str) for name in ("safety_identifier", "prompt_cache_key", "user")},
        "max_output_tokens": settings.get("max_completion_tokens"),
        "metadata": metadata,
        "parallel_tool_calls": settings.get("parallel_tool_calls", True),
        "reasoning": {"effort": effort, "summary": summary},
        "temperature": settings.get("temperature", 1),
        "text": {"format": text.get("format") or {"type": "text"}} | verbose,
        "tool_choice": choice,
        "top_p": settings.get("top_p", 1),
        "truncation": truncation or "disabled",
    }
    return settings, head


def _one_of(holder: Mapping[str, Any], at: str, name: str, values: tuple[str, ...]) -> str | None:
    value = holder.get(name)
    where = f"{at}.{name}" if at else name
    if value is not None and value not in values:
        got = repr(value[:40]) if isinstance(value, str) else json_kind(value)
        raise InvalidRequest(f"'{where}' is {got}; expected one of {', '.join(values)}.", param=where)
    found: str | None = value
    return found


def _format(text: Mapping[str, Any]) -> dict[str, Any] | None:
    """``text.format`` as the ``response_format`` of a chat; ``None`` for plain text."""
    wanted = text.get("format")
    if wanted is None:
        return None
    kind = wanted.get("type") if isinstance(wanted, Mapping) else None
    match kind:
        case "text":
            return None
        case "json_object":
            return {"type": "json_object"}
        case "json_schema":
            if not isinstance(wanted.get("name"), str) or not wanted["name"]:
                raise InvalidRequest("'text.format.name' is missing.", param="text.format.name")
            if not isinstance(wanted.get("schema"), Mapping):
                raise InvalidRequest("'text.format.schema' is missing.", param="text.format.schema")
            fields = ("name", "schema", "strict", "description")
            schema = {name: wanted[name] for name in fields if wanted.get(name) is not None}
            return {"type": "json_schema", "json_schema": schema}
        case _:
            got = "missing" if kind is None else repr(str(kind)[:40])
            expected = "'text', 'json_object' or 'json_schema'"
            raise InvalidRequest(f"'text.format.type' is {got}; expected {expected}.", param="text.format.type")


def _tool_choice(value: Any, tools: list[str]) -> Any:
    """``auto``, ``none``, ``required``, or one of the tools that the request declares."""
    if value is None:
        return "auto"
    if isinstance(value, str):
        if value not in ("auto", "none", "required"):
            raise InvalidRequest(
                f"'tool_choice' is {value[:40]!r}; expected 'auto', 'none', 'required' or a tool.", param="tool_choice"
            )
        return value
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind != "function":
        got = json_kind(value) if kind is None else repr(str(kind)[:40])
        raise InvalidRequest(f"'tool_choice.type' is {got}; only 'function' is served.", param="tool_choice.type")
    name = value.get("name")
    if not isinstance(name, str) or name not in tools:
        got = repr(name[:60]) if isinstance(name, str) else json_kind(name)
        raise InvalidRequest(f"'tool_choice.name' is {got}, which 'tools' does not declare.", param="tool_choice.name")
    return {"type": "function", "name": name}


def _as_in_chat(choice: Any) -> Any:
    if isinstance(choice, Mapping):
        return {"type": "function", "function": {"name": choice["name"]}}
    return None if choice == "auto" else choice


def _metadata(body: Mapping[str, Any]) -> dict[str, str]:
    metadata: dict[str, Any] = optional(body, "metadata", dict) or {}
    return checked_metadata(metadata)


def checked_metadata(metadata: Mapping[str, Any]) -> dict[str, str]:
    """OpenAI's ``metadata``: 16 pairs of short texts. Raises `InvalidRequest`."""
    if len(metadata) > 16:
        raise InvalidRequest(f"'metadata' has {len(metadata)} pairs; at most 16 are taken.", param="metadata")
    for name, value in metadata.items():
        if len(name) > 64:
            raise InvalidRequest("A key of 'metadata' has more than 64 characters.", param="metadata")
        if not isinstance(value, str) or len(value) > 512:
            raise InvalidRequest(
                f"'metadata.{name}' must be a string of at most 512 characters.", param=f"metadata.{name}"
            )
    return dict(metadata)


def _tools(body: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The function tools, as AG-UI has them, and as the response repeats them."""
    tools: list[dict[str, Any]] = []
    shown: list[dict[str, Any]] = []
    for index, tool in enumerate(optional(body, "tools", list) or []):
        at = f"tools[{index}]"
        kind = tool.get("type") if isinstance(tool, Mapping) else None
        if kind != "function":
            got = "missing" if kind is None else repr(str(kind)[:40])
            raise InvalidRequest(f"'{at}.type' is {got}; only 'function' tools are served.", param=f"{at}.type")
        name, parameters = tool.get("name"), tool.get("parameters")
        if not isinstance(name, str) or not name:
            raise InvalidRequest(f"'{at}.name' is missing.", param=f"{at}.name")
        described = tool.get("description")
        made: dict[str, Any] = {"name": name, "description": described if isinstance(described, str) else ""}
        if isinstance(parameters, Mapping):
            made["parameters"] = parameters
        tools.append(made)
        strict = tool.get("strict")
        shown.append(
            {
                "type": "function",
                "name": name,
                "description": described if isinstance(described, str) else None,
                "parameters": parameters if isinstance(parameters, Mapping) else None,
                "strict": strict if isinstance(strict, bool) else None,
            }
        )
    return tools, shown
