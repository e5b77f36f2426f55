"""``make audit`` says what it found and what it could not ask, and never fails (issue 12, 5)."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from types import ModuleType

import pytest

from tests.server import ROOT


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_was_found_and_what_was_not_looked_at(audit: ModuleType) -> None:
    bad = {"name": "old", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2", "3"]}]}
    fine = {"name": "fine", "version": "1", "vulns": []}
    skipped = {"name": "x", "skip_reason": "not found"}
    assert audit.python_lines({"dependencies": [bad, fine]}) == ["old 1: PYSEC-1, mended in 2, 3"]
    assert audit.python_lines({"dependencies": [fine]}) == []
    assert audit.python_lines({"dependencies": [fine, skipped]}) == [
        "1 of 2 packages could not be asked about: not found"
    ]
    assert audit.node_lines({"vulnerabilities": {}}, "") == []
    assert audit.node_lines({"vulnerabilities": {"old": {"range": "<2", "severity": "high"}}}, "") == ["old <2: high"]
    assert audit.node_lines({"message": "405"}, "") == ["could not ask npm's database: 405"]
    assert audit.node_lines(None, "ENOTFOUND") == ["could not ask npm's database: ENOTFOUND"]


def test_a_database_that_cannot_be_reached_is_reported(tmp_path: object) -> None:
    nowhere = "http://127.0.0.1:1"
    env = {"PATH": "/usr/bin:/bin", "HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere, "npm_config_registry": nowhere}
    command = [sys.executable, str(ROOT / ".ci" / "audit.py"), "tests/clients"]
    env |= {"HOME": str(tmp_path), "npm_config_fetch_retries": "0"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0
    assert done.stdout.count("could not") >= 3, done.stdout


def test_the_audit_fails_nothing() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "\t-@$(BIN)/python .ci/audit.py" in makefile
    assert "make audit || true" in (ROOT / ".ci" / "run").read_text("utf-8")
