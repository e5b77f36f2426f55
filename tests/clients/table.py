"""``python -m tests.clients.table``: try each Python client, and write what came of it into docs/compatibility.md."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients.python.holding import CLIENTS, THINGS
from tests.server import ROOT, serve

PAGE = ROOT / "docs" / "compatibility.md"
BEGIN, END = "<!-- python clients -->\n", "<!-- /python clients -->\n"
HEAD = "| client | version | " + " | ".join(THINGS) + " |\n|---|---|" + "---|" * len(THINGS) + "\n"
PROGRAMS = ROOT / "tests" / "clients" / "python"
ENVIRONMENTS = {"instructor": "instructor", "LlamaIndex": "llamaindex"}
"""Of each client that has one of its own; all others are in ``.venv-python``."""


@dataclass(frozen=True)
class Tried:
    """What came of one client: see `tests.clients.python.holding`."""

    version: str
    found: dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One client's row of the table; ``cells`` are `THINGS`."""

    client: str
    version: str
    cells: tuple[str, ...]


def tried(client: str, base_url: str, api_key: str) -> Tried:
    """Let a client hold its conversations. Skips where its environment is missing; with ``CI=true`` it fails."""
    environment = ROOT / "tests" / "clients" / f".venv-{ENVIRONMENTS.get(client, 'python')}"
    python = environment / "bin" / "python"
    if not python.exists():
        pytest.fail(f"{environment.name} is missing: 'make clients' installs it")
    document = json.dumps({"client": client, "base_url": base_url, "api_key": api_key})
    done = subprocess.run(
        [str(python), str(PROGRAMS / "holding.py")],
        input=document,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": tempfile.gettempdir(), "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    return Tried(told["version"], told["found"])


def row_of(client: str, outcome: Tried) -> Row:
    """Whether each thing was done."""

    def cell(thing: str) -> str:
        if thing not in outcome.found:
            return "–"
        value = outcome.found[thing]
        if isinstance(value, dict):
            return "no"
        return f"`{value}`" if thing == "failure" else "yes"

    return Row(client, outcome.version, tuple(map(cell, THINGS)))


def table_of(rows: Iterable[Row]) -> str:
    """The table, between its marks."""
    lines = "".join(f"| {row.client} | {row.version} | {' | '.join(row.cells)} |\n" for row in rows)
    return BEGIN + HEAD + lines + END


def rows_of(page: str) -> list[Row]:
    """The rows that the page has."""
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in page[begin:end].splitlines()[2:]]
    return [Row(name, version, tuple(rest)) for name, version, *rest in cells]


def main() -> None:
    """Try them all, and write the page."""
    with (
        tempfile.TemporaryDirectory() as directory,
        serve(Path(directory), "teller=tests.clients.python.counted:graph") as server,
    ):
        rows = [row_of(client, tried(client, f"{server.url}/v1", uuid.uuid4().hex)) for client in CLIENTS]
    text = PAGE.read_text("utf-8")
    begin, end = text.index(BEGIN), text.index(END) + len(END)
    PAGE.write_text(text[:begin] + table_of(rows) + text[end:], "utf-8")
    sys.stdout.write(table_of(rows))


if __name__ == "__main__":
    main()
