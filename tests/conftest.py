"""What all tests share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Everything runs on asyncio: LangGraph and uvicorn do."""
    return "asyncio"
