"""The fenced blocks of the documentation, and what is to be done with each.

A comment right above a block says so, where it is not just run:

    <!-- file: agent.py -->             it is a file of the page's folder; not run by itself
    <!-- serves: /healthz -->           it starts a server that answers there; it is given `--port` and stopped again
    <!-- same as: a/file.py -->        it is that file of the repository, word for word; tested there
    <!-- server: make servers -->       it starts a server; tests/servers runs it, where that server is installed
    <!-- not run: reason -->            and why
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.server import ROOT

RUN = ("python", "sh", "js")
ABOUT = ("CONTRIBUTING.md", "SECURITY.md")
_MARK = re.compile(r"^<!-- (file|serves|same as|server|not run): (.+) -->$")


@dataclass(frozen=True)
class Block:
    """One fenced block; `line` counts from 1."""

    page: Path
    line: int
    language: str
    text: str
    mark: str = ""
    said: str = ""

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    return sorted([*ROOT.glob("README*.md"), *(ROOT / name for name in ABOUT), *(ROOT / "docs").rglob("*.md")])


def blocks_of(page: Path) -> Iterator[Block]:
    lines = page.read_text("utf-8").splitlines()
    start, above = None, ""
    for number, line in enumerate(lines):
        if start is None and line.startswith("```"):
            start = number
            above = next((text for text in reversed(lines[:number]) if text.strip()), "")
        elif start is not None and line.strip() == "```":
            marked = _MARK.match(above.strip())
            yield Block(
                page,
                start + 1,
                lines[start].removeprefix("```").strip(),
                "\n".join(lines[start + 1 : number]) + "\n",
                *(marked.groups() if marked else ()),
            )
            start = None


def all_blocks() -> list[Block]:
    return [block for page in pages() for block in blocks_of(page)]
