"""What all tests share."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.databases import postgres

COUNTED = pytest.StashKey[list[str]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note how many examples hypothesis has tried, of what `make torture` tries at length."""
    report = yield
    statistics = getattr(item, "hypothesis_statistics", "")
    if report.when == "call" and item.get_closest_marker("torture"):
        counts = re.findall(r"during (\w+) phase|(\d+ passing, .*) test cases", statistics)
        item.config.stash.setdefault(COUNTED, []).append(" ".join([item.nodeid, *map("".join, counts)]))
    # half a surrogate pair that a test has logged cannot be sent to the process that prints the report
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the counts, where ``-m torture`` has chosen the tests."""
    if config.option.markexpr == "torture":
        for line in config.stash.get(COUNTED, []):
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Everything runs on asyncio: LangGraph and uvicorn do."""
    return "asyncio"


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of its own for each test, as ``--db`` takes it."""
    if request.param == "sqlite":
        yield str(tmp_path / "deep" / "bridge.sqlite")
        return
    with postgres() as url:
        yield url
