"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import postgres


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
