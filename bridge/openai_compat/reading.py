"""An answer in words -> a value of the interrupt's schema. Pure.

Nothing is guessed: what comes out fits the schema, and says only what was written. A text that says more than the
schema has room for is not an answer, or the rest of it would be lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.events.json_schema import alternatives, misfit, resolve
from bridge.json import JSONDecodeError, loads
from bridge.openai_compat.words import condition_in, decide, is_cancel, number_in, plain

Schema = Mapping[str, Any]

_FREE = ("comment", "reason", "note", "notes", "message", "feedback", "explanation", "remark", "text")


@dataclass(frozen=True, slots=True)
class Answer:
    """A parsed answer: the value to resume with. ``cancelled``: the person took the way out; the value is none."""

    value: Any
    cancelled: bool = False


def parse_answer(text: str, schema: Schema | None) -> Answer | None:
    """Read an answer by the schema; ``None`` when it does not parse.

    A boolean is да / нет / yes / no, a number a number, an enum one of its values in any case, an array JSON. An object
    is JSON, or ``name: value`` for its fields, or its decision with what follows it: «да, но не больше 12 %» is its
    boolean, its number and its free text. The way out («отмена», "cancel") is a no where the schema has one.
    """
    text = text.strip()
    if not schema:
        return Answer(text)
    for value in _values(text, schema, schema):
        if misfit(value, schema) is None:
            return Answer(value)
    return Answer(None, cancelled=True) if is_cancel(text) else None


def _values(text: str, schema: Schema, root: Schema) -> Iterator[Any]:
    """What a text may mean by this schema, the likeliest first; not all of it need fit."""
    for kind in alternatives(schema, root):
        yield from _by_kind(text, kind, root)


def _by_kind(text: str, schema: Schema, root: Schema) -> Iterator[Any]:
    if "enum" in schema or "const" in schema:
        yield from _option(text, schema["enum"] if "enum" in schema else [schema["const"]])
        return
    match schema.get("type"):
        case "boolean":
            decided = decide(text)
            if decided is not None and not decided.rest:
                yield decided.yes
        case "number" | "integer":
            number = number_in(text)
            if number is None:
                number = _agreed_number(text)
            if number is not None:
                yield _exact(number)
        case "string":
            if text and not is_cancel(text):
                yield text
        case "object":
            yield from _object(text, schema, root)
        case "array":
            yield from (value for value in _json(text) if isinstance(value, list))
        case None if "properties" in schema:
            yield from _object(text, schema, root)
        case None:
            yield from _json(text)
            yield text
        case _:
            return


def _option(text: str, options: list[Any]) -> Iterator[Any]:
    """The option that was named: to the letter, else the only one that is the same but for case and punctuation."""
    named = [option for option in options if str(option) == text and not isinstance(option, bool)]
    alike = [option for option in options if plain(str(option)) == plain(text) and not isinstance(option, bool)]
    if named or len(alike) == 1:
        yield (named or alike)[0]
    decided = decide(text)
    if not alike and decided is not None and not decided.rest:
        yield from (option for option in options if option is decided.yes)


def _agreed_number(text: str) -> float | None:
    """«согласен на 12 %»: an assent to a number, and nothing else."""
    decided = decide(text)
    named = condition_in(decided.rest) if decided is not None and decided.yes else None
    return named[0] if named is not None and named[1] else None


def _exact(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _json(text: str) -> Iterator[Any]:
    try:
        yield loads(text)
    except JSONDecodeError:
        return


def fields_of(schema: Schema, root: Schema) -> dict[str, dict[str, Any]]:
    """The fields of an object, each by the first schema it may fit."""
    found = {}
    for name, field in (schema.get("properties") or {}).items():
        kinds = alternatives(field, root)
        if kinds:
            own = {key: value for key, value in resolve(field, root).items() if key in ("title", "description")}
            found[str(name)] = {**kinds[0], **own}
    return found


def asked_field(schema: Schema, root: Schema) -> str | None:
    """The one field that a plain answer is meant for: the only one required, or the only one there is."""
    fields = fields_of(schema, root)
    required = [name for name in schema.get("required") or [] if name in fields]
    names = required if len(required) == 1 else list(fields) if len(fields) == 1 else []
    return names[0] if names else None


def decision_field(schema: Schema, root: Schema) -> str | None:
    """The boolean that an assent or a refusal is about: the field asked for, or the only boolean."""
    fields = fields_of(schema, root)
    asked = asked_field(schema, root)
    if asked is not None and fields[asked].get("type") == "boolean":
        return asked
    booleans = [name for name, field in fields.items() if field.get("type") == "boolean"]
    return booleans[0] if len(booleans) == 1 else None


def _object(text: str, schema: Schema, root: Schema) -> Iterator[Any]:
    if text[:1] in ("{", "["):
        yield from (value for value in _json(text) if isinstance(value, dict))
        return
    fields = fields_of(schema, root)
    named = _named_fields(text, fields, root)
    if named is not None:
        yield named
        return
    begun = _PAIR.fullmatch(text)
    if begun is not None and plain(begun.group(1)) in _keys(fields):
        return  # "approved: perhaps" names a field, and is no assent
    decision = decision_field(schema, root)
    decided = decide(text) if decision is not None else None
    if decision is not None and decided is not None:
        yield from _decided(decided.yes, decided.rest, decision, fields)
    asked = asked_field(schema, root)
    if asked is not None and asked != decision:
        for value in _values(text, fields[asked], root):
            yield {asked: value}


def _decided(yes: bool, rest: str, decision: str, fields: Mapping[str, Schema]) -> Iterator[dict[str, Any]]:
    """A decision with its condition or its reason: a number into the number's field, the words into the free text."""
    made: dict[str, Any] = {decision: yes}
    if not rest:
        yield made
        return
    numbers = [name for name, field in fields.items() if field.get("type") in ("number", "integer")]
    free = free_field(fields)
    bare = False
    if yes and numbers and re.search("[0-9]", rest):
        named = condition_in(rest)
        if named is None or len(numbers) > 1:
            return  # a number that is not understood would be granted as it was asked for
        made[numbers[0]] = _exact(named[0])
        bare = named[1]
    if not bare:
        if free is None:
            return
        made[free] = rest
    yield made


def free_field(fields: Mapping[str, Schema]) -> str | None:
    """The field that takes what a person adds in words: the usual one, or the only text."""
    texts = [name for name, field in fields.items() if field.get("type") == "string" and "enum" not in field]
    usual = [name for name in texts if name.casefold() in _FREE]
    return usual[0] if usual else texts[0] if len(texts) == 1 else None


_PAIR = re.compile(r"\s*([^:=\n]{1,60}?)\s*[:=]\s*(.+?)\s*", re.DOTALL)


def _named_fields(text: str, fields: Mapping[str, Schema], root: Schema) -> dict[str, Any] | None:
    """``name: value`` for each field that the text names, by its name or title; ``None`` where one does not parse."""
    keys = _keys(fields)
    for separator in ("\n", ";", ","):
        made: dict[str, Any] = {}
        parts = [part for part in re.split(f"{separator}(?!$)", text) if part.strip()]
        for part in parts:
            pair = _PAIR.fullmatch(part.rstrip(";,"))
            name = keys.get(plain(pair.group(1))) if pair else None
            value = next(_fitting(pair.group(2), fields[name], root), None) if pair and name else None
            if name is None or value is None or name in made:
                break
            made[name] = value[0]
        else:
            if made:
                return made
    return None


def _keys(fields: Mapping[str, Schema]) -> dict[str, str]:
    """The names and titles by which a text may name a field."""
    return {plain(key): name for name, field in fields.items() for key in (name, *titles(field))}


def _fitting(text: str, field: Schema, root: Schema) -> Iterator[tuple[Any]]:
    for value in _values(text, field, root):
        if misfit(value, {**field, **{key: root[key] for key in ("$defs", "definitions") if key in root}}) is None:
            yield (value,)


def titles(field: Schema) -> list[str]:
    """A field's title, and each language of one that is written in two: "Скидка, % / Discount, %"."""
    title = field.get("title")
    if not isinstance(title, str) or not title.strip():
        return []
    return [title, *(part.strip() for part in title.split(" / "))] if " / " in title else [title]
