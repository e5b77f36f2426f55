"""A CRM of its own for every test, the demo model without pauses, and a conversation to hold."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from sqlalchemy import func, select

from graphs.agent import graph
from graphs.crm import models
from graphs.crm.database import Database
from tests.graphs.talk import Talk


@pytest.fixture(scope="session")
async def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly seeded database file, to be copied."""
    path = tmp_path_factory.mktemp("crm") / "crm.sqlite"
    async with Database(f"sqlite:///{path}").read():
        pass
    return path


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def crm(seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The CRM that the tools use in this test, and no key for a real model."""
    path = tmp_path / "crm.sqlite"
    shutil.copy(seeded, path)
    monkeypatch.setenv("AGENT_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("DEMO_MODEL_DELAY", "0")
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    return Database(f"sqlite:///{path}")


@asynccontextmanager
async def open_talk(path: Path, thread: str = "t1", **configurable: Any) -> AsyncIterator[Talk]:
    """A conversation whose checkpoints are in that file."""
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        yield Talk(graph.copy(update={"checkpointer": saver}), thread, configurable)


@pytest.fixture
async def talk(crm: Database, tmp_path: Path) -> AsyncIterator[Talk]:
    """A conversation with the agent."""
    async with open_talk(tmp_path / "threads.sqlite") as opened:
        yield opened


@pytest.fixture
def count(crm: Database) -> Callable[[type[models.Base]], Awaitable[int]]:
    """How many rows a table of the CRM has."""

    async def counted(table: type[models.Base]) -> int:
        async with crm.read() as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0

    return counted
