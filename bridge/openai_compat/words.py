"""Words of assent and refusal, Russian and English, and numbers as people write them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Language = Literal["ru", "en"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_YES = _set(
    "да ага угу ок окей хорошо согласен согласна согласны согласовано согласую подтверждаю одобряю одобрено разрешаю"
    " можно yes y yep yeah ok okay sure approve approved accept accepted confirm confirmed agree agreed true + 👍"
)
_NO = _set(
    "нет не неа отмена отменить отменяю отклонить отклоняю отклонено отказ отказываю запрещаю нельзя"
    " no n nope reject rejected decline declined deny denied cancel false - 👎"
)
_PHRASES: tuple[tuple[str, bool], ...] = (
    ("не согласен", False),
    ("не согласна", False),
    ("не согласны", False),
    ("не согласовано", False),
    ("не согласую", False),
    ("не одобряю", False),
    ("не разрешаю", False),
    ("не подтверждаю", False),
    ("не надо", False),
    ("не нужно", False),
    ("не возражаю", True),
    ("не против", True),
    ("no objections", True),
    ("not approved", False),
    ("do not approve", False),
    ("don't approve", False),
    ("i agree", True),
    ("i approve", True),
    ("i accept", True),
    ("i confirm", True),
    ("i do not agree", False),
    ("i don't agree", False),
    ("go ahead", True),
)
"""Phrases whose words alone would say something else, or nothing."""

_FILLERS = _set("пожалуйста спасибо это его ее этим с я please thanks it this that the")
"""Words beside an assent or a refusal that change nothing about it."""

_CONNECTORS = _set("но только если при на по до с со but only if with at to for up")
"""Words that may follow an assent without a comma: what comes after them is a condition."""

_ACTS = _set("одобряю согласую подтверждаю разрешаю отклоняю запрещаю approve accept confirm reject decline deny")
"""Words that may be followed by what they are about: "approve the discount"."""

CANCEL = _set("отмена отменить отменяю cancel abort")
WAY_OUT = {"ru": "отмена", "en": "cancel"}
"""The word that refuses whatever is asked."""

_WORD = re.compile(r"[^\s,.!;:?()«»\"]+")
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_LATIN = re.compile("[a-z]", re.IGNORECASE)


_ENDS = 10_000  # characters at each end of a text that tell its language: it may have millions


def language_of(text: str) -> Language | None:
    """``ru`` or ``en``, by the words that begin with a small letter: names keep their letters in any language.

    Where these do not decide: ``ru`` for a text with Cyrillic letters, ``en`` for one with Latin letters only, ``None``
    for neither. Of a long text its beginning and its end are looked at.
    """
    if len(text) > 2 * _ENDS:
        text = text[:_ENDS] + text[-_ENDS:]
    small = [word[0] for word in _WORD.findall(text) if word[0].islower()]
    russian, english = (sum(bool(kind.match(letter)) for letter in small) for kind in (_CYRILLIC, _LATIN))
    if russian != english:
        return "ru" if russian > english else "en"
    if _CYRILLIC.search(text):
        return "ru"
    return "en" if _LATIN.search(text) else None


def plain(text: str) -> str:
    """A text as it is compared: without case, ё, quotes and punctuation around it, and with single spaces."""
    return " ".join(text.casefold().replace("ё", "е").strip(" \t\r\n.!,;:«»\"'“”").split())


def is_cancel(text: str) -> bool:
    """Whether a text is the way out, and nothing else."""
    words = [word for word in _WORD.findall(plain(text)) if word not in _FILLERS]
    return len(words) == 1 and words[0] in CANCEL


@dataclass(frozen=True, slots=True)
class Decided:
    """What a text decides, and the rest of it in the person's own letters: a condition, a reason; often empty."""

    yes: bool
    rest: str


_STOP = re.compile(r"\s*(?:[,.!;]+|\s[—–-]\s)\s*")


def decide(text: str) -> Decided | None:
    """Read a text that begins with an assent or a refusal; ``None`` for any other, and for one that says both.

    What follows is set off by punctuation, or begins with a word like "но", "если", "but", "at". "нет проблем" is
    neither.
    """
    text = text.strip()
    if "?" in text:
        return None
    yes: bool | None = None
    at = 0
    while at < len(text):
        found = _leading(text[at:])
        if found is None:
            break
        meaning, length = found
        if meaning is not None:
            if yes is not None and not _ends(text[at + length :]):
                break  # "нет, не тому", "да, не больше 12 %": its first word is no second decision
            if yes is not None and yes is not meaning:
                return None
            yes = meaning
        elif yes is None and at == 0 and not _leads_on(text[length:]):
            return None
        at += length
    if yes is None or _turns(text[at:], yes=yes):
        return None
    return _with_rest(text, at, yes=yes)


def _ends(text: str) -> bool:
    """Whether a phrase ends here: with the text, at punctuation, or at another phrase."""
    return not text.strip() or _STOP.match(text) is not None or _leading(text) is not None


def _turns(rest: str, *, yes: bool) -> bool:
    """Whether the rest takes the decision back: «но нет»."""
    words = [word for word in plain(rest).split() if word not in _CONNECTORS]
    found = _leading(" ".join(words)) if words else None
    return found is not None and found[0] is (not yes) and _ends(" ".join(words)[found[1] :])


def _leads_on(text: str) -> bool:
    found = _leading(text.lstrip(" ,.!;:"))
    return found is not None and found[0] is not None


def _leading(text: str) -> tuple[bool | None, int] | None:
    """The meaning of a text's first phrase and its length with what separates it; a filler has no meaning."""
    folded = text.casefold().replace("ё", "е")
    begin = len(folded) - len(folded.lstrip(" \t\r\n,.!;:"))
    for phrase, meaning in _PHRASES:
        if folded.startswith(phrase, begin) and not _WORD.match(folded, begin + len(phrase)):
            return meaning, begin + len(phrase)
    word = _WORD.match(folded, begin)
    if word is None:
        return None
    if word.group() in _YES:
        return True, word.end()
    if word.group() in _NO:
        return False, word.end()
    return (None, word.end()) if word.group() in _FILLERS else None


def _with_rest(text: str, at: int, *, yes: bool) -> Decided | None:
    rest = text[at:]
    stop = _STOP.match(rest)
    bare = rest[stop.end() :].strip() if stop else rest.strip()
    if not _WORD.search(bare):
        return Decided(yes, "")
    first = _WORD.search(bare)
    last = text[:at].rsplit(maxsplit=1)[-1].casefold()
    if stop is None and first is not None and first.group().casefold() not in _CONNECTORS and last not in _ACTS:
        return None
    return Decided(yes, bare)


_SPACES = "[ \u00a0\u202f\u2009]"
_NUMBER = re.compile(
    rf"(?P<digits>[+-]?[0-9]+(?:{_SPACES}[0-9]{{3}})*(?:[.,][0-9]+)*)"
    r"\s*(?P<unit>%|процент(?:а|ов)?|percent|₽|руб(?:л(?:ь|я|ей))?\.?|р\.|\$|€)?",
    re.IGNORECASE,
)


def number_in(text: str) -> float | None:
    """A text that is one number, with or without its unit; ``None`` for any other."""
    found = _NUMBER.fullmatch(text.strip().rstrip("!;"))
    return None if found is None else _value(found.group("digits"))


def condition_in(text: str) -> tuple[float, bool] | None:
    """The one number that a condition names ("но не больше 12 %"), and whether it says nothing besides ("на 12 %").

    ``None`` where it names several, one that counts something ("до 5 июня"), or one that it rules out ("не 12 %").
    """
    found = list(_NUMBER.finditer(text))
    if len(found) != 1:
        return None
    before, after = text[: found[0].start()], text[found[0].end() :]
    if before[-1:].isalnum() or re.search(r"[0-9]", before + after) or not re.match(r"\s*(?:$|[,.!;:)])", after):
        return None
    words = [word.casefold() for word in _WORD.findall(before)]
    if words and words[-1] in ("не", "not", "кроме", "except", "без", "without"):
        return None
    value = _value(found[0].group("digits"))
    bare = not _WORD.search(after) and set(words) <= {"на", "до", "при", "с", "со", "at", "to", "for", "with"}
    return None if value is None else (value, bare)


def _value(digits: str) -> float | None:
    """A number's value; ``None`` where it can be read in two ways: "1,000" is one here, a thousand there."""
    bare = re.sub(_SPACES, "", digits)
    marks = re.findall("[.,]", bare)
    whole, *parts = re.split("[.,]", bare.lstrip("+-"))
    if not marks:
        return float(bare)
    if len(marks) == 1 and (len(parts[0]) != 3 or whole == "0" or len(whole) > 3):
        return float(bare.replace(",", "."))
    *groups, last = parts
    grouped = len(whole) <= 3 and all(len(group) == 3 for group in groups)
    if len(marks) > 1 and grouped and len(last) == 3 and len(set(marks)) == 1:
        return float(re.sub("[.,]", "", bare))
    if len(marks) > 1 and grouped and set(marks[:-1]) == {"," if marks[-1] == "." else "."}:
        return float(("-" if bare[0] == "-" else "") + whole + "".join(groups) + "." + last)
    return None
