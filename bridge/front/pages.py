"""The pages as they lie in ``assets``, with their words in the visitor's language. Pure.

A page has no word of its own: ``{{name}}`` is replaced by a word of ``words.json``, which the page's scripts read too.
What changes from one server to another (agents, versions) is not in a page: its script asks for it, with a key where
the server wants one. So a page gives nothing away, and is the same bytes for everybody who reads its language.
"""

from __future__ import annotations

import hashlib
import html
import re
from functools import lru_cache
from pathlib import Path

from bridge.json import loads

ASSETS = Path(__file__).parent / "assets"

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
"""What a browser may ask for by its name, and how it is sent. Pages are sent by their own addresses alone."""

_PLACE = re.compile(r"{{(\w+)}}")


@lru_cache(maxsize=1)
def assets() -> dict[str, bytes]:
    """The files that pages ask for, by name."""
    return {path.name: path.read_bytes() for path in sorted(ASSETS.iterdir()) if path.suffix in MEDIA_TYPES}


@lru_cache(maxsize=1)
def digest() -> str:
    """A name for these very files: their addresses have it in them, so that a browser may keep them for ever."""
    made = hashlib.sha256()
    for path in sorted(ASSETS.iterdir()):
        content = path.read_bytes()
        made.update(f"{path.name}:{len(content)}:".encode() + content)
    return made.hexdigest()[:16]


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, str]]:
    """Language -> name -> word."""
    read: dict[str, dict[str, str]] = loads(assets()["words.json"])
    return read


@lru_cache(maxsize=32)
def page(name: str, language: str, *, root: str, studio: bool) -> bytes:
    """A page as HTML.

    Args:
        name: its file's name in ``assets``.
        language: ``en`` or ``ru``.
        root: the server's own root, as seen from the page: ``./`` or ``../``. All addresses in a page are relative,
            and hold below any prefix.
        studio: whether there is a ``/studio`` to link to.
    """
    given = {"lang": language, "root": root, "at": f"{root}front/{digest()}/", "no_studio": "" if studio else "hidden"}
    known = words()[language] | given
    text = (ASSETS / name).read_text("utf-8")
    return _PLACE.sub(lambda found: html.escape(known[found[1]]), text).encode()


def wants_html(accept: str) -> bool:
    """Whether a request's ``Accept`` names HTML, as every browser's does, and nothing says that plain text is better.

    ``*/*`` alone is what programs send.
    """
    html_quality = _quality(accept, "text/html")
    return html_quality > 0 and html_quality >= _quality(accept, "text/plain")


def _quality(accept: str, media: str) -> float:
    """How much a client wants what it names itself: 0 to 1 (RFC 9110, 12.5.1)."""
    for part in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        if kind == media:
            weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
            return float(weight) if re.fullmatch(r"[01](\.\d{0,3})?", weight, re.ASCII) else 0.0
    return 0.0
