"""Which language to answer in: Russian unless the user writes in English or the application says so."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from langchain_core.messages import BaseMessage, HumanMessage

Language = Literal["ru", "en"]

CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
LATIN_WORD = re.compile(r"[a-z][a-z']+", re.IGNORECASE)
# Latin words that Russian speakers write too, and that say nothing about the language.
NEUTRAL = {
    "ok",
    "okay",
    "crm",
    "bant",
    "roas",
    "cac",
    "ctr",
    "sms",
    "vk",
    "telegram",
    "email",
    "kpi",
    "utm",
    "api",
    "bi",
}
ASKED = [  # an explicit wish counts more than the language it is written in
    (re.compile(r"по-английски|на английском|in english", re.IGNORECASE), "en"),
    (re.compile(r"по-русски|на русском|in russian", re.IGNORECASE), "ru"),
]
# CopilotKit asks for suggestions in a user message of its own, in English whatever the user speaks.
WRITTEN_BY_PAGE = re.compile("copilotkitSuggest")
ABOUT_LANGUAGE = re.compile("language|locale|язык", re.IGNORECASE)


def conversation_language(messages: Sequence[BaseMessage], context: Sequence[Mapping[str, Any]] = ()) -> Language:
    """The language to answer in.

    In order: what the application shares about it (`context`, entries of description and value), the newest
    user message that says anything about it, Russian.
    """
    for entry in context:
        if ABOUT_LANGUAGE.search(str(entry.get("description", ""))):
            value = str(entry.get("value", "")).strip().strip('"').lower()
            if value.startswith(("en", "англ")):
                return "en"
            if value.startswith(("ru", "рус")):
                return "ru"
    for message in reversed(messages):
        if not isinstance(message, HumanMessage) or WRITTEN_BY_PAGE.search(message.text):
            continue
        if found := text_language(message.text):
            return found
    return "ru"


def text_language(text: str) -> Language | None:
    """The language a text is in or asks for; None when it says nothing (a number, "OK")."""
    text = text[:8000]  # a book says no more about its language than its first pages
    for pattern, language in ASKED:
        if pattern.search(text):
            return "en" if language == "en" else "ru"
    if CYRILLIC.search(text):
        return "ru"
    if any(word.lower() not in NEUTRAL for word in LATIN_WORD.findall(text)):
        return "en"
    return None
