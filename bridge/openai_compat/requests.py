"""An OpenAI chat-completions body -> what the bridge runs. Pure.

Every parameter is served, refused by name, or unknown and ignored, as OpenAI-compatible servers do; none is accepted
and then not done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from bridge.errors import InvalidRequest, json_kind
from bridge.events.messages import parts_of
from bridge.json import dumps
from bridge.openai_compat.choices import response_format_of, tool_choice_of
from bridge.openai_compat.shown_tools import without_shown_tools
from bridge.runs.request import Disconnect, ShownAs, checked_id

_SETTINGS: dict[str, tuple[type, ...]] = {
    "temperature": (int, float),
    "top_p": (int, float),
    "max_tokens": (int,),
    "max_completion_tokens": (int,),
    "stop": (str, list),
    "seed": (int,),
    "response_format": (dict,),
    "reasoning_effort": (str,),
    "user": (str,),
    "metadata": (dict,),
    "tool_choice": (str, dict),
    "parallel_tool_calls": (bool,),
    "presence_penalty": (int, float),
    "frequency_penalty": (int, float),
    "logit_bias": (dict,),
    "verbosity": (str,),
}
"""Parameters that reach the graph, in its config, with the types they may have."""

_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "max_tokens": (1, 2**31),
    "max_completion_tokens": (1, 2**31),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
}

_KINDS = {str: "a string", int: "an integer", float: "a number", list: "an array", dict: "an object", bool: "a boolean"}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A parsed body. ``messages`` and ``tools`` are AG-UI's JSON objects."""

    model: str | None
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    stream: bool = False
    include_usage: bool = False
    extension: bool = False
    interrupts: Literal["words", "tool"] | None = None
    tools_shown: ShownAs | None = None
    """How the client wants to see the server's tools; ``None``: it does not say."""
    thread_id: str | None = None
    disconnect: Disconnect | None = None
    user: str = ""
    """Whom the client asks for, by ``user`` or ``safety_identifier``."""
    replaces: bool = False
    """The instructions among the messages are all there are, even where there are none."""


def parse_chat(body: Mapping[str, Any], new_id: Callable[[], str]) -> ChatRequest:
    """Parse a body; ``new_id`` names its messages. Raises `InvalidRequest` that names the parameter."""
    _refuse(body)
    model = optional(body, "model", str)
    messages = _required_list(body, "messages")
    extension = extension_of(body)
    options = optional(body, "stream_options", dict) or {}
    tools, settings = _tools(body), settings_of(body)
    if "tool_choice" in settings:
        settings["tool_choice"] = tool_choice_of(settings["tool_choice"], [tool["name"] for tool in tools])
    return ChatRequest(
        model=model,
        messages=[_message(message, f"messages[{index}]", new_id) for index, message in enumerate(messages)],
        tools=tools,
        settings=settings,
        stream=bool(optional(body, "stream", bool)),
        include_usage=bool(options.get("include_usage")),
        user=optional(body, "user", str) or optional(body, "safety_identifier", str) or "",
        **extension,
    )


def _refuse(body: Mapping[str, Any]) -> None:
    """A parameter that the bridge does not honor is refused by name, not skipped."""
    if body.get("n") not in (None, 1):
        raise InvalidRequest("One answer is given; 'n' must be 1.", param="n")
    if body.get("logprobs") or body.get("top_logprobs"):
        raise InvalidRequest("Log probabilities are not served.", param="logprobs")
    if body.get("audio") is not None:
        raise InvalidRequest("Audio output is not served.", param="audio")
    if "audio" in (optional(body, "modalities", list) or []):
        raise InvalidRequest("Audio output is not served.", param="modalities")
    for name in ("functions", "function_call"):
        if body.get(name) is not None:
            raise InvalidRequest(f"'{name}' is the old form of 'tools'; send 'tools'.", param=name)
    for name in ("moderation", "prediction", "web_search_options"):
        if body.get(name) is not None:
            raise InvalidRequest(f"'{name}' is not served.", param=name)
    refuse_tiers(body)


def refuse_tiers(body: Mapping[str, Any]) -> None:
    """Raises `InvalidRequest` for a ``service_tier`` of another price or pace: no graph knows of them."""
    if optional(body, "service_tier", str) not in (None, "auto", "default"):
        raise InvalidRequest("'service_tier' is 'auto' or 'default'; no other is served.", param="service_tier")


def optional(body: Mapping[str, Any], name: str, kind: type) -> Any:
    """A field of this type, or ``None``. Raises `InvalidRequest`."""
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise InvalidRequest(f"'{name}' must be {_KINDS[kind]}, not {json_kind(value)}.", param=name)
    return value


def _required_list(body: Mapping[str, Any], name: str) -> list[Any]:
    value = body.get(name)
    if value is None:
        raise InvalidRequest(f"'{name}' is missing.", param=name)
    if not isinstance(value, list):
        raise InvalidRequest(f"'{name}' must be an array, not {json_kind(value)}.", param=name)
    if not value:
        raise InvalidRequest(f"'{name}' is empty; at least one message is needed.", param=name)
    return value


def settings_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that reach the graph. Raises `InvalidRequest` that names the one at fault."""
    settings: dict[str, Any] = {}
    for name, kinds in _SETTINGS.items():
        value: Any = body.get(name)
        if value is None:
            continue
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            wanted = " or ".join(dict.fromkeys(_KINDS[kind] for kind in kinds))
            raise InvalidRequest(f"'{name}' must be {wanted}, not {json_kind(value)}.", param=name)
        low, high = _RANGES.get(name, (0, 0))
        if name in _RANGES and isinstance(value, int | float) and not low <= value <= high:
            raise InvalidRequest(f"'{name}' must be between {low:g} and {high:g}, not {value}.", param=name)
        settings[name] = response_format_of(value) if isinstance(value, dict) and name == "response_format" else value
    return settings


def extension_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """``ag_ui``: the bridge's own corner of the body."""
    wanted = optional(body, "ag_ui", dict) or {}
    interrupts, disconnect, shown = wanted.get("interrupts"), wanted.get("disconnect"), wanted.get("tools")
    if interrupts not in (None, "words", "tool"):
        raise InvalidRequest("'ag_ui.interrupts' is 'words' or 'tool'.", param="ag_ui.interrupts")
    if disconnect not in (None, "cancel", "continue"):
        raise InvalidRequest("'ag_ui.disconnect' is 'cancel' or 'continue'.", param="ag_ui.disconnect")
    if shown not in (None, *get_args(ShownAs)):
        raise InvalidRequest("'ag_ui.tools' is 'hide', 'show', 'details' or 'reasoning'.", param="ag_ui.tools")
    return {
        "extension": wanted.get("events") is True,
        "interrupts": interrupts,
        "disconnect": disconnect,
        "tools_shown": shown,
        "thread_id": checked_thread_id(wanted.get("thread_id"), "ag_ui.thread_id"),
    }


def checked_thread_id(value: Any, param: str) -> str | None:
    """A thread's id, where the client names one."""
    return None if value is None else checked_id(value, param)


def _tools(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    tools: list[dict[str, Any]] = []
    for index, tool in enumerate(optional(body, "tools", list) or []):
        at = f"tools[{index}]"
        if not isinstance(tool, Mapping) or tool.get("type") != "function":
            raise InvalidRequest(
                f"'{at}.type' must be 'function'; no other kind of tool is served.", param=f"{at}.type"
            )
        function = tool.get("function")
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str) or not function["name"]:
            raise InvalidRequest(f"'{at}.function.name' is missing.", param=f"{at}.function.name")
        described = {"name": function["name"], "description": str(function.get("description") or "")}
        if isinstance(function.get("parameters"), Mapping):
            described["parameters"] = function["parameters"]
        tools.append(described)
    return tools


# Messages


def _message(message: Any, at: str, new_id: Callable[[], str]) -> dict[str, Any]:
    if not isinstance(message, Mapping):
        raise InvalidRequest(f"'{at}' must be an object, not {json_kind(message)}.", param=at)
    made: dict[str, Any] = {"id": new_id(), "role": message.get("role")}
    if isinstance(message.get("name"), str) and message["name"]:
        made["name"] = message["name"]
    match message.get("role"):
        case "user":
            return made | {"content": _content(message, at, media=True)}
        case "system" | "developer":
            return made | {"content": _content(message, at)}
        case "assistant":
            return _assistant(message, at, made)
        case "tool":
            call_id = message.get("tool_call_id")
            if not isinstance(call_id, str) or not call_id:
                raise InvalidRequest(f"'{at}.tool_call_id' is missing.", param=f"{at}.tool_call_id")
            made.pop("name", None)
            return made | {"toolCallId": call_id, "content": _content(message, at, media=True)}
        case role:
            expected = "'system', 'developer', 'user', 'assistant' or 'tool'"
            got = "missing" if role is None else _shown(role)
            raise InvalidRequest(f"'{at}.role' is {got}; expected {expected}.", param=f"{at}.role")


def _assistant(message: Mapping[str, Any], at: str, made: dict[str, Any]) -> dict[str, Any]:
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise InvalidRequest(f"'{at}.tool_calls' must be an array, not {json_kind(calls)}.", param=f"{at}.tool_calls")
    if message.get("content") is not None:
        made["content"] = without_shown_tools(_content(message, at))
    elif not calls:
        made["content"] = str(message.get("refusal") or "")
    converted: list[dict[str, Any]] = []
    for index, call in enumerate(calls):
        function = call.get("function") if isinstance(call, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(call.get("id"), str):
            where = f"{at}.tool_calls[{index}]"
            raise InvalidRequest(f"'{where}' must have an 'id' and a 'function'.", param=where)
        arguments = function.get("arguments") or ""
        if not isinstance(arguments, str):  # some clients send the object itself
            arguments = dumps(arguments).decode()
        named = {"name": str(function.get("name") or ""), "arguments": arguments}
        converted.append({"id": call["id"], "type": "function", "function": named})
    if converted:
        made["toolCalls"] = converted
    return made


def _content(message: Mapping[str, Any], at: str, *, media: bool = False) -> Any:
    content = message.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        got = "missing" if content is None else f"{json_kind(content)}"
        raise InvalidRequest(f"'{at}.content' is {got}; expected a string or an array of parts.", param=f"{at}.content")
    for index, part in enumerate(content):
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind not in (_MEDIA if media else _TEXT):
            where = f"{at}.content[{index}].type"
            raise InvalidRequest(
                f"'{where}' is {_shown(kind)}; expected {' or '.join(_MEDIA if media else _TEXT)}.", param=where
            )
        missing = _missing(str(kind), part)
        if missing:
            where = f"{at}.content[{index}].{missing}"
            raise InvalidRequest(f"'{where}' is missing.", param=where)
    parts = parts_of(content)
    if isinstance(parts, list) and all(part["type"] == "text" for part in parts):
        return "".join(part["text"] for part in parts)
    return parts


def _shown(value: Any) -> str:
    """A value in an error message: its beginning, or its kind."""
    if isinstance(value, str):
        return repr(value[:40])
    return "None" if value is None else json_kind(value)


def _missing(kind: str, part: Mapping[str, Any]) -> str | None:
    """The field that a part of this kind cannot do without and does not have, or has in another type."""
    held = part.get(kind)
    fields: Mapping[str, Any] = held if isinstance(held, Mapping) else {}
    match kind:
        case "image_url":
            url = held if isinstance(held, str) else fields.get("url")
            return None if isinstance(url, str) and url else "image_url.url"
        case "input_audio":
            return None if isinstance(fields.get("data"), str) else "input_audio.data"
        case "file":
            named = fields.get("file_data") or fields.get("file_id")
            return None if isinstance(named, str) else "file"
        case _:
            return None if isinstance(held, str) else kind


_TEXT = ("text", "refusal")
_MEDIA = ("text", "image_url", "input_audio", "file")
