"""Tools of the front end: which one fits the words of the request, and with which arguments.

A tool is known only by its declaration: name, description, parameters. The request's words are compared with
those, by their beginnings, since Russian words inflect; a small dictionary leads from Russian requests to
English names.
"""

import re
from collections.abc import Iterable
from typing import Any

from graphs.demo.conversation import Turn
from graphs.demo.dictionary import COLORS, DICTIONARY
from graphs.demo.quantities import NUMBER
from graphs.demo.reply import Ask, Reply

OURS = {
    *("find_leads", "qualify_lead", "find_deals", "move_deal", "reschedule_deal", "pipeline_report"),
    *("search_products", "make_quote", "segment_customers", "draft_campaign", "edit_campaign", "schedule_campaign"),
    *("campaign_report", "evaluate_ab_test"),
    *("transfer_to_sales", "transfer_to_marketing", "route"),
}
COLOR_WORD = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:light|dark)?(?:red|blue|green|yellow|black|white|gr[ae]y|orange|purple|pink|turquoise)\b",
    re.IGNORECASE,
)
WORD = re.compile(r"[A-Za-zА-Яа-яЁё]+")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|[_\-.]")
SKIPPED = {
    "the",
    "this",
    "that",
    "and",
    "for",
    "with",
    "user",
    "для",
    "это",
    "этот",
    "мне",
    "please",
    "пожалуйста",
    "tool",
    "you",
    "can",
}
QUOTED = re.compile(r"[«\"“]([^»\"”]+)[»\"”]")
LINKING = re.compile(r"^(?:(?:like|now|today|in|at|for|of|сейчас|сегодня|в|на|для)\s+)+", re.IGNORECASE)
OFF = re.compile(r"\b(?:не|выключ\w*|отключ\w*|скро\w*|спряч\w*|off|disable|hide|no)\b", re.IGNORECASE)


def preferred(turn: Turn) -> Reply | Ask | None:
    """A tool of the front end that fits so well that it goes before our own: the request's first word is its
    verb.
    """
    best_name = best(turn)
    if best_name is None:
        return None
    spoken = _spoken(turn.text)
    described = _described(turn.tools[best_name])
    fits = bool(spoken) and any(_alike(form, word) for form in spoken[0] for word in described)
    return _call(turn, best_name) if fits and _score(spoken, described) >= 2 else None


def fitting(turn: Turn) -> Reply | Ask | None:
    """The front end's tool that fits the request at all."""
    best_name = best(turn)
    return _call(turn, best_name) if best_name else None


def best(turn: Turn) -> str | None:
    """The name of the front end's tool with the most words of the request; None when none has any."""
    spoken = _spoken(turn.text)
    scores = {
        name: _score(spoken, _described(tool)) for name, tool in turn.tools.items() if name not in OURS and spoken
    }
    top = max(scores, key=scores.__getitem__, default=None)
    enough = 1 if len(spoken) <= 2 else 2
    return top if top is not None and scores[top] >= enough else None


def _call(turn: Turn, name: str) -> Reply | Ask:
    tool = turn.tools[name]
    arguments = fill(turn, tool)
    missing = [entry for entry in (tool.get("parameters") or {}).get("required", []) if entry not in arguments]
    if missing:
        properties = (tool.get("parameters") or {}).get("properties", {})
        what = ", ".join(str(properties.get(entry, {}).get("description") or entry) for entry in missing)
        return Ask(turn.say(f"Уточните, пожалуйста: {what}?", f"Please tell me: {what}?"))
    return Reply(calls=[(name, arguments)])


def fill(turn: Turn, tool: dict[str, Any], *, guess: bool = False) -> dict[str, Any]:
    """Arguments from the words of the request. `guess`: a required one that is not named gets a neutral
    value.
    """
    parameters = tool.get("parameters") or {}
    required = parameters.get("required", [])
    text = f"{turn.asked} {turn.text}" if turn.asked else turn.text
    filled: dict[str, Any] = {}
    for name, schema in (parameters.get("properties") or {}).items():
        value = _value(turn, text, name, schema, tool, wanted=name in required)
        if value is None and guess and name in required:
            value = _neutral(text, schema)
        if value is not None:
            filled[name] = value
    return filled


def _value(turn: Turn, text: str, name: str, schema: dict[str, Any], tool: dict[str, Any], *, wanted: bool) -> Any:
    if options := schema.get("enum"):
        return _option(text, options)
    kind = schema.get("type")
    if kind in {"integer", "number"}:
        found = re.search(NUMBER, text)
        number = float(found[0].replace("\u00a0", "").replace(" ", "").replace(",", ".")) if found else None
        return None if number is None else int(number) if kind == "integer" or number.is_integer() else number
    if kind == "boolean":
        return not OFF.search(text) if wanted else None
    if kind == "array":
        return QUOTED.findall(text) or None
    if kind not in {"string", None}:
        return None
    if re.search(r"colou?r|цвет|background|фон", f"{name} {schema.get('description', '')}", re.IGNORECASE):
        return color(text)
    if re.search(r"id$", name, re.IGNORECASE):
        found = re.search(r"\d+", text)
        return found[0] if found else None
    quoted = QUOTED.search(text)
    if quoted:
        return quoted[1]
    return _rest(turn.text, tool) if wanted else None


def _option(text: str, options: Iterable[Any]) -> Any:
    """The allowed value that the text names."""
    spoken = _spoken(text)
    scored = [(_score(spoken, _words(str(option))), option) for option in options]
    score, option = max(scored, key=lambda pair: pair[0], default=(0, None))
    return option if score else None


def color(text: str) -> str | None:
    """A CSS colour: named in either language, or #hex."""
    if match := COLOR_WORD.search(text):
        return match[0].lower()
    for word in WORD.findall(text.lower()):
        for stem, name in COLORS.items():
            if word.startswith(stem):
                return name
    return None


def _rest(text: str, tool: dict[str, Any]) -> str | None:
    """What the request says after a colon, or after the last word that chose the tool.

    An example in a parameter's description ("e.g. San Francisco, CA") may be the very value: then what the tool itself
    is called counts.
    """
    if ":" in text:
        return text.split(":", 1)[1].strip() or None
    own = _words(f"{CAMEL.sub(' ', str(tool.get('name', '')))} {tool.get('description') or ''}")
    return _after(text, _described(tool)) or LINKING.sub("", _after(text, own) or "") or None


def _after(text: str, described: list[str]) -> str | None:
    matches = [
        match
        for match in WORD.finditer(text)
        if any(_alike(form, word) for form in _forms(match[0]) for word in described)
    ]
    return (text[matches[-1].end() :].strip(" .!?,—-") or None) if matches else None


def _neutral(text: str, schema: dict[str, Any]) -> Any:
    if options := schema.get("enum"):
        return options[0]
    neutral = {"integer": 0, "number": 0, "boolean": True, "array": [], "object": {}}
    return neutral.get(str(schema.get("type")), text.strip())


def _described(tool: dict[str, Any]) -> list[str]:
    """The words of a tool's declaration."""
    parts = [CAMEL.sub(" ", str(tool.get("name", ""))), str(tool.get("description") or "")]
    for name, schema in ((tool.get("parameters") or {}).get("properties") or {}).items():
        parts += [CAMEL.sub(" ", name), str(schema.get("description") or "")]
        parts += [CAMEL.sub(" ", str(option)) for option in schema.get("enum") or []]
    return _words(" ".join(parts))


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text) if len(word) > 2 and word.lower() not in SKIPPED]


def _spoken(text: str) -> list[list[str]]:
    """The words of the request, each with its translations."""
    return [_forms(word) for word in _words(text)]


def _forms(word: str) -> list[str]:
    word = word.lower()
    return [word, *(english for stem, english in {**DICTIONARY, **COLORS}.items() if word.startswith(stem))]


def _score(spoken: list[list[str]], described: list[str]) -> int:
    """How many words of the request the declaration has."""
    return sum(any(_alike(form, word) for form in forms for word in described) for forms in spoken)


def _alike(left: str, right: str) -> bool:
    stem = max(3, min(len(left), len(right)) - 2)
    return left == right or (abs(len(left) - len(right)) <= 3 and left[:stem] == right[:stem] and stem >= 4)
