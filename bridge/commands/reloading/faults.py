"""Where in the developer's own files something failed that was loaded."""

from __future__ import annotations

import linecache
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from traceback import extract_tb


def place_of(error: BaseException, here: Path) -> str:
    """``file.py, line 3`` and the line itself, of the innermost frame that is no installed package's; empty: none."""
    place = ""
    for raised in _chain(error):
        if isinstance(raised, SyntaxError) and raised.filename:
            return _shown(raised.filename, raised.lineno or 1, here)
        for frame in extract_tb(raised.__traceback__):
            if not _is_installed(frame.filename):
                place = _shown(frame.filename, frame.lineno or 1, here)
    return place


def _chain(error: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = error
    seen = set[int]()
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


_INSTALLED = (
    *(Path(path).resolve() for name, path in sysconfig.get_paths().items() if name.endswith("lib") or name == "stdlib"),
    Path(__file__).resolve().parents[2],  # the bridge
)


def _is_installed(file: str) -> bool:
    if file.startswith("<"):
        return True
    path = Path(file).resolve()
    return any(one in path.parents for one in _INSTALLED)


def _shown(file: str, number: int, here: Path) -> str:
    path = Path(file).resolve()
    name = path.relative_to(here) if path.is_relative_to(here) else path
    linecache.checkcache(file)
    line = linecache.getline(file, number).strip()
    return f"{name}, line {number}" + (f":\n    {line}" if line else "")
