"""The system prompts, which describe the model's role: the Markdown files beside this one, in both languages.

Texts for a model live in files of their own, as they are sent: nothing of Python's indentation gets into them.
"""

from functools import cache
from importlib.resources import files

from graphs.crm.clock import today
from graphs.language import Language
from graphs.marking import CRM, PAGE
from graphs.money import full_day
from graphs.state import Department

CONTEXT: dict[Language, str] = {
    "ru": "Что показывает приложение пользователя сейчас:",
    "en": "What the user's application shares right now:",
}
ENOUGH: dict[Language, str] = {
    "ru": "Шагов больше нет: ответь пользователю тем, что уже известно, и скажи, что осталось несделанным.",
    "en": "There are no steps left: answer the user with what is known by now, and say what was left undone.",
}


def system_prompt(department: Department, language: Language) -> str:
    """The first message of every model call."""
    common = _read(f"common.{language}.md").format(today=full_day(today(), language), crm=CRM, page=PAGE)
    return f"{common}\n\n{_read(f'{department}.{language}.md')}"


def route_prompt() -> str:
    """The supervisor's question: which department answers."""
    return _read("route.md")


@cache
def _read(name: str) -> str:
    return files("graphs.prompts").joinpath(name).read_text(encoding="utf-8").strip()
