"""What stands in quotation marks, and the text without it.

A name is a name whatever words it has: the «и» in «Рога и копыта» joins nothing, the digits in «Склад 24» count
nothing. So rules look for names in the quotes, and for everything else in the text with the quotes blanked out.
"""

import re

PAIRS = {"«": "»", "“": "”", "„": "“”", '"': '"'}
BLANK = "¤"
LONGEST = 300  # characters of a quotation; looked for further, a text of opening marks alone would take seconds


def quoted_spans(text: str) -> list[tuple[int, int]]:
    """Where the outermost quotations begin and end, marks included. One that is never closed is none.

    Quotes inside quotes belong to the outer ones: «ООО "Рога"», "ООО «Рога»", "ООО "Рога"".
    """
    spans: list[tuple[int, int]] = []
    place = 0
    while place < len(text):
        if text[place] in PAIRS and (end := _closing(text, place)) is not None:
            spans.append((place, end))
            place = end
        else:
            place += 1
    return spans


def _closing(text: str, start: int) -> int | None:
    """The place after the mark that closes the one at `start`."""
    stack = [text[start]]
    end = min(len(text), start + LONGEST)
    for place in range(start + 1, end):
        char = text[place]
        if char in PAIRS[stack[-1]] and not (char == '"' and _opens(text, place)):
            stack.pop()
            if not stack:
                return place + 1
        elif char in PAIRS and (char != '"' or _opens(text, place)):
            stack.append(char)
    # A straight mark that looked like an opening one: the plain reading, up to the next mark of its kind.
    for place in range(start + 1, end):
        if text[place] in PAIRS[text[start]]:
            return place + 1
    return None


def _opens(text: str, place: int) -> bool:
    """Whether a straight mark opens: a space before it, a letter behind it."""
    before = text[place - 1] if place else " "
    after = text[place + 1] if place + 1 < len(text) else " "
    return before.isspace() and after.isalnum()


def quoted(text: str) -> list[str]:
    """What the outermost quotations hold."""
    return [text[start + 1 : end - 1].strip() for start, end in quoted_spans(text)]


def masked(text: str) -> str:
    """The text with its quotations blanked out; every other character keeps its place."""
    for start, end in quoted_spans(text):
        text = text[:start] + BLANK * (end - start) + text[end:]
    return text


def blank(pattern: re.Pattern[str], text: str) -> str:
    """The text with every match blanked out, places kept."""
    return pattern.sub(lambda match: BLANK * len(match[0]), text)


def word_pattern(*lists: str) -> re.Pattern[str]:
    """A pattern for the words of the lists; `покаж*` is the beginning of a word, `a_b` two words."""
    found = [
        re.escape(word.rstrip("*")).replace("_", r"\s+") + (r"[\w-]*" if word.endswith("*") else "")
        for entry in lists
        for word in entry.split()
    ]
    found.sort(key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(found)})(?![\w-])", re.IGNORECASE)


def inflected(name: str) -> str:
    """A campaign's name with whatever endings: "Чёрной пятницы"."""
    stems = [word[: max(3, len(word) - 2)].replace("ё", "[её]") + r"\w*" for word in re.findall(r"\w+", name)]
    return r"\W+".join(stems)
