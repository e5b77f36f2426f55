"""Finding a company by what people call it: without the legal form, inflected, in Latin letters."""

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar

from graphs.crm.transliterate import latin

LEGAL_FORM = re.compile(r"\b(?:ооо|оао|зао|пао|ао|ип|llc|ltd)\b", re.IGNORECASE)
WORD = re.compile(r"[\w]+")


class Named(Protocol):
    """Something with a company name."""

    company: str


NamedT = TypeVar("NamedT", bound=Named)


def words(name: str) -> list[str]:
    """The words of a company name that tell it from others, in Latin letters and lower case."""
    return [latin(word) for word in WORD.findall(LEGAL_FORM.sub(" ", name.lower().replace("ё", "е")))]


def best_matches(query: str, candidates: Sequence[NamedT]) -> list[NamedT]:
    """Those whose name has every word of the query; all equal ones, an exact name alone."""
    wanted = words(query)
    if not wanted:
        return []
    exact = [candidate for candidate in candidates if words(candidate.company) == wanted]
    return exact or [
        candidate
        for candidate in candidates
        if all(any(_alike(word, other) for other in words(candidate.company)) for word in wanted)
    ]


def mentioned(text: str, candidates: Sequence[NamedT]) -> list[NamedT]:
    """Those whose whole name occurs in the text, inflected or not."""
    spoken = words(text)
    return [
        candidate
        for candidate in candidates
        if (name := words(candidate.company)) and all(any(_alike(part, word) for word in spoken) for part in name)
    ]


def _alike(left: str, right: str) -> bool:
    """The same word, up to a Russian ending of at most two letters more or less."""
    shorter, longer = sorted((left, right), key=len)
    if left == right:
        return True
    stem = max(3, len(shorter) - 2)
    return len(longer) - len(shorter) <= 3 and len(shorter) >= 3 and shorter[:stem] == longer[:stem]
