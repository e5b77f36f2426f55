"""What the chat page says when something goes wrong: one plain sentence, in the user's language. Pure.

CopilotKit shows a RUN_ERROR's message, or the body of an HTTP error, to the person at the screen as it is.
"""

from __future__ import annotations

RUSSIAN = {
    "invalid_request": "Страница прислала запрос, который сервер не понял.",
    "invalid_api_key": "Ключ доступа не подошёл: проверьте его в настройках страницы.",
    "forbidden": "Это действие вам не разрешено.",
    "request_timeout": "Запрос шёл слишком долго: проверьте связь и попробуйте ещё раз.",
    "unsupported_encoding": "Страница прислала запрос, который сервер не понял.",
    "model_not_found": "Такого агента на сервере нет.",
    "thread_not_found": "Такой беседы нет.",
    "thread_busy": "Агент ещё отвечает в этой беседе: дождитесь ответа или остановите его.",
    "interrupt_pending": "Сначала ответьте на запрос согласования.",
    "request_too_large": "Беседа стала слишком большой: начните новую.",
    "rate_limit_exceeded": "Сервер занят: повторите через минуту.",
    "server_error": "Агент не смог ответить из-за ошибки на сервере. Попробуйте ещё раз.",
    "upstream_error": "Модель сейчас недоступна. Попробуйте ещё раз немного позже.",
    "timeout": "Агент не успел ответить вовремя. Попробуйте ещё раз.",
    "events_lost": "Часть ответа уже не хранится: обновите страницу.",
}

NOTHING_TO_STOP = {"ru": "В этой беседе сейчас никто не отвечает.", "en": "No run is going in this thread."}


def language_of(accept_language: str | None) -> str:
    """``ru`` for a browser that asks for Russian before English, else ``en``."""
    for wanted in (accept_language or "").lower().split(","):
        tag = wanted.strip()[:2]
        if tag in ("ru", "en"):
            return tag
    return "en"


def sentence(code: str | None, message: str, language: str) -> str:
    """The sentence for an error; in English the server's own message."""
    return RUSSIAN.get(code or "", message) if language == "ru" else message
