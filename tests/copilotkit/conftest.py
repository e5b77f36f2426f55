"""One real server with the sales agent, and CopilotKit's own runtime in front of it, for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.node_runtime import serve_node_runtime
from tests.server import Server, serve

KEYS = ("first-key", "second-key")


@pytest.fixture(scope="session")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """``bridge serve`` with the sales agent, for two callers."""
    with serve(tmp_path_factory.mktemp("copilotkit"), "--api-key", KEYS[0], "--api-key", KEYS[1]) as server:
        yield server


@pytest.fixture(scope="session")
def node_runtime(bridge: Server) -> Iterator[str]:
    """CopilotKit's Node runtime in front of that server."""
    with serve_node_runtime(bridge.url, agent="sales-marketing", api_key=KEYS[0]) as url:
        yield url
