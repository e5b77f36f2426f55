from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loading.projects import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A folder for a project. What loading it leaves in this process goes with the test."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    environment, modules = dict(os.environ), set(sys.modules)
    yield Project(tmp_path)
    os.environ.clear()
    os.environ.update(environment)
    for name in sys.modules.keys() - modules:
        module = sys.modules[name]
        places = [vars(module).get("__file__"), *vars(module).get("__path__", ())]
        if any(str(place).startswith(str(tmp_path)) for place in places):
            del sys.modules[name]
