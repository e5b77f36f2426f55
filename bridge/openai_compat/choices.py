"""What a chat says of the answer's form: ``tool_choice`` and ``response_format``. Pure.

OpenAI refuses what it does not know here, and so does the bridge: a graph that ignored it would answer as if nothing
had been asked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bridge.errors import InvalidRequest, json_kind

_WORDS = ("auto", "none", "required")


def tool_choice_of(value: Any, tools: Collection[str]) -> Any:
    """``"auto"``, ``"none"``, ``"required"``, or one of ``tools``, the tools that the request declares.

    Raises `InvalidRequest`.
    """
    if isinstance(value, str):
        if value not in _WORDS:
            raise InvalidRequest(
                f"'tool_choice' is {value[:40]!r}; expected 'auto', 'none', 'required' or a tool.", param="tool_choice"
            )
        return value
    kind = value.get("type") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or kind not in ("function", None):
        got = json_kind(value) if kind is None else _shown(kind)
        raise InvalidRequest(f"'tool_choice.type' is {got}; only 'function' is served.", param="tool_choice.type")
    function = value.get("function")
    name = function.get("name") if isinstance(function, Mapping) else None
    if not isinstance(name, str) or name not in tools:
        at = "tool_choice.function.name"
        raise InvalidRequest(f"'{at}' is {_shown(name)}, which 'tools' does not declare.", param=at)
    return {"type": "function", "function": {"name": name}}


def response_format_of(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """``text``, ``json_object``, or ``json_schema`` with a name and a schema. Raises `InvalidRequest`."""
    kind = value.get("type")
    if kind in ("text", "json_object"):
        return value
    if kind != "json_schema":
        at = "response_format.type"
        raise InvalidRequest(f"'{at}' is {_shown(kind)}; expected 'text', 'json_object' or 'json_schema'.", param=at)
    described = value.get("json_schema")
    held: Mapping[str, Any] = described if isinstance(described, Mapping) else {}
    for name, type_, wanted in (("name", str, "a string"), ("schema", Mapping, "an object")):
        at = f"response_format.json_schema.{name}"
        if name == "schema" and held.get(name) is None:
            continue  # OpenAI's own type has it as optional
        if not isinstance(held.get(name), type_) or (not held.get(name) and name == "name"):
            raise InvalidRequest(f"'{at}' must be {wanted}, not {json_kind(held.get(name))}.", param=at)
    return value


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return repr(value[:40])
    return "missing" if value is None else json_kind(value)
