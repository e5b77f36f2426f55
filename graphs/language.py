"""Which language to answer in: Russian unless the user writes in English or the application says so."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from langchain_core.messages import BaseMessage, HumanMessage

Language = Literal["ru", "en"]

RUSSIAN_WORD = re.compile(r"[а-яё]+", re.IGNORECASE)
LATIN_WORD = re.compile(r"[a-z][a-z']+", re.IGNORECASE)
# A name says nothing about the language of the sentence it stands in: «Мед-Вектор», ООО Ромашка, Кофейня-Импульс,
# and a capital letter in mid-sentence.
RUSSIAN_NAME = re.compile(
    r"[«\"“„][^»\"”]*[»\"”]+|\b(?:ООО|АО|ИП|ПАО|ЗАО)\b(?:\s+[А-ЯЁ][\w-]*)?|\b[А-ЯЁ][\wё]*(?:-[А-ЯЁ][\wё]*)+"
    r"|(?<=[\w,;:] )[А-ЯЁ][а-яё]+"
)
# Latin words that Russian speakers write too, and that say nothing about the language.
NEUTRAL = {
    *("ok", "okay", "crm", "bant", "roas", "cac", "ctr", "kpi", "utm", "api", "bi"),
    *("sms", "vk", "telegram", "email", "start", "business", "enterprise", "wms", "edo", "pos", "tel"),
}
ASKED = [  # an explicit wish counts more than the language it is written in
    (re.compile(r"по-английски|на английском|in english", re.IGNORECASE), "en"),
    (re.compile(r"по-русски|на русском|in russian", re.IGNORECASE), "ru"),
]
CLEARLY_MORE = 4
"""One borrowed word does not change the language of four others ("Find leads in казань")."""

# CopilotKit asks for suggestions in a user message of its own, in English whatever the user speaks; up to 1.10 a task.
WRITTEN_BY_PAGE = re.compile("copilotkitSuggest|The user has given you the following task to complete")
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
    """The language a text is in or asks for; None when it says nothing (a number, "OK", a company's name).

    Names do not count: 'Qualify "Мед-Вектор"' is English. Of a mixture the first word decides, unless the other
    language has several times as many.
    """
    text = text[:8000]  # a book says no more about its language than its first pages
    for pattern, language in ASKED:
        if pattern.search(text):
            return "en" if language == "en" else "ru"
    nameless = RUSSIAN_NAME.sub(" ", text)
    russian = RUSSIAN_WORD.findall(nameless)
    english = [word for word in LATIN_WORD.findall(nameless) if word.lower() not in NEUTRAL]
    if russian and english:
        if len(english) >= CLEARLY_MORE * len(russian):
            return "en"
        if len(russian) >= CLEARLY_MORE * len(english):
            return "ru"
        return "ru" if nameless.index(russian[0]) < nameless.index(english[0]) else "en"
    if english:
        return "en"
    return "ru" if russian or (RUSSIAN_WORD.search(text) and not LATIN_WORD.search(text)) else None
