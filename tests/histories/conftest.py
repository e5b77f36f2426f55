from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.histories.talk import App, Window, opened


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """A bridge without keys."""
    async with opened(str(tmp_path / "bridge.sqlite")) as app:
        yield app


@pytest.fixture
def window(app: App) -> Window:
    """A chat window in front of it."""
    return Window(app)
