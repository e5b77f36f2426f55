"""Misspelled words put right: "кавалифицируй лида 84" asks to qualify, and lists nothing.

A word is replaced by a known one at a distance of one slip (two in words of nine letters and more): a letter too many,
too few, another, or two swapped. Names are left alone: words in quotes, with a hyphen or a digit, and words with a
capital letter inside a sentence unless a preposition of place stands before them ("в Мсокве").
"""

import re
from functools import cache

from graphs.demo import coverage, lexicon
from graphs.demo.text import masked

WORD = re.compile(r"(?<![\w¤-])[^\W\d_]+(?![\w¤-])")
SPELLED = tuple(lexicon.SPELLED.split())
# "Сделал КП" tells of something; read as a misspelled "сделай" it would be done again.
PAST = re.compile(r"(?:л|ла|ло|ли|лся|лась|лись|ed)$")
SHORTEST = 5
LONG = 9
PLACE = re.compile(r"\b(?:в|во|из|по|in|from)\s+$", re.IGNORECASE)


def corrected(text: str) -> str:
    """The text with misspelled words replaced."""
    pieces: list[str] = []
    done = 0
    for match in WORD.finditer(masked(text)):
        word = match[0]
        inside = bool(re.search(r"[\w,;:] $", text[: match.start()]))
        name = word[0].isupper() and inside and not PLACE.search(text[: match.start()])
        if len(word) >= SHORTEST and not name and (right := known_word(word.lower())):
            pieces += [text[done : match.start()], right]
            done = match.end()
    return "".join([*pieces, text[done:]])


@cache
def known_word(word: str) -> str | None:
    """The known word that this one was meant to be; None when it is known itself, or no single one is near."""
    if coverage.is_known(word):
        return None
    most = 2 if len(word) >= LONG else 1
    if PAST.search(word):
        return None
    near = {}
    for entry in SPELLED:
        if (entry[0] == word[0] or entry[1:4] == word[1:4]) and (found := distance(word, entry, most)) <= most:
            near[entry] = found
    if not near:
        return None
    least = min(near.values())
    best = [entry for entry, found in near.items() if found == least]
    return best[0] if len({entry[:4] for entry in best}) == 1 else None


def distance(left: str, right: str, most: int) -> int:
    """Slips between two words (Damerau and Levenshtein, neighbours swapped once); more than `most` is `most + 1`."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        before, row, last = row, [i], before
        for j, b in enumerate(right, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
