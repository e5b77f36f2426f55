"""Servers, started once: one with the sales agent and a graph of these tests, one of them with keys."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.clients.agui_client import RecordedStream
from tests.http.graphs import DIARY
from tests.server import Server, serve

AGENTS = ("sales=graphs.agent:graph", "teller=tests.http.graphs:teller")


@dataclass(frozen=True)
class Diary:
    """What the test graph wrote of itself."""

    path: Path

    def entries(self, what: str) -> list[tuple[float, str]]:
        """The entries of that kind: seconds since the epoch, detail."""
        lines = self.path.read_text("utf-8").splitlines() if self.path.exists() else []
        found = [line.split(" ", 2) for line in lines]
        return [(float(entry[1]), entry[2] if len(entry) > 2 else "") for entry in found if entry[0] == what]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a short keep-alive; ``sales`` is its default agent."""
    directory = tmp_path_factory.mktemp("server")
    with serve(
        directory, *AGENTS, "--keep-alive", "0.2", "--disconnect-grace", "0", env={DIARY: str(directory / "diary")}
    ) as running:
        yield running


@pytest.fixture
def diary(server: Server) -> Diary:
    """What the test graph of that server wrote."""
    return Diary(server.db.parent / "diary")


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A client of the server, with a key of its own: tests say the same, and a history of two is nobody's."""
    key = {"Authorization": f"Bearer {uuid.uuid4().hex}"}
    with httpx.Client(base_url=server.url, headers=key, timeout=30, trust_env=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def recorded() -> list[RecordedStream]:
    """The AG-UI streams that the tests received; the official client reads them at the end."""
    return []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The judge reads what the other tests recorded: it comes last."""
    items.sort(key=lambda item: item.name.startswith("test_every_stream_is_read_without_an_error"))
