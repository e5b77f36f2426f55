"""A developer's folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with an agent in it, ``talker.py:graph``, and a ``langgraph.json`` that names it."""
    shutil.copy(Path(__file__).parent / "talker.py", tmp_path)
    (tmp_path / "langgraph.json").write_text('{"graphs": {"talker": "./talker.py:graph"}, "dependencies": ["."]}')
    return tmp_path
