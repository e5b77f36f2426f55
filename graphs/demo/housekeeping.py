"""The demo model's answers to what chat front ends ask by themselves (`graphs.housekeeping`).

Those of Open WebUI have a shape. Others ask in a sentence, and are known by its words.
"""

import json
import re

from graphs.demo.conversation import Turn
from graphs.demo.suggestions import suggestions
from graphs.housekeeping import wanted_form

TITLE = re.compile(
    r"(?:generate|create|write|suggest|придумай|сгенерируй|создай|напиши)\b.{0,60}\b(?:title|заголовок|название)",
    re.IGNORECASE | re.DOTALL,
)
TAGS = re.compile(r"generate .{0,40}\btags\b", re.IGNORECASE | re.DOTALL)
FOLLOW_UPS = re.compile(r"follow[- _]?up (?:questions|prompts)", re.IGNORECASE)
CHAT = re.compile(r"chat|conversation|history|dialog|чат|беседы|разговор|диалог", re.IGNORECASE)
FIRST_MESSAGE = re.compile(r"(?:USER|Пользователь|Human):\s*(.+)", re.IGNORECASE)
TITLE_WORDS = 6


def answer(turn: Turn) -> str | None:
    """The answer to such a request; None when the message is an ordinary one."""
    text = turn.text
    if turn.housekeeping:
        return _by_form(turn)
    if not CHAT.search(text):
        return None
    if TITLE.search(text):
        title = _title(turn)
        return json.dumps({"title": title}, ensure_ascii=False) if '"title"' in text else title
    if TAGS.search(text):
        return json.dumps({"tags": ["Sales", "Marketing"]})
    if FOLLOW_UPS.search(text):
        return json.dumps({"follow_ups": [entry["message"] for entry in suggestions(turn)]}, ensure_ascii=False)
    return None


def _by_form(turn: Turn) -> str:
    """What the sample of the answer in the request asks for."""
    wanted = wanted_form(turn.text)
    if wanted is None:
        return _title(turn)
    key, several = wanted
    known: dict[str, object] = {
        "title": _title(turn),
        "tags": ["Sales", "Marketing"],
        "follow_ups": [entry["message"] for entry in suggestions(turn)],
    }
    return json.dumps({key: known.get(key, [] if several else "")}, ensure_ascii=False)


def _title(turn: Turn) -> str:
    """The first words of what the user said first, in the prompt's copy of the chat or in the chat."""
    quoted = FIRST_MESSAGE.search(turn.text)
    first = quoted[1] if quoted else turn.previous[0] if turn.previous else ""
    words = re.sub(r"[«»\"“”<>#*]", "", first).split()[:TITLE_WORDS]
    return " ".join(words).rstrip(".,!?:;") or turn.say("Продажи и маркетинг", "Sales and marketing")
