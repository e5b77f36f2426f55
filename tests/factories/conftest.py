from __future__ import annotations

import pytest

from tests.factories.harness import Factory


@pytest.fixture
def factory() -> Factory:
    return Factory()
