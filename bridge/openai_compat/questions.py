"""Interrupts as questions in an OpenAI chat: a sentence with what can be answered, or a call of a tool. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.events.interrupts import Interrupt, is_pause, value_of
from bridge.events.json_schema import alternatives
from bridge.events.reviews import review_of
from bridge.json import dumps
from bridge.openai_compat.reading import asked_field, decision_field, fields_of, titles
from bridge.openai_compat.review_answers import how_to_answer
from bridge.openai_compat.words import WAY_OUT, Language, language_of, plain


def conversation_language(messages: Sequence[Mapping[str, Any]]) -> Language | None:
    """The language of the last user message that has letters; ``None`` where none has."""
    for message in reversed(messages):
        if message["role"] == "user":
            found = language_of(text_of(message))
            if found is not None:
                return found
    return None


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a message, less its images and files."""
    content = message.get("content")
    if isinstance(content, list):
        return " ".join(part.get("text", "") for part in content if part.get("type") == "text")
    return str(content or "")


def as_call(interrupt: Interrupt, index: int) -> dict[str, Any]:
    """The interrupt as a call of the tool ``interrupt``: its id the interrupt's, its arguments its JSON."""
    arguments = dumps(interrupt).decode()
    function = {"name": "interrupt", "arguments": arguments}
    return {"index": index, "id": interrupt["id"], "type": "function", "function": function}


def in_words(interrupt: Interrupt, language: Language | None = None) -> str:
    """The interrupt as a sentence, with what its schema has room for; in the language of its message by default."""
    message = str(interrupt.get("message") or interrupt.get("reason") or "")
    chosen = language or language_of(str(interrupt.get("message") or "")) or "ru"
    review = review_of(value_of(interrupt), interrupt.get("responseSchema"))
    if review is not None:
        how = how_to_answer(review, chosen)
    else:
        how = _options(interrupt.get("responseSchema") or {}, chosen)
    return f"{message}\n\n{how}".strip()


def not_understood(interrupt: Interrupt, language: Language | None = None) -> str:
    """The sentence before a question that is asked again, with the way out. A pause has none: it waits."""
    chosen = language or language_of(str(interrupt.get("message") or "")) or "ru"
    if is_pause(interrupt["id"]):
        return "Не удалось понять ответ." if chosen == "ru" else "That answer could not be read."
    if chosen == "ru":
        return f"Не удалось понять ответ. Чтобы отказаться, ответьте «{WAY_OUT['ru']}»."
    return f'That answer could not be read. To refuse, answer "{WAY_OUT["en"]}".'


def was_asked(interrupt: Interrupt, message: Mapping[str, Any]) -> bool:
    """Whether this assistant message asks this question: as a call, or in words that clients may have laid out anew."""
    if any(call["id"] == interrupt["id"] for call in message.get("toolCalls") or []):
        return True
    asked = plain(str(interrupt.get("message") or interrupt.get("reason") or ""))
    return asked in plain(text_of(message))


def _options(schema: Mapping[str, Any], language: Language) -> str:
    """What can be answered: the options of a plain question, or each field of an object."""
    kinds = alternatives(schema, schema) if schema else []
    kind = kinds[0] if kinds else {}
    if kind.get("type") != "object" and "properties" not in kind:
        options = _values(kind, language)
        return _answer(options, language) if options else ""
    fields = fields_of(kind, schema)
    asked = decision_field(kind, schema) or asked_field(kind, schema)
    options = _values(fields[asked], language) if asked else ""
    lines = [_answer(options, language)] if options else []
    required = set(kind.get("required") or [])
    others = [_field(name, fields[name], language, optional=name not in required) for name in fields if name != asked]
    if options and others:
        lines.append(f"{'Можно указать' if language == 'ru' else 'You can also give'}: {'; '.join(others)}")
    elif not options and fields:
        named = [_field(name, fields[name], language, optional=name not in required) for name in fields]
        lead = f"Укажите ({_form(next(iter(fields)), language)})"
        if language == "en":
            lead = f"Please give ({_form(next(iter(fields)), language)})"
        lines.append(f"{lead}: {'; '.join(named)}")
    return "\n".join(lines)


def _form(name: str, language: Language) -> str:
    return f"«{name}: значение»" if language == "ru" else f'"{name}: value"'


def _answer(options: str, language: Language) -> str:
    return f"Ответьте: {options}" if language == "ru" else f"Please answer: {options}"


def _values(field: Mapping[str, Any], language: Language) -> str:
    if "enum" in field:
        return " / ".join(_option(option, language) for option in field["enum"])
    return _yes_no(language) if field.get("type") == "boolean" else ""


def _option(option: Any, language: Language) -> str:
    if isinstance(option, bool):
        return _yes_no(language).split(" / ")[0 if option else 1]
    return str(option)


def _yes_no(language: Language) -> str:
    return "да / нет" if language == "ru" else "yes / no"


def _field(name: str, field: Mapping[str, Any], language: Language, *, optional: bool) -> str:
    """A field by its title in the conversation's language, with its options and limits."""
    about = [_values(field, language), _limits(field, language)]
    if optional and language == "ru":
        about.append("необязательно")
    elif optional:
        about.append("optional")
    notes = ", ".join(note for note in about if note)
    title = _title(name, titles(field), language)
    return f"{title} ({notes})" if notes else title


def _title(name: str, given: Sequence[str], language: Language) -> str:
    return next((title for title in given[1:] or given if language_of(title) == language), name)


def _limits(field: Mapping[str, Any], language: Language) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    words = ("от", "до") if language == "ru" else ("from", "to")
    return " ".join(f"{word} {limit:g}" for word, limit in zip(words, (low, high), strict=True) if limit is not None)
