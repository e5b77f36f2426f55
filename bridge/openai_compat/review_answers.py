"""Decisions in words about tool calls that wait for a review (`bridge.events.reviews`). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bridge.events.reviews import DECISIONS, Action, Decision, Review
from bridge.json import JSONDecodeError, loads
from bridge.openai_compat.reading import Answer
from bridge.openai_compat.words import Language, decide, is_cancel

_VERBS: tuple[tuple[str, str], ...] = (
    (r"edit|change|изменить|измени|изменяю|правка|исправить|исправь", "edit"),
    (r"respond|response|reply|answer|ответ|ответить|ответь", "respond"),
    (r"reject|decline|deny|отклонить|отклоняю|отказ|отказать", "reject"),
    (r"ignore|skip|пропустить|пропусти", "reject"),
)
_VERB = re.compile("|".join(f"(?P<v{number}>{words})" for number, (words, _) in enumerate(_VERBS)), re.IGNORECASE)
_NUMBERED = re.compile(r"(?:^|[\n;,])\s*#?([0-9]{1,2})\s*[).:—–-]?\s+")


def parse_review(text: str, review: Review) -> Answer | None:
    """Read decisions: one for all actions, or one for each by its number; ``None`` when they do not parse.

    A decision that the review does not allow, and an assent with a condition, are not understood: a tool call is made
    as it stands or not at all. An edit gives the arguments that change, as JSON or ``name=value``.
    """
    text = text.strip()
    whole = _whole(text, review)
    if whole is not None:
        return Answer(whole)
    decisions = _each(text, review.actions)
    if decisions is not None:
        return Answer(review.answer(decisions))
    refusal = review.refusal() if is_cancel(text) else None
    return None if refusal is None else Answer(refusal)


def how_to_answer(review: Review, language: Language) -> str:
    """The decisions that a review allows, with the words for them."""
    russian = language == "ru"
    forms = {
        "approve": "да" if russian else "yes",
        "reject": "нет, причина" if russian else "no, reason",
        "edit": 'изменить {"аргумент": "значение"}' if russian else 'edit {"argument": "value"}',
        "respond": "ответ: текст" if russian else "respond: text",
    }
    order = ("approve", "reject", "edit", "respond")
    allowed = [kind for kind in order if all(kind in action.allowed for action in review.actions)]
    several = len(review.actions) > 1
    words = " / ".join(forms[kind] for kind in allowed or order)
    asked = f"Ответьте: {words}" if russian else f"Please answer: {words}"
    if not several:
        return asked
    each = " По одному: 1 да, 2 нет." if russian else " One by one: 1 yes, 2 no."
    return f"{asked}.{each}"


def _whole(text: str, review: Review) -> Any:
    """An answer that is the middleware's own JSON: all decisions, or the one of a single action."""
    if text[:1] not in ("{", "["):
        return None
    try:
        value = loads(text)
    except JSONDecodeError:
        return None
    if isinstance(value, Mapping) and isinstance(value.get("decisions"), list):
        value = value["decisions"]
    made = value if isinstance(value, list) else [value]
    if len(made) != len(review.actions):
        return None
    decisions = [_decision(one, action) for one, action in zip(made, review.actions, strict=True)]
    known = [decision for decision in decisions if decision is not None]
    return review.answer(known) if len(known) == len(made) else None


def _decision(value: Any, action: Action) -> Decision | None:
    """A decision from its JSON, in the middleware's words or in agent-inbox's."""
    kind = value.get("type") if isinstance(value, Mapping) else None
    kind = {"accept": "approve", "ignore": "reject", "response": "respond"}.get(kind or "", kind)
    if kind not in DECISIONS or kind not in action.allowed:
        return None
    message = value.get("message", value.get("args"))
    message = message if isinstance(message, str) else ""
    if kind == "respond" and not message:
        return None
    if kind != "edit":
        return Decision(str(kind), message)
    edited = value.get("edited_action", value.get("args"))
    args = edited.get("args") if isinstance(edited, Mapping) else None
    named = edited.get("name", edited.get("action")) if isinstance(edited, Mapping) else None
    return Decision("edit", args=args) if isinstance(args, Mapping) and named in (None, action.name) else None


def _each(text: str, actions: tuple[Action, ...]) -> list[Decision] | None:
    pieces = _NUMBERED.split(text)
    if len(actions) > 1 and len(pieces) > 1 and not pieces[0].strip():
        by_number = dict(zip(map(int, pieces[1::2]), pieces[2::2], strict=True))
        if len(by_number) != len(pieces) // 2 or sorted(by_number) != list(range(1, len(actions) + 1)):
            return None
        made = [_in_words(by_number[number], action) for number, action in enumerate(actions, start=1)]
    else:
        made = [_in_words(text, action) for action in actions]
        if len(actions) > 1 and any(one is not None and one.kind in ("edit", "respond") for one in made):
            return None  # which of them is meant?
    known = [decision for decision in made if decision is not None]
    return known if len(known) == len(actions) else None


def _in_words(text: str, action: Action) -> Decision | None:
    """One decision in words, where the action allows it."""
    text = text.strip()
    decision = _by_verb(text, action)
    if decision is None and action.allowed == ("respond",) and text and not is_cancel(text):
        decision = Decision("respond", text)
    if decision is None:
        decided = decide(text)
        if decided is not None and (not decided.yes or not decided.rest):
            decision = Decision("approve" if decided.yes else "reject", decided.rest)
    return decision if decision is not None and decision.kind in action.allowed else None


def _by_verb(text: str, action: Action) -> Decision | None:
    found = _VERB.match(text)
    if found is None or text[found.end() : found.end() + 1] not in ("", " ", ":", ",", "\n", "{"):
        return None
    kind = next(kind for number, (_, kind) in enumerate(_VERBS) if found.group(f"v{number}"))
    rest = text[found.end() :].strip(" :,\n\t")
    if kind == "edit":
        args = _arguments(rest, action)
        return None if args is None else Decision("edit", args={**action.args, **args})
    return None if kind == "respond" and not rest else Decision(kind, rest)


def _arguments(text: str, action: Action) -> dict[str, Any] | None:
    """The arguments that an edit changes: JSON, or ``name=value`` of ones that the call has."""
    try:
        value = loads(text)
    except JSONDecodeError:
        value = None
    if isinstance(value, Mapping):
        inner = value.get("args")
        return dict(inner) if isinstance(inner, Mapping) and "args" not in action.args else dict(value)
    made: dict[str, Any] = {}
    for part in re.split("[\n;,]", text):
        name, mark, given = part.partition("=") if "=" in part else part.partition(":")
        if not mark or name.strip() not in action.args or not given.strip():
            return None
        made[name.strip()] = _like(given.strip(), action.args[name.strip()])
    return made or None


def _like(text: str, old: Any) -> Any:
    """A value as written; JSON where the old one was no text."""
    if isinstance(old, str):
        return text
    try:
        return loads(text)
    except JSONDecodeError:
        return text
