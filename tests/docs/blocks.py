"""The fenced blocks of the documentation, and what is to be done with each.

A comment right above a block says so, where its language does not:

    <!-- file: agent.py -->                     it is a file of the page's folder, which other blocks of the page use
    <!-- serves: /healthz -->                   it starts a server that answers there; it is given `--port` and stopped
    <!-- serves: /login/ in examples/django --> the same, in a folder of the repository
    <!-- same as: a/file.py -->                 it is that file of the repository, word for word; tested there
    <!-- output: the stream -->                 what something prints: tests/docs/test_outputs.py has it under that name
    <!-- checked by: test_container -->         that module of tests/docs runs it
    <!-- server: make servers -->               it starts a server; tests/servers runs it where that server is installed

`tests/docs/test_claims.py` fails for a block that no test takes. There is no mark for a block that is not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.server import ROOT

RUN = ("python", "sh", "js")
ABOUT = ("CONTRIBUTING.md", "SECURITY.md")
_MARK = re.compile(r"^<!-- (file|serves|same as|output|checked by|server): (.+) -->$")


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
    """What a reader reads: the front pages, `docs`, and what stands beside the examples."""
    found = [*ROOT.glob("README*.md"), *(ROOT / name for name in ABOUT), *(ROOT / "docs").rglob("*.md")]
    return sorted([*found, *(ROOT / "examples").glob("*/README.md")])


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


def once() -> list[Block]:
    """What two pages say word for word (the README's languages) is run once."""
    return list({(block.language, block.text, block.mark): block for block in reversed(all_blocks())}.values())


def written_in(language: str) -> list[Block]:
    return [block for block in once() if block.language == language and not block.mark]


def checked_by(module: str) -> list[Block]:
    """The blocks whose mark names this module (its `__name__`)."""
    return [block for block in once() if block.mark == "checked by" and block.said == module.rpartition(".")[2]]
