"""What a person reads when something goes wrong: one plain sentence, in their language. Pure.

AG-UI clients show a RUN_ERROR's message to the person at the screen as it is, and CopilotKit the body of an HTTP error
too. The code is for programs: it is the same in every language.
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
    "upstream_error": "Модель не ответила или прервала ответ. Попробуйте ещё раз немного позже.",
    "upstream_empty": "Модель не дала ответа: возможно, беседа для неё слишком длинная.",
    "upstream_unauthorized": "Сервер модели не принял ключ агента: сообщите тому, кто отвечает за этого агента.",
    "upstream_refused": "Сервер модели отклонил запрос агента: сообщите тому, кто отвечает за этого агента.",
    "content_filter": "Фильтр содержимого у поставщика модели не пропустил запрос: сформулируйте его иначе.",
    "upstream_rate_limited": "Модель перегружена запросами: повторите через минуту.",
    "insufficient_quota": "У агента закончились средства на модель: сообщите тому, кто отвечает за этого агента.",
    "context_length_exceeded": "Беседа слишком длинная для модели: начните новую.",
    "timeout": "Агент не успел ответить вовремя. Попробуйте ещё раз.",
    "events_lost": "Часть ответа уже не хранится: обновите страницу.",
    "storage_failed": "База данных сервера дала сбой: ничего не сохранено.",
    "storage_unavailable": "База данных сервера недоступна: ничего не сохранено.",
    "storage_busy": "База данных занята другой программой: ничего не сохранено.",
    "storage_full": "На диске сервера нет места: ничего не сохранено.",
    "storage_read_only": "База данных сервера открыта только для чтения: ничего не сохранено.",
    "not_saved": "Ответ показан, но не сохранён: база данных его не приняла.",
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
    if language != "ru":
        return message
    _, line, details = message.partition("\n")  # below the first line stands what `--reveal-errors` adds
    return RUSSIAN[code] + line + details if code in RUSSIAN else message
