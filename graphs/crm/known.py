"""Names of cities and industries as the CRM writes them."""

from collections.abc import Mapping, Sequence

from graphs.crm import vocabulary
from graphs.language import Language
from graphs.tooling import ToolError


def known_city(text: str, language: Language) -> str:
    """The city meant ("Moscow" is Москва). Raises ToolError, naming those known, for any other."""
    return _known(text, vocabulary.CITIES, language, "Город", "city")


def known_industry(text: str, language: Language) -> str:
    """The industry meant. Raises ToolError, naming those known, for any other."""
    return _known(text, vocabulary.INDUSTRIES, language, "Отрасль", "industry")


def _known(text: str, entries: Mapping[str, Sequence[str]], language: Language, ru: str, en: str) -> str:
    if found := vocabulary.find(text, entries):
        return found
    known = ", ".join(entries)
    raise ToolError(
        f"{ru} «{text}» в CRM не встречается. Есть: {known}."
        if language == "ru"
        else f"The {en} {text!r} is not in the CRM. Known: {known}."
    )
