"""Tables, and the page they are written into."""

from __future__ import annotations

import os
import platform
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.load import Outcome
from benchmarks.stats import Rounds

RESULTS = Path(__file__).with_name("RESULTS.md")
DECISIONS = Path(__file__).with_name("decisions.md")
"""The last section of the results, written by hand: the figures behind decisions."""
_PACKAGES = ("langgraph", "langchain-core", "starlette", "uvicorn", "uvloop", "httptools", "orjson", "pydantic")


@dataclass(slots=True)
class Table:
    """One table. ``figures`` are the bare numbers, by row, name and round: the targets read them."""

    key: str
    title: str
    columns: Sequence[str]
    rows: list[list[str]] = field(default_factory=list)
    figures: dict[str, dict[str, Rounds]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: Any) -> None:
        self.rows.append([str(cell) for cell in cells])

    def record(self, row: str, name: str, values: Sequence[float] | Rounds) -> None:
        """Keep one figure for each round; a sequence is of all rounds from the first."""
        rounds = values if isinstance(values, Mapping) else dict(enumerate(values))
        self.figures.setdefault(row, {})[name] = rounds

    def note_errors(self, name: str, outcomes: Iterable[Outcome]) -> None:
        """Say what did not arrive, so that a fast failure is not taken for speed."""
        errors = [error for outcome in outcomes for error in outcome.errors]
        if errors:
            self.notes.append(f"{name}: {len(errors)} streams were not whole, the first: {errors[0][:200]}")

    def __str__(self) -> str:
        ruler = ["---", *("---:" for _ in self.columns[1:])]
        lines = [f"## {self.title}", ""]
        lines += [f"| {' | '.join(line)} |" for line in (list(self.columns), ruler, *self.rows)]
        lines += ["", *(f"- {note}" for note in self.notes), *([""] if self.notes else [])]
        return "\n".join(lines)


def load() -> str:
    """How busy the machine is."""
    return ", ".join(f"{each:.1f}" for each in os.getloadavg())


def machine() -> list[str]:
    """What it was measured on, and with which versions."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}",
        ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
        "peers: " + ", ".join(peers()),
    ]


def peers() -> list[str]:
    """The peers' own packages, from the project's dependency groups."""
    named = ("ag-ui-langgraph", "fastapi", "langgraph-openai-serve", "langgraph-api", "langgraph-cli")
    groups = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    pinned = [package for packages in groups.values() for package in packages if isinstance(package, str)]
    found = {name.partition("[")[0]: number for name, _, number in (package.partition("==") for package in pinned)}
    return [f"{name} {found[name]}" for name in named]


def page(
    tables: Sequence[Table],
    verdicts: Sequence[str],
    remarks: Sequence[str],
    absent: dict[str, str],
    *,
    quick: bool,
    before: str,
) -> str:
    """RESULTS.md."""
    today = datetime.now(UTC).date().isoformat()
    lines = ["# Results", "", f"Written by `make bench` on {today}{' (`--quick`)' if quick else ''}."]
    lines += ["Medians over interleaved rounds, with the least and the most; ratios are taken round by round.", ""]
    lines += [f"- {line}" for line in machine()]
    lines.append(f"- load of the machine (1, 5, 15 minutes): before {before}; after {load()}")
    lines += [f"- not measured: {name}: {reason.strip().splitlines()[-1][:200]}" for name, reason in absent.items()]
    lines += ["", "## To reach", "", "| | asked for | measured | by CPU | |", "|---|---:|---:|---:|---|", *verdicts, ""]
    lines += [*(f"- {remark}" for remark in remarks), ""] if remarks else []
    return "\n".join(lines) + "\n" + "\n".join(str(table) for table in tables) + "\n" + DECISIONS.read_text("utf-8")
