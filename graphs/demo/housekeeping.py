"""Requests that chat front ends make by themselves after a turn: a title, tags, follow-up questions.

Open WebUI and others send them as an ordinary completion with a long prompt that asks for JSON or for a few
words.
"""

import json
import re

from graphs.demo.conversation import Turn
from graphs.demo.suggestions import suggestions

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


def _title(turn: Turn) -> str:
    """The first words of what the user said first, in the prompt's copy of the chat or in the chat."""
    quoted = FIRST_MESSAGE.search(turn.text)
    first = quoted[1] if quoted else turn.previous[0] if turn.previous else ""
    words = re.sub(r"[«»\"“”<>#*]", "", first).split()[:TITLE_WORDS]
    return " ".join(words).rstrip(".,!?:;") or turn.say("Продажи и маркетинг", "Sales and marketing")
