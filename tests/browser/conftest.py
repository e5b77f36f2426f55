"""What the browser tests share: built pages, one server for those that do not restart it, a browser each."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.browser.browser import Browser, start_browser
from tests.browser.static import build, preview, serve_files
from tests.server import Server, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACED = {"DEMO_MODEL_DELAY": "0.03"}
"""The demo model's pause after each word, in seconds: slow enough to be seen growing, also by a page that is slow."""

SLOW = {"DEMO_MODEL_DELAY": "0.08"}
"""Slow enough to be killed or stopped in mid-answer, whatever else the machine does."""


@pytest.fixture(scope="session")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the sales agent, for tests that leave it running."""
    with serve(tmp_path_factory.mktemp("bridge"), env=PACED) as server:
        yield server


@pytest.fixture(scope="session")
def example(bridge: Server) -> Iterator[str]:
    """The front end to copy, in front of that server."""
    with preview("examples/copilotkit", bridge.url) as url:
        yield url


@pytest.fixture
def own_bridge(tmp_path: Path) -> Iterator[Server]:
    """A server that the test may kill."""
    with serve(tmp_path, env=SLOW) as server:
        yield server


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A Chromium with an empty profile."""
    with start_browser(tmp_path / "profile") as started:
        yield started


@pytest.fixture(scope="session")
def pages() -> Iterator[str]:
    """The address of the test pages: another origin than the server's, as in many people's set-ups."""
    with serve_files(build("tests/browser/pages")) as url:
        yield url


def page_address(
    pages: str, api: str, server: Server, *, thread: str | None = None, single: bool | None = None, **more: str
) -> str:
    """The test page of an API (`v1`, `v2`) with its chat on that server.

    `single`: true forces the single endpoint, false forces REST, None lets the client find out.
    """
    query = {"runtimeUrl": f"{server.url}/api/copilotkit", **more}
    if thread is not None:
        query["thread"] = thread
    if single is not None:
        query["single"] = "true" if single else "false"
    return f"{pages}/{api}.html?{urlencode(query)}"
