"""Cyrillic in Latin letters, for e-mail addresses and for finding Russian names written in English."""

_LETTERS = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "e",
            "zh",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "",
            "y",
            "",
            "e",
            "yu",
            "ya",
        ],
        strict=True,
    )
)


def latin(text: str) -> str:
    """The text in lower case with every Russian letter replaced; other characters stay."""
    return "".join(_LETTERS.get(char, char) for char in text.lower())


def slug(text: str) -> str:
    """Latin letters, digits and hyphens only, as in a host name."""
    return "".join(char for char in latin(text) if char.isascii() and (char.isalnum() or char == "-")).strip("-")
