"""Names of cities, industries and salespeople as the CRM writes them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from graphs.crm import models, vocabulary
from graphs.crm.english import person, term
from graphs.crm.names import words
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
    known = ", ".join(term(entry, language) for entry in entries)
    raise ToolError(
        f"{ru} «{text}» в CRM не встречается. Есть: {known}."
        if language == "ru"
        else f"The {en} {text!r} is not in the CRM. Known: {known}.",
        f"Call again with one of the {en} names listed, or without {en}; do not guess which one is meant.",
    )


async def known_owner(session: AsyncSession, name: str, language: Language) -> str:
    """The salesperson meant: part of a name, inflected or in Latin letters. Raises ToolError for nobody or several."""
    owners = sorted((await session.scalars(select(models.Deal.owner).distinct())).all())
    wanted = [word[:4] for word in words(name)]
    found = [owner for owner in owners if all(any(own.startswith(word) for own in words(owner)) for word in wanted)]
    if wanted and len(found) == 1:
        return found[0]
    known = ", ".join(person(owner, language) for owner in owners)
    raise ToolError(
        f"Менеджера «{name}» не нашлось. Есть: {known}." if language == "ru" else f"No salesperson {name!r}: {known}.",
        "Call again with one of these names, or ask the user who is meant.",
    )
