"""Shared by all tests."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """LangGraph and aiosqlite run on asyncio only."""
    return "asyncio"
