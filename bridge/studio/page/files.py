"""The page as Vite has built it into ``assets`` (`studio/` in the repository; a wheel carries it built)."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""What the page asks for, and how it is sent."""

_BASE = b'<base href="./" />'

_ABSENT = """\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Studio</title>
  </head>
  <body>
    <h1>The studio is not built here</h1>
    <p>In a checkout, <code>make studio</code> builds it; that needs Node 20 or newer.</p>
    <p>Everything else works without it.</p>
    <p><a href="{root}/">All that is served here</a></p>
  </body>
</html>
"""


@dataclass(frozen=True, slots=True)
class File:
    """One file. ``lasts``: its name has a digest of what is in it, so that a browser may keep it for ever."""

    content: bytes
    media_type: str
    lasts: bool


def is_built(assets: Path = ASSETS) -> bool:
    """Whether the page is there."""
    return (assets / "index.html").is_file()


def page(root: str, assets: Path = ASSETS) -> bytes:
    """The page's HTML, the same for all its addresses.

    Args:
        root: the path that the application is mounted at, without a slash at its end.
        assets: where it was built to.
    """
    if not is_built(assets):
        return _ABSENT.format(root=html.escape(root)).encode()
    base = f'<base href="{html.escape(root)}/studio/" />'.encode()
    return (assets / "index.html").read_bytes().replace(_BASE, base)


def file(name: str, assets: Path = ASSETS) -> File | None:
    """A file of the page by its path under ``/studio/``; ``None`` where it is none."""
    path = assets / name
    if path.suffix not in MEDIA_TYPES or not path.resolve().is_relative_to(assets.resolve()) or not path.is_file():
        return None
    return File(path.read_bytes(), MEDIA_TYPES[path.suffix], lasts=path.parent != assets)
