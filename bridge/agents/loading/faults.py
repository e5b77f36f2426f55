"""What went wrong when a module was imported, in one sentence that names the file and the line. Pure."""

from __future__ import annotations

import difflib
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from traceback import FrameSummary, extract_tb
from types import ModuleType

from bridge.agents.langgraph.graphs import is_builder, is_graph, kind_of

_LONGEST = 120
"""Characters of a source line that are shown."""

_MOST = 8
"""Names of a module that are shown."""


def what_failed(error: BaseException, name: str, base: Path) -> str:
    """Why the module ``name`` could not be imported from the folder ``base``."""
    if isinstance(error, SyntaxError) and error.filename:
        text = f": {_short(error.text)}" if error.text and error.text.strip() else ""
        return f"{_shown(error.filename, base)}, line {error.lineno}: {error.msg}{text}"
    frames = [frame for frame in extract_tb(error.__traceback__) if not frame.filename.startswith("<frozen ")]
    own = [frame for frame in frames if not Path(frame.filename).is_relative_to(_BRIDGE) and not _is_stdlib(frame)]
    own = [frame for frame in own if "site-packages" not in Path(frame.filename).parts] or own
    if not own:
        if isinstance(error, ModuleNotFoundError):
            return f"there is no module '{error.name or name}', neither in {base} nor among the installed packages."
        return f"{name} failed: {type(error).__name__}: {_line(error)}"
    where = f"{_shown(own[-1].filename, base)}, line {own[-1].lineno}"
    if isinstance(error, ModuleNotFoundError):
        verb = "imports" if own[-1] is frames[-1] else "imports what needs"
        return f"{where}, {verb} '{error.name}', which is neither installed here nor in a folder of the project."
    if isinstance(error, SystemExit):
        return f"{where}, ends the process (SystemExit: {_line(error)}): {_short(own[-1].line)}"
    return f"{where}{_within(own[-1])}: {type(error).__name__}: {_line(error)} (at: {_short(own[-1].line)})"


def missing_attribute(module: ModuleType, name: str, attribute: str) -> str:
    """That a module has no such attribute, and what in it looks like a graph."""
    found = dict(_candidates(module))
    if not found:
        return f"{name} has no '{attribute}', and nothing in it looks like a graph."
    listed = ", ".join(f"{each} ({kind})" for each, kind in list(found.items())[:_MOST])
    listed += ", …" if len(found) > _MOST else ""
    close = difflib.get_close_matches(attribute, found, n=1)
    meant = f" Is '{close[0]}' meant?" if close else ""
    return f"{name} has no '{attribute}'; what looks like a graph in it: {listed}.{meant}"


def _candidates(module: ModuleType) -> Iterator[tuple[str, str]]:
    values = [(name, value) for name, value in vars(module).items() if not name.startswith("_")]
    yield from ((name, kind_of(value)) for name, value in values if is_graph(value) or is_builder(value))
    for name, value in values:
        if kind_of(value) == "a function" and getattr(value, "__module__", None) == module.__name__:
            yield name, "a function"


_BRIDGE = Path(__file__).parents[2]
_STDLIB = Path(sysconfig.get_path("stdlib"))


def _is_stdlib(frame: FrameSummary) -> bool:
    path = Path(frame.filename)
    return path.is_relative_to(_STDLIB) and "site-packages" not in path.parts


def _shown(filename: str, base: Path) -> str:
    path = Path(filename)
    return str(path.relative_to(base)) if path.is_relative_to(base) else filename


def _within(frame: FrameSummary) -> str:
    return "" if frame.name == "<module>" else f", in {frame.name}"


def _short(line: str | None) -> str:
    text = " ".join((line or "").split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
