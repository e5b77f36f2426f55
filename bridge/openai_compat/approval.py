"""Interrupts in an OpenAI chat: asked in words or as a tool call, the answer read by the interrupt's schema. Pure.

So approval works from any chat window that speaks the OpenAI API. An answer that does not parse is asked again, not
guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bridge.agui.interrupts import Interrupt

_YES = frozenset(
    {
        "да",
        "ага",
        "угу",
        "ок",
        "окей",
        "хорошо",
        "согласен",
        "согласна",
        "подтверждаю",
        "одобряю",
        "одобрено",
        "разрешаю",
        "можно",
        "yes",
        "y",
        "yep",
        "ok",
        "okay",
        "sure",
        "approve",
        "approved",
        "confirm",
        "confirmed",
        "true",
        "+",
    }
)
_NO = frozenset(
    {
        "нет",
        "не",
        "неа",
        "отмена",
        "отклонить",
        "отклоняю",
        "отказ",
        "отказываю",
        "запрещаю",
        "нельзя",
        "no",
        "n",
        "nope",
        "reject",
        "rejected",
        "decline",
        "declined",
        "deny",
        "cancel",
        "false",
        "-",
    }
)
_NUMBER = re.compile(r"^[+-]?\d+(?:[ \u00a0]\d{3})*(?:[.,]\d+)?\s*(?:%|₽|руб\.?)?$")
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A parsed answer: the value to resume with."""

    value: Any


def as_call(interrupt: Interrupt, index: int) -> dict[str, Any]:
    """The interrupt as a call of the tool ``interrupt``: its id the interrupt's, its arguments its JSON."""
    arguments = orjson.dumps(interrupt).decode()
    function = {"name": "interrupt", "arguments": arguments}
    return {"index": index, "id": interrupt["id"], "type": "function", "function": function}


def in_words(interrupt: Interrupt) -> str:
    """The interrupt as a sentence, with the options its schema has."""
    message = str(interrupt.get("message") or interrupt.get("reason") or "")
    russian = bool(_CYRILLIC.search(message)) or not message
    options = _options(_asked(interrupt.get("responseSchema") or {}), russian=russian)
    return f"{message}\n\n{options}".strip()


def not_understood(interrupt: Interrupt) -> str:
    """What to say before asking again."""
    russian = bool(_CYRILLIC.search(str(interrupt.get("message") or "ё")))
    return "Не удалось понять ответ." if russian else "That answer could not be read."


def parse_answer(text: str, schema: Mapping[str, Any] | None) -> Answer | None:
    """Read an answer by the schema; ``None`` when it does not parse.

    A boolean is да / нет / yes / no, a number a number, an enum one of its values in any case, an object JSON. An
    object of which one field alone is required, or has a plain type, is also answered by that field's value.
    """
    text = text.strip()
    if not schema:
        return Answer(text)
    kind = schema.get("type")
    if "enum" in schema or kind in ("boolean", "number", "integer", "string"):
        return _plain(text, schema)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if kind == "array":
        return Answer(value) if isinstance(value, list) else None
    if isinstance(value, dict):
        required = schema.get("required") or []
        return Answer(value) if all(name in value for name in required) else None
    name, asked = _field(schema)
    answer = _plain(text, asked) if name is not None else None
    return None if answer is None else Answer({name: answer.value})


def _plain(text: str, schema: Mapping[str, Any]) -> Answer | None:
    bare = text.strip(" .!,;:«»\"'").casefold()
    if "enum" in schema:
        value = next((option for option in schema["enum"] if str(option).casefold() == bare), None)
        return None if value is None else Answer(value)
    match schema.get("type"):
        case "boolean":
            first = bare.replace(",", " ").split()
            if bare in _YES or (first and first[0] in _YES):
                return Answer(True)
            return Answer(False) if bare in _NO or (first and first[0] in _NO) else None
        case "number" | "integer":
            if not _NUMBER.match(text.strip()):
                return None
            number = float(re.sub(r"[^\d.+-]", "", text.replace(",", ".").removesuffix("руб.")))
            if schema["type"] == "number":
                return Answer(int(number) if number.is_integer() else number)
            return Answer(int(number)) if number.is_integer() else None
        case "string":
            return Answer(text)
        case _:
            return None


def _field(schema: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """The one field of an object that a plain answer is meant for."""
    properties: Mapping[str, Any] = schema.get("properties") or {}
    required = [name for name in schema.get("required") or [] if name in properties]
    names = required if len(required) == 1 else list(properties) if len(properties) == 1 else []
    return (names[0], properties[names[0]]) if names else (None, {})


def _asked(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return _field(schema)[1] if schema.get("type") == "object" else schema


def _options(schema: Mapping[str, Any], *, russian: bool) -> str:
    if "enum" in schema:
        listed = " / ".join(str(option) for option in schema["enum"])
    elif schema.get("type") == "boolean":
        listed = "да / нет" if russian else "yes / no"
    else:
        return ""
    return f"Ответьте: {listed}" if russian else f"Please answer: {listed}"
