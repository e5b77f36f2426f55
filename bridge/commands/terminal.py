"""What a terminal can show."""

from __future__ import annotations

import os
import re
from typing import IO, Any

_AT_WORK = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def has_colors(stream: IO[Any]) -> bool:
    """Whether to write in color: to a terminal that can, where ``NO_COLOR`` (https://no-color.org) is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def harmless(text: str) -> str:
    """A text that only shows: lines and tabs stay, and what would move the cursor or set a title is written out.

    A model's answer, and what a tool fetched, may have anything in it.
    """
    return _AT_WORK.sub(lambda found: "" if found[0] == "\r" else repr(found[0])[1:-1], text)
