"""Interrupts in an OpenAI chat: asked in words or as a tool call, the answer read by the interrupt's schema. Pure.

So approval works from any chat window that speaks the OpenAI API. An answer that does not parse is asked again, not
guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.events.interrupts import Interrupt
from bridge.json import JSONDecodeError, dumps, loads

_YES = frozenset(
    [
        "да",
        "ага",
        "угу",
        "ок",
        "окей",
        "хорошо",
        "согласен",
        "согласна",
        "согласны",
        "согласовано",
        "подтверждаю",
        "одобряю",
        "одобрено",
        "разрешаю",
        "можно",
        "yes",
        "y",
        "yep",
        "yeah",
        "ok",
        "okay",
        "sure",
        "approve",
        "approved",
        "confirm",
        "confirmed",
        "agree",
        "agreed",
        "true",
        "+",
        "👍",
    ]
)
_NO = frozenset(
    [
        "нет",
        "не",
        "неа",
        "отмена",
        "отменить",
        "отклонить",
        "отклоняю",
        "отклонено",
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
        "denied",
        "cancel",
        "false",
        "-",
        "👎",
    ]
)
_POLITE = frozenset(["пожалуйста", "спасибо", "please", "thanks"])
_WORDS: tuple[tuple[str, bool], ...] = (
    ("не согласен", False),
    ("не согласна", False),
    ("не согласовано", False),
    ("не одобряю", False),
    ("не разрешаю", False),
    ("не подтверждаю", False),
    ("не надо", False),
    ("не нужно", False),
    ("не возражаю", True),
    ("не против", True),
    ("no objections", True),
    ("not approved", False),
    ("do not approve", False),
    ("don't approve", False),
)
"""Phrases whose words alone would say something else."""

_NUMBER = re.compile(r"^[+-]?\d+(?:[ \u00a0]\d{3})*(?:[.,]\d+)?\s*(?:%|₽|руб\.?)?$")
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A parsed answer: the value to resume with."""

    value: Any


def as_call(interrupt: Interrupt, index: int) -> dict[str, Any]:
    """The interrupt as a call of the tool ``interrupt``: its id the interrupt's, its arguments its JSON."""
    arguments = dumps(interrupt).decode()
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
    object of which one field alone is required, or which has but one, is also answered by that field's value. A text
    that says more than that ("да, но не всё") is not an answer: the rest of it would be lost.
    """
    text = text.strip()
    if not schema:
        return Answer(text)
    answers = [answer for kind in _alternatives(schema) if (answer := _parse(text, kind)) is not None]
    return answers[0] if answers else None


def _alternatives(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schemas an answer may fit: ``anyOf``, or a list of types, as pydantic writes an optional field."""
    for name in ("anyOf", "oneOf"):
        if isinstance(schema.get(name), list):
            return [one for one in schema[name] if isinstance(one, Mapping) and one.get("type") != "null"]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": kind} for kind in schema["type"] if kind != "null"]
    return [schema]


def _parse(text: str, schema: Mapping[str, Any]) -> Answer | None:
    kind = schema.get("type")
    if "enum" in schema or kind in ("boolean", "number", "integer", "string"):
        return _plain(text, schema)
    try:
        value = loads(text)
    except JSONDecodeError:
        value = None
    if kind == "object" or (kind is None and "properties" in schema):
        if isinstance(value, dict):
            return Answer(value) if _fits(value, schema) else None
        name, asked = _field(schema)
        answer = parse_answer(text, asked) if name is not None else None
        return None if answer is None else Answer({name: answer.value})
    if kind == "array":
        return Answer(value) if isinstance(value, list) else None
    return Answer(text if value is None else value)  # a schema that says nothing we know: whatever was said


_TYPES: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "number": (int, float),
    "integer": (int,),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
}


def _fits(value: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    """Whether an object has what is required, and its fields the types they should have."""
    if any(name not in value for name in schema.get("required") or []):
        return False
    properties: Mapping[str, Any] = schema.get("properties") or {}
    return all(_typed(value[name], properties[name]) for name in properties if name in value)


def _typed(value: Any, schema: Any) -> bool:
    kinds = _TYPES.get(schema.get("type", "")) if isinstance(schema, Mapping) and _single(schema) else None
    if kinds is None:
        return True
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _single(schema: Mapping[str, Any]) -> bool:
    return isinstance(schema.get("type"), str)


def _plain(text: str, schema: Mapping[str, Any]) -> Answer | None:
    bare = " ".join(text.casefold().replace("ё", "е").strip(" .!,;:«»\"'").split())
    if "enum" in schema:
        options = [option for option in schema["enum"] if str(option).casefold().replace("ё", "е") == bare]
        return Answer(options[0]) if options else None
    match schema.get("type"):
        case "boolean":
            said = _yes_or_no(bare)
            return None if said is None else Answer(said)
        case "number" | "integer":
            return _number(text, schema)
        case "string":
            return Answer(text) if text else None
        case _:
            return None


def _yes_or_no(bare: str) -> bool | None:
    for phrase, meaning in _WORDS:
        if bare == phrase:
            return meaning
    words = [word for word in re.split(r"[\s,.!;]+", bare) if word and word not in _POLITE]
    if words and all(word in _YES for word in words):
        return True
    return False if words and all(word in _NO for word in words) else None


def _number(text: str, schema: Mapping[str, Any]) -> Answer | None:
    if not _NUMBER.match(text):
        return None
    number = float(re.sub(r"[^\d.+-]", "", text.replace(",", ".").removesuffix("руб.")))
    if number < schema.get("minimum", number) or number > schema.get("maximum", number):
        return None
    if number.is_integer():
        return Answer(int(number))
    return Answer(number) if schema["type"] == "number" else None


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
